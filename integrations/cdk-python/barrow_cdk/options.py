"""How to bundle: the options of ``aws_cdk.aws_lambda_python_alpha``, and barrow's own."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Mapping, Sequence
from typing import Any, Optional, Protocol, Union, cast

from aws_cdk import AssetHashType, BundlingFileAccess, DockerImage, DockerVolume
from aws_cdk import aws_lambda as lambda_

from .barrow import BarrowError

_REFUSED = {
    "image": "there is no container: barrow bundles on the host",
    "build_args": "there is no image to build; `index_url`, `extra_index_urls`, `environment` or pip.conf name indexes",
    "command": "there is no container to run it in; use `command_hooks`",
    "entrypoint": "there is no container to start; use `command_hooks`",
    "volumes": "there is no container to mount them in; barrow reads netrc, pip.conf and files of the host as they are",
    "volumes_from": "there is no container to mount them in",
    "working_directory": "there is no container; command hooks start in copies of the source and the output",
}


class ICommandHooks(Protocol):
    """Commands to run on the host around the bundling, as one ``bash -c`` joined by ``&&``.

    Both methods get ``/asset-input`` and ``/asset-output``. In their commands these stand for private folders of the run:
    nothing that a command does there reaches the source. ``@jsii.implements`` is allowed and not needed.
    """

    def before_bundling(self, input_dir: str, output_dir: str) -> list[str]:
        """Commands to run before bundling, in a copy of the entry."""
        ...

    def after_bundling(self, input_dir: str, output_dir: str) -> list[str]:
        """Commands to run after bundling, in the output."""
        ...


@dataclasses.dataclass(frozen=True)
class BundlingOptions:
    """How to bundle. The names are those of ``aws_cdk.aws_lambda_python_alpha``, whose own object is accepted as well.

    Options that shape a container's work (``image``, ``build_args``, ``command``, ``entrypoint``, ``volumes``,
    ``volumes_from``, ``working_directory``) are refused with the reason unless they are empty, because without a container
    they would silently do nothing. ``network``, ``user``, ``security_opt``, ``platform``, ``bundling_file_access``,
    ``poetry_include_hashes`` and ``poetry_without_urls`` cannot change the result and are ignored.

    :param asset_excludes: patterns of source files to leave out, read as ``rsync --exclude`` reads them.
    :param output_path_suffix: the folder inside the asset that everything goes to: ``python`` for a layer, otherwise none.
    :param asset_hash: a hash of your own; default: made from ``barrow fingerprint``.
    :param asset_hash_type: how CDK shall make the hash instead.
    :param command_hooks: commands to run around the bundling.
    :param environment: environment variables for barrow and the hooks. They do not enter a hash, so they may hold credentials;
        of what barrow reads in them, such as ``PIP_INDEX_URL``, the hash knows the setting without credentials.
    :param architecture: the architecture, when it differs from the function's.
    :param requirements: the files with the requirements, relative to the entry; an empty list installs nothing.
    :param allow_build: packages that may be built from source where no wheel will do, which runs their code.
    :param index_url: the default index, asked after all others: a URL without credentials, or a folder.
    :param extra_index_urls: further indexes: URLs without credentials, or folders.
    :param extras: extras of pyproject.toml to install.
    :param groups: dependency groups of pyproject.toml to install.
    :param exclude_runtime: leave out what the Lambda runtime already has.
    :param slim: leave out what no program needs of dependencies; a list such as ``["botocore=s3,sqs"]`` leaves out the API data of all
        other services of AWS as well.
    :param report: a page (HTML) about what is in the bundle, relative to the folder that the app runs in. It is written when the asset is
        made, and stays as it is while nothing changes. Each function needs a file of its own.
    :param check: fail the synthesis where the bundle would not load on Lambda.
    :param barrow_args: further arguments for barrow; relative places in them start at the entry.
    :param archive: one spliced zip instead of a folder.
    :param binary: the barrow program; default: ``BARROW_BIN``, the one beside this Python, ``PATH``.
    """

    asset_excludes: Sequence[str] = ()
    output_path_suffix: Optional[str] = None
    asset_hash: Optional[str] = None
    asset_hash_type: Optional[AssetHashType] = None
    command_hooks: Optional[ICommandHooks] = None
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])
    architecture: Optional[lambda_.Architecture] = None

    requirements: Optional[Sequence[str]] = None
    allow_build: Sequence[str] = ()
    index_url: Optional[str] = None
    extra_index_urls: Sequence[str] = ()
    extras: Sequence[str] = ()
    groups: Sequence[str] = ()
    exclude_runtime: bool = False
    slim: Union[bool, Sequence[str]] = False
    report: Optional[str] = None
    check: bool = False
    barrow_args: Sequence[str] = ()
    archive: bool = False
    binary: Optional[str] = None

    poetry_include_hashes: Optional[bool] = None
    poetry_without_urls: Optional[bool] = None
    bundling_file_access: Optional[BundlingFileAccess] = None
    network: Optional[str] = None
    user: Optional[str] = None
    security_opt: Optional[str] = None
    platform: Optional[str] = None

    image: Optional[DockerImage] = None
    build_args: Optional[Mapping[str, str]] = None
    command: Optional[Sequence[str]] = None
    entrypoint: Optional[Sequence[str]] = None
    volumes: Optional[Sequence[Union[DockerVolume, Mapping[str, Any]]]] = None
    volumes_from: Optional[Sequence[str]] = None
    working_directory: Optional[str] = None

    def __post_init__(self) -> None:
        for name, reason in _REFUSED.items():
            # Asking for nothing needs no container.
            if getattr(self, name) not in (None, [], (), {}, ""):
                raise BarrowError(f"bundling option `{name}` cannot be honoured: {reason}")
        for name, urls in (("index_url", [self.index_url or ""]), ("extra_index_urls", self.extra_index_urls)):
            # Options are part of the cloud assembly's hashes and of a repository: no place for a password.
            if any(re.search(r"://[^/?#\s]*@", url) for url in urls):
                raise BarrowError(
                    f"a URL of `{name}` holds credentials; keep them in netrc, pip.conf or `environment` "
                    "(PIP_INDEX_URL, PIP_EXTRA_INDEX_URL)"
                )

    @classmethod
    def of(cls, given: AnyBundlingOptions) -> BundlingOptions:
        """The options as constructs take them: none, a mapping, ours, or the object of the Docker-based module."""
        if isinstance(given, BundlingOptions):
            return given
        # Objects of jsii keep what they were given in a table of this name.
        values = given if isinstance(given, Mapping) else getattr(given, "_values", None)
        if values is None and given is not None:
            raise BarrowError(f"`bundling` is a {type(given).__name__}, which is not bundling options")
        table = cast(Mapping[str, Any], values or {})
        return cls(**{name: value for name, value in table.items() if value is not None})

    def arguments(self) -> list[str]:
        """The arguments of barrow that options stand for, but for requirements, target and excludes."""
        flags = (
            ("--allow-build", self.allow_build),
            ("--index-url", [self.index_url] if self.index_url is not None else []),
            ("--extra-index-url", self.extra_index_urls),
            ("--extra", self.extras),
            ("--group", self.groups),
        )
        each = [word for flag, values in flags for value in values for word in (flag, value)]
        slim = ["--slim"] if self.slim is True else [f"--slim={what}" for what in self.slim or ()]
        return [*each, *(["--exclude-runtime"] if self.exclude_runtime else []), *slim, *self.barrow_args]


class HasValues(Protocol):
    """An object of jsii with named values, as ``aws_cdk.aws_lambda_python_alpha.BundlingOptions`` is one."""

    _values: dict[str, Any]


# What `bundling` may be.
AnyBundlingOptions = Union[BundlingOptions, HasValues, Mapping[str, Any], None]


def without_place(argument: str, entry: str) -> str:
    """An argument without what differs between machines: credentials in a URL, and where the checkout lies."""
    flag = found[0] if (found := re.match(r"--[\w-]+=", argument)) else ""
    value = re.sub(r"://[^/?#\s]*@", "://", argument[len(flag) :].removeprefix("file://"))
    return flag + (os.path.relpath(value, entry) if os.path.isabs(value) else value)
