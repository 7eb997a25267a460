"""Property injectors, where this version of the CDK has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import aws_cdk
from constructs import Construct


def injected(scope: Construct, id: str, props: dict[str, Any], injection_id: str) -> dict[str, Any]:
    """The arguments of a construct after the nearest property injector for it."""
    injectors = getattr(aws_cdk, "PropertyInjectors", None)
    if injectors is None:
        return props
    for place in reversed(scope.node.scopes):
        if injectors.has_property_injectors(place):
            injector = injectors.of(place).for_(injection_id)
            if injector is not None:
                given = injector.inject(props, scope=scope, id=id)
                return dict(cast(Mapping[str, Any], getattr(given, "_values", given)))
    return props
