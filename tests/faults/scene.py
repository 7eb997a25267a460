"""What every part of the fault suite stands on: packages made in code, a folder to play in, runs, and digests of trees."""

import base64
import contextlib
import dataclasses
import hashlib
import os
import pathlib
import random
import shutil
import signal
import stat
import subprocess
import tempfile
import zipfile

TOP = pathlib.Path(__file__).resolve().parents[2]
BARROW = os.environ.get("BARROW_BIN") or str(TOP / "target/debug/barrow")
# A run that takes longer hangs.
TIME_LIMIT = 120
DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130


class Tally:
    """What passed and what did not."""

    def __init__(self, is_long, seed):
        self.passed, self.failed = 0, 0
        self.is_long = is_long
        self.seed = seed
        self.random = random.Random(seed)
        self.counts = {}

    def check(self, name, is_good, detail=""):
        """Notes one result; good ones are shown in the long form only."""
        if is_good:
            self.passed += 1
            if self.is_long:
                print(f"ok   {name}", flush=True)
        else:
            self.failed += 1
            print(f"FAIL {name}: {str(detail)[-1500:]}", flush=True)
        return is_good

    def count(self, what, by=1):
        self.counts[what] = self.counts.get(what, 0) + by

    def skip(self, name, why):
        print(f"skip {name}: {why}", flush=True)

    def pick(self, short, long):
        return long if self.is_long else short


