"""The platforms that barrow is released for, and how each packaging system calls them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Platform:
    """One program of a release."""

    #: Rust's target triple, and the name of the archive.
    target: str
    #: The platform tags of the wheel (PyPA: platform compatibility tags). The program for Linux is linked statically, so it runs
    #: beside every C library; the tags name the oldest that installers know.
    wheel_tags: str
    #: `process.platform` and `process.arch` of Node.
    node_os: str
    node_cpu: str
    #: Debian's name of the processor; none where Debian does not run.
    debian: str | None = None

    @property
    def npm_name(self) -> str:
        return f"barrow-{self.node_os}-{self.node_cpu}"


PLATFORMS = [
    Platform("aarch64-apple-darwin", "macosx_11_0_arm64", "darwin", "arm64"),
    Platform("x86_64-apple-darwin", "macosx_10_15_x86_64", "darwin", "x64"),
    Platform(
        "aarch64-unknown-linux-musl",
        "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
        "linux",
        "arm64",
        "arm64",
    ),
    Platform(
        "x86_64-unknown-linux-musl",
        "manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64",
        "linux",
        "x64",
        "amd64",
    ),
]


def platform(target: str) -> Platform:
    for candidate in PLATFORMS:
        if candidate.target == target:
            return candidate
    known = ", ".join(candidate.target for candidate in PLATFORMS)
    raise SystemExit(f"release: `{target}` is no target of a release; these are: {known}")
