"""Locks of every tool, a workspace, and folders beside the function, through ``PythonFunction``.

``tests/integrations/run`` serves the index that the stored locks are for, and has uv.
"""

import json
import os
import shutil
import subprocess
import unittest
from pathlib import Path
from unittest import mock

from aws_cdk import aws_lambda as lambda_
from barrow_cdk import BundlingOptions, PythonFunction
from support import FIXTURES, SynthesisTest

PROXY, TOOLS = os.environ.get("BARROW_LOCK_PROXY"), os.environ.get("BARROW_LOCK_TOOLS", "")
INDEX = "http://index.test/simple/"
PYTHON = lambda_.Runtime("python3.11", lambda_.RuntimeFamily.PYTHON)

BACKEND = """import base64, hashlib, os, pathlib, zipfile


def build_wheel(folder, config_settings=None, metadata_directory=None):
    info = "NAME-1.dist-info"
    files = {str(path.relative_to("src")): path.read_bytes() for path in sorted(pathlib.Path("src").rglob("*.py"))}
    files[f"{info}/METADATA"] = b"Metadata-Version: 2.1\\nName: NAME\\nVersion: 1\\nREQUIRES"
    files[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\\nGenerator: own\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    digest = lambda content: base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    record = "".join(f"{path},sha256={digest(content)},{len(content)}\\n" for path, content in files.items())
    with zipfile.ZipFile(os.path.join(folder, "NAME-1-py3-none-any.whl"), "w") as wheel:
        for path, content in {**files, f"{info}/RECORD": (record + f"{info}/RECORD,,\\n").encode()}.items():
            wheel.writestr(path, content)
    return "NAME-1-py3-none-any.whl"
"""


def project(folder, name, requires=(), more=""):
    """Writes a project that is built with nothing but Python, with a module of its name below `src`."""
    (folder / "src" / name).mkdir(parents=True)
    (folder / "src" / name / "__init__.py").write_text(f"NAME = {name!r}\n")
    lines = "".join(f"Requires-Dist: {line}\\n" for line in requires)
    (folder / "back.py").write_text(BACKEND.replace("NAME", name).replace("REQUIRES", lines))
    (folder / "pyproject.toml").write_text(
        f'[project]\nname = "{name}"\nversion = "1"\nrequires-python = ">=3.10"\ndependencies = {json.dumps(list(requires))}\n'
        f'[build-system]\nrequires = []\nbuild-backend = "back"\nbackend-path = ["."]\n{more}'
    )


@unittest.skipUnless(PROXY, "tests/integrations/run serves the index")
class LocksTest(SynthesisTest):
    def setUp(self):
        super().setUp()
        variables = {"BARROW_PROXY": PROXY, "PRIVATE_HOST": "private.test", "PIP_INDEX_URL": INDEX, "BARROW_INDEX_URL": ""}
        self.enterContext(mock.patch.dict(os.environ, variables))

    def asset(self, entry, bundling=None):
        make = lambda stack: PythonFunction(stack, "F", entry=str(entry), runtime=PYTHON, bundling=bundling)
        return self.synthesise(make)[0]["F"]

    def pins(self, asset):
        names = [folder.name.removesuffix(".dist-info").split("-") for folder in asset.glob("*.dist-info")]
        return {name.replace("_", "-"): version for name, version in names}

    def assert_reached(self, entry, files):
        for file in files:
            before, _ = self.asset(entry)
            with file.open("a") as text:
                text.write("# edited\n")
            self.assertNotEqual(self.asset(entry)[0], before, file)

    def test_stored_locks_of_every_tool(self):
        for name in ("plain-uv-new", "plain-uv-0.7", "poetry-poetry-new", "poetry-poetry-1.8", "pipfile-pipenv-new", "pdm-pdm-new"):
            entry = self.folder / name
            shutil.copytree(FIXTURES / "locks" / name, entry, ignore=shutil.ignore_patterns("pins.json"))
            (entry / "index.py").write_text("")
            expected = json.loads((FIXTURES / "locks" / name / "pins.json").read_text())[0]["pins"]
            self.assertEqual(self.pins(self.asset(entry)[1]), expected, name)

    def test_a_member_of_a_workspace_with_the_lock_at_its_root(self):
        root = self.folder / "workspace"
        shared, base = ('\n[tool.uv.sources]\n' + name + " = { workspace = true }\n" for name in ("shared", "base"))
        project(root / "services/api", "api", ["shared", "lib-0"], shared)
        project(root / "libs/shared", "shared", ["base"], base)
        project(root / "libs/base", "base")
        (root / "services/api/index.py").write_text("")
        (root / "pyproject.toml").write_text(
            f'[tool.uv.workspace]\nmembers = ["services/*", "libs/*"]\n[[tool.uv.index]]\nname = "ours"\nurl = "{INDEX}"\ndefault = true\n'
        )
        command = [Path(TOOLS, "uv-new/bin/uv"), "lock", "--quiet", "--upgrade-package", "lib-0==1.5"]
        variables = {"http_proxy": PROXY, "UV_CACHE_DIR": str(self.folder / "uv"), "UV_PYTHON_DOWNLOADS": "never"}
        subprocess.run(command, cwd=root, env={**os.environ, **variables}, check=True)
        entry = root / "services/api"
        self.assertEqual(self.pins(self.asset(entry)[1]), {"base": "1", "lib-0": "1.5", "shared": "1"})
        self.assert_reached(entry, [root / "libs/base/src/base/__init__.py", root / "libs/shared/src/shared/__init__.py"])

        class Before:
            def before_bundling(self, input_dir, output_dir):
                return ["true"]

            def after_bundling(self, input_dir, output_dir):
                return []

        with self.assertRaisesRegex(Exception, "which is not below .*uv.lock; give it a lock of its own"):
            self.asset(entry, BundlingOptions(command_hooks=Before()))

    def test_the_function_and_folders_beside_it_in_requirements(self):
        entry = self.folder / "services/api"
        project(entry, "api", ["lib-0<2"])
        project(self.folder / "libs/shared", "shared", ["lib-18"])
        (entry / "index.py").write_text("")
        (entry / "requirements.txt").write_text("-e .\n../../libs/shared\n")
        expected = {"api": "1", "lib-0": "1.5", "lib-18": "2.0", "shared": "1"}
        self.assertEqual(self.pins(self.asset(entry)[1]), expected)
        self.assert_reached(entry, [entry / "src/api/__init__.py", self.folder / "libs/shared/src/shared/__init__.py"])

    def test_a_lock_is_for_the_project_beside_it(self):
        entry = self.folder / "stale"
        shutil.copytree(FIXTURES / "locks/plain-uv-new", entry)
        (entry / "index.py").write_text("")
        text = (entry / "pyproject.toml").read_text()
        (entry / "pyproject.toml").write_text(text.replace('dependencies = [', 'dependencies = ["lib-22", ', 1))
        with self.assertRaisesRegex(Exception, "uv.lock"):
            self.asset(entry)
