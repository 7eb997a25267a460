"""Messages of barrow for people who write arguments of constructs and not flags."""

from __future__ import annotations

import re

# Options that stand for a flag, with the place of the flag's value.
_OPTIONS = {
    "--allow-build": 'allow_build=["{}"]',
    "--exclude-runtime": "exclude_runtime=True",
    "--extra": 'extras=["{}"]',
    "--extra-index-url": 'extra_index_urls=["{}"]',
    "--group": 'groups=["{}"]',
    "--index-url": 'index_url="{}"',
    "--report": 'report="{}"',
    "--requirement": 'requirements=["{}"]',
    "--slim": 'slim=["{}"]',
}


def in_options(message: str) -> str:
    """Each ``--flag value`` in backticks becomes what would be written for it."""

    def option(found: re.Match[str]) -> str:
        flag, value = found[1], found[2]
        given = f'"{flag}"' if value is None else f'"{flag}", "{value}"'
        if flag == "--slim" and value is None:
            return "`bundling=BundlingOptions(slim=True)`"
        text = _OPTIONS[flag].format(value or "…") if flag in _OPTIONS else f"barrow_args=[{given}]"
        return f"`bundling=BundlingOptions({text})`"

    return re.sub(r"`(--[a-z][a-z-]*)(?:[ =]([^`]*))?`", option, message)
