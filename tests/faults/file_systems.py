"""Any file system, any path, any user, any umask: the result is the same, or the message names what stands in the way."""

import contextlib
import os
import shutil
import socket
import subprocess
import threading
import zipfile

from full_disks import memory
from scene import BARROW, DONE, FAILED, Scene, differences, finish, leftovers, playground, remove, tree
from spoiled import as_nobody

# Names that scripts stumble over.
NAMES = ["with space", "line\nbreak", "quo'te\"s", "-dash", "ünï", "per%20cent", "#hash?query", "tab\tand*star"]
NOT_UTF8 = b"latin-\xe4"


def run(tally):
    with playground("paths") as folder:
        folder.chmod(0o755)
        paths(tally, Scene.make(folder, count=2, files=4, large=3_000))
    with playground("sources") as folder:
        folder.chmod(0o755)
        sources(tally, Scene.make(folder, count=1, files=2, large=100))
    if tally.can_mount == "yes":
        with playground("mounts") as folder:
            mounts(tally, Scene.make(folder, count=2, files=4, large=3_000))
    else:
        tally.skip("mounts", f"no mounts here: {tally.can_mount}")


def plain_bundles(tally, scene, where):
    """The bundles as they should be, by shape, and a check that another one is the same."""
    right = {}
    for shape in ("out", "out.zip"):
        done = scene.bundle(scene.folder / "right" / shape)
        tally.check(f"{shape} {where}", done.code == DONE, done)
        right[shape] = tree(scene.folder / "right" / shape)

    def expect(name, out, done, shape="out"):
        found = tree(out)
        is_right = done.code == DONE and not done.has_panicked and found == right[shape]
        tally.check(name, is_right, f"{done}; {differences(found, right[shape])}")
        tally.count("paths and file systems")

    return right, expect


