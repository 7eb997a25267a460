#!/usr/bin/env python3
"""A stand-in of Docker for `@aws-cdk/aws-lambda-python-alpha`: runs the command line that the module made for its image, on the host.

`build` does nothing. `run` copies what would be mounted as `/asset-input`, runs the command with the folders of this run in the place
of the container's, and has pip choose wheels for the architecture and Python in BARROW_STAND_IN (`manylinux_2_28_aarch64 3.13`). A
third word there is the `python` of the container, where markers are to be those of the target.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path


def main(arguments):
    if arguments[0] != "run":
        return 0
    mounts, variables, words = {}, {}, iter(arguments[1:])
    for word in words:
        if word in ("-v", "--volume"):
            host, container = next(words).split(":")[:2]
            mounts[container] = host
        elif word in ("-e", "--env"):
            name, _, value = next(words).partition("=")
            variables[name] = value
        elif word in ("-u", "-w", "--platform", "--network", "--entrypoint"):
            next(words)
        elif not word.startswith("-"):
            break
    command = list(words)
    with tempfile.TemporaryDirectory(prefix="stand-in-") as work:
        folders = {"/asset-input": f"{work}/asset-input", "/asset-output": f"{work}/asset-output"}
        shutil.copytree(mounts["/asset-input"], folders["/asset-input"], symlinks=True)
        os.mkdir(folders["/asset-output"])
        command = [re.sub(r"/asset-(?:input|output)\b", lambda found: folders[found[0]], word) for word in command]
        environment = {**os.environ, **variables, **pip_settings(), "PATH": path_with_tools(work)}
        result = subprocess.run(command, cwd=folders["/asset-input"], env=environment, stdin=subprocess.DEVNULL, check=False)
        shutil.copytree(folders["/asset-output"], mounts["/asset-output"], dirs_exist_ok=True, symlinks=True)
    return result.returncode


def pip_settings():
    platform, python = os.environ["BARROW_STAND_IN"].split()[:2]
    return {
        "PIP_PLATFORM": platform,
        "PIP_PYTHON_VERSION": python,
        "PIP_IMPLEMENTATION": "cp",
        "PIP_ONLY_BINARY": ":all:",
        "PIP_NO_COMPILE": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_CACHE_DIR": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def path_with_tools(work):
    """PATH, with `python`, and a copy that knows plain names where there is no rsync; what its patterns mean is in a table."""
    programs = Path(work, "bin")
    programs.mkdir()
    named = os.environ["BARROW_STAND_IN"].split()[2:]
    if named or not shutil.which("python"):
        # A link would be taken for another installation.
        (programs / "python").write_text(f'#!/bin/sh\nexec {named[0] if named else sys.executable} "$@"\n')
        (programs / "python").chmod(0o755)
    if not shutil.which("rsync"):
        program = programs / "rsync"
        program.write_text(
            f"#!{sys.executable}\n"
            "import shutil, sys\n"
            "names = [word[10:].strip(\"'\").rstrip('/') for word in sys.argv if word.startswith('--exclude=')]\n"
            "source, target = [word for word in sys.argv[1:] if not word.startswith('-')]\n"
            "shutil.copytree(source, target, ignore=shutil.ignore_patterns(*names), dirs_exist_ok=True)\n"
        )
        program.chmod(0o755)
    return f"{programs}{os.pathsep}{os.environ['PATH']}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
