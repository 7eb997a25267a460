"""What a program of a release must be, read from its bytes: made for its platform, by itself, and without a trace of this machine.

For Linux (System V ABI, "Executable and Linking Format"): an ELF file for the processor that needs no loader and no library. For macOS
(`mach-o/loader.h`, `Kernel/kern/cs_blobs.h`): a Mach-O file for the processor, for the oldest system that its wheel names, which
needs libraries of the system alone and whose signature covers every page.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Iterator

from platforms import Platform

ELF_MACHINES = {"x86_64": 62, "aarch64": 183}
PT_DYNAMIC, PT_INTERP = 2, 3
DT_NEEDED = 1

MACH_O_64 = 0xFEEDFACF
MACH_O_PROCESSORS = {"x86_64": 0x01000007, "aarch64": 0x0100000C}
MH_EXECUTE, MH_PIE = 2, 0x200000
LC_UUID, LC_CODE_SIGNATURE, LC_BUILD_VERSION = 0x1B, 0x1D, 0x32
#: Loading, weakly, and handing on.
LIBRARIES = (0x0C, 0x80000018, 0x8000001F)
PLATFORM_MACOS = 1
SYSTEM = ("/usr/lib/", "/System/Library/")
SIGNATURE, CODE_DIRECTORY = 0xFADE0CC0, 0xFADE0C02
HASH_SHA256 = 2
#: The name that the signature gives the program.
IDENTIFIER = "barrow"


def faults(program: bytes, platform: Platform, paths: Iterable[str] = ()) -> list[str]:
    """What is wrong with a program for a platform; nothing if all is well. `paths` are those that must not be found in it."""
    processor, _, system = platform.target.partition("-")
    check = mach_o if system == "apple-darwin" else elf
    try:
        found = list(check(program, processor, platform))
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        found = [f"it breaks off, or is not what it begins as: {error}"]
    return found + [f"it names a path of this machine: {path}" for path in paths if f"{path}/".encode() in program]


def elf(program: bytes, processor: str, _: Platform) -> Iterator[str]:
    if program[:6] != b"\x7fELF\x02\x01":
        yield "it is no ELF file of 64 bits"
        return
    (machine,) = struct.unpack_from("<H", program, 18)
    if machine != ELF_MACHINES[processor]:
        yield f"it is for the processor {machine} of ELF, not for {processor}"
    (at,) = struct.unpack_from("<Q", program, 32)
    size, count = struct.unpack_from("<HH", program, 54)
    for header in range(at, at + size * count, size):
        kind, _flags, offset, _, _, length = struct.unpack_from("<IIQQQQ", program, header)
        if kind == PT_INTERP:
            yield f"it needs the loader {program[offset : offset + length - 1].decode()}"
        if kind == PT_DYNAMIC:
            tags = struct.iter_unpack("<QQ", program[offset : offset + length])
            if any(tag == DT_NEEDED for tag, _value in tags):
                yield "it needs shared libraries"


def mach_o(program: bytes, processor: str, platform: Platform) -> Iterator[str]:
    magic, found, _, kind, count, _, flags, _ = struct.unpack_from("<8I", program)
    if magic != MACH_O_64:
        yield "it is no Mach-O file of 64 bits"
        return
    if found != MACH_O_PROCESSORS[processor]:
        yield f"it is for the processor {found:#x} of Mach-O, not for {processor}"
    if kind != MH_EXECUTE or not flags & MH_PIE:
        yield "it is no program that can be loaded at any address"
    oldest, unique, signature = None, False, None
    at = 32
    for _ in range(count):
        command, size = struct.unpack_from("<II", program, at)
        if command == LC_BUILD_VERSION:
            system, version = struct.unpack_from("<II", program, at + 8)
            oldest = (version >> 16, version >> 8 & 0xFF) if system == PLATFORM_MACOS else None
        elif command in LIBRARIES:
            (offset,) = struct.unpack_from("<I", program, at + 8)
            name = program[at + offset : at + size].rstrip(b"\0").decode()
            if not name.startswith(SYSTEM):
                yield f"it needs {name}, which is no library of the system"
        elif command == LC_UUID:
            unique = True
        elif command == LC_CODE_SIGNATURE:
            signature = struct.unpack_from("<II", program, at + 8)
        at += size
    promised = tuple(map(int, platform.wheel_tags.split("_")[1:3]))
    if oldest != promised:
        yield f"its oldest system is {oldest}, and the wheel's is {promised}"
    if not unique:
        yield "it has no UUID, without which new systems do not load it"
    if signature is not None:
        yield from unsigned(program, *signature)
    elif processor == "aarch64":
        # Intel's run what nobody signed, and zig signs nothing for them.
        yield "it is not signed, and Apple's processors run nothing that is not"


def unsigned(program: bytes, start: int, length: int) -> Iterator[str]:
    """What is wrong with the signature that lies there. Its numbers are big-endian."""
    blob = program[start : start + length]
    magic, _, count = struct.unpack_from(">III", blob)
    slots = dict(struct.unpack_from(">II", blob, 12 + 8 * slot) for slot in range(count)) if magic == SIGNATURE else {}
    if 0 not in slots:
        yield "its signature has no directory of the code"
        return
    directory = blob[slots[0] :]
    magic, _, _, _, hashes, name, _, pages, limit = struct.unpack_from(">9I", directory)
    hash_size, hash_kind, _, page_bits = struct.unpack_from(">4B", directory, 36)
    if magic != CODE_DIRECTORY or hash_kind != HASH_SHA256:
        yield "its signature has a directory of the code that is not understood"
        return
    identifier = directory[name : directory.index(b"\0", name)].decode()
    if identifier != IDENTIFIER:
        yield f"its signature calls it {identifier}"
    page = 1 << page_bits
    if limit != start or pages != -(-limit // page):
        yield f"its signature covers {limit} bytes in {pages} pages, and {start} bytes lie before it"
        return
    for number in range(pages):
        code = program[number * page : min((number + 1) * page, limit)]
        if hashlib.sha256(code).digest() != directory[hashes + number * hash_size :][:hash_size]:
            yield f"page {number} is not the one that was signed"
            return
