"""The constructs: a function and a layer whose dependencies barrow bundles on the host."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, Optional, Sequence, Union

from aws_cdk import Stack
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from .barrow import BarrowError
from .bundling import LAYER_FOLDER, bundled_code
from .options import BundlingOptions


class PythonFunction(lambda_.Function):
    """A Python Lambda function.

    :param entry: the folder with the function's source and its requirements.
    :param runtime: the runtime, one of the Python family.
    :param index: the file with the handler, relative to ``entry``.
    :param handler: the name of the handler in ``index``.
    :param bundling: how to bundle.
    :param function_props: everything else that ``aws_lambda.Function`` takes.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        entry: str,
        runtime: lambda_.Runtime,
        index: str = "index.py",
        handler: str = "handler",
        bundling: Union[BundlingOptions, dict[str, Any], None] = None,
        architecture: Optional[lambda_.Architecture] = None,
        **function_props: Any,
    ) -> None:
        if not index.endswith(".py"):
            raise BarrowError(f"index `{index}` is not a Python file")
        folder = Path(entry).resolve()
        if not (folder / index).is_file():
            raise BarrowError(f"there is no index file at {folder / index}")
        if runtime.family != lambda_.RuntimeFamily.PYTHON:
            raise BarrowError(f"runtime {runtime.name} is not one of the Python family")
        code = bundled_code(
            str(folder), runtime, architecture, BundlingOptions.of(bundling), not Stack.of(scope).bundling_required
        )
        super().__init__(
            scope,
            id,
            runtime=runtime,
            architecture=architecture,
            code=code,
            handler=f"{index.removesuffix('.py').replace('/', '.')}.{handler}",
            **function_props,
        )


class PythonLayerVersion(lambda_.LayerVersion):
    """A Lambda layer of Python packages, bundled for the first compatible runtime and architecture.

    :param entry: the folder with the layer's source and its requirements.
    :param compatible_runtimes: the runtimes that can use the layer.
    :param compatible_architectures: the architectures that can use the layer; default: x86_64.
    :param bundling: how to bundle.
    :param layer_props: everything else that ``aws_lambda.LayerVersion`` takes.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        entry: str,
        compatible_runtimes: Sequence[lambda_.Runtime] = (lambda_.Runtime.PYTHON_3_13,),
        compatible_architectures: Sequence[lambda_.Architecture] = (),
        bundling: Union[BundlingOptions, dict[str, Any], None] = None,
        **layer_props: Any,
    ) -> None:
        odd = [runtime.name for runtime in compatible_runtimes if runtime.family != lambda_.RuntimeFamily.PYTHON]
        if odd or not compatible_runtimes:
            raise BarrowError(f"compatible runtimes must be of the Python family, not {', '.join(odd) or 'none'}")
        options = BundlingOptions.of(bundling)
        if options.output_path_suffix is None:
            options = dataclasses.replace(options, output_path_suffix=LAYER_FOLDER)
        architecture = compatible_architectures[0] if compatible_architectures else None
        code = bundled_code(
            str(Path(entry).resolve()),
            compatible_runtimes[0],
            architecture,
            options,
            not Stack.of(scope).bundling_required,
        )
        super().__init__(
            scope,
            id,
            code=code,
            compatible_runtimes=list(compatible_runtimes),
            compatible_architectures=list(compatible_architectures) or None,
            **layer_props,
        )
