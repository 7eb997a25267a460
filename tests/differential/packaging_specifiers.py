#!/usr/bin/env python3
"""Compares which versions barrow's specifiers take with `packaging`, over a table of borders.

One command, from the root of the repository:

    python3 tests/differential/packaging_specifiers.py

It makes a virtual environment under `target/` with the pinned `packaging` (one download from PyPI), builds
`examples/specifier_table.rs` and compares every specifier with every version. The last line is `N passed, M failed`; the
exit status is 1 when anything failed.

Pre-releases are let in on both sides (`prereleases=True`): which versions a set holds and whether a pre-release may be
chosen from it are two questions, and this asks the first.

Written down and not compared: `===` with another spelling of the same version (`===1.0-1` and `1.0.post1`), because
barrow keeps versions normalized.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

PACKAGING = "26.3"
ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = ROOT / "target" / "differential" / f"packaging-{PACKAGING}"

VERSIONS = """
0 0.dev0 0.0.1 0.9 0.9.9 0.9.post1
1.0.dev0 1.0.dev1 1.0.dev2 1.0a0.dev0 1.0a1.dev0 1.0a1.dev1 1.0a1 1.0a1+local 1.0a1.post0.dev0 1.0a1.post0 1.0a1.post1
1.0a2.dev0 1.0a2 1.0b1 1.0b2.dev3 1.0b2 1.0rc1.dev1 1.0rc1 1.0rc1.post1 1.0rc2
1 1.0 1.0.0 1.0+1 1.0+abc 1.0+abc.1 1.0+cpu 1.0.0+cpu 1.0+zz.9
1.0.post0.dev0 1.0.post0 1.0.post0+x 1.0.post1.dev0 1.0.post1.dev1 1.0.post1.dev1+y 1.0.post1 1.0.post1+cpu 1.0.post2.dev0
1.0.post2 1.0.post10
1.0.1.dev0 1.0.1a1 1.0.1 1.0.1.post1 1.0.2 1.0.10 1.0.0.1.dev0 1.0.0.1
1.1.dev0 1.1.dev1 1.1a1 1.1 1.1.0 1.1+cpu 1.1.post1 1.2.dev0 1.2 1.2.3 1.2.3+deadbeef 1.2.3.4 1.9 1.10 1.10.0a1
2.dev0 2.0.dev0 2.0.dev1 2.0a1 2.0rc1 2 2.0 2.0.0 2.0+local 2.0.post1 2.1 2.1.post3 3 3.0.1 3.dev1
2004 2012.4 20200101 2023.10.1
1!0.dev0 1!0 1!1.0.dev1 1!1.0a1 1!1.0rc1 1!1 1!1.0 1!1.0+cpu 1!1.0.post1 1!1.1 1!2.0.dev0 1!2 2!0 2!1.0a1
0!1.0 0!1.0.dev5
""".split()

BASES = """
0 0.dev0 1 1.0 1.0.0 1.0.dev0 1.0.dev1 1.0a1.dev1 1.0a1 1.0a1.post1 1.0b2 1.0rc1 1.0.post0 1.0.post1 1.0.post1.dev1
1.0.1 1.1 1.1.0 1.1.dev1 1.1a1 1.10 1.2.3 2 2.0 2.0.dev1 2.0rc1 2.0.post1 20200101 1!0 1!1 1!1.0 1!1.0a1 1!1.0.post1 2!0
""".split()
PREFIXES = ["0", "1", "1.0", "1.0.0", "1.1", "1.10", "2", "2.0", "1!0", "1!1", "1!1.0"]
LOCALS = ["1.0+cpu", "1.0+abc", "1.0+abc.1", "1.0.0+cpu", "1.0a1+local", "1.0.post1+cpu", "1.1+cpu", "1!1.0+cpu"]
SETS = [
    ">=1.0,<2.0",
    ">=1.0,<2",
    ">1.0,<=1.1",
    ">1.0a1,<1.0",
    ">=1.0,!=1.0.1,!=1.1.*",
    "~=1.0,!=1.2.*",
    "~=1.0.1,<1.0.10",
    "~=1.0a1,!=1.0",
    ">1.0.post1,<1.0.2",
    ">=1.0.dev0,<1.0",
    ">=1!0,<1!1.0",
    "==1.0,!=1.0+cpu",
    "==1.0,==1.0+cpu",
    "<=1.0,!=1.0",
    ">=2,<1",
    ">=1.0rc1,<1.0.post1",
]


def specifiers():
    for base in BASES:
        for operator in ("==", "!=", "<", "<=", ">", ">=", "==="):
            yield operator + base
        if "." in base.split("!")[-1].split(".dev")[0].split(".post")[0]:
            yield "~=" + base
    for prefix in PREFIXES:
        yield f"=={prefix}.*"
        yield f"!={prefix}.*"
    for local in LOCALS:
        yield "==" + local
        yield "!=" + local
        yield "===" + local
    yield from SETS


def environment_python():
    """The interpreter of an environment that has the pinned `packaging`."""
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        variables = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
        subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True)
        install = [python, "-m", "pip", "install", "--quiet", "--isolated", f"packaging=={PACKAGING}"]
        subprocess.run(install, check=True, env=variables)
    return python


def main():
    python = environment_python()
    if Path(sys.prefix).resolve() != ENVIRONMENT.resolve():
        return subprocess.run([python, __file__, *sys.argv[1:]], check=False).returncode

    import packaging
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

    assert packaging.__version__ == PACKAGING, packaging.__version__
    table = {"versions": VERSIONS, "specifiers": list(dict.fromkeys(specifiers()))}
    command = ["cargo", "run", "--quiet", "--example", "specifier_table"]
    run = subprocess.run(command, cwd=ROOT, input=json.dumps(table), capture_output=True, text=True, check=False)
    if run.returncode != 0:
        sys.stderr.write(run.stderr)
        print("0 passed, 1 failed")
        return 1
    ours = json.loads(run.stdout)

    passed = failed = 0
    for text in table["specifiers"]:
        theirs = SpecifierSet(text)
        if ours[text] is None:
            print(f"FAIL {text}: barrow does not parse it")
            failed += len(VERSIONS)
            continue
        mine = set(ours[text])
        for version in VERSIONS:
            # A resolver compares `===` with the normalized version of a file name.
            item = str(Version(version)) if "===" in text else version
            expected = theirs.contains(item, prereleases=True)
            if expected == (version in mine):
                passed += 1
            else:
                failed += 1
                print(f"FAIL {text} and {version}: packaging says {expected}, barrow {version in mine}")
    print(f"{len(table['specifiers'])} specifiers, {len(VERSIONS)} versions, packaging {PACKAGING}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
