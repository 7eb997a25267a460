"""The local bundling hook: runs barrow, synchronously, and is true only when barrow exits 0."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path, PurePosixPath
from typing import Any, Mapping, Optional, Sequence

import jsii
from aws_cdk import AssetHashType, BundlingOutput, ILocalBundling
from aws_cdk import BundlingOptions as CoreBundlingOptions
from aws_cdk import aws_lambda as lambda_


class BarrowError(Exception):
    """barrow could not be found or run, or it failed: the message is barrow's own."""


@dataclasses.dataclass(frozen=True)
class BundlingOptions:
    """How to bundle.

    :param asset_excludes: patterns of source files to leave out.
    :param output_path_suffix: the folder inside the asset that everything goes to.
    :param asset_hash: a hash of your own; default: made from ``barrow fingerprint``.
    :param asset_hash_type: how CDK shall make the hash instead.
    :param command_hooks: an object with ``before_bundling(input_dir, output_dir)`` and ``after_bundling(…)``,
        each giving a list of commands that run on the host in the entry's folder.
    :param environment: environment variables for barrow and the hooks; they never enter a hash.
    :param barrow_args: further arguments for barrow. They enter the hash: no credentials, no absolute paths.
    :param archive: one spliced zip instead of a folder.
    :param binary: the barrow program; default: ``BARROW_BIN``, then ``PATH``.
    """

    asset_excludes: Sequence[str] = ()
    output_path_suffix: Optional[str] = None
    asset_hash: Optional[str] = None
    asset_hash_type: Optional[AssetHashType] = None
    command_hooks: Any = None
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    barrow_args: Sequence[str] = ()
    archive: bool = False
    binary: Optional[str] = None


def find_binary(explicit: Optional[str] = None) -> str:
    """The barrow program: the given path, ``BARROW_BIN``, then ``PATH``."""
    named = explicit or os.environ.get("BARROW_BIN")
    if named:
        if not (os.path.isfile(named) and os.access(named, os.X_OK)):
            origin = "`binary`" if explicit else "BARROW_BIN"
            raise BarrowError(f"{origin} names `{named}`, which is not a program that can be run")
        return os.path.abspath(named)
    found = shutil.which("barrow")
    if not found:
        raise BarrowError(
            "the barrow program was not found. Install it with `cargo install barrow`, "
            "put it on PATH, or name it in BARROW_BIN or in `binary`"
        )
    return found


@jsii.implements(ILocalBundling)
class BarrowBundling:
    """CDK's ``local`` bundling hook for one source folder, runtime and architecture.

    CDK does not look into a Python hook to tell two bundles apart. Give the ``command`` of :meth:`identity` to
    CDK's bundling options, as the constructs here do, so that each runtime and architecture is bundled for itself.
    """

    def __init__(
        self,
        entry: str,
        runtime: lambda_.Runtime,
        architecture: Optional[lambda_.Architecture] = None,
        options: Optional[BundlingOptions] = None,
    ) -> None:
        self._entry = Path(entry).resolve()
        self._runtime = runtime.name
        self._architecture = (architecture or lambda_.Architecture.X86_64).name
        self._options = options or BundlingOptions()
        suffix = self._options.output_path_suffix
        if suffix and (PurePosixPath(suffix).is_absolute() or ".." in PurePosixPath(suffix).parts):
            raise BarrowError(f"output_path_suffix `{suffix}` leads outside the asset")
        if self._options.archive and (suffix or self._options.command_hooks):
            raise BarrowError("`archive` gives one finished zip, so it excludes a path suffix and command hooks")

    def try_bundle(self, output_dir: str, *_args: Any, **_kwargs: Any) -> bool:
        """Bundles into ``output_dir``: true, or an exception with barrow's own message."""
        options = self._options
        target = os.path.join(output_dir, "bundle.zip" if options.archive else options.output_path_suffix or "")
        self._run_hooks("before_bundling", target)
        if options.output_path_suffix:
            os.makedirs(target, exist_ok=True)
        # Standard output belongs to `cdk synth`, which prints the template there.
        result = subprocess.run(
            [find_binary(options.binary), "bundle", str(self._entry), "--output", target, *self._arguments()],
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr.fileno(),
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        sys.stderr.write(result.stderr)
        if result.returncode != 0:
            raise BarrowError(f"barrow failed (exit status {result.returncode}):\n{result.stderr.strip()}")
        self._run_hooks("after_bundling", target)
        return True

    def identity(self) -> list[str]:
        """What changes the content of the bundle, as words: no path of this machine, no environment, no credential."""
        hooks = self._options.command_hooks
        return [
            "barrow",
            *self._arguments(),
            self._options.output_path_suffix or "",
            "zip" if self._options.archive else "folder",
            *(hooks.before_bundling("/asset-input", "/asset-output") if hooks else []),
            *(hooks.after_bundling("/asset-input", "/asset-output") if hooks else []),
        ]

    def fingerprint(self) -> str:
        """One hash over everything that shapes the bundle, the same on every machine and in every folder."""
        output = subprocess.run(
            [find_binary(self._options.binary), "fingerprint", str(self._entry), *self._arguments()],
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if output.returncode != 0:
            raise BarrowError(f"barrow fingerprint failed (exit status {output.returncode})")
        return hashlib.sha256((output.stdout.strip() + json.dumps(self.identity())).encode()).hexdigest()

    def _arguments(self) -> list[str]:
        excludes = [word for pattern in self._options.asset_excludes for word in ("--exclude", pattern)]
        return [
            "--runtime",
            self._runtime,
            "--arch",
            self._architecture,
            *excludes,
            *self._options.barrow_args,
        ]

    def _environment(self) -> dict[str, str]:
        return {**os.environ, **self._options.environment}

    def _run_hooks(self, when: str, target: str) -> None:
        hooks = self._options.command_hooks
        commands = [command for command in getattr(hooks, when)(str(self._entry), target) if command] if hooks else []
        if not commands:
            return
        chained = " && ".join(commands)
        result = subprocess.run(
            chained, shell=True, cwd=self._entry, env=self._environment(), stdout=sys.stderr.fileno(), check=False
        )
        if result.returncode != 0:
            raise BarrowError(f"command hook failed (exit status {result.returncode}): {chained}")


def bundled_code(
    entry: str,
    runtime: lambda_.Runtime,
    architecture: Optional[lambda_.Architecture],
    options: BundlingOptions,
    skip: bool,
) -> lambda_.AssetCode:
    """The asset of an entry, bundled by barrow unless its stack is not selected."""
    own_hash = options.asset_hash is None and options.asset_hash_type is None
    excludes = list(options.asset_excludes)
    if skip:
        return lambda_.Code.from_asset(
            entry, asset_hash=options.asset_hash, asset_hash_type=options.asset_hash_type, exclude=excludes
        )
    local = BarrowBundling(entry, runtime, architecture, options)
    return lambda_.Code.from_asset(
        entry,
        asset_hash=local.fingerprint() if own_hash else options.asset_hash,
        asset_hash_type=AssetHashType.CUSTOM if own_hash else options.asset_hash_type,
        exclude=excludes,
        bundling=CoreBundlingOptions(
            # A mere name: CDK demands one, and nothing is pulled while the hook succeeds.
            image=runtime.bundling_image,
            local=local,
            command=local.identity(),
            output_type=BundlingOutput.ARCHIVED if options.archive else BundlingOutput.NOT_ARCHIVED,
        ),
    )
