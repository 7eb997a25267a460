"""Python Lambda functions and layers for the AWS CDK, bundled on the host by barrow: no Docker.

``PythonFunction`` and ``PythonLayerVersion`` take the arguments of ``aws_cdk.aws_lambda_python_alpha``.
"""

from .bundling import BarrowBundling, BarrowError, BundlingOptions, find_binary
from .constructs import PythonFunction, PythonLayerVersion

__all__ = [
    "BarrowBundling",
    "BarrowError",
    "BundlingOptions",
    "PythonFunction",
    "PythonLayerVersion",
    "find_binary",
]
