"""Checking what a hook has made, now or in an earlier synthesis."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any, Optional

from aws_cdk import Stack, Stage
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3_assets as s3_assets
from constructs import IConstruct

from .barrow import BarrowError, failure, message_in
from .server import STDERR

# The code that is told where an import leads nowhere.
MISSING_MODULE = "BAR012"


def staged_asset(construct: IConstruct) -> Optional[str]:
    """Where the asset of a function or layer lies, once it is staged; nothing where it is not bundled or lies elsewhere."""
    asset = construct.node.try_find_child("Code")
    stage = Stage.of(construct)
    if not isinstance(asset, s3_assets.Asset) or stage is None or not Stack.of(construct).bundling_required:
        return None
    return os.path.abspath(os.path.join(stage.outdir, asset.asset_path))


def check_arguments(handler: Optional[str], layers: Sequence[lambda_.ILayerVersion]) -> list[str]:
    """The arguments of ``barrow check`` that say what a bundle runs with.

    What layers bring whose files are not known is not missed.
    """
    places = [staged_asset(layer) for layer in layers]
    return [
        *(["--handler", handler] if handler else []),
        *(word for place in places if place for word in ("--layer", place)),
        *(["--ignore", MISSING_MODULE] if None in places else []),
    ]


def run_check(binary: str, arguments: Sequence[str], *, cwd: str, environment: Mapping[str, str]) -> None:
    """Runs ``barrow check``, writes what breaks nothing to standard error, and raises with what would break."""
    with tempfile.TemporaryDirectory(prefix="barrow-") as folder:
        error_file = os.path.join(folder, "error")
        try:
            result = subprocess.run(
                [binary, "check", *arguments, "--json", "--quiet"],
                cwd=cwd,
                env={**environment, "BARROW_ERROR_FILE": error_file},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=STDERR,
                encoding="utf-8",
                check=False,
            )
        except OSError as error:
            raise BarrowError(f"barrow could not be run: {error}") from error
        findings = _findings_in(result.stdout)
        for finding in findings:
            if finding["grade"] == "warning":
                print(_one_line(finding), file=sys.stderr)
        if result.returncode != 0:
            errors = [f"\n  {_one_line(finding)}" for finding in findings if finding["grade"] == "error"]
            raise failure(result.returncode, _told(message_in(error_file) or "", errors))


def _told(message: str, errors: Sequence[str]) -> str:
    """The failure of a run with ``--json`` in plain words, with what was found before its hints."""
    try:
        error = json.loads(message)["error"]
    except (ValueError, KeyError):
        return "".join([message or "the check failed", *errors])
    causes = [f"\n  because: {cause}" for cause in error["causes"]]
    return "".join([error["message"], *causes, *errors, *(f"\nhint: {hint}" for hint in error["hints"])])


def _findings_in(printed: str) -> list[dict[str, Any]]:
    """What was found; nothing where barrow did not come so far."""
    try:
        return json.loads(printed)["findings"]
    except (ValueError, KeyError):
        return []


def _one_line(finding: Mapping[str, Any]) -> str:
    way = f" ({' → '.join(finding['chain'])})" if finding["chain"] else ""
    fix = f"; {finding['fix']}" if finding.get("fix") else ""
    return f"{finding['grade']}[{finding['code']}]: {finding['message']}{way}{fix}"
