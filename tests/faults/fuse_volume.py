"""A file system in memory that behaves like a volume of a Mac: it takes `Pkg` and `pkg` for one name, gives names back taken apart, or
has neither links nor modes. Linux mounts it by FUSE; the kernel's protocol (`linux/fuse.h`, version 7.31) is spoken here, as far as a
program needs it that reads, writes and renames files.
"""

import contextlib
import ctypes
import dataclasses
import errno
import os
import stat
import struct
import subprocess
import threading
import time
import unicodedata

REQUEST = struct.Struct("<IIQQIIIHH")
ATTRIBUTES = struct.Struct("<QQQQQQIIIIIIIIII")
SET = struct.Struct("<IIQQQQQQIIIIIIII")
READ = struct.Struct("<QQIIQII")
LARGEST = 1 << 17
NO_REPLACE, EXCHANGE = 1, 2
MODE, SIZE, MTIME, MTIME_NOW = 1, 8, 32, 256


@dataclasses.dataclass(frozen=True)
class Kind:
    """What a volume can do."""

    ignores_case: bool = True
    #: `é` and `e` with an accent are one name.
    ignores_form: bool = True
    #: Names are given back taken apart.
    takes_apart: bool = False
    has_links: bool = True
    has_modes: bool = True
    #: Renames that exchange, and such that replace nothing.
    has_flags: bool = True
    #: Nanoseconds that times are rounded down to.
    step: int = 1

    def key(self, name):
        name = unicodedata.normalize("NFD", name) if self.ignores_form else name
        return unicodedata.normalize("NFD", name.casefold()) if self.ignores_case else name

    def shown(self, name):
        return unicodedata.normalize("NFD", name) if self.takes_apart else name


APFS = Kind()
HFS = Kind(takes_apart=True, has_flags=False, step=1_000_000_000)
EXFAT = Kind(ignores_form=False, has_links=False, has_modes=False, has_flags=False, step=2_000_000_000)


class Node:
    def __init__(self, number, mode):
        self.number, self.mode = number, mode
        self.content, self.target = bytearray(), b""
        # By key: the name as it is shown, and the node.
        self.names = {}
        self.links = 1
        self.modified = 0

    @property
    def is_folder(self):
        return stat.S_ISDIR(self.mode)


class Refused(Exception):
    def __init__(self, number):
        super().__init__(os.strerror(number))
        self.number = number


