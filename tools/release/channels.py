"""What each packaging system takes: archives, wheels and a source distribution, npm packages, Debian packages, a Homebrew formula."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from artefact import Member, compressed, files_below, tar, tar_gz, wheel
from platforms import Platform

HERE = Path(__file__).resolve().parent
SUMMARY = "Docker-free, native Python dependency resolver and bundler for AWS Lambda"
LICENCE = "MIT OR Apache-2.0"


@dataclass(frozen=True)
class Release:
    """What all packages of a release share."""

    version: str
    #: Seconds since 1970 of the commit: the time of every file in every archive.
    time: int
    root: Path
    #: Manual pages and completions, by their names.
    manual: dict[str, bytes]
    completions: dict[str, bytes]

    def text(self, name: str) -> bytes:
        return (self.root / name).read_bytes()

    def licences(self, prefix: str) -> list[Member]:
        return [Member(prefix + name, self.text(name)) for name in ("LICENSE-APACHE", "LICENSE-MIT")]


def archive(release: Release, platform: Platform, program: bytes) -> tuple[str, bytes]:
    """The program with licences, manual pages and completions, for whoever unpacks by hand."""
    folder = f"barrow-{release.version}-{platform.target}"
    members = [
        Member(f"{folder}/barrow", program, is_program=True),
        *(Member(f"{folder}/{name}", release.text(name)) for name in ("README.md", "CHANGELOG.md")),
        *release.licences(f"{folder}/"),
        *(Member(f"{folder}/man/{name}", data) for name, data in release.manual.items()),
        *(Member(f"{folder}/completions/{name}", data) for name, data in release.completions.items()),
    ]
    return f"{folder}.tar.gz", tar_gz(members, release.time)


def _metadata(release: Release) -> bytes:
    """Core metadata of the Python package."""
    head = [
        "Metadata-Version: 2.4",
        "Name: barrow",
        f"Version: {release.version}",
        f"Summary: {SUMMARY}",
        "Keywords: aws,lambda,bundler,resolver,wheels",
        f"License-Expression: {LICENCE}",
        "License-File: LICENSE-APACHE",
        "License-File: LICENSE-MIT",
        "Requires-Python: >=3.8",
        "Description-Content-Type: text/markdown",
    ]
    return ("\n".join(head) + "\n\n").encode() + release.text("README.md")


def python_wheel(release: Release, platform: Platform, program: bytes) -> tuple[str, bytes]:
    """The program among the scripts of an environment, and a module that finds it there."""
    dist_info = f"barrow-{release.version}.dist-info"
    tags = "".join(f"Tag: py3-none-{tag}\n" for tag in platform.wheel_tags.split("."))
    members = [
        *files_below(HERE / "python/barrow", "barrow/"),
        Member(f"barrow-{release.version}.data/scripts/barrow", program, is_program=True),
        Member(f"{dist_info}/METADATA", _metadata(release)),
        Member(f"{dist_info}/WHEEL", f"Wheel-Version: 1.0\nGenerator: barrow\nRoot-Is-Purelib: false\n{tags}".encode()),
        *release.licences(f"{dist_info}/licenses/"),
    ]
    return f"barrow-{release.version}-py3-none-{platform.wheel_tags}.whl", wheel(members, dist_info, release.time)


def python_sdist(release: Release, files: list[str]) -> tuple[str, bytes]:
    """The source with maturin as its build backend. `files` are those of the crate."""
    folder = f"barrow-{release.version}"
    members = [Member(f"{folder}/{name}", release.text(name)) for name in files]
    members += files_below(HERE / "python/barrow", f"{folder}/python/barrow/")
    project = (HERE / "python/pyproject.toml").read_text().replace("@VERSION@", release.version)
    members += [
        Member(f"{folder}/pyproject.toml", project.encode()),
        Member(f"{folder}/PKG-INFO", _metadata(release)),
    ]
    return f"{folder}.tar.gz", tar_gz(members, release.time)


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=2) + "\n").encode()


def npm_platform(release: Release, platform: Platform, program: bytes) -> tuple[str, bytes]:
    """The program alone. npm installs the one package whose `os` and `cpu` are the machine's."""
    manifest = {
        "name": platform.npm_name,
        "version": release.version,
        "description": f"The program of barrow-bin for {platform.target}",
        "license": LICENCE,
        "os": [platform.node_os],
        "cpu": [platform.node_cpu],
        # A program inside an archive cannot be run.
        "preferUnplugged": True,
        "files": ["bin"],
    }
    members = [
        Member("package/package.json", _json(manifest)),
        Member("package/bin/barrow", program, is_program=True),
        *release.licences("package/"),
    ]
    return f"{platform.npm_name}-{release.version}.tgz", tar_gz(members, release.time)


def npm_program(release: Release, platforms: list[Platform]) -> tuple[str, bytes]:
    """`barrow-bin`: depends on the packages of all platforms as optional ones, and runs the one that is there."""
    manifest = {
        "name": "barrow-bin",
        "version": release.version,
        "description": SUMMARY,
        "license": LICENCE,
        "main": "index.js",
        "types": "index.d.ts",
        "bin": {"barrow": "barrow.js"},
        "files": ["index.js", "index.d.ts", "barrow.js"],
        "engines": {"node": ">= 18"},
        "optionalDependencies": {platform.npm_name: release.version for platform in platforms},
    }
    members = [
        Member("package/package.json", _json(manifest)),
        Member("package/README.md", release.text("README.md")),
        *files_below(HERE / "npm", "package/"),
        *release.licences("package/"),
    ]
    return f"barrow-bin-{release.version}.tgz", tar_gz(members, release.time)


