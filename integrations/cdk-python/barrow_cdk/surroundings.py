"""What barrow and command hooks find around them when they start in the folder of a function."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Optional

# Variables whose values are places: the app's user wrote them for the folder that the app runs in.
_PLACES = re.compile(
    r"(?:BARROW|PIP|UV)_\w*(?:DIR|FILE|CERT|LINKS|URL|MIRROR|CONSTRAINTS?|OVERRIDES?|REQUIREMENTS?)|NETRC|SSL_CERT_(?:FILE|DIR)"
)

# Those with several places, between white space; a place in any other may have spaces in it.
_LISTS = re.compile(r".*(?:LINKS|EXTRA_INDEX_URL|CONSTRAINTS?|OVERRIDES?|REQUIREMENTS?)")

# Any table of uv's in a pyproject.toml.
_UV_TABLE = re.compile(r"^\s*\[\[?\s*tool\.uv\b", re.MULTILINE)

_UV_WORKSPACE = re.compile(r"^\s*\[\s*tool\.uv\.workspace\s*\]", re.MULTILINE)

# What of uv's tables in a pyproject.toml changes what is chosen, and from where.
_UV_SETTINGS = re.compile(
    r"^\s*(?:\[\[?\s*tool\.uv\.(?:index|sources|pip)\b|(?:index|index-url|default-index|extra-index-url|find-links|no-index|"
    r"index-strategy|constraint-dependencies|override-dependencies|exclude-dependencies|exclude-newer|prerelease|resolution|"
    r"no-binary|no-build|sources)\s*=)",
    re.MULTILINE,
)


def own_variables() -> dict[str, str]:
    """The variables of this process, for a child that starts in another folder: relative places in them stay those of the app."""
    return {name: _own_places(name, value) if _PLACES.fullmatch(name) else value for name, value in os.environ.items()}


def _own_places(name: str, value: str) -> str:
    if _LISTS.fullmatch(name):
        return "".join(map(_absolute, re.split(r"(\s+)", value)))
    return _absolute(value.strip())


def settings_above(folder: str) -> Optional[str]:
    """The settings file of barrow that holds for a folder but lies above it, where a copy of the folder does not find it."""
    for above in (Path(folder), *Path(folder).parents):
        for file in (above / "barrow.toml", above / "pyproject.toml"):
            if _has_settings(file):
                return None if above == Path(folder) else str(file)
    return None


def uv_settings_above(folder: str) -> dict[str, str]:
    """uv's settings, as variables, that hold for a folder but lie above it, where a copy of the folder does not find them."""
    own, *above = (Path(folder), *Path(folder).parents)
    if (own / "uv.toml").is_file():
        return {}
    # What a member of a workspace says itself does not count beside what its root says.
    is_settled = bool(_UV_TABLE.search(_text_of(own / "pyproject.toml")))
    for place in above:
        file = place / "pyproject.toml"
        project = _text_of(file)
        if is_settled and not _UV_WORKSPACE.search(project):
            continue
        if (place / "uv.toml").is_file():
            return {"UV_CONFIG_FILE": str(place / "uv.toml")}
        if not _UV_TABLE.search(project):
            continue
        if _UV_SETTINGS.search(project):
            raise ValueError(
                f"barrow: commands before the bundling work on a copy of {folder}, which is not below {file}, and what that says "
                "to uv would not count: say it in a `uv.toml` beside that file, or in a pyproject.toml of the function"
            )
        return {}
    return {}


def _text_of(file: Path) -> str:
    return file.read_text("utf-8") if file.is_file() else ""


def _has_settings(file: Path) -> bool:
    if not file.is_file():
        return False
    return file.name == "barrow.toml" or bool(re.search(r"^\s*\[tool\.barrow\b", file.read_text("utf-8"), re.MULTILINE))


def _absolute(word: str) -> str:
    return word if not word or word.isspace() or "://" in word else os.path.abspath(word)
