"""One process of barrow for all functions of an app: ``barrow serve``."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Optional

# Standard error of the process, for both streams of a child: `cdk synth` prints the template on standard output, and
# test runners put objects without a file descriptor in the place of `sys.stderr`.
STDERR = 2

# More kinds of surroundings than an app has.
_MOST_SERVERS = 4

# Variables that are other ones for each test, and that barrow does not read.
_CHANGING = ("PYTEST_CURRENT_TEST",)


@dataclass(frozen=True)
class Answer:
    """How a run ended."""

    printed: str
    status: int
    # Why it failed, as it was told on standard error.
    error: Optional[str] = None


def ask(binary: str, arguments: Sequence[str], *, cwd: str, environment: Mapping[str, str]) -> Optional[Answer]:
    """Has barrow do a run, by the one process of it that this app has for these surroundings.

    CDK wants each asset when its construct is made, so that runs cannot be put together; but they need not be a process each.
    The server remembers nothing: it reads all inputs anew for each question. It ends with this process, however that ends, and by
    itself when it is not needed for a while.

    Nothing is given where it cannot be asked; then a process of its own does the run.
    """
    environment = {name: value for name, value in environment.items() if name not in _CHANGING}
    with _lock:
        program = _identity(binary)
        key = (*program, tuple(sorted(environment.items())))
        for known in (_servers.pop(key, None), None):
            if program in _mute:
                break
            server = known or _Server.start(binary, environment)
            answer = server and server.ask(cwd, arguments)
            if server and answer:
                _servers[key] = server
                for old in list(_servers)[:-_MOST_SERVERS]:
                    _servers.pop(old).close()
                return answer
            if server:
                server.close()
            # One that has ended meanwhile is replaced; a new one that does not answer is not tried again.
            if not known:
                _mute.add(program)
    return None


class _Server:
    """A running ``barrow serve``."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        # One that ends by itself leaves nothing behind either.
        self._waiting = threading.Thread(target=process.wait, daemon=True)
        self._waiting.start()

    @classmethod
    def start(cls, binary: str, environment: Mapping[str, str]) -> Optional[_Server]:
        try:
            pipe = subprocess.PIPE
            command = [binary, "serve"]
            return cls(subprocess.Popen(command, env=environment, bufsize=0, stdin=pipe, stdout=pipe, stderr=STDERR))
        except OSError:
            return None

    def ask(self, folder: str, arguments: Sequence[str]) -> Optional[Answer]:
        """Nothing: it has gone."""
        questions, answers = self._process.stdin, self._process.stdout
        assert questions and answers
        question = json.dumps({"folder": folder, "arguments": list(arguments)}) + "\n"
        told = b""
        try:
            _write_all(questions.fileno(), question.encode())
            # What the run printed, a NUL, and a line about its end.
            while not (b"\0" in told and told.endswith(b"\n")):
                part = os.read(answers.fileno(), 1 << 16)
                if not part:
                    return None
                told += part
        except OSError:
            return None
        printed, _, end = told.decode("utf-8").partition("\0")
        return Answer(printed, **json.loads(end))

    def close(self) -> None:
        """Ends it."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()
        self._waiting.join(timeout=10)


def _write_all(file: int, content: bytes) -> None:
    while content:
        content = content[os.write(file, content) :]


def _identity(binary: str) -> tuple[object, ...]:
    """A program that was replaced is another program, and a fork of this process has no part in its pipes."""
    status = os.stat(binary)
    return (binary, status.st_ino, status.st_mtime_ns, status.st_size, os.getpid())


_lock = threading.Lock()
_servers: dict[tuple[object, ...], _Server] = {}
# Programs that do not answer: those of others, and of versions before there was `barrow serve`.
_mute: set[tuple[object, ...]] = set()


@atexit.register
def _close_all() -> None:
    for key, server in list(_servers.items()):
        # A fork leaves the pipes to the process that they are of.
        if os.getpid() in key:
            server.close()
