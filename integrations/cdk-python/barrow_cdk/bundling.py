"""The local bundling hook: runs barrow, synchronously, and is true only when barrow exits 0."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import posixpath
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Optional

import jsii
from aws_cdk import AssetHashType, BundlingOutput, ILocalBundling
from aws_cdk import BundlingOptions as CoreBundlingOptions
from aws_cdk import aws_lambda as lambda_

from .barrow import BarrowError, find_binary, run_barrow
from .check import check_arguments, run_check
from .excludes import barrow_excludes
from .hooks import HookCommands, HookedBundle, commands_of
from .options import AnyBundlingOptions, BundlingOptions, without_place
from .requirements import Requirements
from .surroundings import own_variables, settings_above, uv_settings_above

# Folder that a layer has at its root.
LAYER_FOLDER = "python"


@jsii.implements(ILocalBundling)
class BarrowBundling:
    """CDK's ``local`` bundling hook for one source folder, runtime and architecture.

    Use it by :meth:`bundling_options`: CDK does not look into a Python hook to tell two bundles of one source apart, so
    what makes the difference has to stand beside it.
    """

    def __init__(
        self,
        entry: str,
        runtime: lambda_.Runtime,
        architecture: Optional[lambda_.Architecture] = None,
        options: AnyBundlingOptions = None,
        *,
        fallback_to_docker: bool = False,
    ) -> None:
        self._entry = str(Path(entry).resolve())
        self._runtime = runtime
        self._options = BundlingOptions.of(options)
        self._architecture = self._options.architecture or architecture or lambda_.Architecture.X86_64
        self._suffix = _inside_asset(self._options.output_path_suffix or "")
        self._fallback_to_docker = fallback_to_docker
        self._requirements = Requirements.of(self._entry, self._options.requirements)
        self._excludes = [*barrow_excludes(self._options.asset_excludes), *self._requirements.excludes]
        self._hooks = commands_of(self._options.command_hooks, self._suffix)
        if self._options.archive and (self._hooks or self._suffix not in ("", LAYER_FOLDER)):
            raise BarrowError(
                "`archive` gives one finished zip, so `command_hooks` and an `output_path_suffix` "
                f"other than `{LAYER_FOLDER}` are not possible with it"
            )

    def try_bundle(self, output_dir: str, *_args: Any, **_kwargs: Any) -> bool:
        """Bundles into ``output_dir``: true, or an exception with barrow's own message, unless Docker may try."""
        try:
            self._bundle(output_dir)
        except BarrowError as error:
            if not self._fallback_to_docker:
                raise
            print(f"{error}\nbarrow: trying Docker, as fallback_to_docker asks", file=sys.stderr)
            return False
        return True

    def bundling_options(self) -> CoreBundlingOptions:
        """This hook as ``Code.from_asset(…, bundling=…)`` takes it."""
        return CoreBundlingOptions(
            # A mere name: CDK demands one, and nothing is pulled while the hook succeeds.
            image=self._runtime.bundling_image,
            local=self,
            command=self.identity(),
            output_type=BundlingOutput.ARCHIVED if self._options.archive else BundlingOutput.NOT_ARCHIVED,
        )

    def identity(self) -> list[str]:
        """What changes the bundle besides the files: no path of this machine, no environment, no credential."""
        options = self._options
        hooks = self._hooks
        return [
            "barrow",
            *self._target(),
            *(f"--exclude={pattern}" for pattern in self._excludes),
            *(f"requirements={without_place(file, self._entry)}" for file in self._requirements.files),
            *(without_place(argument, self._entry) for argument in options.arguments()),
            f"suffix={self._suffix}",
            f"archive={options.archive}",
            *(["before", *hooks.before, "after", *hooks.after] if hooks else []),
        ]

    def fingerprint(self) -> str:
        """One hash over everything that shapes the bundle, the same on every machine and in every folder.

        It asks ``barrow fingerprint``, which reads the inputs but resolves nothing.
        """
        output = self._run(["fingerprint", *self._arguments(self._entry), "--quiet"])
        return hashlib.sha256((output.strip() + json.dumps(self.identity())).encode()).hexdigest()

    def check(
        self, asset: str, *, handler: Optional[str] = None, layers: Sequence[lambda_.ILayerVersion] = ()
    ) -> None:
        """Checks a bundle that was made by this hook, now or by an earlier synthesis.

        CDK asks a hook for nothing that is there. What would not load is an exception.
        """
        arguments = [os.path.abspath(asset), *self._target(), *check_arguments(handler, layers)]
        binary = find_binary(self._options.binary)
        run_check(binary, arguments, cwd=self._entry, environment=self._environment())

    def _bundle(self, output_dir: str) -> None:
        if self._requirements.notice:
            print(self._requirements.notice, file=sys.stderr)
        if self._hooks:
            self._bundle_with_hooks(os.path.abspath(output_dir), self._hooks)
            return
        content = os.path.join(output_dir, self._suffix) if self._suffix else output_dir
        zipped = ["--output", os.path.join(output_dir, "bundle.zip"), *(["--layer"] if self._suffix else [])]
        if not self._options.archive:
            os.makedirs(content, exist_ok=True)
        output = zipped if self._options.archive else ["--output", content]
        self._run(["bundle", *self._arguments(self._entry), *self._looked_through(), *output])

    def _bundle_with_hooks(self, output_dir: str, hooks: HookCommands) -> None:
        environment = self._environment()
        if hooks.before:
            # They work on a copy, which lies elsewhere. A lock that would be lost is told before settings that would be.
            self._arguments(output_dir)
            if "UV_CONFIG_FILE" not in environment and "UV_NO_CONFIG" not in environment:
                environment.update(uv_settings_above(self._entry))
        settings = settings_above(self._entry)
        if settings and not environment.get("BARROW_CONFIG_FILE"):
            environment["BARROW_CONFIG_FILE"] = settings
        binary = find_binary(self._options.binary)
        HookedBundle(
            entry=self._entry,
            output_dir=output_dir,
            suffix=self._suffix,
            environment=environment,
            hooks=hooks,
            architecture=self._architecture.name,
            runtime=self._runtime.name,
            bundle=lambda source, output: [
                binary,
                "bundle",
                *self._arguments(source),
                *self._looked_through(),
                "--output",
                output,
            ],
        ).run()

    def _run(self, arguments: list[str]) -> str:
        binary = find_binary(self._options.binary)
        return run_barrow(binary, arguments, cwd=self._entry, environment=self._environment())

    def _looked_through(self) -> list[str]:
        """What is asked about a bundle when it is made: it changes no byte, and so no fingerprint."""
        check, report = self._options.check, self._options.report
        return [*(["--check"] if check else []), *(["--report", os.path.abspath(report)] if report else [])]

    def _arguments(self, source: str) -> list[str]:
        """The arguments for a source: the entry, or the copy of it that hooks have changed."""
        return [
            source,
            # The handler is a file of the source, wherever that is a project that could be built as well.
            "--no-project",
            *self._target(),
            *self._requirements.arguments(self._entry, source),
            *(f"--exclude={pattern}" for pattern in self._excludes),
            *self._options.arguments(),
        ]

    def _target(self) -> list[str]:
        return ["--runtime", self._runtime.name, "--arch", self._architecture.name]

    def _environment(self) -> dict[str, str]:
        return {**own_variables(), **self._options.environment}


