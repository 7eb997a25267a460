"""The barrow program: where it is, and how it is run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Optional

from .hints import in_options
from .server import STDERR, ask


class BarrowError(Exception):
    """barrow could not be found or run, or it failed: the message is barrow's own."""


def find_binary(explicit: Optional[str] = None) -> str:
    """The barrow program: the given path, ``BARROW_BIN``, the program beside this Python, then ``PATH``."""
    named = explicit or os.environ.get("BARROW_BIN")
    if named:
        if not (os.path.isfile(named) and os.access(named, os.X_OK)):
            origin = "`binary`" if explicit else "BARROW_BIN"
            raise BarrowError(f"{origin} names `{named}`, which is not a program that can be run")
        return os.path.abspath(named)
    found = shutil.which("barrow", path=os.path.dirname(sys.executable)) or shutil.which("barrow")
    if not found:
        raise BarrowError(
            "the barrow program was not found. Install it beside this Python or on PATH (barrow's page on installation has the "
            "ways), or name it in BARROW_BIN or in `binary`"
        )
    return found


def run_barrow(binary: str, arguments: Sequence[str], *, cwd: str, environment: Mapping[str, str]) -> str:
    """Runs barrow to its end and gives what it printed as its result.

    Its progress and messages go to the user's terminal while it runs.

    :param cwd: the folder that relative paths in requirements and arguments start from.
    """
    answer = ask(binary, arguments, cwd=cwd, environment=environment)
    if answer is None:
        return _run_process(binary, arguments, cwd, environment)
    if answer.status != 0:
        raise failure(answer.status, _in_words_of_options(answer.error or ""))
    return answer.printed


def _run_process(binary: str, arguments: Sequence[str], cwd: str, environment: Mapping[str, str]) -> str:
    """The same by a process of its own."""
    # barrow writes its message there too, because a stream that the terminal has cannot be read as well.
    with tempfile.TemporaryDirectory(prefix="barrow-") as folder:
        error_file = os.path.join(folder, "error")
        try:
            result = subprocess.run(
                [binary, *arguments],
                cwd=cwd,
                env={**environment, "BARROW_ERROR_FILE": error_file},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=STDERR,
                encoding="utf-8",
                check=False,
            )
        except OSError as error:
            raise BarrowError(f"barrow could not be run: {error}") from error
        if result.returncode != 0:
            raise failure(result.returncode, message_in(error_file))
    return result.stdout


def failure(returncode: int, message: Optional[str]) -> BarrowError:
    """What a failed barrow said, as an exception."""
    return BarrowError(f"barrow failed ({end_of(returncode)}): {message or 'what it said stands above'}")


def message_in(error_file: str) -> Optional[str]:
    """What barrow wrote to its error file, in the words of a construct; nothing when it did not fail."""
    try:
        return _in_words_of_options(Path(error_file).read_text("utf-8"))
    except OSError:
        return None


def _in_words_of_options(message: str) -> Optional[str]:
    return in_options(message.strip().removeprefix("error: ")) or None


def end_of(returncode: int) -> str:
    """How a child ended, in words."""
    return f"signal {-returncode}" if returncode < 0 else f"exit status {returncode}"