def npm_integration(release: Release, folder: Path) -> tuple[str, bytes]:
    """A package of `integrations/`, built already, that brings the program along."""
    manifest = json.loads((folder / "package.json").read_text())
    manifest["version"] = release.version
    manifest.setdefault("dependencies", {})["barrow-bin"] = release.version
    for name in ("devDependencies", "scripts"):
        manifest.pop(name, None)
    members = [Member("package/package.json", _json(manifest)), *release.licences("package/")]
    for name in manifest["files"]:
        path = folder / name
        members += files_below(path, f"package/{name}/") if path.is_dir() else [Member(f"package/{name}", path.read_bytes())]
    return f"{manifest['name']}-{release.version}.tgz", tar_gz(members, release.time)


def debian(release: Release, platform: Platform, program: bytes) -> tuple[str, bytes]:
    """A binary package (deb(5)): the program, its manual pages compressed, completions where shells look for them."""
    completions = {
        "barrow.bash": "usr/share/bash-completion/completions/barrow",
        "_barrow": "usr/share/zsh/vendor-completions/_barrow",
        "barrow.fish": "usr/share/fish/vendor_completions.d/barrow.fish",
    }
    licence = b"Licensed under MIT or Apache-2.0, as you prefer.\n\n" + release.text("LICENSE-MIT")
    payload = [
        Member("usr/bin/barrow", program, is_program=True),
        Member("usr/share/doc/barrow/copyright", licence),
        Member("usr/share/doc/barrow/changelog.gz", compressed(release.text("CHANGELOG.md"))),
        *(Member(f"usr/share/man/man1/{name}.gz", compressed(data)) for name, data in release.manual.items()),
        *(Member(path, release.completions[name]) for name, path in completions.items()),
    ]
    size = sum(len(member.data) for member in payload)
    control = (
        f"Package: barrow\nVersion: {release.version}\nArchitecture: {platform.debian}\n"
        "Maintainer: The developers of barrow\nSection: utils\nPriority: optional\n"
        f"Installed-Size: {(size + 1023) // 1024}\nDescription: {SUMMARY}\n"
        " barrow puts a Python function and its requirements into a folder or a zip that AWS\n"
        " Lambda can load. It is one program and needs neither a container nor Python.\n"
    )
    sums = "".join(f"{hashlib.md5(member.data).hexdigest()}  {member.path}\n" for member in payload)
    meta = [Member("./control", control.encode()), Member("./md5sums", sums.encode())]
    payload = [Member("./" + member.path, member.data, member.is_program) for member in payload]
    parts = [
        ("debian-binary", b"2.0\n"),
        ("control.tar.gz", tar_gz(meta, release.time)),
        ("data.tar.gz", compressed(tar(payload, release.time, with_folders=True))),
    ]
    package = b"!<arch>\n"
    for name, data in parts:
        package += f"{name:<16}{release.time:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n".encode()
        package += data + b"\n" * (len(data) % 2)
    return f"barrow_{release.version}_{platform.debian}.deb", package


def formula(release: Release, base_url: str, digests: dict[str, str]) -> tuple[str, bytes]:
    """A formula for Homebrew. `digests` are those of the archives by target."""

    def block(system: str, targets: dict[str, str]) -> list[str]:
        lines = [f"  on_{system} do"]
        for processor, target in targets.items():
            if target in digests:
                name = f"barrow-{release.version}-{target}.tar.gz"
                lines += [
                    f"    on_{processor} do",
                    f'      url "{base_url}/{name}"',
                    f'      sha256 "{digests[target]}"',
                    "    end",
                ]
        return [*lines, "  end", ""] if len(lines) > 1 else []

    text = [
        "class Barrow < Formula",
        f'  desc "{SUMMARY}"',
        f'  homepage "{base_url}"',
        f'  version "{release.version}"',
        '  license any_of: ["MIT", "Apache-2.0"]',
        "",
        *block("macos", {"arm": "aarch64-apple-darwin", "intel": "x86_64-apple-darwin"}),
        *block("linux", {"arm": "aarch64-unknown-linux-musl", "intel": "x86_64-unknown-linux-musl"}),
        "  def install",
        '    bin.install "barrow"',
        '    man1.install Dir["man/*.1"]',
        '    bash_completion.install "completions/barrow.bash" => "barrow"',
        '    zsh_completion.install "completions/_barrow"',
        '    fish_completion.install "completions/barrow.fish"',
        "  end",
        "",
        "  test do",
        '    assert_match version.to_s, shell_output("#{bin}/barrow --version")',
        "  end",
        "end",
    ]
    return "barrow.rb", ("\n".join(text) + "\n").encode()


def installer(release: Release, base_url: str) -> tuple[str, bytes]:
    """The script for `curl … | sh`."""
    text = (HERE / "install.sh").read_text()
    return "install.sh", text.replace("@VERSION@", release.version).replace("@BASE_URL@", base_url).encode()
