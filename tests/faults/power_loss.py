"""Power loss: what was written and not forced to disk is gone.

A file system of its own lies in an image. After a run, the journal of the file system is forced out (another file is
synced), and the image is copied as it is then, with no regard for what waits in memory: names, sizes and contents are
those that a machine would find after its power came back at that moment. With ext4 this leaves new files empty, which is the
case that caches and installers are known to take for whole. It shows nothing about disks that lose what they confirmed, nor
about file systems that order their writes otherwise.
"""

import contextlib
import shutil
import subprocess
import time

from scene import DONE, Scene, differences, playground, tree

IMAGE_BYTES = 96 << 20


def run(tally):
    if tally.can_mount != "yes":
        tally.skip("power loss", f"no mounts here: {tally.can_mount}")
        return
    if shutil.which("mkfs.ext4") is None:
        tally.skip("power loss", "mkfs.ext4 is not here")
        return
    with playground("power") as folder:
        # Not with `noauto_da_alloc`: there a mark that replaces another one is lost, as SECURITY.md says.
        for options in tally.pick(["defaults"], ["defaults", "data=writeback", "nodelalloc"]):
            for number, moment in enumerate(tally.pick(["after"], ["after", *["during"] * 4])):
                for shape in ("out", "out.zip", "empty", "install"):
                    lose_power(tally, folder / f"{options}-{number}-{shape}", options, moment, shape)


@contextlib.contextmanager
def mounted(image, place, options):
    place.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-o", f"loop,{options}", image, place], check=True, capture_output=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def lose_power(tally, folder, options, moment, shape):
    folder.mkdir()
    scene = Scene.make(folder, count=3, files=8, large=40_000)
    image, after = folder / "image", folder / "image-after"
    with open(image, "wb") as file:
        file.truncate(IMAGE_BYTES)
    subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True, capture_output=True)
    disk = folder / "disk"
    name = f"power loss, {options}, {moment}, {shape}"

    def bundle(version, out=None):
        scene.write_source(version)
        out = out or disk / "work" / ("out.zip" if shape == "out.zip" else "out")
        environment = scene.environment(BARROW_CACHE_DIR=disk / "cache", XDG_STATE_HOME=disk / "state")
        words = ["bundle", scene.source, "-o", out]
        if shape == "install":
            words = ["install", "-r", scene.source / "requirements.txt", "-t", out]
        return out, scene.start(*words, environment=environment)

    right = {}
    for version in ("1", "2"):
        out, process = bundle(version, folder / f"right-{version}" / ("out.zip" if shape == "out.zip" else "out"))
        process.communicate()
        right[version] = tree(out)
    with mounted(image, disk, options):
        (disk / "work").mkdir()
        if shape == "empty":
            (disk / "work/out").mkdir()
        else:
            bundle("1")[1].communicate()
        subprocess.run(["sync", "-f", disk], check=True)
        _, process = bundle("2")
        if moment == "during":
            time.sleep(0.3 * tally.random.random())
        else:
            process.communicate()
        # Another program syncs something: the names go to disk with it, what is in the files does not.
        (disk / "other").write_text("x")
        subprocess.run(["sync", disk / "other"], check=True)
        subprocess.run(["cp", "--sparse=always", image, after], check=True)
        process.communicate()
    tally.count("power losses")
    with mounted(after, disk, options):
        lost = [path for path in disk.rglob("*") if path.is_file() and path.stat().st_size == 0
                and path.name not in ("only_in_1.py", "only_in_2.py")]
        tally.count("files emptied by power losses", len(lost))
        if shape == "out.zip":
            # One file, forced to disk: old or new at every moment.
            found = tree(disk / "work/out.zip")
            tally.check(f"{name}: old or new", found in (right["1"], right["2"]), differences(found, right["1"]))
        # The next run finds its cache and OUT as they are, needs no force, and is right.
        for version in ("2", "1"):
            out, process = bundle(version)
            told = process.communicate()[1].decode()
            found = tree(out)
            tally.check(f"{name}: version {version} in the next run", process.returncode == DONE and found == right[version],
                        f"{told}; {differences(found, right[version])}")
    image.unlink()
    after.unlink()
