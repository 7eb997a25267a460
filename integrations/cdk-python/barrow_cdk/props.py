"""The arguments of the constructs as objects, as jsii's modules have them: ``PythonFunction(scope, id, **props.arguments())``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

from aws_cdk import aws_lambda as lambda_

from .options import AnyBundlingOptions


class _Props:
    """Named values, kept in the table that jsii's own objects keep theirs in."""

    _values: dict[str, Any]

    def __init__(self, **values: Any) -> None:
        self._values = {name: value for name, value in values.items() if value is not None}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._values.get(name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, self.__class__) and other._values == self._values

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self._values.items())})"

    def arguments(self) -> dict[str, Any]:
        """What was given, by name."""
        return dict(self._values)


class PythonFunctionProps(_Props):
    """The arguments of a ``PythonFunction``."""

    def __init__(
        self,
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
        super().__init__(**given, architecture=architecture, **function_props)


class PythonLayerVersionProps(_Props):
    """The arguments of a ``PythonLayerVersion``."""

    def __init__(
        self,
        *,
        entry: str,
        compatible_runtimes: Optional[Sequence[lambda_.Runtime]] = None,
        compatible_architectures: Optional[Sequence[lambda_.Architecture]] = None,
        bundling: AnyBundlingOptions = None,
        **layer_props: Any,
    ) -> None:
        given = {"entry": entry, "compatible_runtimes": compatible_runtimes, "bundling": bundling}
        super().__init__(**given, compatible_architectures=compatible_architectures, **layer_props)
