"""Writes text stubs of the frameworks of macOS that barrow links with, for a linker that has no copy of them.

    frameworks.py REGISTRY OUT

REGISTRY is cargo's folder of unpacked crates. Which symbols a framework has is told by the crates that bind it: a stub needs
those that are used and no more. The format is that of Apple's own text-based stub libraries, version 4.
"""

import pathlib
import re
import sys

BINDINGS = {"Security": "security-framework-sys-*", "CoreFoundation": "core-foundation-sys-*"}
DECLARATION = re.compile(r"pub\s+(?:static|fn)\s+(\w*(?:CF|Sec|SSL|Authorization|CMS)\w*)")
TARGETS = "[ x86_64-macos, arm64-macos ]"
STUB = """--- !tapi-tbd
tbd-version: 4
targets: {targets}
install-name: '/System/Library/Frameworks/{name}.framework/Versions/A/{name}'
exports:
  - targets: {targets}
    symbols: [ {symbols} ]
...
"""


def symbols_of(registry: pathlib.Path, crates: str) -> list[str]:
    """The symbols that the unpacked versions of a binding crate declare, as the linker names them."""
    sources = registry.glob(f"*/{crates}/**/*.rs")
    return sorted({f"_{name}" for source in sources for name in DECLARATION.findall(source.read_text())})


def main(registry: str, out: str) -> None:
    for name, crates in BINDINGS.items():
        folder = pathlib.Path(out) / f"{name}.framework"
        folder.mkdir(parents=True, exist_ok=True)
        symbols = symbols_of(pathlib.Path(registry), crates)
        if not symbols:
            sys.exit(f"no crate of the form {crates} below {registry}: `cargo fetch` brings it")
        stub = STUB.format(targets=TARGETS, name=name, symbols=", ".join(symbols))
        (folder / f"{name}.tbd").write_text(stub)


if __name__ == "__main__":
    main(*sys.argv[1:])