class Volume:
    def __init__(self, kind):
        self.kind = kind
        self.nodes = {}
        self.listings = {}
        self.make(stat.S_IFDIR | 0o755)

    def make(self, mode):
        node = Node(len(self.nodes) + 1, mode)
        if not self.kind.has_modes:
            node.mode = stat.S_IFMT(mode) | 0o777
        self.nodes[node.number] = node
        self.touch(node)
        return node

    def touch(self, node, moment=None):
        moment = time.time_ns() if moment is None else moment
        node.modified = moment // self.kind.step * self.kind.step

    def find(self, folder, name):
        found = folder.names.get(self.kind.key(name))
        if found is None:
            raise Refused(errno.ENOENT)
        return found[1]

    def add(self, folder, name, node):
        key = self.kind.key(name)
        if key in folder.names:
            raise Refused(errno.EEXIST)
        folder.names[key] = (self.kind.shown(name), node)
        self.touch(folder)
        return node

    def take(self, folder, name):
        self.find(folder, name)
        self.touch(folder)
        return folder.names.pop(self.kind.key(name))[1]

    # Each of these answers a request with bytes.

    def lookup(self, node, body):
        return self.entry(self.find(node, text(body)))

    def getattr(self, node, _body):
        return struct.pack("<QII", 0, 0, 0) + self.attributes(node)

    def setattr(self, node, body):
        valid, _, _, size, _, _, modified, _, _, nanoseconds, _, mode, _, _, _, _ = SET.unpack_from(body)
        if valid & MODE and self.kind.has_modes:
            node.mode = stat.S_IFMT(node.mode) | stat.S_IMODE(mode)
        elif valid & MODE:
            raise Refused(errno.EPERM)
        if valid & SIZE:
            del node.content[size:]
            node.content.extend(bytes(size - len(node.content)))
            self.touch(node)
        if valid & MTIME:
            self.touch(node, None if valid & MTIME_NOW else modified * 1_000_000_000 + nanoseconds)
        return self.getattr(node, b"")

    def readlink(self, node, _body):
        return node.target

    def symlink(self, node, body):
        if not self.kind.has_links:
            raise Refused(errno.EOPNOTSUPP)
        name, target, _ = body.split(b"\0")
        made = self.add(node, text(name), self.make(stat.S_IFLNK | 0o777))
        made.target = target
        return self.entry(made)

    def mknod(self, node, body):
        (mode,) = struct.unpack_from("<I", body)
        return self.entry(self.add(node, text(body[16:]), self.make(mode)))

    def mkdir(self, node, body):
        (mode,) = struct.unpack_from("<I", body)
        return self.entry(self.add(node, text(body[8:]), self.make(stat.S_IFDIR | mode)))

    def unlink(self, node, body):
        self.take(node, text(body)).links -= 1
        return b""

    def rmdir(self, node, body):
        if self.find(node, text(body)).names:
            raise Refused(errno.ENOTEMPTY)
        self.take(node, text(body))
        return b""

    def rename(self, node, body):
        return self.move(node, struct.unpack_from("<Q", body)[0], 0, body[8:])

    def rename2(self, node, body):
        to, flags, _ = struct.unpack_from("<QII", body)
        if flags and not self.kind.has_flags:
            raise Refused(errno.EOPNOTSUPP)
        return self.move(node, to, flags, body[16:])

    def move(self, folder, to, flags, names):
        old, new = (text(name) for name in names.split(b"\0")[:2])
        to = self.nodes[to]
        moved = self.find(folder, old)
        there = to.names.get(self.kind.key(new), (None, None))[1]
        if flags & EXCHANGE:
            self.find(to, new)
            for place, name, node in ((folder, old, there), (to, new, moved)):
                place.names[self.kind.key(name)] = (place.names[self.kind.key(name)][0], node)
            return b""
        is_same_name = folder is to and self.kind.key(old) == self.kind.key(new)
        if there is not None and not is_same_name:
            if flags & NO_REPLACE:
                raise Refused(errno.EEXIST)
            if there is moved:
                # rename(2): two links of one file both stay.
                return b""
            if there.is_folder != moved.is_folder:
                raise Refused(errno.EISDIR if there.is_folder else errno.ENOTDIR)
            if there.names:
                raise Refused(errno.ENOTEMPTY)
            there.links -= 1
        self.take(folder, old)
        to.names.pop(self.kind.key(new), None)
        self.add(to, new, moved)
        return b""

    def link(self, node, body):
        if not self.kind.has_links:
            raise Refused(errno.EOPNOTSUPP)
        linked = self.nodes[struct.unpack_from("<Q", body)[0]]
        self.add(node, text(body[8:]), linked)
        linked.links += 1
        return self.entry(linked)

    def open(self, node, _body):
        return struct.pack("<QII", node.number, 0, 0)

    def create(self, node, body):
        _, mode = struct.unpack_from("<II", body)
        made = self.add(node, text(body[16:]), self.make(stat.S_IFREG | stat.S_IMODE(mode)))
        return self.entry(made) + self.open(made, b"")

    def read(self, node, body):
        _, offset, size, _, _, _, _ = READ.unpack_from(body)
        return bytes(node.content[offset : offset + size])

    def write(self, node, body):
        _, offset, size, _, _, _, _ = READ.unpack_from(body)
        node.content.extend(bytes(max(0, offset - len(node.content))))
        node.content[offset : offset + size] = body[READ.size : READ.size + size]
        self.touch(node)
        return struct.pack("<II", size, 0)

    def statfs(self, _node, _body):
        return struct.pack("<QQQQQIIII24x", 1 << 20, 1 << 19, 1 << 19, 1 << 20, 1 << 19, 4096, 255, 4096, 0)

    def opendir(self, node, _body):
        number = len(self.listings) + 1
        self.listings[number] = sorted(node.names.values(), key=lambda entry: entry[0])
        return struct.pack("<QII", number, 0, 0)

    def readdir(self, _node, body):
        number, offset, size, _, _, _, _ = READ.unpack_from(body)
        answer = b""
        for at, (name, node) in enumerate(self.listings[number][offset:], offset + 1):
            name = name.encode("utf-8", "surrogateescape")
            entry = struct.pack("<QQII", node.number, at, len(name), stat.S_IFMT(node.mode) >> 12) + name
            entry += bytes(-len(entry) % 8)
            if len(answer) + len(entry) > size:
                break
            answer += entry
        return answer

    def nothing(self, _node, _body):
        return b""

    def ioctl(self, _node, _body):
        raise Refused(errno.ENOTTY)

    def init(self, _node, body):
        _, _, ahead, _ = struct.unpack_from("<IIII", body)
        return struct.pack("<IIIIHHIIHHI28x", 7, 31, ahead, 1 << 5, 16, 12, LARGEST, 1, LARGEST // 4096, 0, 0)

    def entry(self, node):
        return struct.pack("<QQQQII", node.number, 0, 0, 0, 0, 0) + self.attributes(node)

    def attributes(self, node):
        size = len(node.target) if stat.S_ISLNK(node.mode) else len(node.content)
        seconds, rest = divmod(node.modified, 1_000_000_000)
        return ATTRIBUTES.pack(node.number, size, -(-size // 512), seconds, seconds, seconds, rest, rest, rest, node.mode,
                               2 if node.is_folder else node.links, os.getuid(), os.getgid(), 0, 4096, 0)

    WORK = {
        1: lookup, 3: getattr, 4: setattr, 5: readlink, 6: symlink, 8: mknod, 9: mkdir, 10: unlink, 11: rmdir, 12: rename,
        13: link, 14: open, 15: read, 16: write, 17: statfs, 18: nothing, 20: nothing, 25: nothing, 26: init, 27: opendir,
        28: readdir, 29: nothing, 30: nothing, 35: create, 39: ioctl, 45: rename2,
    }
    #: Forgetting one or several, and interrupting: nobody waits for an answer.
    SILENT = {2, 36, 42}

    def serve(self, device):
        while True:
            try:
                request = os.read(device, LARGEST + 4096)
            except OSError as error:
                if error.errno in (errno.EINTR, errno.EAGAIN, errno.ENOENT):
                    continue
                # It is mounted no longer.
                os.close(device)
                return
            _, kind, unique, number, *_ = REQUEST.unpack_from(request)
            if kind in self.SILENT:
                continue
            answer, refusal = b"", 0
            try:
                work = self.WORK.get(kind)
                if work is None:
                    raise Refused(errno.ENOSYS)
                answer = work(self, self.nodes.get(number), request[REQUEST.size :])
            except Refused as error:
                refusal = -error.number
            with contextlib.suppress(OSError):
                os.write(device, struct.pack("<IiQ", 16 + len(answer), refusal, unique) + answer)


def text(name):
    return name.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def why_not():
    """Why no such volume can be mounted here; nothing when it can."""
    return "" if os.access("/dev/fuse", os.R_OK | os.W_OK) else "/dev/fuse cannot be opened"


@contextlib.contextmanager
def volume(folder, kind):
    """A volume of the kind, mounted at a folder that is made for it."""
    folder.mkdir(parents=True, exist_ok=True)
    device = os.open("/dev/fuse", os.O_RDWR)
    library = ctypes.CDLL(None, use_errno=True)
    options = f"fd={device},rootmode=40000,user_id={os.getuid()},group_id={os.getgid()},default_permissions,allow_other"
    if library.mount(b"barrow-volume", os.fsencode(folder), b"fuse", 0, options.encode()) != 0:
        os.close(device)
        raise OSError(ctypes.get_errno(), "FUSE cannot be mounted")
    thread = threading.Thread(target=Volume(kind).serve, args=(device,), daemon=True)
    thread.start()
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
        thread.join(10)
