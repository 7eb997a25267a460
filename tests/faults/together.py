"""Many at once: processes that share a cache and an OUT, some of which die or stop meanwhile."""

import contextlib
import os
import pathlib
import shutil
import signal
import time

from scene import DONE, FAILED, Scene, differences, finish, kill_group, leftovers, playground, remove, tree

PROCESSES = 8


def run(tally):
    with playground("together") as folder:
        scene = Scene.make(folder, count=4, files=30, large=50_000)
        right = {}
        for shape in ("out", "out.zip"):
            done = scene.bundle(folder / "right" / shape)
            tally.check(f"{shape} alone", done.code == DONE, done)
            right[shape] = tree(folder / "right" / shape)
        for shape in ("out", "out.zip"):
            for shares_out in (True, False):
                for is_cold in (True, False):
                    for dying in (0, 3):
                        for _ in range(tally.pick(1, 10) if is_cold or dying else 1):
                            many(tally, scene, shape, shares_out, is_cold, dying, right[shape])
        stopped(tally, scene, right["out"])
        stopped_while_publishing(tally, scene, right)


def many(tally, scene, shape, shares_out, is_cold, dying, right):
    name = f"{PROCESSES} at once, {shape}, {'one OUT' if shares_out else 'an OUT each'}, " \
           f"{'cold' if is_cold else 'warm'}, {dying} die"
    if is_cold:
        remove(scene.cache)
    parent = scene.folder / "many"
    remove(parent)
    parent.mkdir()
    outs = [parent / ("shared" if shares_out else str(number)) / shape for number in range(PROCESSES)]
    running = [scene.start("bundle", scene.source, "-o", out) for out in outs]
    for number in range(dying):
        time.sleep(0.15 * tally.random.random())
        kill_group(running[number])
    tally.count("processes at once", PROCESSES)
    for number, process in enumerate(running):
        done = finish(process)
        if number < dying and done.code == -signal.SIGKILL:
            continue
        tally.check(f"{name}: process {number}", done.code == DONE and not done.has_panicked, done)
        if not shares_out:
            found = tree(outs[number])
            tally.check(f"{name}: OUT {number}", found == right, differences(found, right))
    if shares_out:
        found = tree(outs[0])
        tally.check(f"{name}: OUT", found == right, differences(found, right))
    for out in sorted(set(outs)):
        done = scene.bundle(out)
        found = tree(out)
        tally.check(f"{name}: the next run", done.code == DONE and found == right, f"{done}; {differences(found, right)}")
        tally.check(f"{name}: nothing is left", not leftovers(out.parent), leftovers(out.parent))


def stopped(tally, scene, right):
    """Processes that are stopped at some moment, with whatever they hold."""
    length = 0.4
    for _ in range(tally.pick(3, 30)):
        remove(scene.cache)
        parent = scene.folder / "stopped"
        remove(parent)
        parent.mkdir()
        still = scene.start("bundle", scene.source, "-o", parent / "a/out")
        time.sleep(length * tally.random.random())
        os.kill(still.pid, signal.SIGSTOP)
        begin = time.monotonic()
        done = scene.bundle(parent / "b/out")
        took = time.monotonic() - begin
        tally.count("stopped processes")
        tally.check("beside a stopped one: another OUT", done.code == DONE and tree(parent / "b/out") == right, done)
        tally.check("beside a stopped one: without waiting", took < 20, took)
        if tally.is_long:
            # The same OUT: at once, or after a bounded wait with a message that says so.
            done = scene.bundle(parent / "a/out")
            is_told = done.code == FAILED and "another run" in done.words
            tally.check("at the OUT of a stopped one", done.code == DONE or is_told, done)
        os.kill(still.pid, signal.SIGCONT)
        done = finish(still)
        tally.check("the one that was stopped ends", done.code in (DONE, FAILED) and not done.has_panicked, done)
        done = scene.bundle(parent / "a/out")
        found = tree(parent / "a/out")
        tally.check("after all: right", done.code == DONE and found == right, f"{done}; {differences(found, right)}")
        tally.check("after all: nothing is left", not leftovers(parent / "a", parent / "b"), leftovers(parent / "a"))


