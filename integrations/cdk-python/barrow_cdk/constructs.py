"""The constructs: a function and a layer whose dependencies barrow bundles on the host."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Optional, cast

from aws_cdk import Stack
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from .barrow import BarrowError
from .bundling import LAYER_FOLDER, bundled_code
from .check import staged_asset
from .injection import injected
from .options import AnyBundlingOptions, BundlingOptions


class PythonFunction(lambda_.Function):
    """A Python Lambda function.

    :param entry: the folder with the function's source and its requirements.
    :param runtime: the runtime, one of the Python family.
    :param index: the file with the handler, relative to ``entry``; default: ``index.py``.
    :param handler: the name of the handler in ``index``; default: ``handler``.
    :param bundling: how to bundle.
    :param architecture: the architecture; default: x86_64.
    :param function_props: everything else that ``aws_lambda.Function`` takes.
    """

    # The name under which property injectors know this construct. jsii's stubs have a private type for it.
    PROPERTY_INJECTION_ID = "barrow-cdk.PythonFunction"  # pyright: ignore[reportAssignmentType]

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        entry: str,
        runtime: lambda_.Runtime,
        index: Optional[str] = None,
        handler: Optional[str] = None,
        bundling: AnyBundlingOptions = None,
        architecture: Optional[lambda_.Architecture] = None,
        **function_props: Any,
    ) -> None:
        given = {"entry": entry, "runtime": runtime, "index": index, "handler": handler, "bundling": bundling}
        given = {**_present({**given, "architecture": architecture}), **function_props}
        props = _FunctionProps.of(injected(scope, id, given, "barrow-cdk.PythonFunction"))
        folder = Path(props.entry).resolve()
        if not props.index.endswith(".py"):
            raise BarrowError(f"index `{props.index}` is not a Python file")
        if not (folder / props.index).is_file():
            raise BarrowError(f"there is no index file at {folder / props.index}")
        if props.runtime.family != lambda_.RuntimeFamily.PYTHON:
            raise BarrowError(f"runtime {props.runtime.name} is not one of the Python family")
        options = BundlingOptions.of(props.bundling)
        code, local = bundled_code(
            str(folder),
            props.runtime,
            props.architecture,
            options,
            not Stack.of(scope).bundling_required,
        )
        called = f"{props.index.removesuffix('.py').replace('/', '.')}.{props.handler}"
        super().__init__(
            scope,
            id,
            runtime=props.runtime,
            architecture=props.architecture,
            code=code,
            handler=called,
            **props.others,
        )
        asset = staged_asset(self)
        if options.check and asset:
            local.check(asset, handler=called, layers=props.others.get("layers") or ())


class PythonLayerVersion(lambda_.LayerVersion):
    """A Lambda layer of Python packages, bundled for the first compatible runtime and architecture.

    :param entry: the folder with the layer's source and its requirements.
    :param compatible_runtimes: the runtimes that can use the layer; default: python3.13.
    :param compatible_architectures: the architectures that can use the layer; default: x86_64.
    :param bundling: how to bundle.
    :param layer_props: everything else that ``aws_lambda.LayerVersion`` takes.
    """

    # The name under which property injectors know this construct. jsii's stubs have a private type for it.
    PROPERTY_INJECTION_ID = "barrow-cdk.PythonLayerVersion"  # pyright: ignore[reportAssignmentType]

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        entry: str,
        compatible_runtimes: Optional[Sequence[lambda_.Runtime]] = None,
        compatible_architectures: Optional[Sequence[lambda_.Architecture]] = None,
        bundling: AnyBundlingOptions = None,
        **layer_props: Any,
    ) -> None:
        given = {"entry": entry, "compatible_runtimes": compatible_runtimes, "bundling": bundling}
        given = {**_present({**given, "compatible_architectures": compatible_architectures}), **layer_props}
        props = injected(scope, id, given, "barrow-cdk.PythonLayerVersion")
        # By name, because older versions of the CDK do not know the newest runtime.
        default = [lambda_.Runtime("python3.13", lambda_.RuntimeFamily.PYTHON)]
        runtimes = cast(Sequence[lambda_.Runtime], props.pop("compatible_runtimes", default))
        architectures = cast(Sequence[lambda_.Architecture], props.pop("compatible_architectures", ()))
        odd = [runtime.name for runtime in runtimes if runtime.family != lambda_.RuntimeFamily.PYTHON]
        if odd or not runtimes:
            raise BarrowError(f"compatible runtimes must be of the Python family, not {', '.join(odd) or 'none'}")
        options = BundlingOptions.of(props.pop("bundling", None))
        if options.output_path_suffix is None:
            options = dataclasses.replace(options, output_path_suffix=LAYER_FOLDER)
        code, local = bundled_code(
            str(Path(props.pop("entry")).resolve()),
            runtimes[0],
            architectures[0] if architectures else None,
            options,
            not Stack.of(scope).bundling_required,
        )
        super().__init__(
            scope,
            id,
            code=code,
            compatible_runtimes=list(runtimes),
            compatible_architectures=list(architectures) or None,
            **props,
        )
        asset = staged_asset(self)
        if options.check and asset:
            local.check(asset)


@dataclasses.dataclass(frozen=True)
class _FunctionProps:
    """What makes a function, apart from what ``aws_lambda.Function`` takes as it is."""

    entry: str
    runtime: lambda_.Runtime
    others: Mapping[str, Any]
    index: str = "index.py"
    handler: str = "handler"
    bundling: AnyBundlingOptions = None
    architecture: Optional[lambda_.Architecture] = None

    @classmethod
    def of(cls, props: Mapping[str, Any]) -> _FunctionProps:
        own = {field.name for field in dataclasses.fields(cls)} - {"others"}
        others = {name: value for name, value in props.items() if name not in own}
        return cls(others=others, **{name: value for name, value in props.items() if name in own})


def _present(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
