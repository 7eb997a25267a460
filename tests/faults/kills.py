"""Runs that are killed at random moments: OUT is old or new, the next run cleans up and is right, the cache serves on.

An existing empty folder keeps its inode, so its entries are moved in one by one under a journal: there a kill can leave a
part of the new, and the next run puts it in order.
"""

import os
import pathlib
import shutil
import signal
import time

from index import Index
from scene import DONE, INTERRUPTED, Scene, differences, finish, kill_group, leftovers, playground, remove, tree

SHAPES = ("folder", "zip", "empty folder", "install")


def run(tally):
    with playground("kills") as folder:
        scene = Scene.make(folder, count=5, files=tally.pick(30, 60), large=200_000)
        for shape in SHAPES:
            for temperature in ("cold", "warm"):
                kind = Shape(tally, scene, shape, temperature)
                kind.kill_many(tally.pick(3, 25))
                if kind.is_cold:
                    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                        kind.interrupt(number, tally.pick(1, 8))
    with playground("syscalls") as folder:
        killed_at_each_change(tally, folder)
    with playground("fetching") as folder:
        killed_while_fetching(tally, folder)


class Shape:
    """One kind of output, made from version 1 and 2 in turn."""

    def __init__(self, tally, scene, shape, temperature):
        self.tally, self.scene, self.shape, self.is_cold = tally, scene, shape, temperature == "cold"
        self.name = f"{shape}, {temperature}"
        self.parent = scene.folder / f"{shape}-{temperature}".replace(" ", "-")
        remove(self.parent)
        self.parent.mkdir()
        self.out = self.parent / ("out.zip" if shape == "zip" else "out")
        self.right = {}
        self.version = "1"
        for version in ("2", "1"):
            self.prepare()
            begin = time.monotonic()
            done = self.run(version)
            self.length = time.monotonic() - begin
            if not tally.check(f"{self.name}: version {version} can be made", done.code == DONE, done):
                raise SystemExit(1)
            self.right[version] = tree(self.out)

    def words(self):
        if self.shape == "install":
            return ("install", "-r", self.scene.source / "requirements.txt", "-t", self.out)
        return ("bundle", self.scene.source, "-o", self.out)

    def prepare(self):
        """Brings about what is to be there when a run begins."""
        if self.is_cold:
            remove(self.scene.cache)
        if self.shape == "empty folder":
            remove(self.out)
            self.out.mkdir()
            self.inode = self.out.stat().st_ino
        if self.shape == "install" and not self.out.exists():
            self.out.mkdir()
            (self.out / "mine.txt").write_text("precious")

    def start(self, version):
        self.version = version
        self.scene.write_source(version)
        return self.scene.start(*self.words())

    def run(self, version):
        return finish(self.start(version))

    def old(self, before):
        return {} if self.shape == "empty folder" else before

    def kill_many(self, count):
        """Kills `count` runs, each at another moment of its life."""
        version, length = "1", self.length
        kills = tries = 0
        while kills < count and tries < 6 * count:
            tries += 1
            version = "1" if version == "2" else "2"
            self.prepare()
            before = tree(self.out)
            process = self.start(version)
            # More often near the end, where OUT changes.
            part = self.tally.random.choice([self.tally.random.random(), 0.6 + 0.4 * self.tally.random.random()])
            time.sleep(length * part)
            was_alive = process.poll() is None
            kill_group(process)
            finish(process)
            if was_alive:
                kills += 1
                self.tally.count("kills")
            else:
                # Faster than thought.
                length *= 0.95
            self.look_after(f"{self.name}, killed after {part:.2f} of {length:.2f} s", before, version)
        self.tally.check(f"{self.name}: {count} kills", kills == count, f"{kills} of {count} in {tries} tries")

    def look_after(self, name, before, version):
        found, check = tree(self.out), self.tally.check
        new, old = self.right[version], self.old(before)
        # What barrow made is replaced by exchange: only what was empty, or is taken back, keeps its inode.
        was_new = found == new
        if self.shape in ("empty folder", "install") and found not in (old, new):
            # Between the moves; the journal that says so must be there.
            check(f"{name}: a part, with its journal", leftovers(self.parent), differences(found, old, new))
            self.tally.count("kills between moves")
        else:
            check(f"{name}: old or new", found in (old, new), differences(found, old, new))
        done = self.run(version)
        check(f"{name}: the next run", done.code == DONE and not done.has_panicked, done)
        found = tree(self.out)
        check(f"{name}: is right", found == new, differences(found, new))
        left = leftovers(self.parent, *([self.out] if self.out.is_dir() else []))
        check(f"{name}: nothing is left", not left, left)
        if self.shape == "empty folder" and not was_new:
            check(f"{name}: the inode stays", self.out.stat().st_ino == self.inode, self.inode)

    def interrupt(self, number, count):
        """Signals that ask a run to end: exit code 130, and nothing half-made."""
        length = self.length
        for _ in range(count):
            version = "2" if self.version == "1" else "1"
            self.prepare()
            before = tree(self.out)
            process = self.start(version)
            time.sleep(0.02 + length * 0.9 * self.tally.random.random())
            os.kill(process.pid, number)
            done = finish(process)
            name = f"{self.name}, {signal.Signals(number).name}"
            check = self.tally.check
            # A run that was done already, or had not yet come to listen, ends as such.
            is_early = done.code == -number
            self.tally.count("signals")
            check(f"{name}: exit code", done.code in (INTERRUPTED, DONE) or is_early, done)
            if done.code == INTERRUPTED:
                check(f"{name}: one message", done.told.count("error:") == 1 and "interrupted" in done.words, done)
            found = tree(self.out)
            check(f"{name}: old or new", found in (self.old(before), self.right[version]),
                  differences(found, self.old(before), self.right[version]))
            here = leftovers(self.parent)
            there = [str(left) for left in (self.scene.cache / "temporary-v1").glob("*")]
            check(f"{name}: nothing is left", is_early or not here + there, here + there)
            check(f"{name}: nothing in the temporary folder", not list(self.scene.temporary.iterdir()),
                  list(self.scene.temporary.iterdir()))
            done = self.run(version)
            check(f"{name}: the next run", done.code == DONE and tree(self.out) == self.right[version], done)


