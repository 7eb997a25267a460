#!/usr/bin/env python3
"""One `pylock.toml` for several targets, as barrow writes it, installed by uv, by pip and by barrow: the same files.

Run from anywhere: `python3 tests/differential/pylock_readers.py`. It stands on `locks.py`: the same index of our own packages, the
same environments with tools of other projects. pip can install for the machine alone on which it runs, so it is compared
for that target; uv for all of them.
"""

import os
import pathlib
import platform
import subprocess
import sys
import tempfile

import locks

REQUIREMENTS = ["client[socks,tls]", "lib-1", "lib-11", "fast", "forked", "forked>=2; python_version >= '3.12'"]
RUNTIMES = ["python3.11", "python3.13"]
ARCHITECTURES = {"x86_64": "x86_64-manylinux_2_28", "arm64": "aarch64-manylinux_2_28"}
ATTESTED = "https://index.test/integrity/lib_1/provenance"


def tree(folder):
    """Every installed file but those that name their installer."""
    written_by_installers = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*"))
            if path.is_file() and path.name not in written_by_installers and not path.name.startswith(".")
            and "__pycache__" not in path.parts}


def run(words, folder, environment):
    done = subprocess.run([str(word) for word in words], cwd=folder, env=environment, text=True, stdin=subprocess.DEVNULL,
                          capture_output=True)
    if done.returncode != 0:
        raise locks.Failure(f"{' '.join(map(str, words))}\n{done.stdout}{done.stderr}")


def main():
    locks.TOOLS["pip-new"] = ["pip==26.3"]
    base = locks.install_tools({"uv-new", "pip-new"})
    if not locks.BINARY:
        subprocess.run(["cargo", "build", "--locked", "--quiet"], cwd=locks.ROOT, check=True)
    proxy = locks.serve()
    with tempfile.TemporaryDirectory() as temporary:
        work = pathlib.Path(temporary)
        environment = {
            "PATH": "/usr/bin:/bin", "HOME": temporary, "http_proxy": proxy, "HTTP_PROXY": proxy, "LANG": "C.UTF-8",
            "UV_CACHE_DIR": str(work / "uv"), "UV_PYTHON_DOWNLOADS": "never", "PIP_CONFIG_FILE": os.devnull,
            "PIP_TRUSTED_HOST": "index.test", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_CACHE_DIR": "1",
        }
        words = ["lock", *REQUIREMENTS, "-i", locks.INDEX, "-o", "pylock.toml"]
        words += [word for runtime in RUNTIMES for word in ("--runtime", runtime)]
        words += [word for arch in ARCHITECTURES for word in ("--arch", arch)]
        locks.barrow(words, work, proxy, work / "cache")
        lock = work / "pylock.toml"
        # The index has no attestations; other readers have to pass over what a lock says of them.
        lines = lock.read_text().splitlines(keepends=True)
        at = next(number for number, line in enumerate(lines) if line == 'name = "lib-1"\n')
        lines.insert(at + 2, f'tool.barrow.provenance = {{ "lib_1-2.0-py3-none-any.whl" = "{ATTESTED}" }}\n')
        lock.write_text("".join(lines))
        failures, compared = [], 0
        here = f"python{sys.version_info.major}.{sys.version_info.minor}"
        for runtime in RUNTIMES:
            for arch, uv_platform in ARCHITECTURES.items():
                place = work / f"{runtime}-{arch}"
                ours = place / "barrow"
                locks.barrow(["install", "-r", lock, "-t", ours, "--runtime", runtime, "--arch", arch], work, proxy, work / "cache")
                readers = {"uv": [base / "uv-new/bin/uv", "pip", "install", "--quiet", "--target", place / "uv", "-r", lock,
                                  "--python", sys.executable, "--python-version", runtime.removeprefix("python"),
                                  "--python-platform", uv_platform]}
                if runtime == here and {"x86_64": "x86_64", "aarch64": "arm64"}.get(platform.machine()) == arch:
                    readers["pip"] = [base / "pip-new/bin/python", "-m", "pip", "install", "--quiet", "--target", place / "pip",
                                      "-r", lock]
                for reader, words in readers.items():
                    try:
                        run(words, work, environment)
                        theirs, expected = tree(place / reader), tree(ours)
                        if theirs != expected:
                            raise locks.Failure(f"other files: {sorted(set(theirs.items()) ^ set(expected.items()))[:4]}")
                        compared += 1
                        print(f"ok: {reader}, {runtime} {arch}: {len(theirs)} files", flush=True)
                    except locks.Failure as failure:
                        failures.append(f"{reader} {runtime} {arch}: {failure}")
                        print(f"FAILED: {failures[-1]}", flush=True)
    print(f"{compared} installations compared")
    if failures:
        sys.exit(f"{len(failures)} failures")


if __name__ == "__main__":
    main()
