"""Many at once: processes that share a cache and an OUT, some of which die or stop meanwhile."""

import os
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
            is_told = done.code == FAILED and "another run" in done.told
            tally.check("at the OUT of a stopped one", done.code == DONE or is_told, done)
        os.kill(still.pid, signal.SIGCONT)
        done = finish(still)
        tally.check("the one that was stopped ends", done.code in (DONE, FAILED) and not done.has_panicked, done)
        done = scene.bundle(parent / "a/out")
        found = tree(parent / "a/out")
        tally.check("after all: right", done.code == DONE and found == right, f"{done}; {differences(found, right)}")
        tally.check("after all: nothing is left", not leftovers(parent / "a", parent / "b"), leftovers(parent / "a"))