# What a run calls while it has OUT to itself: locks, and the renames that put the new in the place of the old.
PUBLISHING = "flock,rename,renameat,renameat2"


def stopped_while_publishing(tally, scene, right):
    """Processes that are stopped with a lock in their hands, or between two renames: nobody beside them waits."""
    if shutil.which("strace") is None:
        tally.skip("stopped while publishing", "strace is not here")
        return
    parent = scene.folder / "publishing"
    for shape in ("out", "out.zip"):
        # As for kills, the calls are counted by thread: the last number is reached when nothing is stopped any more.
        number, quiet, step = 1 + tally.random.randrange(tally.pick(6, 1)), 0, tally.pick(6, 1)
        while quiet < 2 and number < 200:
            remove(parent)
            parent.mkdir()
            if shape == "out":
                # Filled entry by entry, so that there are renames to be stopped at.
                (parent / shape).mkdir()
            trace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={PUBLISHING}",
                     "-e", f"inject={PUBLISHING}:signal=STOP:when={number}"]
            still = scene.start("bundle", scene.source, "-o", parent / shape, wrapper=trace)
            child = stopped_child(still)
            name = f"{shape}, stopped at call {number}"
            number += step
            if child is None:
                quiet += 1
            else:
                quiet = 0
                tally.count("stopped while publishing")
                for other in ("other", "other.zip"):
                    begin = time.monotonic()
                    done = scene.bundle(parent / other)
                    took = time.monotonic() - begin
                    wanted = right["out.zip" if other.endswith(".zip") else "out"]
                    tally.check(f"{name}: {other} beside it", done.code == DONE and tree(parent / other) == wanted, done)
                    tally.check(f"{name}: {other} without waiting", took < 10, took)
                go_on(still, child)
            done = finish(still)
            tally.check(f"{name}: it ends", done.code == DONE and tree(parent / shape) == right[shape], done)
            tally.check(f"{name}: nothing is left", not leftovers(parent), leftovers(parent))
    refused_at_the_out_of_a_stopped_one(tally, scene, parent)


def refused_at_the_out_of_a_stopped_one(tally, scene, parent):
    """Who wants the same OUT waits a minute and is told whom to end."""
    if not tally.is_long:
        return
    remove(parent)
    (parent / "out").mkdir(parents=True)
    trace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=renameat2,rename",
             "-e", "inject=rename:signal=STOP:when=3"]
    still = scene.start("bundle", scene.source, "-o", parent / "out", wrapper=trace)
    child = stopped_child(still)
    if tally.check("the same OUT: one is stopped", child is not None):
        done = scene.bundle(parent / "out")
        is_told = done.code == FAILED and f"another run (process {child})" in done.words
        tally.check("the same OUT: the other is told", is_told, done)
        kill_group(still)
    finish(still)
    done = scene.bundle(parent / "out")
    tally.check("the same OUT: the next run", done.code == DONE and not leftovers(parent), done)


def stopped_child(process):
    """The child of a tracer, once it is stopped; `None` when it ends without."""
    children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
    seen = 0
    while process.poll() is None:
        try:
            child = int(children.read_text().split()[0])
            threads = pathlib.Path(f"/proc/{child}/task").glob("*/stat")
            states = {thread.read_text().rpartition(")")[2].split()[0] for thread in threads}
        except (OSError, IndexError):
            states = set()
        # The tracer holds each thread for a moment at each call, and a stopped one for good.
        seen = seen + 1 if states and states <= {"t", "T"} else 0
        if seen == 15:
            return child
        time.sleep(0.02)
    return None


def go_on(process, child):
    """Lets a stopped child go on to its end: each of its threads is stopped at its own n-th call."""
    end = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < end:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGCONT)
        time.sleep(0.05)