def bundled_code(
    entry: str,
    runtime: lambda_.Runtime,
    architecture: Optional[lambda_.Architecture],
    options: BundlingOptions,
    skip: bool,
) -> tuple[lambda_.AssetCode, BarrowBundling]:
    """The asset of an entry, bundled by barrow, and the hook. Of a stack that is not selected it is the entry as it is.

    ``check`` is for whoever takes the code: an asset that is there already is not bundled, and is to be checked all the
    same.
    """
    local = BarrowBundling(entry, runtime, architecture, dataclasses.replace(options, check=False))
    asset_hash, asset_hash_type = options.asset_hash, options.asset_hash_type
    if asset_hash is None and asset_hash_type is None:
        if skip:
            # What is not bundled has no output: CDK then takes the construct's own name, and reads no file.
            asset_hash_type = AssetHashType.OUTPUT
        else:
            asset_hash, asset_hash_type = local.fingerprint(), AssetHashType.CUSTOM
    code = lambda_.Code.from_asset(
        entry,
        asset_hash=asset_hash,
        asset_hash_type=asset_hash_type,
        # What the Docker-based module, too, keeps out of a hash of the source.
        exclude=["*.pyc"],
        bundling=local.bundling_options(),
    )
    return code, local


def _inside_asset(suffix: str) -> str:
    """A suffix as people write it (``/python``, ``python/``, ``.``), relative to the asset."""
    place = posixpath.relpath(posixpath.join("/asset", suffix.lstrip("/")), "/asset")
    if place == ".." or place.startswith("../"):
        raise BarrowError(f"output_path_suffix `{suffix}` leads outside the asset")
    return "" if place == "." else place
