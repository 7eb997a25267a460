"""Files that are equal byte for byte wherever and whenever they are made: archives and package files of a release.

An archive is a list of members. Owners are root, times are those of the release's commit, order is that of names.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import zipfile
import base64
import csv
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path


@dataclass(frozen=True)
class Member:
    """A file in an archive: its path with `/`, its bytes, and whether it can be run."""

    path: str
    data: bytes
    is_program: bool = False

    @property
    def mode(self) -> int:
        return 0o755 if self.is_program else 0o644


def files_below(folder: Path, prefix: str = "") -> list[Member]:
    """Every regular file below `folder`, with `prefix` before its path."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            is_program = bool(path.stat().st_mode & 0o100)
            found.append(Member(prefix + path.relative_to(folder).as_posix(), path.read_bytes(), is_program))
    return found


def tar(members: list[Member], time: int, *, with_folders: bool = False) -> bytes:
    """An uncompressed tar in the form that every reader takes."""
    out = io.BytesIO()
    # The name of the owner is written out: package managers read names before numbers.
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        folders: set[str] = set()
        for member in sorted(members, key=lambda member: member.path):
            parts = member.path.split("/")[:-1]
            for depth in range(1, len(parts) + 1) if with_folders else ():
                folder = "/".join(parts[:depth])
                if folder not in folders and folder != ".":
                    folders.add(folder)
                    entry = tarfile.TarInfo(folder + "/")
                    entry.type, entry.mode, entry.mtime = tarfile.DIRTYPE, 0o755, time
                    entry.uname = entry.gname = "root"
                    archive.addfile(entry)
            entry = tarfile.TarInfo(member.path)
            entry.size, entry.mode, entry.mtime = len(member.data), member.mode, time
            entry.uname = entry.gname = "root"
            archive.addfile(entry, io.BytesIO(member.data))
    return out.getvalue()


def compressed(data: bytes) -> bytes:
    """gzip without a name and a time."""
    return gzip.compress(data, compresslevel=9, mtime=0)


def tar_gz(members: list[Member], time: int, **options: bool) -> bytes:
    return compressed(tar(members, time, **options))


def wheel(members: list[Member], dist_info: str, time: int) -> bytes:
    """A wheel of these members and the RECORD that belongs to them (Binary distribution format, PyPA specifications)."""
    record = io.StringIO()
    rows = csv.writer(record, lineterminator="\n")
    members = sorted(members, key=lambda member: (member.path.startswith(dist_info), member.path))
    for member in members:
        digest = base64.urlsafe_b64encode(hashlib.sha256(member.data).digest()).rstrip(b"=").decode()
        rows.writerow([member.path, f"sha256={digest}", len(member.data)])
    rows.writerow([f"{dist_info}/RECORD", "", ""])
    members.append(Member(f"{dist_info}/RECORD", record.getvalue().encode()))
    moment = datetime.fromtimestamp(max(time, 315532800), timezone.utc).timetuple()[:6]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for member in members:
            entry = zipfile.ZipInfo(member.path, date_time=moment)
            entry.create_system = 3
            entry.external_attr = (0o100000 | member.mode) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, member.data)
    return out.getvalue()
