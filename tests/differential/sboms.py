#!/usr/bin/env python3
"""Holds bills of materials against the validators of the formats' own projects.

Run from anywhere: `python3 tests/differential/sboms.py`. It makes a virtual environment with the pinned validators under
`target/differential/` (PyPI must be reachable the first time) and builds barrow, unless `--no-build` is given. Bundles are made of
wheels that are written here, with licences, names and bills of materials (PEP 770) of every shape; each bill must be
valid by the official JSON schema of CycloneDX 1.6 and by the rules of SPDX 2.3, and must be read back with what is in it. pip-audit takes
no bill of materials; that it reads an output, a lock and a list with hashes, as docs/materials.md says, is tried too.
"""

import base64
import hashlib
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import venv
import zipfile

PINNED = ["cyclonedx-python-lib[json-validation]==11.12.0", "spdx-tools==0.8.5", "pip-audit==2.10.1"]
BUILD = "--no-build" not in sys.argv
ROOT = pathlib.Path(__file__).resolve().parents[2]
HOME = ROOT / "target" / "differential" / "sboms"

INNER_CDX = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.4",
    "components": [
        {"type": "library", "name": "libz", "version": "1.3", "purl": "pkg:generic/libz@1.3",
         "licenses": [{"license": {"id": "Zlib"}}, {"license": {"name": "something else"}}]},
        {"type": "library", "name": "libz", "version": "1.3", "purl": "pkg:generic/libz@1.3"},
        {"type": "no such type", "name": "a / b", "purl": "not a purl", "hashes": [{"alg": "SHA-256", "content": "zz"}]},
    ],
}
INNER_SPDX = {
    "spdxVersion": "SPDX-2.3",
    "packages": [{"name": "rustls", "versionInfo": "0.23", "licenseDeclared": "Apache-2.0 OR ISC OR MIT",
                  "externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:cargo/rustls@0.23"}]}],
}

# Name, lines of METADATA, further files.
WHEELS = [
    ("top", ["License-Expression: MIT OR Apache-2.0", "Requires-Dist: middle[more]", "Summary: Ünïcode — “quoted”",
             "Author: A. Nonymous <a@example.org>"],
     {"top.py": b"x = 1\n", "top.dist/sboms/native.cdx.json": json.dumps(INNER_CDX).encode(),
      "top.dist/sboms/rust.spdx.json": json.dumps(INNER_SPDX).encode(), "top.dist/sboms/broken.json": b"{"}),
    ("middle", ["License: Our Own (c) 2024, all rights: reserved", "Provides-Extra: more",
                "Requires-Dist: low; extra == 'more'"], {"middle/\u00e9t\u00e9 und #1?.txt": b"data", "middle/__init__.py": b""}),
    ("low", ["Classifier: License :: OSI Approved :: MIT License", "Classifier: License :: OSI Approved :: BSD License"],
     {"low/_vendor/inner-4.0.dist-info/METADATA": b"Metadata-Version: 2.4\nName: Inner\nVersion: 4.0\nLicense-Expression: PSF-2.0\n"}),
    ("ref", ["License-Expression: LicenseRef-Proprietary AND BSD-3-Clause"], {"ref.py": b""}),
    ("with-exception", ["License-Expression: GPL-3.0-or-later WITH GCC-exception-3.1"], {"w.py": b""}),
    ("old", ["License: GPLv2+"], {"old.py": b""}),
    ("text", ["License: " + "Permission is hereby granted. " * 20], {"text.py": b""}),
    ("none", [], {"none.py": b""}),
]

VALIDATE = """
import json, pathlib, sys
from cyclonedx.model.bom import Bom
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

for path in map(pathlib.Path, sys.argv[1:]):
    if path.name.endswith(".cdx.json"):
        text = path.read_text()
        error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
        assert error is None, f"{path}: {error}"
        bom = Bom.from_json(json.loads(text))
        assert bom.validate(), path
        print(path.name, "components", len(bom.components), "dependencies", len(bom.dependencies))
    else:
        document = parse_file(str(path))
        messages = validate_full_spdx_document(document, "SPDX-2.3")
        assert not messages, f"{path}: {[(m.validation_message, m.context.spdx_id) for m in messages]}"
        print(path.name, "packages", len(document.packages), "files", len(document.files))
"""


