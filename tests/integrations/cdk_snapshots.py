"""Snapshot tests of apps, as people have them: jest and pytest (with syrupy), in two checkouts of one repository.

A snapshot of the template holds the asset's hash, so it has to be the same in every checkout. Jest makes an environment of its
own for each file of tests. The runners have to come to their end: nothing of barrow may keep them, or stay behind.
"""

import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

JEST = "30.5.2"

JEST_TEST = """
const path = require('path');
const { App, Stack } = require('aws-cdk-lib');
const { Runtime, RuntimeFamily } = require('aws-cdk-lib/aws-lambda');
const { Template } = require('aws-cdk-lib/assertions');
const { PythonFunction, PythonLayerVersion } = require('barrow-cdk');

const runtime = new Runtime('python3.13', RuntimeFamily.PYTHON);
const entry = path.join(__dirname, '../lambda');

describe('the stack', () => {
  test.each([128, 256, 512])('with %i MB', (memorySize) => {
    const stack = new Stack(new App(), 'Api');
    new PythonFunction(stack, 'F', { entry, runtime, memorySize });
    new PythonLayerVersion(stack, 'L', { entry, compatibleRuntimes: [runtime] });
    expect(Template.fromStack(stack).toJSON()).toMatchSnapshot();
  });
});
"""

PYTEST = """
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda
from aws_cdk.assertions import Template
from barrow_cdk import PythonFunction, PythonLayerVersion

RUNTIME = aws_lambda.Runtime("python3.13", aws_lambda.RuntimeFamily.PYTHON)
ENTRY = str(Path(__file__).parent.parent / "lambda")


@pytest.mark.parametrize("memory_size", [128, 256])
def test_the_stack(snapshot, memory_size):
    stack = cdk.Stack(cdk.App(), "Api")
    PythonFunction(stack, "F", entry=ENTRY, runtime=RUNTIME, memory_size=memory_size)
    PythonLayerVersion(stack, "L", entry=ENTRY, compatible_runtimes=[RUNTIME])
    assert Template.from_stack(stack).to_json() == snapshot
"""


def checkouts(work, files):
    """Two copies of one repository, in two places."""
    folders = []
    for name in ("first", "second checkout"):
        folder = work / name
        shutil.rmtree(folder, ignore_errors=True)
        for path, text in {
            "lambda/index.py": "import barrow_hello\n",
            "lambda/requirements.txt": "barrow-hello\n",
            **files,
        }.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        folders.append(folder)
    return folders


def watched(work, barrow):
    """A program in the place of barrow that notes its process and its first word; the variables for it, and the notes."""
    program, log = work / "barrow", work / "log"
    log.unlink(missing_ok=True)
    program.write_text(f"#!/bin/sh\necho \"$$ $1\" >> '{log}'\nexec '{barrow}' \"$@\"\n")
    program.chmod(0o755)
    return {"BARROW_BIN": str(program), "BARROW_CACHE_DIR": str(work / "cache")}, log


def refuse_left_behind(log):
    """Fails when a process that was started is still there, and when each function had one of its own."""
    runs = [line.split() for line in log.read_text().splitlines()]
    assert {word for _, word in runs} == {"serve"}, runs
    for process, _ in runs:
        for _ in range(200):
            if not Path("/proc", process).exists():
                break
            time.sleep(0.05)
        assert not Path("/proc", process).exists(), f"{process} is still there"
    return len(runs)


def jest(run, barrow, packages, work, fixtures):
    """`packages` is the folder with the package and its node_modules."""
    work.mkdir(parents=True, exist_ok=True)
    if not (work / "node_modules/jest/package.json").exists():
        (work / "package.json").write_text('{"private": true}')
        run(["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--prefer-offline", f"jest@{JEST}"], work)
    for name, target in {"barrow-cdk": packages, "aws-cdk-lib": packages / "node_modules/aws-cdk-lib"}.items():
        (work / "node_modules" / name).unlink(missing_ok=True)
        (work / "node_modules" / name).symlink_to(target)
    variables, log = watched(work, barrow)
    variables["BARROW_INDEX_URL"] = str(fixtures / "simple")
    manifest = json.dumps({"private": True, "jest": {"testEnvironment": "node"}})
    files = {"package.json": manifest, **{f"test/{name}.test.js": JEST_TEST for name in ("api", "web", "jobs")}}
    first, second = checkouts(work, files)
    program = work / "node_modules/.bin/jest"
    run([program, "--ci=false", "--detectOpenHandles", "--rootDir", first], first, **variables)
    assert (first / "test/__snapshots__/api.test.js.snap").is_file()
    shutil.copytree(first / "test/__snapshots__", second / "test/__snapshots__")
    output = run([program, "--ci", "--rootDir", second], second, **variables)
    assert re.search(r"Snapshots: +9 passed", output), output
    assert "did not exit" not in output and "open handle" not in output, output
    assert refuse_left_behind(log) <= 2 * 3, log.read_text()


def pytest(run, barrow, python, package, work, fixtures):
    """`package` is the folder that has the package."""
    work.mkdir(parents=True, exist_ok=True)
    variables, log = watched(work, barrow)
    variables.update(BARROW_INDEX_URL=str(fixtures / "simple"), PYTHONPATH=str(package))
    first, second = checkouts(work, {"test/test_stack.py": PYTEST})
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test"]
    run([*command, "--snapshot-update"], first, **variables)
    shutil.copytree(first / "test/__snapshots__", second / "test/__snapshots__")
    output = run(command, second, **variables)
    assert re.search(r"2 snapshots passed", output), output
    assert refuse_left_behind(log) == 2, log.read_text()


def pyright(run, python, package, work):
    """The package is typed throughout, and so is an app that uses it."""
    work.mkdir(parents=True, exist_ok=True)
    app = work / "app.py"
    app.write_text(
        "import aws_cdk as cdk\nfrom aws_cdk import aws_lambda\n"
        "from barrow_cdk import BundlingOptions, PythonFunction, PythonLayerVersion\n\n"
        "stack = cdk.Stack(cdk.App(), 'S')\noptions = BundlingOptions(slim=['botocore=s3'], report='r.html', asset_excludes=['tests'])\n"
        "PythonFunction(stack, 'F', entry='.', runtime=aws_lambda.Runtime.PYTHON_3_13, bundling=options, memory_size=1)\n"
        "PythonLayerVersion(stack, 'L', entry='.', compatible_runtimes=[aws_lambda.Runtime.PYTHON_3_13])\n"
    )
    settings = work / "pyrightconfig.json"
    checked = [os.path.relpath(place, work) for place in (package / "barrow_cdk", app)]
    settings.write_text(json.dumps({"include": checked, "typeCheckingMode": "strict", "extraPaths": [str(package)], "pythonVersion": "3.9"}))
    caches = {"PYRIGHT_PYTHON_CACHE_DIR": str(work / "programs"), "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    output = run([python, "-m", "pyright", "--project", settings, "--pythonpath", python], work, **caches)
    assert "0 errors, 0 warnings" in output, output
    # It would say so if something were wrong.
    app.write_text(app.read_text().replace("report='r.html'", "report=1"))
    broken = subprocess.run(
        [python, "-m", "pyright", "--project", settings, "--pythonpath", python],
        cwd=work,
        env={**os.environ, **caches},
        capture_output=True,
        text=True,
        check=False,
    )
    assert broken.returncode == 1 and "reportArgumentType" in broken.stdout, broken.stdout
