#!/usr/bin/env python3
"""Compares barrow's tag lists and markers with those of `packaging`, item by item, for every target.

Run it from the top of the repository: `python3 tests/differential/packaging_tags.py`. It makes a virtual environment
with the pinned `packaging` below the build folder and builds the example program `target_tags`.
One line per difference; the last line is `N passed, M failed`.
"""

import os
import pathlib
import subprocess
import sys
import venv

PACKAGING = "packaging==26.3"
RUNTIMES = {8: 26, 9: 26, 10: 26, 11: 26, 12: 34, 13: 34, 14: 34}
MACHINES = {"x86_64": "x86_64", "arm64": "aarch64"}
# Ceilings by `--glibc`, beside the runtime's own.
CEILINGS = [None, 5, 12, 16, 17, 28, 39]
TOP = pathlib.Path(__file__).resolve().parents[2]


def reenter_with_packaging():
    """Runs this script again in an environment that has the pinned `packaging`."""
    folder = TOP / "target" / "differential" / PACKAGING.replace("==", "-")
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    environment = {key: value for key, value in os.environ.items() if key not in ("PIP_FIND_LINKS", "PIP_NO_INDEX")}
    if not (folder / "ready").exists():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", PACKAGING], check=True, env=environment)
        (folder / "ready").touch()
    sys.exit(subprocess.run([python, __file__, "--inside"], check=False).returncode)


def expected_tags(minor, machine, glibc_minor):
    """What `packaging` says for this CPython on this glibc."""
    from packaging import _manylinux, tags

    _manylinux._get_glibc_version = lambda: (2, glibc_minor)
    _manylinux._have_compatible_abi = lambda executable, archs: True
    _manylinux._is_compatible = lambda arch, version: True
    # The one difference on purpose: `packaging` >= 26.3 puts the plain platform first, before that it stood last.
    platforms = [*_manylinux.platform_tags([machine]), f"linux_{machine}"]
    version = (3, minor)
    interpreter = f"cp3{minor}"
    yield from map(str, tags.cpython_tags(version, [interpreter], platforms))
    yield from map(str, tags.compatible_tags(version, interpreter, platforms))


def expected_markers(minor, machine):
    """Every marker that `packaging` knows, but for the patch level; `default_environment` gives the names."""
    from packaging import markers

    values = {
        "implementation_name": "cpython",
        "os_name": "posix",
        "platform_machine": machine,
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_version": f"3.{minor}",
        "sys_platform": "linux",
    }
    assert set(values) | {"implementation_version", "python_full_version"} == set(markers.default_environment())
    return values


def compare(program, minor, architecture, ceiling):
    """Returns a sentence about the first difference, or None."""
    machine = MACHINES[architecture]
    glibc_minor = RUNTIMES[minor] if ceiling is None else ceiling
    arguments = [program, f"python3.{minor}", architecture] + ([f"2.{ceiling}"] if ceiling is not None else [])
    lines = subprocess.run(arguments, check=True, capture_output=True, text=True).stdout.splitlines()
    found = [line for line in lines if "=" not in line]
    expected = list(expected_tags(minor, machine, glibc_minor))
    for place, pair in enumerate(zip(found, expected)):
        if pair[0] != pair[1]:
            return f"tag {place} is {pair[0]}, but `packaging` has {pair[1]}"
    if len(found) != len(expected):
        return f"{len(found)} tags, but `packaging` has {len(expected)}"
    values = dict(line.split("=", 1) for line in lines if "=" in line)
    full_version = values.pop("python_full_version")
    if values.pop("implementation_version") != full_version or not full_version.startswith(f"3.{minor}."):
        return f"the full version is {full_version}"
    if values != expected_markers(minor, machine):
        return f"the markers are {values}"
    return None


def main():
    """Compares every target."""
    subprocess.run(["cargo", "build", "--quiet", "--example", "target_tags"], check=True, cwd=TOP)
    program = TOP / "target" / "debug" / "examples" / "target_tags"
    passed = failed = 0
    for minor in RUNTIMES:
        for architecture in MACHINES:
            for ceiling in CEILINGS:
                difference = compare(program, minor, architecture, ceiling)
                if difference is None:
                    passed += 1
                else:
                    failed += 1
                    print(f"python3.{minor} {architecture} glibc {ceiling or 'default'}: {difference}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    if "--inside" in sys.argv:
        sys.exit(main())
    reenter_with_packaging()
