"""How to bundle: the options of ``aws_cdk.aws_lambda_python_alpha``, and barrow's own."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Optional

from aws_cdk import AssetHashType
from aws_cdk import aws_lambda as lambda_

from .barrow import BarrowError

_REFUSED = {
    "image": "there is no container: barrow bundles on the host",
    "build_args": "there is no image to build; give index URLs by `barrow_args`, barrow.toml, pip.conf or the environment",
    "command": "there is no container to run it in; use `command_hooks`",
    "entrypoint": "there is no container to start; use `command_hooks`",
    "volumes": "there is no container to mount them in; barrow reads netrc, pip.conf and files of the host as they are",
    "volumes_from": "there is no container to mount them in",
    "working_directory": "there is no container; command hooks start in copies of the source and the output",
}


@dataclasses.dataclass(frozen=True)
class BundlingOptions:
    """How to bundle. The names are those of ``aws_cdk.aws_lambda_python_alpha``.

    Options that shape a container's work (``image``, ``build_args``, ``command``, ``entrypoint``, ``volumes``,
    ``volumes_from``, ``working_directory``) are refused with the reason, because without a container they would silently
    do nothing. ``network``, ``user``, ``security_opt``, ``platform``, ``bundling_file_access``,
    ``poetry_include_hashes`` and ``poetry_without_urls`` cannot change the result and are ignored.

    :param asset_excludes: patterns of source files to leave out.
    :param output_path_suffix: the folder inside the asset that everything goes to: ``python`` for a layer, otherwise none.
    :param asset_hash: a hash of your own; default: made from ``barrow fingerprint``.
    :param asset_hash_type: how CDK shall make the hash instead.
    :param command_hooks: an object with ``before_bundling(input_dir, output_dir)`` and ``after_bundling(…)``,
        each giving a list of commands that run on the host, in a copy of the entry and in the output.
    :param environment: environment variables for barrow and the hooks; they never enter a hash.
    :param architecture: the architecture, when it differs from the function's.
    :param barrow_args: further arguments for barrow, such as ``--index-url``.
    :param archive: one spliced zip instead of a folder.
    :param binary: the barrow program; default: ``BARROW_BIN``, the one beside this Python, ``PATH``.
    """

    asset_excludes: Sequence[str] = ()
    output_path_suffix: Optional[str] = None
    asset_hash: Optional[str] = None
    asset_hash_type: Optional[AssetHashType] = None
    command_hooks: Any = None
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    architecture: Optional[lambda_.Architecture] = None
    barrow_args: Sequence[str] = ()
    archive: bool = False
    binary: Optional[str] = None

    poetry_include_hashes: Optional[bool] = None
    poetry_without_urls: Optional[bool] = None
    bundling_file_access: Any = None
    network: Optional[str] = None
    user: Optional[str] = None
    security_opt: Optional[str] = None
    platform: Optional[str] = None

    image: Any = None
    build_args: Optional[Mapping[str, str]] = None
    command: Optional[Sequence[str]] = None
    entrypoint: Optional[Sequence[str]] = None
    volumes: Any = None
    volumes_from: Any = None
    working_directory: Optional[str] = None

    def __post_init__(self) -> None:
        for name, reason in _REFUSED.items():
            if getattr(self, name) is not None:
                raise BarrowError(f"bundling option `{name}` cannot be honoured: {reason}")

    @classmethod
    def of(cls, given: Any) -> BundlingOptions:
        """The options as jsii's constructs take them: none, a mapping, or an object."""
        if given is None or isinstance(given, Mapping):
            return cls(**(given or {}))
        return given
