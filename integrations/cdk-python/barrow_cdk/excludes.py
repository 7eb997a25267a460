"""Patterns of ``asset_excludes``, which the Docker-based module hands to rsync, as those of ``barrow bundle --exclude``."""

from __future__ import annotations

import re
from collections.abc import Sequence


def barrow_excludes(patterns: Sequence[str]) -> list[str]:
    """Patterns as ``rsync --exclude=PATTERN`` reads them (rsync(1), "FILTER RULES" and "PATTERN MATCHING RULES").

    There the first rule that matches decides, a pattern with a slash in it matches the end of a path wherever that is, ``**`` crosses
    folders, braces mean themselves. Barrow reads like a ``.gitignore``: the last rule decides, and a slash ties a pattern to
    the top.
    """
    rules: list[str] = []
    for pattern in patterns:
        rules = [] if pattern == "!" else [*reversed(_translated(pattern)), *rules]
    return rules


def _translated(rule: str) -> list[str]:
    takes_back = "!" if rule.startswith("+ ") else ""
    pattern = rule[2:] if rule.startswith(("+ ", "- ")) else rule
    folders_only = "/" if pattern.endswith(("/", "/***")) else ""
    bare = re.sub(r"(?:/\*\*\*|/)\Z", "", pattern)
    if not bare:
        return []
    globs = _across_folders(_escaped_but_wild(bare)) if re.search(r"[*?[]", bare) else [_escaped(bare)]

    def tied(glob: str) -> bool:
        # A leading `/` is the top for barrow as well; without a slash both look at names only.
        return bare.startswith("/") or "/" not in glob or glob.startswith("**/")

    return [takes_back + ("" if tied(glob) else "**/") + glob + folders_only for glob in globs]


def _across_folders(glob: str) -> list[str]:
    """``**`` as a part of its own is at least one folder between two others; within a name see `_crossing`."""
    return _crossing(re.sub(r"(?<=[^/]/)\*\*(?=/)", "*/**", glob))


def _crossing(glob: str) -> list[str]:
    """``**`` inside a name may or may not cross folders, which are two globs for barrow."""
    in_name = re.search(r"(?<=[^/*])\*\*+|(?<!\*)\*\*+(?=[^/*])", glob)
    if not in_name:
        return [glob]
    before, after = glob[: in_name.start()], glob[in_name.end() :]
    return [*_crossing(f"{before}*{after}"), *_crossing(f"{before}*/**/*{after}")]


def _escaped(text: str) -> str:
    return re.sub(r"[\\*?[\]{}!]", r"\\\g<0>", text)


def _escaped_but_wild(pattern: str) -> str:
    """A pattern with wildcards: there a backslash makes the next character mean itself."""

    def escape(found: re.Match[str]) -> str:
        literal, characters = found[1], found[2]
        if literal:
            return literal if re.match(r"[\w/]", literal) else f"\\{literal}"
        return characters or f"\\{found[0]}"

    return re.sub(r"\\(.)|(\[[!^]?\]?[^\]]*\])|[{}]|^!", escape, pattern, flags=re.DOTALL)
