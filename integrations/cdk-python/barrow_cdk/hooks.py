"""Command hooks: what a bundling container would run before and after the bundling, run on the host."""

from __future__ import annotations

import contextlib
import os
import posixpath
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from .barrow import STDERR, BarrowError, end_of, failure, message_in
from .natives import refuse_foreign_natives
from .private_copy import copy_privately

# The folders that hooks are told: those of CDK's bundling containers.
_INPUT, _OUTPUT = "/asset-input", "/asset-output"

# `-t/asset-output` is an option with its value; `build/asset-output` is another folder.
_TOLD = re.compile(r"(^|[^\w./~})*?$-]|(?:^|[\s\"'])-[A-Za-z])(/asset-(?:input|output))(?![\w-])")

# Variables that lead the commands of a hook, or the git that they call, to folders of the user.
_LEADING_AWAY = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
)


@dataclass(frozen=True)
class HookCommands:
    """What the hooks of a bundle want to be run."""

    before: Sequence[str]
    after: Sequence[str]


def commands_of(hooks: Any, suffix: str) -> Optional[HookCommands]:
    """Asks the hooks once, with the arguments that a container would give them; none when they have no commands."""
    if not hooks:
        return None
    content = posixpath.join(_OUTPUT, suffix) if suffix else _OUTPUT
    before = [command for command in hooks.before_bundling(_INPUT, content) or () if command]
    after = [command for command in hooks.after_bundling(_INPUT, content) or () if command]
    return HookCommands(before, after) if before or after else None


@dataclass(frozen=True)
class HookedBundle:
    """What is bundled with hooks, and how."""

    entry: str
    # The folder that gets the result.
    output_dir: str
    # The folder inside `output_dir` that everything goes to, or nothing.
    suffix: str
    environment: Mapping[str, str]
    hooks: HookCommands
    # What native code must be for, in barrow's words.
    architecture: str
    runtime: str
    # The command line that bundles a source folder into an output.
    bundle: Callable[[str, str], Sequence[str]]

    def run(self) -> None:
        """Bundles with the hooks around it as one ``bash -c``, joined by ``&&``.

        Variables and folders that a command sets hold for those that follow, and for barrow. Commands before the bundling
        start in a private copy of the entry, commands after it in the output. Both folders lie in the system's temporary
        folder: below the app they would be inside its repository, and a ``git clean`` there is one of the user's own files.
        Only when all commands succeeded does the result go to ``output_dir``.
        """
        with _work_folder() as work:
            source, output = os.path.join(work, "asset-input"), os.path.join(work, "asset-output")
            copy_privately(self.entry, source, skip=os.path.dirname(self.output_dir))
            os.mkdir(output)
            content = os.path.join(output, self.suffix) if self.suffix else output
            fresh = os.path.join(work, "fresh")
            self._chain(work, source, content, fresh)
            if not os.path.isdir(content):
                raise BarrowError(f"command hook left no output: {' && '.join(self.hooks.after)}")
            refuse_foreign_natives(content, fresh, self.architecture, self.runtime)
            for name in os.listdir(output):
                shutil.move(os.path.join(output, name), os.path.join(self.output_dir, name))

    def _chain(self, work: str, source: str, content: str, fresh: str) -> None:
        before, after = self.hooks.before, self.hooks.after
        error_file, bundled = os.path.join(work, "error"), os.path.join(work, "bundled")
        bundling = self._bundling_step(source if before else self.entry, content, fresh, error_file, bundled)
        chain = " && ".join([*_placed(before, work), bundling, f"cd {shlex.quote(content)}", *_placed(after, work)])
        try:
            result = subprocess.run(
                ["bash", "-c", chain],
                cwd=source,
                env=_shell_variables(self.environment, source),
                stdin=subprocess.DEVNULL,
                stdout=STDERR,
                stderr=STDERR,
                check=False,
            )
        except OSError as error:
            raise BarrowError(f"command hooks need bash: {error}") from error
        if result.returncode != 0:
            if message := message_in(error_file):
                raise failure(result.returncode, message)
            commands = " && ".join([*before, *after])
            raise BarrowError(f"command hook failed ({end_of(result.returncode)}): {commands}")
        if not os.path.exists(bundled):
            raise BarrowError(f"command hook ended before anything was bundled: {' && '.join(before)}")

    def _bundling_step(self, source: str, content: str, fresh: str, error_file: str, bundled: str) -> str:
        """Barrow as a command of the chain, in a subshell that keeps its folder to itself.

        The result is copied and not linked, because hooks may write into it: a linked file would be the cache's own. It is
        laid over what hooks already put into the output, as ``rsync`` and ``pip install --target`` do.
        """
        barrow = shlex.join([*self.bundle(source, fresh), "--link-mode", "copy"])
        source, content, error_file, bundled = map(shlex.quote, (source, content, error_file, bundled))
        return (
            f"( cd {source} && BARROW_ERROR_FILE={error_file} {barrow} >/dev/null"
            f" && umask 022 && mkdir -p {content} && cp -RP {shlex.quote(fresh + '/.')} {content}"
            f" && chmod -R u+w {content} && : >{bundled} )"
        )


@contextlib.contextmanager
def _work_folder() -> Generator[str, None, None]:
    """A folder that is gone afterwards, as far as the modes that hooks gave to its files allow."""
    folder = os.path.realpath(tempfile.mkdtemp(prefix="barrow-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _placed(commands: Sequence[str], work: str) -> list[str]:
    """Commands with the folders of this run in the place of those that the hooks were told."""
    return [_TOLD.sub(lambda told: told[1] + work + told[2], command) for command in commands]


def _shell_variables(environment: Mapping[str, str], source: str) -> dict[str, str]:
    """The variables of the shell. ``cd -`` and ``$OLDPWD`` would otherwise be where the user's own shell was before."""
    variables = {name: value for name, value in environment.items() if name not in _LEADING_AWAY}
    # Wherever the temporary folder lies, git finds no repository around it.
    return {**variables, "PWD": source, "OLDPWD": source, "GIT_CEILING_DIRECTORIES": os.path.dirname(source)}
