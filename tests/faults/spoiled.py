"""A spoiled cache: whatever happened to a file of it, the result is the same, only slower."""

import os
import pathlib
import shutil
import subprocess

from index import Index
from scene import DONE, Scene, differences, playground, remove, tree


def flip(path):
    content = bytearray(path.read_bytes())
    if content:
        content[len(content) // 2] ^= 0x10
    path.write_bytes(content)


def flip_quietly(path):
    """As a disk does it: the times stay."""
    about = path.stat()
    flip(path)
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))


def replace_by_folder(path):
    path.unlink()
    (path / "inside").mkdir(parents=True)


def replace_by_pipe(path):
    path.unlink()
    os.mkfifo(path)


def replace_by_link(path):
    target = path.with_name("elsewhere")
    target.write_bytes(b"precious")
    path.unlink()
    path.symlink_to(target)


DAMAGES = {
    "cut in half": lambda path: os.truncate(path, path.stat().st_size // 2),
    "emptied": lambda path: os.truncate(path, 0),
    "longer": lambda path: path.open("ab").write(b"more"),
    "zeroed": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "flipped": flip,
    "removed": lambda path: path.unlink(),
    "a folder": replace_by_folder,
    "a pipe": replace_by_pipe,
    "a link": replace_by_link,
    "unreadable": lambda path: path.chmod(0),
}
# What no size and no time shows. The trees of a cache are trusted as far as these go, so only what has a digest or a
# checksum of its own is damaged this way.
QUIET = {"flipped on the disk": flip_quietly}


def run(tally):
    with playground("spoiled") as folder:
        folder.chmod(0o755)
        spoiled_files(tally, folder)
    with playground("whole") as folder:
        folder.chmod(0o755)
        whole_caches(tally, folder)


def as_nobody(scene):
    """Words before a command that take root's rights away, and let the other user have the scene."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        return []
    subprocess.run(["chown", "-R", "65534:65534", scene.folder], check=True)
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


def spoiled_files(tally, folder):
    scene = Scene.make(folder, count=2, files=4, large=3_000)
    index = Index(scene.wheels)

    def bundle(out, wrapper=()):
        return scene.run("bundle", scene.source, "-o", out, *index.words, index=False, wrapper=wrapper)

    right = {}
    for shape in ("out", "out.zip"):
        done = bundle(folder / "right" / shape)
        tally.check(f"{shape} in good order", done.code == DONE, done)
        right[shape] = tree(folder / "right" / shape)
    good = folder / "good-cache"
    wrapper = as_nobody(scene)
    if not wrapper and os.geteuid() == 0:
        tally.skip("unreadable files", "setpriv is not here, and root reads everything")
    scene.cache.rename(good)
    files = sorted(path.relative_to(good) for path in good.rglob("*") if path.is_file())
    cases = [(file, name) for file in files for name in {**DAMAGES, **QUIET}
             if name not in QUIET or "tree/files" not in str(file)]
    if not tally.is_long:
        # Each damage, and each kind of entry, several times.
        cases = tally.random.sample(cases, 45)
    for file, name in cases:
        if file not in files:
            continue
        shape = tally.random.choice(["out", "out.zip"])
        remove(scene.cache)
        # The stamps hold inodes: a copy would be told from the original by them.
        good.rename(scene.cache)
        damaged = scene.cache / file
        {**DAMAGES, **QUIET}[name](damaged)
        if wrapper:
            # What root put there is the other user's as well, to be removed.
            subprocess.run(["chown", "-hR", "65534:65534", damaged.parent], check=True)
        story = f"{file} {name}, {shape}"
        out = folder / "now" / shape
        remove(out)
        out.parent.mkdir(exist_ok=True)
        os.chown(out.parent, *(2 * [65534] if wrapper else [-1, -1]))
        done = bundle(out, wrapper)
        tally.count("spoiled files")
        tally.check(f"{story}: done", done.code == DONE and not done.has_panicked, done)
        found = tree(out)
        tally.check(f"{story}: right", found == right[shape], f"{differences(found, right[shape])}; {done}")
        elsewhere = damaged.with_name("elsewhere")
        if elsewhere.exists():
            tally.check(f"{story}: not written through", elsewhere.read_bytes() == b"precious", "")
            elsewhere.unlink()
        for shape in ("out.zip", "out"):
            out = folder / "now" / shape
            remove(out)
            done = bundle(out, wrapper)
            found = tree(out)
            is_right = done.code == DONE and found == right[shape]
            tally.check(f"{story}: mended, {shape}", is_right, f"{differences(found, right[shape])}; {done}")
        scene.cache.rename(good)
        if not (good / file).is_file():
            # What others of its kind stand in for need not be made again; wheels and what is unpacked of them must be.
            is_needless = file.parts[0].startswith(("bundles-", "metadata-", "CACHEDIR"))
            tally.check(f"{story}: made again", is_needless, "it is not there")
            files.remove(file)
    index.shutdown()


def whole_caches(tally, folder):
    """Caches that cannot be written, are of another format, or are no caches."""
    scene = Scene.make(folder, count=2, files=4, large=3_000)
    done = scene.bundle(folder / "right/out")
    right = tree(folder / "right/out")
    tally.check("in good order", done.code == DONE, done)
    wrapper = as_nobody(scene)

    def again(name, **options):
        for shape in ("out", "out.zip"):
            remove(folder / "now")
            (folder / "now").mkdir()
            os.chown(folder / "now", *(2 * [65534] if wrapper else [-1, -1]))
            done = scene.bundle(folder / "now" / shape, wrapper=wrapper, **options)
            tally.check(f"{name}, {shape}: done", done.code == DONE and not done.has_panicked, done)
            if shape == "out":
                found = tree(folder / "now/out")
                tally.check(f"{name}: right", found == right, differences(found, right))
        left = list(scene.temporary.iterdir())
        tally.check(f"{name}: nothing is left in the temporary folder", not left, left)

    if wrapper:
        subprocess.run(["chmod", "-R", "a-w", scene.cache], check=True)
        again("a warm cache that is read-only")
        subprocess.run(["chmod", "-R", "u+w", scene.cache], check=True)
        subprocess.run(["chown", "-R", "0:0", scene.cache], check=True)
        subprocess.run(["chmod", "-R", "go-rwx", scene.cache], check=True)
        again("a cache of another user")
        remove(scene.cache)
        scene.cache.mkdir(mode=0o555)
        again("an empty cache that is read-only")
        remove(scene.cache)
        subprocess.run(["chmod", "a-w", scene.folder], check=True)
        again("a cache that cannot be made", environment=scene.environment(BARROW_CACHE_DIR=scene.folder / "x/y"))
        subprocess.run(["chmod", "u+w", scene.folder], check=True)
    if tally.can_mount == "yes":
        remove(scene.cache)
        done = scene.bundle(folder / "now/first.zip")
        subprocess.run(["mount", "--bind", scene.cache, scene.cache], check=True)
        subprocess.run(["mount", "-o", "remount,bind,ro", scene.cache], check=True)
        again("a cache on a read-only mount")
        subprocess.run(["umount", scene.cache], check=True)

    # Entries of a newer and of an older format lie beside ours, and stay.
    remove(scene.cache)
    again("a fresh cache")
    for path in list(scene.cache.iterdir()):
        if path.is_dir() and "-v" in path.name:
            stem, _, version = path.name.rpartition("-v")
            for other in (int(version) + 1, 0):
                shutil.copytree(path, scene.cache / f"{stem}-v{other}", symlinks=True)
                for file in (scene.cache / f"{stem}-v{other}").rglob("*"):
                    if file.is_file():
                        file.write_bytes(b"of another format")
                        os.chmod(file, 0o644)
    again("a cache with other formats beside ours")
    newer = [path for path in scene.cache.glob("*-v*/**/*") if path.is_file() and path.read_bytes() == b"of another format"]
    tally.check("other formats stay", newer, "they are gone")
    # Ours, rewritten as another format would be: the first line of plan and stamps, and bytes that are no pages.
    for path in list(scene.cache.glob("installs-v*/**/*")):
        if path.is_file() and path.name in ("plan", "stamps"):
            path.write_bytes(path.read_bytes().replace(b" 1\n", b" 9\n", 1))
    again("plans and stamps of another version")
    remove(scene.cache)
    scene.cache.write_text("a file, where the cache is to be")
    again("a file in the place of the cache")
    tally.check("a file in the place of the cache: it stays", pathlib.Path(scene.cache).is_file(), "")
