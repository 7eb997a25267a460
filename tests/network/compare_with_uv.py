#!/usr/bin/env python3
"""Compares barrow's resolutions with uv's on PyPI.

    tests/network/compare_with_uv.py [--barrow PATH] [--uv PATH] [--exclude-newer DATE] [--set SET] [NAME…]

The cases are the applications beside this file and the projects of `popular_projects.txt`, each for four targets. Both
programs resolve the same requirements for the same Python, architecture and cut-off date, wheels only, each with a cache
of its own. uv names no platform of glibc 2.26, so for runtimes on Amazon Linux 2 it is given an interpreter that claims to
run on it.

Every other difference is printed, with the time that both took. `--known FILE` names differences that
`docs/differences-from-uv.md` explains, a line each: `CASE PYTHON PROJECT`, `*` for any. Needs the network, so it is not a
part of the test suite. Exit status 1: a difference that is not known.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import datetime
import fnmatch
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time
import venv

HERE = pathlib.Path(__file__).resolve().parent
TARGETS = [("3.11", "x86_64"), ("3.12", "arm64"), ("3.13", "x86_64"), ("3.14", "arm64")]
MACHINES = {"x86_64": "x86_64", "arm64": "aarch64"}
PATCHES = {"3.11": "3.11.14", "3.12": "3.12.12", "3.13": "3.13.11", "3.14": "3.14.2"}
AL2_GLIBC = "2.26"
TOO_SLOW = 10


def platform(python: str, arch: str, scratch: pathlib.Path) -> list[str]:
    """The options that make uv resolve for the platform of a runtime."""
    # Any interpreter will do, as nothing is built; without one uv looks for the target's and downloads it.
    if int(python.split(".")[1]) >= 12:
        return ["--python-platform", f"{MACHINES[arch]}-manylinux_2_34", "--python", sys.executable]
    folder = scratch / f"interpreter-{arch}"
    if not folder.exists():
        venv.create(folder, symlinks=True)
        [packages] = folder.glob("lib/python*/site-packages")
        machine = MACHINES[arch]
        (packages / "claim.pth").write_text("import claim\n")
        (packages / "claim.py").write_text(
            "import os, platform\n"
            f"os.confstr = lambda name: 'glibc {AL2_GLIBC}'\n"
            f"platform.libc_ver = lambda *rest: ('glibc', '{AL2_GLIBC}')\n"
            f"platform.machine = lambda: '{machine}'\n"
        )
    return ["--python", str(folder / "bin" / "python")]


def pins(text: str) -> dict[str, str]:
    found = {}
    for line in text.splitlines():
        match = re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ ;\\]+)", line)
        if match:
            found[re.sub(r"[-_.]+", "-", match[1]).lower()] = match[2]
    return found


def environment() -> dict[str, str]:
    """The environment without what would make one of the two programs see another index."""
    foreign = ("PIP_FIND", "PIP_INDEX", "PIP_EXTRA", "PIP_NO", "BARROW_", "UV_")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)}


class Answer:
    """What one program said."""

    def __init__(self, command: list[str], seconds: float) -> None:
        start = time.monotonic()
        try:
            result = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=seconds, env=environment()
            )
            self.ok, self.pins, self.error = result.returncode == 0, pins(result.stdout), result.stderr.strip()
        except subprocess.TimeoutExpired:
            self.ok, self.pins, self.error = False, {}, f"no answer within {seconds:.0f} s"
        self.seconds = time.monotonic() - start


def compare(arguments: argparse.Namespace, scratch: pathlib.Path, file: pathlib.Path, python: str, arch: str) -> dict:
    caches = arguments.caches or scratch / "caches"
    own = Answer(
        [arguments.barrow, "lock", "-r", str(file), "--runtime", f"python{python}", "--arch", arch]
        + ["--python-version", PATCHES[python], "--cache-dir", str(caches / "barrow")]
        + ["--format", "requirements", "--exclude-newer", arguments.exclude_newer, "-o", "-", "-q"],
        arguments.timeout,
    )
    other = Answer(
        [arguments.uv, "pip", "compile", str(file), "--python-version", PATCHES[python], "--only-binary", ":all:"]
        + ["--no-header", "--no-annotate", "-q", "--no-config", "--no-python-downloads"]
        + ["--cache-dir", str(caches / "uv"), "--exclude-newer", arguments.exclude_newer]
        + platform(python, arch, scratch),
        arguments.timeout,
    )
    case = {
        "case": file.stem,
        "python": python,
        "arch": arch,
        "barrow_seconds": round(own.seconds, 3),
        "uv_seconds": round(other.seconds, 3),
        "pins": len(own.pins),
        "differences": {},
        "verdict": "same",
    }
    if not own.ok or not other.ok:
        case["verdict"] = "differs" if own.ok or other.ok else "both fail"
        case["barrow_error"], case["uv_error"] = own.error[-1500:], other.error[-1500:]
        return case
    for name in sorted({*own.pins, *other.pins}):
        if own.pins.get(name) != other.pins.get(name):
            case["differences"][name] = [own.pins.get(name), other.pins.get(name)]
    case["verdict"] = "differs" if case["differences"] else "same"
    return case


def text_of(case: dict) -> str:
    slow = case["barrow_seconds"] > max(1.0, TOO_SLOW * case["uv_seconds"])
    times = f"{case['pins']} pins, {case['barrow_seconds']:.2f} s, uv {case['uv_seconds']:.2f} s"
    lines = [f"{case['verdict']:9} {case['case']} · python{case['python']} {case['arch']} ({times})"]
    if slow:
        lines[0] += " SLOW"
    for name, (own, theirs) in case["differences"].items():
        lines.append(f"    {name}: barrow {own}, uv {theirs}")
    for program in ["barrow", "uv"]:
        if error := case.get(f"{program}_error"):
            lines.append(f"    {program}: " + error.replace("\n", "\n        "))
    return "\n".join(lines)


def is_known(case: dict, known: list[list[str]]) -> bool:
    """Whether every difference of a case is explained."""

    def matches(project: str) -> bool:
        fields = [case["case"], case["python"], project]
        return any(all(map(fnmatch.fnmatchcase, fields, patterns)) for patterns in known)

    return all(map(matches, case["differences"] or ["(fails)"]))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="applications or projects; default: all")
    parser.add_argument("--barrow", default="barrow")
    parser.add_argument("--uv", default="uv")
    parser.add_argument("--set", choices=["applications", "projects", "all"], default="all")
    parser.add_argument("--python", action="append", help="only these versions")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--timeout", type=float, default=60, help="seconds for one answer")
    parser.add_argument("--caches", type=pathlib.Path, help="folder for the two caches; default: fresh ones")
    parser.add_argument("--known", type=pathlib.Path, default=HERE / "known_differences.txt")
    parser.add_argument("--json", type=pathlib.Path, help="file that gets every case as a line of JSON")
    yesterday = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)
    parser.add_argument("--exclude-newer", default=yesterday.strftime("%Y-%m-%dT00:00:00Z"))
    arguments = parser.parse_args()
    known = [
        line.split("#")[0].split()
        for line in (arguments.known.read_text().splitlines() if arguments.known.exists() else [])
        if line.split("#")[0].strip()
    ]
    counts: dict[str, int] = {}
    ratios = []
    with tempfile.TemporaryDirectory() as scratch:
        files = sorted((HERE / "applications").glob("*.txt")) if arguments.set != "projects" else []
        if arguments.set != "applications":
            for name in (HERE / "popular_projects.txt").read_text().split():
                file = pathlib.Path(scratch, f"{name}.txt")
                file.write_text(f"{name}\n")
                files.append(file)
        files = [file for file in files if not arguments.names or file.stem in arguments.names]
        targets = [target for target in TARGETS if not arguments.python or target[0] in arguments.python]
        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            jobs = [pool.submit(compare, arguments, pathlib.Path(scratch), file, *target) for file in files for target in targets]
            for job in jobs:
                case = job.result()
                if case["verdict"] == "differs" and is_known(case, known):
                    case["verdict"] = "explained"
                counts[case["verdict"]] = counts.get(case["verdict"], 0) + 1
                ratios.append(case["barrow_seconds"] / case["uv_seconds"])
                print(text_of(case), flush=True)
                if arguments.json:
                    with arguments.json.open("a") as lines:
                        lines.write(json.dumps(case) + "\n")
    print(", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items())))
    if ratios:
        print(f"median of barrow's time over uv's: {statistics.median(ratios):.2f}")
    return 1 if counts.get("differs") else 0


if __name__ == "__main__":
    sys.exit(main())
