"""Python Lambda functions and layers for the AWS CDK, bundled on the host by barrow: no Docker.

``PythonFunction`` and ``PythonLayerVersion`` take the arguments of ``aws_cdk.aws_lambda_python_alpha``.
"""

from .barrow import BarrowError, find_binary
from .bundling import BarrowBundling
from .constructs import PythonFunction, PythonLayerVersion
from .options import BundlingOptions, ICommandHooks
from .props import PythonFunctionProps, PythonLayerVersionProps

__all__ = [
    "BarrowBundling",
    "BarrowError",
    "BundlingOptions",
    "ICommandHooks",
    "PythonFunction",
    "PythonFunctionProps",
    "PythonLayerVersion",
    "PythonLayerVersionProps",
    "find_binary",
]
