#!/usr/bin/env python3
"""Holds every `barrow.toml` of the manual against the schema in `docs/barrow.schema.json`, and a few wrong ones that it must refuse.

Run from anywhere. It makes a virtual environment with the pinned validator under `target/differential/`
(PyPI must be reachable the first time). That barrow itself reads the same files is what the tests of the settings assert.
"""

import json
import os
import pathlib
import subprocess
import sys
import tomllib

JSONSCHEMA = "4.25.1"
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "manual"))

from pages import blocks, manual, settings

WRONG = [
    ("a misspelled setting", "runtimes = 'python3.13'"),
    ("a switch that is a text", "offline = 'yes'"),
    ("an index without a URL", "[[index]]\nname = 'corp'"),
    ("a unit with an unknown key", "[[function]]\nname = 'a'\nsuorce = 'src'"),
    ("a list of numbers", "exclude = [1, 2]"),
]


def environment() -> pathlib.Path:
    folder = ROOT / "target/differential" / f"jsonschema-{JSONSCHEMA}"
    python = folder / "bin/python"
    if not (folder / "done").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", f"jsonschema=={JSONSCHEMA}"], check=True)
        (folder / "done").touch()
    return python


def inside(script, main):
    """Ends the script with what its `main` gives, run by the Python that has the validator."""
    if os.environ.get("BARROW_SCHEMA_INSIDE"):
        sys.exit(main())
    sys.exit(subprocess.run([environment(), script], env={**os.environ, "BARROW_SCHEMA_INSIDE": "1"}, check=False).returncode)


def documents():
    """Each block of TOML that is a settings file of barrow, with its place."""
    for page in manual():
        for block in (block for block in blocks(page) if block.language == "toml"):
            own = settings(tomllib.loads(block.text))
            if own is not None:
                yield block.place, own


def main() -> int:
    from jsonschema import Draft202012Validator

    schema = json.loads((ROOT / "docs/barrow.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    failures, count = [], 0
    for page, document in documents():
        count += 1
        # Dates become texts, as an editor hands them to the schema.
        document = json.loads(json.dumps(document, default=str))
        failures += [f"{page}: {error.json_path}: {error.message}" for error in validator.iter_errors(document)]
    failures += [f"the schema takes {what}" for what, text in WRONG if validator.is_valid(tomllib.loads(text))]
    if count < 10:
        failures.append(f"only {count} settings files were found in the manual")
    print("\n".join(failures) or f"{count} settings files of the manual fit the schema, {len(WRONG)} wrong ones do not")
    return 1 if failures else 0


if __name__ == "__main__":
    inside(__file__, main)
