"""Where the requirements of an entry stand."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from .barrow import BarrowError

# The first of these that the entry has, itself and not a folder above it: those that the Docker-based module knows, in its
# order, then those that it does not look at.
_FILES = ("Pipfile.lock", "poetry.lock", "requirements.txt", "uv.lock", "pylock.toml", "pdm.lock")
_PROJECT = "pyproject.toml"

# The lock that may lie above a project: at the root of a workspace.
_LOCK_OF_WORKSPACE = "uv.lock"


@dataclass(frozen=True)
class Requirements:
    """What is installed for an entry."""

    # Files, relative to the entry or absolute; none: nothing is installed.
    files: Sequence[str]
    # Patterns of source files that are left out because of the choice.
    excludes: Sequence[str] = ()
    # What differs from the Docker-based module, for people.
    notice: Optional[str] = None
    # Barrow looks for the lock of the workspace that the entry is a member of, which lies above it.
    is_looked_for: bool = False

    @classmethod
    def of(cls, entry: str, named: Optional[Sequence[str]]) -> Requirements:
        """Chooses as the Docker-based module does, so that a changed import changes nothing."""
        if named is not None:
            return cls(list(named))
        for file in _FILES:
            if os.path.exists(os.path.join(entry, file)):
                return cls([file], [".python-version"] if file == "uv.lock" else [])
        project = Path(entry, _PROJECT)
        if not project.exists() or not _has_dependencies(project.read_text("utf-8")):
            return cls([])
        notice = (
            f"barrow: installing the dependencies of {project}, which aws_cdk.aws_lambda_python_alpha does not do "
            "without a lock file beside it; `bundling=BundlingOptions(requirements=[])` leaves them out"
        )
        return cls([_PROJECT], notice=notice, is_looked_for=True)

    def arguments(self, entry: str, source: str) -> list[str]:
        """The arguments of barrow for a source: the entry, or a copy of it."""
        if self.is_looked_for:
            if source != entry:
                _refuse_lost_lock(entry)
            return []
        places = [os.path.join(source, file) for file in self.files] or [os.devnull]
        return [word for place in places for word in ("--requirement", os.path.normpath(place))]


def _refuse_lost_lock(entry: str) -> None:
    """A copy lies elsewhere, so that the lock above the entry would silently not count."""
    lock = _lock_above(Path(entry))
    if lock:
        raise BarrowError(
            f"commands before the bundling work on a copy of {entry}, which is not below {lock}; give it a lock of its own, "
            'or say `requirements=["pyproject.toml"]` to choose versions anew'
        )


def _lock_above(entry: Path) -> Optional[Path]:
    """The lock that barrow finds above an entry: one that has it as a member, and not beyond the root of the repository."""
    for below in (entry, *entry.parents):
        if (below / ".git").exists() or below == below.parent:
            break
        lock = below.parent / _LOCK_OF_WORKSPACE
        if lock.exists() and _has_member(lock.read_text("utf-8"), entry.relative_to(below.parent).as_posix()):
            return lock
    return None


def _has_member(lock: str, folder: str) -> bool:
    return any(f'{kind} = "{folder}" }}' in lock for kind in ("editable", "virtual", "directory"))


def _has_dependencies(text: str) -> bool:
    """Whether a pyproject.toml names dependencies in its table ``[project]``; tables of tools alone are none."""
    found = re.search(r"^\s*\[\s*project\s*\].*\n((?:(?!\s*\[{1,2}[\w\"' .-]+\]{1,2}\s*(?:#.*)?$).*\n?)*)", text, re.MULTILINE)
    project = found[1] if found else ""
    return bool(
        re.search(r"^\s*dependencies\s*=\s*\[(?:\s|#.*)*[\"']", project, re.MULTILINE)
        or re.search(r"^\s*dynamic\s*=\s*\[[^\]]*[\"']dependencies[\"']", project, re.MULTILINE)
    )