# System calls that change what lies on disk.
CHANGES = "rename,renameat,renameat2,mkdir,mkdirat,unlink,unlinkat,rmdir,link,linkat,fchmod,chmod,fchmodat,ftruncate,fsync"


def killed_at_each_change(tally, folder):
    """Kills a run at its n-th change of the disk, for n after n: no moment between two changes is left to chance."""
    if shutil.which("strace") is None:
        tally.skip("killed at each change", "strace is not here")
        return
    scene = Scene.make(folder, count=2, files=3, large=2_000)
    for shape in SHAPES:
        kind = Shape(tally, scene, shape, "warm")
        # The calls are counted by thread, so the last number is not known: it is reached when nothing is killed any more.
        step = tally.pick(12, 1)
        number = 1 + tally.random.randrange(step)
        quiet = 0
        while quiet < 2 and number < 400:
            version = "1" if kind.version == "2" else "2"
            kind.prepare()
            before = tree(kind.out)
            scene.write_source(version)
            kind.version = version
            trace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={CHANGES}",
                     "-e", f"inject={CHANGES}:signal=KILL:when={number}"]
            done = finish(scene.start(*kind.words(), wrapper=trace))
            quiet = quiet + 1 if done.code == DONE else 0
            if done.code != DONE:
                tally.count("kills at a change")
            kind.look_after(f"{shape}, killed at change {number}", before, version)
            number += step


def killed_while_fetching(tally, folder):
    """A server sends half a file and waits: the run is killed or interrupted there, and half a file is never a whole one."""
    scene = Scene.make(folder, count=1, files=3, large=400_000)
    server = Index(scene.wheels)
    out = folder / "out"
    for number, code in [(signal.SIGKILL, -9), (signal.SIGINT, INTERRUPTED), (signal.SIGTERM, INTERRUPTED)]:
        server.half_sent.clear()
        server.is_slow = True
        process = scene.start("bundle", scene.source, "-o", out, *server.words, index=False)
        name = f"{signal.Signals(number).name} while half a file is there"
        if not tally.check(f"{name}: it is fetched", server.half_sent.wait(20), ""):
            kill_group(process)
        time.sleep(0.1)
        os.kill(process.pid, number)
        begin = time.monotonic()
        done = finish(process)
        tally.check(f"{name}: exit code", done.code == code, done)
        tally.check(f"{name}: at once", time.monotonic() - begin < 5, time.monotonic() - begin)
        tally.check(f"{name}: OUT is absent", tree(out) is None and not leftovers(folder), tree(out))
        stored = [str(path) for path in pathlib.Path(scene.cache).rglob("*.whl")]
        tally.check(f"{name}: half a file is not kept", not stored, stored)
    server.is_slow = False
    done = scene.run("bundle", scene.source, "-o", out, *server.words, index=False)
    tally.check("after half a file: the next run", done.code == DONE and tree(out), done)
    server.shutdown()
