"""A copy of a folder that shares nothing with the original."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass

_BUFFER_BYTES = 1 << 20


def copy_privately(source: str, target: str, *, skip: str) -> None:
    """Copies a folder so that nothing which is done to the copy can reach the original.

    Every file gets bytes of its own: no hard link, no shared block. Links that stay inside are made anew as relative ones; a
    link that leads out, or nowhere, is left out, because a command could write through it. So are sockets, pipes and devices.

    :param skip: a folder that is not copied even where it lies inside, such as the cloud assembly.
    """
    root = os.path.realpath(source)
    _Copy(root, os.path.realpath(skip)).folder(root, target)


@dataclass(frozen=True)
class _Copy:
    root: str
    skip: str

    def folder(self, source: str, target: str) -> None:
        os.mkdir(target)
        with os.scandir(source) as entries:
            for entry in entries:
                copy = os.path.join(target, entry.name)
                if entry.is_symlink():
                    self._link(entry.path, copy)
                elif entry.is_dir():
                    if entry.path != self.skip:
                        self.folder(entry.path, copy)
                elif entry.is_file():
                    _copy_bytes(entry.path, copy)
                    _copy_attributes(entry.path, copy)
        _copy_attributes(source, target)

    def _link(self, link: str, copy: str) -> None:
        destination = os.path.realpath(link)
        if os.path.exists(link) and os.path.commonpath([self.root, destination]) == self.root:
            os.symlink(os.path.relpath(destination, os.path.dirname(link)), copy)


def _copy_bytes(source: str, target: str) -> None:
    """Reads and writes, because a copy by the system may share its blocks with the original."""
    with open(source, "rb") as reader, open(target, "xb") as writer:
        while block := reader.read(_BUFFER_BYTES):
            writer.write(block)


def _copy_attributes(source: str, target: str) -> None:
    """Mode and times: `make` and the like compare them. The owner may always write, as in a folder of one's own."""
    status = os.stat(source)
    os.chmod(target, stat.S_IMODE(status.st_mode) & 0o777 | stat.S_IWUSR)
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
