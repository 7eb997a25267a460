#!/usr/bin/env python3
"""Compares barrow's resolutions with uv's on PyPI, for the applications beside this file.

    tests/network/compare_with_uv.py [--barrow PATH] [--uv PATH] [--exclude-newer DATE] [NAME…]

Both resolve the same file for the same Python, architecture and cut-off date, wheels only. uv has no platform of
glibc 2.26, so for runtimes on Amazon Linux 2 it is asked twice, for glibc 2.17 and 2.28: a pin that equals one of the
two is what a ceiling between them gives. Every other difference is printed. Needs the network, so it is not a part of
the test suite.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import datetime
import pathlib
import re
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
TARGETS = [("3.11", "x86_64"), ("3.12", "arm64"), ("3.13", "x86_64"), ("3.14", "arm64")]
MACHINES = {"x86_64": "x86_64", "arm64": "aarch64"}


def glibc_ceilings(python: str) -> list[str]:
    return ["2_17", "2_28"] if int(python.split(".")[1]) <= 11 else ["2_34"]


def pins(text: str) -> dict[str, str]:
    found = {}
    for line in text.splitlines():
        match = re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ ;\\]+)", line)
        if match:
            found[re.sub(r"[-_.]+", "-", match[1]).lower()] = match[2]
    return found


def run(command: list[str]) -> tuple[float, subprocess.CompletedProcess[str]]:
    start = time.monotonic()
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return time.monotonic() - start, result


def compare(arguments: argparse.Namespace, file: pathlib.Path, python: str, arch: str) -> tuple[str, bool]:
    title = f"{file.stem} · python{python} {arch}"
    seconds, own = run(
        [arguments.barrow, "lock", "-r", str(file), "--runtime", f"python{python}", "--arch", arch]
        + ["--format", "requirements", "--exclude-newer", arguments.exclude_newer, "-o", "-", "-q"]
    )
    others = []
    for ceiling in glibc_ceilings(python):
        others.append(
            run(
                [arguments.uv, "pip", "compile", str(file), "--python-version", python, "--only-binary", ":all:", "-q"]
                + ["--python-platform", f"{MACHINES[arch]}-manylinux_{ceiling}", "--no-header", "--no-annotate"]
                + ["--exclude-newer", arguments.exclude_newer]
            )
        )
    times = f"{seconds:.2f} s, uv {others[0][0]:.2f} s"
    if own.returncode != 0 or any(other.returncode != 0 for _, other in others):
        failed = own.returncode != 0, [other.returncode != 0 for _, other in others]
        same = failed[0] == any(failed[1])
        detail = "" if same else f"\n    barrow: {own.stderr.strip()[-1500:]}\n    uv: {others[0][1].stderr.strip()[-1500:]}"
        return f"{'both fail' if same else 'DIFFERS'}: {title}{detail}", same
    mine, theirs = pins(own.stdout), [pins(other.stdout) for _, other in others]
    lines = []
    for name in sorted(set(mine) | set().union(*theirs)):
        answers = [answer.get(name) for answer in theirs]
        if mine.get(name) not in answers:
            lines.append(f"    {name}: barrow {mine.get(name)}, uv {' or '.join(str(answer) for answer in answers)}")
    if lines:
        return "\n".join([f"DIFFERS: {title} ({times})", *lines]), False
    return f"same: {title}, {len(mine)} pins ({times})", True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="applications; default: all")
    parser.add_argument("--barrow", default="barrow")
    parser.add_argument("--uv", default="uv")
    parser.add_argument("--python", action="append", help="only these versions")
    parser.add_argument("--jobs", type=int, default=1)
    yesterday = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)
    parser.add_argument("--exclude-newer", default=yesterday.strftime("%Y-%m-%dT00:00:00Z"))
    arguments = parser.parse_args()
    files = sorted((HERE / "applications").glob("*.txt"))
    files = [file for file in files if not arguments.names or file.stem in arguments.names]
    targets = [target for target in TARGETS if not arguments.python or target[0] in arguments.python]
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        jobs = [pool.submit(compare, arguments, file, *target) for file in files for target in targets]
        for job in jobs:
            text, same = job.result()
            passed, failed = passed + same, failed + (not same)
            print(text, flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