def write_wheel(folder, name, version, files, requires=()):
    """A wheel of these files (path to bytes), with a RECORD that is right."""
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += "".join(f"Requires-Dist: {line}\n" for line in requires)
    everything = dict(files)
    everything[f"{info}/METADATA"] = metadata.encode()
    everything[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: faults\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    lines = []
    for path, content in everything.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        lines.append(f"{path},sha256={digest},{len(content)}\n")
    everything[f"{info}/RECORD"] = ("".join(lines) + f"{info}/RECORD,,\n").encode()
    wheel = pathlib.Path(folder) / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in everything.items():
            entry = zipfile.ZipInfo(path, (2020, 2, 2, 2, 2, 2))
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return wheel


def bytes_like(key, size):
    """Bytes that do not compress and are the same in every run."""
    return random.Random(key).randbytes(size)


def write_packages(folder, count, files, large):
    """Projects `p0`… in the versions 1 and 2: small modules, and in each a file of `large` bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        for version in ("1", "2"):
            name = f"p{number}"
            content = {f"{name}/__init__.py": f"version = {version}\n".encode()}
            for at in range(files):
                text = f"# {name} {version} {at}\n" * (1 + at % 40)
                content[f"{name}/part{at % 7}/m{at}.py"] = text.encode()
            content[f"{name}/large.bin"] = bytes_like(f"{name} {version}", large)
            # In one version only, so that old and new differ in names as well.
            content[f"{name}/only_in_{version}.py"] = b""
            write_wheel(folder, name, version, content, [f"p{number + 1}=={version}"] if number + 1 < count else [])
    return folder


def tree(path):
    """Kind, mode and content of everything below a path, by relative path. `None` when there is nothing."""
    path = pathlib.Path(path)
    if not os.path.lexists(path):
        return None
    if not path.is_dir():
        return {"": file_entry(path)}
    found = {}
    for folder, folders, files in os.walk(path):
        for name in folders + files:
            inner = pathlib.Path(folder) / name
            found[os.path.relpath(inner, path)] = file_entry(inner)
    return found


def file_entry(path):
    about = path.lstat()
    mode = oct(stat.S_IMODE(about.st_mode))
    if stat.S_ISLNK(about.st_mode):
        return ("link", os.readlink(path))
    if stat.S_ISDIR(about.st_mode):
        return ("folder", mode)
    # Linked files are read-only, and whether a file is linked depends on the file system.
    mode = oct(stat.S_IMODE(about.st_mode) | stat.S_IWUSR)
    if not stat.S_ISREG(about.st_mode):
        return ("other", mode)
    return ("file", mode, hashlib.sha256(path.read_bytes()).hexdigest())


def differences(found, *wanted):
    """A few paths in which a tree differs from each of the others, for messages."""
    told = []
    for other in wanted:
        if found is None or other is None:
            told.append(f"{'nothing' if found is None else 'something'} there")
            continue
        paths = [path for path in sorted({*found, *other}) if found.get(path) != other.get(path)]
        told.append(f"{len(paths)} differ: {[(path, found.get(path), other.get(path)) for path in paths[:3]]}")
    return "; ".join(told)


def leftovers(*folders):
    """Hidden folders of barrow's that still lie in these."""
    return [str(left) for folder in folders for left in pathlib.Path(folder).glob(".barrow-*.tmp")]


@dataclasses.dataclass
class Scene:
    """A folder with packages, a source and everything that a run touches, none of it the user's own."""

    folder: pathlib.Path
    wheels: pathlib.Path
    cache: pathlib.Path
    home: pathlib.Path
    temporary: pathlib.Path
    source: pathlib.Path

    @classmethod
    def make(cls, folder, count=4, files=24, large=20_000):
        folder = pathlib.Path(folder)
        scene = cls(folder, folder / "wheels", folder / "cache", folder / "home", folder / "tmp", folder / "source")
        for each in (scene.home, scene.temporary):
            each.mkdir(parents=True)
        write_packages(scene.wheels, count, files, large)
        scene.write_source("1")
        return scene

    def write_source(self, version):
        """The user's own files for a version, with the requirements of that version."""
        (self.source / "lib").mkdir(parents=True, exist_ok=True)
        (self.source / "handler.py").write_text(f"import p0  # {version}\n")
        (self.source / "lib/data.bin").write_bytes(bytes_like(f"source {version}", 30_000))
        (self.source / "requirements.txt").write_text(f"p0=={version}\n")

    @property
    def state(self):
        return self.home / ".local/state/barrow"

    def environment(self, **changes):
        kept = {name: os.environ[name] for name in ("PATH",) if name in os.environ}
        kept |= {"HOME": str(self.home), "TMPDIR": str(self.temporary), "BARROW_CACHE_DIR": str(self.cache),
                 "BARROW_NO_PROGRESS": "1", "NO_COLOR": "1", "LC_ALL": "C.UTF-8"}
        for name, value in changes.items():
            if value is None:
                kept.pop(name, None)
            else:
                kept[name] = str(value)
        return kept

    def words(self, command, *words, index=True):
        found = ["--no-index", "--find-links", str(self.wheels)] if index else []
        return [BARROW, command, *found, *map(str, words)]

    def start(self, command, *words, wrapper=(), cwd=None, environment=None, index=True, **options):
        return subprocess.Popen(
            [*map(str, wrapper), *self.words(command, *words, index=index)], cwd=cwd or self.folder,
            env=environment or self.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True, **options)

    def run(self, command, *words, **options):
        """Runs barrow to its end."""
        return finish(self.start(command, *words, **options))

    def bundle(self, out, **options):
        return self.run("bundle", self.source, "-o", out, **options)


@dataclasses.dataclass
class Done:
    """A run that ended."""

    code: int
    out: str
    told: str

    @property
    def words(self):
        """What was told, in one line: messages are wrapped where a terminal ends, which depends on the length of paths."""
        return " ".join(self.told.split())

    @property
    def has_panicked(self):
        return "this is a bug in barrow" in self.told or "panicked at" in self.told

    def __str__(self):
        return f"exit {self.code}: {self.told.strip()[-700:]}"


def finish(process, limit=TIME_LIMIT):
    """Waits for a run; one that hangs is killed, and has failed."""
    try:
        out, told = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        kill_group(process)
        out, told = process.communicate()
        told += f"\nhung for {limit} s".encode()
        return Done(-99, out.decode(errors="replace"), told.decode(errors="replace"))
    return Done(process.returncode, out.decode(errors="replace"), told.decode(errors="replace"))


def kill_group(process, number=signal.SIGKILL):
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def remove(path):
    """Removes whatever lies there, whatever its modes."""
    path = pathlib.Path(path)
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
        return
    shutil.rmtree(path, ignore_errors=True)
    if path.exists():
        subprocess.run(["chmod", "-R", "u+rwX", str(path)], check=False)
        shutil.rmtree(path)


@contextlib.contextmanager
def playground(name):
    with tempfile.TemporaryDirectory(prefix=f"barrow-faults-{name}-", ignore_cleanup_errors=True) as folder:
        yield pathlib.Path(folder).resolve()