def paths(tally, scene):
    right, expect = plain_bundles(tally, scene, "at a plain path")

    # Every path of a run bears the name.
    for name in [*NAMES, NOT_UTF8]:
        root = os.path.join(os.fsencode(scene.folder), os.fsencode(name) + b"-root")
        os.makedirs(root)
        at = {part: os.path.join(root, os.fsencode(name) + b"-" + part.encode()) for part in ("source", "wheels", "out")}
        shutil.copytree(os.fsencode(scene.source), at["source"])
        shutil.copytree(os.fsencode(scene.wheels), at["wheels"])
        for shape in ("out", "out.zip"):
            out = at["out"] + shape.encode()
            environment = scene.environment() | {
                "HOME": os.fsdecode(root), "BARROW_CACHE_DIR": os.fsdecode(os.path.join(root, b"cache"))}
            process = subprocess.Popen(
                [BARROW, "bundle", at["source"], "-o", out, "-r", os.path.join(at["source"], b"requirements.txt"),
                 "--no-index", "--find-links", at["wheels"]],
                env=environment, cwd=root, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                start_new_session=True)
            expect(f"paths with {name!r}, {shape}", os.fsdecode(out), finish(process), shape)
        target = at["out"] + b"-install"
        process = subprocess.Popen(
            [BARROW, "install", "-r", os.path.join(at["source"], b"requirements.txt"), "-t", target, "--no-index",
             "--find-links", at["wheels"]],
            env=scene.environment(), cwd=root, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True)
        done = finish(process)
        tally.check(f"paths with {name!r}, install", done.code == DONE and os.path.isdir(target), done)

    deep = scene.folder
    while len(str(deep)) < 3600:
        deep = deep / ("d" * 200)
    expect("a path of 3,600 bytes", deep / "out", scene.bundle(deep / "out"))
    long = scene.folder / ("n" * 255)
    expect("a name of 255 bytes", long, scene.bundle(long))
    done = scene.bundle(scene.folder / ("n" * 256))
    tally.check("a name of 256 bytes", done.code == FAILED and "too long" in done.words, done)
    done = scene.bundle(scene.folder / "no\udcffn" / ".." / "plain" / "out")
    tally.check("a folder that is not there, and back", done.code == FAILED and not done.has_panicked, done)

    # Spellings of OUT.
    work = scene.folder / "work"
    (work / "a/b").mkdir(parents=True)
    expect("OUT with `..`", work / "a/out", scene.bundle("b/../out", cwd=work / "a"))
    expect("OUT with `./` and `//`", work / "a/out", scene.bundle("./b/..//out/", cwd=work / "a"))
    (work / "here").mkdir()
    expect("OUT is `.`", work / "here", scene.bundle(".", cwd=work / "here"))
    expect("OUT is `.` once more", work / "here", scene.bundle(".", cwd=work / "here"))
    (work / "real").mkdir()
    (work / "link").symlink_to("real")
    expect("OUT is a link to a folder", work / "real", scene.bundle(work / "link"))
    tally.check("the link stays", (work / "link").is_symlink(), "")
    expect("the same by its own name", work / "real", scene.bundle(work / "real"))
    (work / "broken").symlink_to("nowhere")
    done = scene.bundle(work / "broken")
    tally.check("OUT is a link that leads nowhere", done.code == FAILED and "broken" in done.words, done)
    (work / "loop").symlink_to("loop")
    done = scene.bundle(work / "loop")
    tally.check("OUT is a link to itself", done.code == FAILED and "loop" in done.words, done)
    (work / "file").write_text("")
    done = scene.bundle(work / "file/out")
    tally.check("OUT below a file", done.code == FAILED and "file" in done.words, done)

    # A working folder that is gone.
    (work / "gone").mkdir()
    out = work / "from-nowhere"
    words = scene.words("bundle", scene.source, "-o", out)
    process = subprocess.Popen(["sh", "-c", 'rmdir "$PWD"; exec "$@"', "sh", *words], cwd=work / "gone",
                               env=scene.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               start_new_session=True)
    expect("the working folder is gone", out, finish(process))
    (work / "gone").mkdir()
    words = scene.words("bundle", scene.source, "-o", "relative")
    process = subprocess.Popen(["sh", "-c", 'rmdir "$PWD"; exec "$@"', "sh", *words], cwd=work / "gone",
                               env=scene.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               start_new_session=True)
    done = finish(process)
    tally.check("the working folder is gone, OUT relative", done.code == FAILED and not done.has_panicked, done)

    # Homes.
    for name, changes in {
        "no HOME": {"HOME": None}, "an empty HOME": {"HOME": ""}, "a HOME that is not there": {"HOME": "/nonexistent"},
        "a HOME that is a file": {"HOME": str(scene.source / "handler.py")}, "a relative HOME": {"HOME": "some/where"},
    }.items():
        for has_cache in (True, False):
            out = work / f"{name}-{has_cache}"
            changes |= {} if has_cache else {"BARROW_CACHE_DIR": None, "XDG_CACHE_HOME": str(work / "caches")}
            done = scene.bundle(out, environment=scene.environment(**changes))
            expect(f"{name}, {'with' if has_cache else 'without'} a cache folder", out, done)
    if os.geteuid() != 0:
        tally.skip("a read-only HOME and other users", "this needs root, to become someone without rights")
        masks = ["000", "022", "077"]
    else:
        masks = ["000", "022", "077", "777"]
    for mask in masks:
        for shape in ("out", "out.zip"):
            out = work / f"umask-{mask}" / shape
            out.parent.mkdir(exist_ok=True)
            words = scene.words("bundle", scene.source, "-o", out)
            environment = scene.environment(BARROW_CACHE_DIR=work / f"cache-{mask}-{shape}")
            process = subprocess.Popen(["sh", "-c", f'umask {mask}; exec "$@"', "sh", *words], cwd=work, env=environment,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
            expect(f"umask {mask}, {shape}", out, finish(process), shape)
    if (wrapper := as_nobody(scene)):
        scene.home.chmod(0o555)
        environment = scene.environment(BARROW_CACHE_DIR=None)
        for turn in ("first", "second"):
            done = scene.bundle(work / "by-nobody", wrapper=wrapper, environment=environment)
            if turn == "first":
                expect("another user, HOME read-only", work / "by-nobody", done)
            else:
                # Without any place for marks OUT belongs to no one; the first run has said so.
                is_refused = done.code == FAILED and "--force" in done.words
                tally.check("another user, HOME read-only, again", done.code == DONE or is_refused, done)
        scene.home.chmod(0o755)


def sources(tally, scene):
    """Things in SOURCE that are no files, or change, or may not be read."""
    out = scene.folder / "out"
    done = scene.bundle(out)
    before = tree(out)
    tally.check("a plain source", done.code == DONE, done)

    @contextlib.contextmanager
    def with_thing(make):
        thing = scene.source / "thing"
        kept = make(thing)
        try:
            yield
        finally:
            if kept:
                kept.close()
            remove(thing)

    def make_socket(path):
        bound = socket.socket(socket.AF_UNIX)
        bound.bind(str(path))
        return bound

    things = {
        "a named pipe": lambda path: os.mkfifo(path),
        "a socket": make_socket,
        "a link to itself": lambda path: path.symlink_to("thing"),
        "a link to the folder it lies in": lambda path: path.symlink_to("."),
        "a link to a folder above": lambda path: path.symlink_to(".."),
        "a link to a file outside": lambda path: path.symlink_to("/etc/hostname"),
        "a link that leads nowhere": lambda path: path.symlink_to("nothing-there"),
    }
    if os.geteuid() == 0:
        things["a device"] = lambda path: os.mknod(path, 0o600 | 0o020000, os.makedev(1, 5))
    for name, make in things.items():
        for shape in ("out", "fresh.zip"):
            with with_thing(make):
                done = scene.bundle(scene.folder / shape)
            tally.check(f"{name} in the source: refused by name", done.code == FAILED and "thing" in done.words, done)
            tally.check(f"{name} in the source: OUT is old", tree(out) == before, "")
            tally.check(f"{name} in the source: no zip", not (scene.folder / "fresh.zip").exists(), "")
    with with_thing(lambda path: path.symlink_to("handler.py")):
        done = scene.bundle(scene.folder / "linked")
        link = scene.folder / "linked/thing"
        is_link = link.is_symlink() and os.readlink(link) == "handler.py" and link.is_file()
        tally.check("a link to a file beside it leads to that file", is_link, done)

    # Files that change, grow and vanish while they are read: a bundle of what was there at some moment, or a refusal.
    stop = threading.Event()

    def change():
        at = 0
        while not stop.is_set():
            at += 1
            path = scene.source / f"lib/moving{at % 7}.bin"
            path.write_bytes(b"x" * (at * 7919 % 200_000))
            with contextlib.suppress(FileNotFoundError):
                (scene.source / f"lib/moving{(at + 3) % 7}.bin").unlink()

    changing = threading.Thread(target=change)
    changing.start()
    for turn in range(tally.pick(6, 60)):
        shape = "moving" if turn % 2 else "moving.zip"
        done = scene.bundle(scene.folder / shape)
        is_refused = done.code == FAILED and "moving" in done.words
        tally.check(f"a source that changes, {shape}", (done.code == DONE or is_refused) and not done.has_panicked, done)
        if done.code == DONE and shape.endswith(".zip"):
            with zipfile.ZipFile(scene.folder / shape) as archive:
                tally.check("a source that changes: the zip is whole", archive.testzip() is None, archive.testzip())
    stop.set()
    changing.join()
    tally.check("a source that changes: nothing is left", not leftovers(scene.folder), leftovers(scene.folder))
    for path in (scene.source / "lib").glob("moving*"):
        path.unlink()

    if (wrapper := as_nobody(scene)):
        for secret in ("handler.py", "lib"):
            (scene.source / secret).chmod(0)
            done = scene.bundle(out, wrapper=wrapper)
            tally.check(f"`{secret}` may not be read", done.code == FAILED and secret in done.words, done)
            tally.check(f"`{secret}` may not be read: OUT is old", tree(out) == before, "")
            (scene.source / secret).chmod(0o755)


def mounts(tally, scene):
    right, expect = plain_bundles(tally, scene, "on one file system")

    base = scene.folder
    with memory(base / "one", 1 << 24) as one, memory(base / "two", 1 << 24) as two, memory(base / "three", 1 << 24) as three:
        for turn in ("cold", "warm"):
            for shape in ("out", "out.zip"):
                environment = scene.environment(BARROW_CACHE_DIR=two / "cache", TMPDIR=three)
                done = scene.bundle(one / shape, environment=environment)
                expect(f"three file systems, {turn}, {shape}", one / shape, done, shape)
        expect("no cache, three file systems", one / "no-cache",
               scene.run("bundle", scene.source, "-o", one / "no-cache", "--no-cache", environment=environment))
        tally.check("no cache: nothing is left", not list(three.iterdir()), list(three.iterdir()))
        (base / "far").symlink_to(one / "out")
        expect("OUT is a link to another file system", one / "out", scene.bundle(base / "far"))
        done = scene.run("install", "-r", scene.source / "requirements.txt", "-t", two / "site")
        tally.check("install on another file system", done.code == DONE, done)
    with memory(base / "point", 1 << 24) as point:
        inode = point.stat().st_ino
        for turn in ("empty", "full"):
            expect(f"OUT is a mount point, {turn}", point, scene.bundle(point))
        tally.check("the mount point stays", point.stat().st_ino == inode, "")
    # A read-only file system where only reading is needed.
    subprocess.run(["mount", "--bind", scene.source, scene.source], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", scene.source], check=True)
    subprocess.run(["mount", "--bind", scene.wheels, scene.wheels], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", scene.wheels], check=True)
    expect("a read-only source and index", base / "from-ro", scene.bundle(base / "from-ro"))
    subprocess.run(["umount", scene.source], check=True)
    subprocess.run(["umount", scene.wheels], check=True)
    with memory(base / "ro", 1 << 24) as disk:
        scene.bundle(disk / "out")
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        before = tree(disk / "out")
        scene.write_source("2")
        done = scene.bundle(disk / "out")
        tally.check("OUT is read-only", done.code == FAILED and "Read-only" in done.words and str(disk) in done.words, done)
        tally.check("OUT is read-only: old", tree(disk / "out") == before, "")
        scene.write_source("1")

    overlays(tally, scene, expect)
    if shutil.which("strace"):
        # What file systems without these say, as no such file system can be made here.
        for calls, error, what in [("linkat,link", "EPERM", "hard links"), ("linkat,link", "EMLINK", "more hard links"),
                                   ("renameat2", "EINVAL", "renames with flags"),
                                   ("renameat2", "ENOSYS", "such renames at all"),
                                   ("flock", "ENOSYS", "locks"), ("flock", "ENOLCK", "free locks"),
                                   ("copy_file_range", "EOPNOTSUPP", "copies in the kernel"),
                                   ("ioctl", "ENOTTY", "clones"), ("fchmod,chmod,fchmodat", "EPERM", "modes"),
                                   ("fchmod,chmod,fchmodat", "EOPNOTSUPP", "modes of any kind"),
                                   # The first of two attempts fails, as on volumes that cannot ask the disk itself.
                                   ("fsync", "EOPNOTSUPP:when=1+2", "a way to the disk itself")]:
            for turn in ("absent", "ours"):
                trace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={calls}",
                         "-e", f"inject={calls}:error={error}"]
                out = base / f"without-{what}"
                if turn == "ours":
                    scene.write_source("2")
                    scene.bundle(out)
                    scene.write_source("1")
                expect(f"a file system without {what}, {turn}", out, scene.bundle(out, wrapper=trace))
                tally.check(f"a file system without {what}: nothing is left", not leftovers(base) or what.endswith("locks"),
                            leftovers(base))
                for left in leftovers(base):
                    remove(left)


def overlays(tally, scene, expect):
    """An overlay, as containers have it: OUT in the layer below cannot be renamed, only copied."""
    base = scene.folder / "overlay"
    for part in ("lower", "upper", "work", "merged"):
        (base / part).mkdir(parents=True)
    environment = scene.environment(BARROW_CACHE_DIR=base / "cache")
    scene.write_source("2")
    merged = base / "merged"
    # Made where it will be seen, so that the mark fits.
    subprocess.run(["mount", "--bind", base / "lower", merged], check=True)
    scene.bundle(merged / "ours", environment=environment)
    (merged / "empty").mkdir()
    subprocess.run(["umount", merged], check=True)
    scene.write_source("1")
    with memory(base / "memory", 1 << 24) as disk:
        for part in ("upper", "work"):
            (disk / part).mkdir()
        options = f"lowerdir={base / 'lower'},upperdir={disk / 'upper'},workdir={disk / 'work'}"
        mounting = subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, merged], capture_output=True, text=True)
        if mounting.returncode:
            tally.skip("overlays", mounting.stderr.strip())
            return
        for out in ("ours", "empty", "fresh"):
            for turn in ("first", "again"):
                remove(base / "cache/bundles-v2")
                expect(f"on an overlay, {out}, {turn}", merged / out, scene.bundle(merged / out, environment=environment))
        done = scene.run("install", "-r", scene.source / "requirements.txt", "-t", merged / "empty", environment=environment)
        tally.check("on an overlay, install", done.code == DONE, done)
        tally.check("on an overlay: nothing is left", not leftovers(merged), leftovers(merged))
        subprocess.run(["umount", "-l", merged], check=True)
