"""What barrow and command hooks find around them when they start in the folder of a function."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Optional

# Variables whose values are places, or lists of them: the app's user wrote them for the folder that the app runs in.
_PLACES = re.compile(
    r"(?:BARROW|PIP|UV)_\w*(?:DIR|FILE|CERT|LINKS|URL|CONSTRAINTS?|OVERRIDES?|REQUIREMENTS?)|NETRC|SSL_CERT_(?:FILE|DIR)"
)


def own_variables() -> dict[str, str]:
    """The variables of this process, for a child that starts in another folder: relative places in them stay those of the app."""
    return {
        name: "".join(map(_absolute, re.split(r"(\s+)", value))) if _PLACES.fullmatch(name) else value
        for name, value in os.environ.items()
    }


def settings_above(folder: str) -> Optional[str]:
    """The settings file of barrow that holds for a folder but lies above it, where a copy of the folder does not find it."""
    for above in (Path(folder), *Path(folder).parents):
        for file in (above / "barrow.toml", above / "pyproject.toml"):
            if _has_settings(file):
                return None if above == Path(folder) else str(file)
    return None


def _has_settings(file: Path) -> bool:
    if not file.is_file():
        return False
    return file.name == "barrow.toml" or bool(re.search(r"^\s*\[tool\.barrow\b", file.read_text("utf-8"), re.MULTILINE))


def _absolute(word: str) -> str:
    return word if not word or word.isspace() or "://" in word else os.path.abspath(word)
