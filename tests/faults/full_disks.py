"""Full disks: OUT, cache, temporary and state folder, each on a file system of its own with more or less room.

OUT stays old until the new content is whole, and the message says where there is no room. A full cache costs time only: what
does not fit goes to the temporary folder. Beside the real ones, every single write is made to fail in turn.
"""

import contextlib
import hashlib
import shutil
import subprocess

from scene import DONE, FAILED, Scene, differences, leftovers, playground, remove, tree

NO_ROOM = "No space left on device"


@contextlib.contextmanager
def memory(folder, size, inodes=None):
    """A file system of `size` bytes in memory."""
    folder.mkdir(parents=True, exist_ok=True)
    options = f"size={size}" + (f",nr_inodes={inodes}" if inodes else "")
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def run(tally):
    if tally.can_mount == "yes":
        with playground("disks") as folder:
            full_disks(tally, folder)
    else:
        tally.skip("full disks", f"no mounts here: {tally.can_mount}")
    with playground("writes") as folder:
        each_write_fails(tally, folder)


def full_disks(tally, folder):
    scene = Scene.make(folder)
    right = {}
    for version in ("1", "2"):
        scene.write_source(version)
        for shape in ("out", "out.zip"):
            done = scene.bundle(folder / f"plain-{version}" / shape)
            tally.check(f"{shape} {version} without a full disk", done.code == DONE, done)
            right[shape, version] = tree(folder / f"plain-{version}" / shape)
    # By pages, as a file system in memory counts.
    need = sum(path.stat().st_size // 4096 * 4096 + 4096 for path in (folder / "plain-2/out").rglob("*"))
    sizes = tally.pick([4096, need // 2, need], [4096, 16384, *(need * part // 8 for part in range(1, 15))])

    for shape in ("out", "out.zip", "empty", "inside"):
        for size in sizes:
            out_is_full(tally, scene, shape, size, right, need)
    for size in sizes:
        # A full cache: the run is whole all the same.
        with memory(folder / "cache-disk", size) as disk:
            scene.write_source("2")
            for shape in ("out", "out.zip"):
                out = folder / f"by-full-cache/{shape}"
                remove(out)
                done = scene.bundle(out, environment=scene.environment(BARROW_CACHE_DIR=disk / "cache"))
                name = f"cache of {size} bytes, {shape}"
                tally.check(f"{name}: done", done.code == DONE, done)
                found = tree(out)
                tally.check(f"{name}: right", found == right[shape, "2"], differences(found, right[shape, "2"]))
                tally.check(f"{name}: the temporary folder is empty", not list(scene.temporary.iterdir()),
                            list(scene.temporary.iterdir()))
                tally.count("full disks")
        # Cache and temporary folder full: nothing is possible, and the message says where.
        with memory(folder / "cache-disk", min(size, need // 2)) as disk:
            (disk / "tmp").mkdir()
            out = folder / "by-two-full/out"
            environment = scene.environment(BARROW_CACHE_DIR=disk / "cache", TMPDIR=disk / "tmp")
            done = scene.bundle(out, environment=environment)
            name = f"cache and temporary folder together {min(size, need // 2)} bytes"
            tally.check(f"{name}: refused", done.code == FAILED and not done.has_panicked, done)
            tally.check(f"{name}: it says where", NO_ROOM in done.words and str(disk) in done.words, done)
            tally.check(f"{name}: one message", done.told.count("error:") == 1, done)
            tally.check(f"{name}: OUT is absent", tree(out) is None, "")
            tally.count("full disks")
    state_is_full(tally, scene, right)
    mirror_is_full(tally, scene)
    # No room for another file, but for bytes.
    with memory(folder / "few", 1 << 24, inodes=40) as disk:
        done = scene.bundle(disk / "out")
        tally.check("no inodes for OUT", done.code == FAILED and NO_ROOM in done.words and str(disk) in done.words, done)
        tally.check("no inodes for OUT: nothing is left", not list(disk.iterdir()), list(disk.iterdir()))


def out_is_full(tally, scene, shape, room, right, need):
    """An old OUT, and `room` bytes beside it for a new one that is larger or smaller than that."""
    kind = "out.zip" if shape == "out.zip" else "out"
    name = f"room of {room} bytes for {shape}"
    with memory(scene.folder / "out-disk", need * 8) as disk:
        scene.write_source("1")
        # `inside`: OUT is the mount point, so that its new content is prepared in it.
        out = disk if shape == "inside" else disk / kind
        if shape == "empty":
            out.mkdir()
        else:
            done = scene.bundle(out)
            tally.check(f"{name}: the old one", done.code == DONE, done)
        before = tree(out)
        used = shutil.disk_usage(disk).used
        subprocess.run(["mount", "-o", f"remount,size={used + room}", disk], check=True)
        scene.write_source("2")
        done = scene.bundle(out)
        tally.count("full disks")
        found, new = tree(out), right[kind, "2"]
        if done.code == DONE:
            tally.check(f"{name}: new", found == new, differences(found, new))
        else:
            tally.check(f"{name}: refused", done.code == FAILED and not done.has_panicked, done)
            tally.check(f"{name}: it says where", NO_ROOM in done.words and str(disk) in done.words, done)
            tally.check(f"{name}: one message", done.told.count("error:") == 1, done)
            tally.check(f"{name}: old", found == before, differences(found, before))
        tally.check(f"{name}: nothing is left", not leftovers(disk), leftovers(disk))
        subprocess.run(["mount", "-o", f"remount,size={need * 8}", disk], check=True)
        done = scene.bundle(out)
        tally.check(f"{name}: the next run, with room", done.code == DONE and tree(out) == new, done)


def mirror_is_full(tally, scene):
    """No room for all of a mirror: the message names it, what is in it is whole, and the same command goes on once there is room."""
    words = ("p0==1", "--runtime", "python3.12", "--name", "faults")
    whole = scene.folder / "whole-mirror"
    done = scene.run("mirror", *words, "-o", whole)
    tally.check("a mirror without a full disk", done.code == DONE, done)
    right = tree(whole)
    need = sum(path.stat().st_size // 4096 * 4096 + 4096 for path in whole.rglob("*"))
    for part in tally.pick((1, 2, 3), range(4)):
        with memory(scene.folder / "mirror-disk", max(need * part // 8, 4096)) as disk:
            name = f"{part}/8 of the room for a mirror"
            mirror = disk / "mirror"
            done = scene.run("mirror", *words, "-o", mirror)
            tally.check(f"{name}: refused", done.code == FAILED and not done.has_panicked, done)
            tally.check(f"{name}: it names the mirror", NO_ROOM in done.words and str(mirror) in done.words, done)
            tally.check(f"{name}: and says how it goes on", "the disk with the mirror is full" in done.words or "not everything could be mirrored"
                        in done.words, done)
            files = [path for path in mirror.rglob("*.whl")]
            good = all(hashlib.sha256(path.read_bytes()).hexdigest() == path.parent.name for path in files)
            tally.check(f"{name}: what lies there is whole", good, files)
            subprocess.run(["mount", "-o", f"remount,size={need * 4}", disk], check=True)
            done = scene.run("mirror", *words, "-o", mirror)
            tally.check(f"{name}: with room, the same command goes on", done.code == DONE, done)
            done = scene.run("mirror", "-o", mirror, "--verify", index=False)
            tally.check(f"{name}: and the mirror is right", done.code == DONE and tree(mirror) == right, done)
            tally.count("full disks")


def state_is_full(tally, scene, right):
    """No room for marks: OUT is made, and the user hears what that means."""
    scene.write_source("2")
    with memory(scene.folder / "state-disk", 4096) as disk:
        (disk / "fill").write_bytes(b"x" * 4096)
        environment = scene.environment(XDG_STATE_HOME=disk)
        done = scene.bundle(scene.folder / "by-full-state/out", environment=environment)
        tally.check("no room for marks: done", done.code == DONE, done)
        found = tree(scene.folder / "by-full-state/out")
        tally.check("no room for marks: right", found == right["out", "2"], differences(found, right["out", "2"]))
        done = scene.bundle(scene.folder / "by-full-state/out", environment=environment)
        tally.check("no room for marks: again", done.code == DONE, done)


WRITES = "write,copy_file_range,pwrite64,fsync,fdatasync,mkdir,link,linkat,rename,renameat2,unlinkat,fchmod"


def each_write_fails(tally, folder):
    """Lets the n-th change of the disk fail for want of room, for n after n."""
    if shutil.which("strace") is None:
        tally.skip("each write fails", "strace is not here")
        return
    scene = Scene.make(folder, count=2, files=3, large=2_000)
    scene.write_source("1")
    for shape in ("out", "out.zip"):
        out = folder / shape
        for version in ("1", "2"):
            scene.write_source(version)
            scene.bundle(folder / f"right-{version}/{shape}")
        right = {version: tree(folder / f"right-{version}/{shape}") for version in ("1", "2")}
        step = tally.pick(9, 1)
        number, version, quiet = 1 + tally.random.randrange(step), "1", 0
        before = None
        while quiet < 2 and number < 400:
            scene.write_source(version)
            trace = ["strace", "-f", "-qq", "-o", folder / "trace", "-e", f"trace={WRITES}",
                     "-e", f"inject={WRITES}:error=ENOSPC:when={number}"]
            if tally.random.random() < 0.5 and scene.cache.exists():
                # But for the marks that found no room elsewhere: without them OUT belongs to nobody.
                for part in scene.cache.iterdir():
                    remove(part) if part.name != "state-v1" else None
            done = scene.bundle(out, wrapper=trace)
            name = f"{shape}, change {number} fails"
            if "failed to wake I/O driver" in done.words:
                # A pipe between threads, which no disk can fill. OUT may have been replaced before.
                before = tree(out)
                number += 1
                continue
            failures = (folder / "trace").read_text().count("(INJECTED)")
            quiet = quiet + 1 if not failures else 0
            tally.count("failed writes", failures)
            found = tree(out)
            tally.check(f"{name}: done or refused", done.code in (DONE, FAILED) and not done.has_panicked, done)
            wanted = right[version] if done.code == DONE else before
            tally.check(f"{name}: right", found == wanted, f"{differences(found, wanted)}; {done}")
            done = scene.bundle(out)
            if failures > 1 and done.code == FAILED and "--force" in done.words:
                # strace counts for each system call and thread: here both places of the mark were met, so that OUT belongs to nobody.
                done = scene.run("bundle", scene.source, "-o", out, "--force")
            tally.check(f"{name}: the next run", done.code == DONE and tree(out) == right[version], done)
            tally.check(f"{name}: nothing is left", not leftovers(folder), leftovers(folder))
            before, version = tree(out), "1" if version == "2" else "2"
            number += step
