"""What the tests share: small functions on disk, synthesis in a folder of its own, and what lies in an asset."""

import hashlib
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from aws_cdk import App, Stack
from aws_cdk import aws_lambda as lambda_

REPOSITORY = Path(__file__).resolve().parents[3]
FIXTURES = REPOSITORY / "wheels-fixtures"
BINARY = os.environ.get("BARROW_BIN") or str(REPOSITORY / "target/debug/barrow")
# By name, because the oldest versions of the CDK that the package is for do not know the newest runtimes.
PYTHON = lambda_.Runtime("python3.13", lambda_.RuntimeFamily.PYTHON)
ARM, INTEL = lambda_.Architecture.ARM_64, lambda_.Architecture.X86_64


class SynthesisTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="barrow-cdk-")))
        environment = {
            "BARROW_BIN": BINARY,
            "BARROW_INDEX_URL": str(FIXTURES / "simple"),
            "BARROW_CACHE_DIR": str(self.folder / "cache"),
        }
        self.enterContext(mock.patch.dict(os.environ, environment))
        self.outputs = 0

    def function(self, requirements="barrow-hello\n", name="function"):
        """A folder with a handler and requirements."""
        folder = self.folder / name
        folder.mkdir(parents=True)
        (folder / "index.py").write_text("def handler(event, context):\n    return 1\n")
        (folder / "requirements.txt").write_text(requirements)
        return folder

    def synthesise(self, define, context=None):
        """Synthesises an app that `define(stack)` fills; gives its assets by construct id, and their folder."""
        self.outputs += 1
        outdir = self.folder / f"out{self.outputs}"
        app = App(outdir=str(outdir), context=context or {})
        stack = Stack(app, "Test")
        define(stack)
        template = app.synth().get_stack_by_name("Test").template
        assets = {}
        for logical_id, resource in template["Resources"].items():
            key = resource["Properties"].get("Code", resource["Properties"].get("Content", {})).get("S3Key")
            if key:
                path = outdir / f"asset.{key}"
                # A logical id is the construct's with eight hexadecimal digits.
                assets[logical_id[:-8]] = (key, path if path.exists() else path.with_suffix(""))
        return assets, outdir


def tree(folder):
    """Mode and digest of every file of a folder, by path."""
    files = {str(file.relative_to(folder)): file for file in sorted(folder.rglob("*")) if file.is_file()}
    return {path: (file.stat().st_mode | 0o200, hashlib.sha256(file.read_bytes()).hexdigest()) for path, file in files.items()}
