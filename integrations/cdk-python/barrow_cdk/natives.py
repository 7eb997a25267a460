"""Native code that command hooks leave in an output."""

from __future__ import annotations

import filecmp
import os
import re
from pathlib import Path
from typing import Optional

from .barrow import BarrowError

# `e_machine` of ELF files. Source: System V ABI, the supplements for x86-64 and for AArch64.
_MACHINES = {62: "x86_64", 183: "arm64"}

# What Mach-O files begin with, in both byte orders, and universal ones. Source: `mach-o/loader.h`, `mach-o/fat.h`.
_MACH_O = {bytes.fromhex(magic) for magic in ("feedface", "feedfacf", "cefaedfe", "cffaedfe", "cafebabe")}


def refuse_foreign_natives(content: str, bundled: str, architecture: str, runtime: str) -> None:
    """Ends with the first native library below ``content`` that hooks put there and the target cannot load.

    What ``pip install`` on the host brings is for the host. What lies in ``bundled`` alike was chosen by barrow.
    """
    for folder, _, names in os.walk(content):
        for name in sorted(names):
            path = Path(folder, name)
            relative = path.relative_to(content)
            own = Path(bundled, relative)
            if not re.search(r"\.(?:so(?:\.[\d.]+)?|dylib|pyd)\Z", name) or path.is_symlink() or not path.is_file():
                continue
            if own.exists() and filecmp.cmp(path, own, shallow=False):
                continue
            with path.open("rb") as file:
                reason = _foreignness(name, file.read(20), architecture, runtime)
            if reason:
                raise BarrowError(
                    f"a command hook left `{relative}`, which {reason}; "
                    "name its package in `requirements`, so that barrow chooses for the target"
                )


def _foreignness(name: str, head: bytes, architecture: str, runtime: str) -> Optional[str]:
    if head[:4] in _MACH_O or head[:2] == b"MZ":
        return "is for macOS" if head[:4] in _MACH_O else "is for Windows"
    if head[:4] == b"\x7fELF" and len(head) >= 20:
        machine = _MACHINES.get(int.from_bytes(head[18:20], "little"), "another architecture")
        if machine != architecture:
            return f"is for {machine}, and the target is {architecture}"
    python = re.search(r"\.cpython-3(\d+)\D", name)
    if python and runtime != f"python3.{python[1]}":
        return f"is for Python 3.{python[1]}, and the target is {runtime}"
    return None
