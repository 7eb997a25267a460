#!/usr/bin/env python3
"""Installs the same wheels with barrow, pip and pypa/installer and lists what each makes of a RECORD that is wrong.

Run from anywhere: `python3 tests/differential/record_judgement.py`. It makes a virtual environment with the pinned pip and installer
under `target/differential/` (PyPI must be reachable the first time) and builds barrow, unless `--no-build` is given. Each wheel comes twice: from an index that
gives its digest, and from one that does not. A row that is not as it is written here is a failure. pip compares nothing with
RECORD; `installer`, asked to validate it with all contents, refuses what it can compare and knows no digest of the archive. barrow stands in between.
"""

import base64
import hashlib
import io
import os
import pathlib
import subprocess
import sys
import tempfile
import zipfile

PIP, INSTALLER = "26.3", "0.7.0"
BUILD = "--no-build" not in sys.argv
ROOT = pathlib.Path(__file__).resolve().parents[2]
INFO = "tiny-1.0.dist-info"
FILES = {
    "tiny/__init__.py": b"VALUE = 1\n",
    "tiny/data.txt": b"text\n",
    f"{INFO}/METADATA": b"Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n",
    f"{INFO}/WHEEL": b"Wheel-Version: 1.0\nGenerator: by hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
}


def line(path, content, hexadecimal=False):
    digest = hashlib.sha256(content)
    text = digest.hexdigest() if hexadecimal else base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()
    return f"{path},sha256={text},{len(content)}\n"


def true_record(files=FILES, **how):
    return "".join(line(path, content, **how) for path, content in files.items()) + f"{INFO}/RECORD,,\n"


def wheel(files=FILES, record=None):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path, content in files.items():
            archive.writestr(zipfile.ZipInfo(path), content)
        archive.writestr(zipfile.ZipInfo(f"{INFO}/RECORD"), true_record() if record is None else record)
    return out.getvalue()


def changed(path, content):
    return {**FILES, path: content}


VALIDATE = """
import sys
from installer.sources import WheelFile
with WheelFile.open(sys.argv[1]) as source:
    source.validate_record(validate_contents=True)
"""

# What it is, the wheel, and what becomes of it: barrow with the digest of the archive, barrow without, pip, installer.
ROWS = [
    ("an honest wheel", wheel(), "taken", "taken", "taken", "taken"),
    ("RECORD lists what is not there", wheel(record=true_record() + line("tiny/gone.py", b"")), "warned", "refused", "taken", "taken"),
    ("RECORD lacks a module", wheel({**FILES, "tiny/new.py": b""}), "warned", "refused", "taken", "refused"),
    ("a WHEEL that was written again", wheel(changed(f"{INFO}/WHEEL", FILES[f"{INFO}/WHEEL"] + b"Build: 1\n")), "warned", "refused", "taken", "refused"),
    ("data that was changed", wheel(changed("tiny/data.txt", b"TEXT\n")), "warned", "refused", "taken", "refused"),
    ("a module that was changed", wheel(changed("tiny/__init__.py", b"VALUE = 2\n")), "refused", "refused", "taken", "refused"),
    ("hexadecimal digests", wheel(record=true_record(hexadecimal=True)), "taken", "taken", "taken", "refused"),
    ("paths with `./` in front", wheel(record="".join(f"./{one}\n" for one in true_record().splitlines())), "taken", "taken", "taken", "refused"),
    ("a line that leads outside", wheel(record="../evil.py,,\n" + true_record()), "refused", "refused", "taken", "taken"),
    ("no digest of a module", wheel(record=true_record().replace(line("tiny/__init__.py", b"VALUE = 1\n"), "tiny/__init__.py,,\n")), "warned", "refused", "taken", "refused"),
]


def environment():
    folder = ROOT / "target/differential" / f"record-pip-{PIP}-installer-{INSTALLER}"
    python = folder / "bin/python"
    if not (folder / "done").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"pip=={PIP}", f"installer=={INSTALLER}"], check=True)
        (folder / "done").touch()
    return python


def outcome(command, warning="disagrees"):
    made = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if made.returncode:
        return "refused"
    return "warned" if warning in made.stderr else "taken"


def main():
    python = environment()
    BUILD and subprocess.run(["cargo", "build", "--locked", "--quiet", "--bin", "barrow"], cwd=ROOT, check=True)
    barrow = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug/barrow"
    failed = 0
    for what, content, *expected in ROWS:
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            name = "tiny-1.0-py3-none-any.whl"
            (folder / name).write_bytes(content)
            found = []
            for fragment in (f"#sha256={hashlib.sha256(content).hexdigest()}", ""):
                page = folder / "index/tiny"
                page.mkdir(parents=True, exist_ok=True)
                (page / "index.html").write_text(f'<a href="../../{name}{fragment}">{name}</a>')
                found.append(outcome([barrow, "install", "--no-config", "tiny", "-t", folder / f"out{len(found)}", "--index-url", folder / "index", "--no-cache"]))
            found.append(outcome([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps", "--target", folder / "pip", folder / name]))
            found.append(outcome([python, "-c", VALIDATE, folder / name]))
            same = found == expected
            failed += not same
            print(f"{'' if same else 'FAILED '}{what}: barrow {found[0]}, without a digest {found[1]}; pip {found[2]}; installer {found[3]}")
            if not same:
                print(f"    expected {expected}")
    print(f"{len(ROWS)} wheels, {failed} not as expected")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