def wheel(folder, name, lines, files):
    stem = name.replace("-", "_") + "-1.0"
    metadata = "\n".join(["Metadata-Version: 2.4", f"Name: {name}", "Version: 1.0", *lines]) + "\n"
    info = f"{stem}.dist-info"
    content = {path.replace(f"{name}.dist/", f"{info}/"): data for path, data in files.items()}
    content[f"{info}/METADATA"] = metadata.encode()
    content[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: by hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    digest = lambda data: base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    record = "".join(f'"{path}",sha256={digest(data)},{len(data)}\n' for path, data in content.items())
    content[f"{info}/RECORD"] = (record + f"{info}/RECORD,,\n").encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path, data in content.items():
            archive.writestr(zipfile.ZipInfo(path), data)
    (folder / f"{stem}-py3-none-any.whl").write_bytes(out.getvalue())


def python():
    """The environment with the validators."""
    mark = HOME / "made"
    if not mark.exists() or mark.read_text() != " ".join(PINNED):
        venv.create(HOME, with_pip=True, clear=True)
        subprocess.run([HOME / "bin" / "pip", "install", "--quiet", *PINNED], check=True)
        mark.write_text(" ".join(PINNED))
    return HOME / "bin" / "python"


def read_by_pip_audit(folder, environment):
    """Every package is seen, in each of the forms that pip-audit takes; a bill of materials is none of them."""
    audit = [HOME / "bin" / "pip-audit", "--dry-run", "--progress-spinner", "off"]

    def ask(*arguments):
        return subprocess.run([*audit, *arguments], cwd=folder, env=environment, capture_output=True, text=True)

    for arguments in (["--path", "folder"], ["--locked", "."], ["-r", "locked.txt", "--disable-pip"]):
        done = ask(*arguments)
        assert f"would have audited {len(WHEELS)} packages" in done.stderr, f"{arguments}: {done.stderr}"
    refused = ask("-r", "folder.cdx.json", "--disable-pip")
    assert refused.returncode != 0, "pip-audit reads bills of materials now: say so in docs/materials.md"


def main():
    if BUILD:
        subprocess.run(["cargo", "build", "--locked", "--quiet"], cwd=ROOT, check=True)
    barrow = ROOT / "target" / "debug" / "barrow"
    with tempfile.TemporaryDirectory() as top:
        top = pathlib.Path(top)
        wheels = top / "wheels"
        wheels.mkdir()
        for name, lines, files in WHEELS:
            wheel(wheels, name, lines, files)
        (top / "app").mkdir()
        (top / "app" / "handler.py").write_text("import top\n")
        (top / "app" / "requirements.txt").write_text("\n".join(name for name, _, _ in WHEELS if name not in ("middle", "low")) + "\n")
        environment = {"HOME": str(top), "PATH": os.environ["PATH"], "BARROW_CACHE_DIR": str(top / "cache"),
                       "BARROW_NO_INDEX": "1", "BARROW_FIND_LINKS": str(wheels)}
        both = ["--sbom", "cyclonedx", "--sbom", "spdx"]

        def run(*arguments, **more):
            done = subprocess.run([barrow, *arguments], cwd=top, env=environment | more, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            return done.stdout

        run("bundle", "app", "-o", "folder", *both)
        run("bundle", "app", "-o", "slim.zip", "--slim", *both, SOURCE_DATE_EPOCH="1700000000")
        run("layer", "-r", "app/requirements.txt", "-o", "layer", *both)
        run("bundle", "--no-source", "-o", "alone.zip", *both, "-r", "app/requirements.txt", "--no-deps")
        (top / "told.cdx.json").write_text(run("tree", "slim.zip", "--sbom", "cyclonedx"))
        (top / "told.spdx.json").write_text(run("tree", "layer", "--sbom", "spdx"))
        words = ["mirror", "-r", "app/requirements.txt", "-o", "mirror", *both, "--runtime", "python3.12", "--runtime", "python3.13", "--name", "ünïcode \"app\""]
        run(*words)
        bills = sorted(top.glob("*.json"))
        assert len(bills) == 12, bills
        subprocess.run([python(), "-c", VALIDATE, *bills], check=True)
        run("lock", "-r", "app/requirements.txt", "-o", "pylock.toml")
        run("lock", "-r", "app/requirements.txt", "-o", "locked.txt", "--generate-hashes")
        read_by_pip_audit(top, environment)
    print("every bill of materials is valid, and pip-audit reads outputs and locks")


if __name__ == "__main__":
    main()
