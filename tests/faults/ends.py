"""Clear ends: the exit codes of the contract for every command, one message, no panic, and a quiet end of a closed pipe."""

import os
import signal
import subprocess
import time

from index import Index
from scene import BARROW, DONE, FAILED, INTERRUPTED, USAGE, Scene, finish, playground

# Words that make each command work, apart from where its result goes.
COMMANDS = ("bundle", "install", "layer", "lock", "mirror", "tree", "why", "fingerprint", "cache", "config", "completions")


def run(tally):
    with playground("ends") as folder:
        scene = Scene.make(folder, count=2, files=2, large=100)
        requirements = scene.source / "requirements.txt"
        here = ["--no-index", "--find-links", scene.wheels]
        good = {
            "bundle": [scene.source, "-o", folder / "out", *here],
            "install": ["-r", requirements, "-t", folder / "site", *here],
            "layer": ["-r", requirements, "-o", folder / "layer", *here],
            "lock": ["-r", requirements, "-o", "-", *here],
            "mirror": ["-r", requirements, "-o", folder / "mirror", *here],
            "tree": ["-r", requirements, *here],
            "why": ["p1", "-r", requirements, *here],
            "fingerprint": [scene.source, *here],
            "cache": ["dir"],
            "config": [],
            "completions": ["bash"],
        }
        for command, words in good.items():
            one(tally, scene, f"{command}", [command, *words], DONE)
        usage(tally, scene, good)
        failures(tally, scene, good, requirements, here)
        pipes(tally, scene, good)
        signals(tally, scene, requirements)
        garbage(tally, scene)


def one(tally, scene, name, words, code, must_name=(), json=False):
    done = scene.run(*words, index=False)
    tally.count("endings")
    is_good = done.code == code and not done.has_panicked
    tally.check(f"{name}: exit {code}", is_good, done)
    if code != DONE:
        messages = done.told.count('"error"') if json else sum(line.startswith("error:") for line in done.told.splitlines())
        tally.check(f"{name}: one message", messages == 1, done)
        tally.check(f"{name}: nothing on standard output", not done.out, done.out)
    for text in must_name:
        tally.check(f"{name}: names {text!r}", str(text) in done.words, done)
    return done


def usage(tally, scene, good):
    for command in COMMANDS:
        words = good.get(command, [])
        one(tally, scene, f"{command} with an unknown flag", [command, *words, "--no-such-flag"], USAGE, ["--no-such-flag"])
        one(tally, scene, f"{command} with a bad colour", [command, *words, "--color", "plaid"], USAGE)
    for command in ("bundle", "install", "layer", "lock", "mirror", "tree", "why", "fingerprint"):
        words = good[command]
        for flag, value in [("--runtime", "python9.9"), ("--arch", "pdp11"), ("--index-strategy", "luck"),
                            ("--glibc", "new"), ("--index-url", "ftp://x/"), ("--exclude-newer", "later")]:
            one(tally, scene, f"{command} {flag} {value}", [command, *words, flag, value], USAGE, [value.removesuffix("//x/")])
    one(tally, scene, "an unknown command", ["bundel"], USAGE)
    one(tally, scene, "bundle without OUT", ["bundle"], USAGE, ["--output"])
    one(tally, scene, "install without requirements", ["install", "-t", "x"], USAGE)
    one(tally, scene, "a source that is a file", ["bundle", scene.source / "handler.py", "-o", "x"], USAGE, ["handler.py"])
    for name, text in {
        "a requirement that is none": "p0\n\np0 ===\n", "a flag that is none": "p0\n\n--no-such-flag\n",
        "an unclosed marker": "p0\n\np0; python_version >\n", "a hash that is none": "p0\n\np0==1 --hash=md5:00\n",
        "brackets without an end": "p0\n\n" + "p0; " + "(" * 5000 + "\n",
    }.items():
        bad = scene.folder / "bad.txt"
        bad.write_text(text)
        for command, to in [("install", ["-t", "x"]), ("lock", []), ("layer", ["-o", "x"])]:
            one(tally, scene, f"{command}, {name}", [command, "-r", bad, *to], USAGE, ["bad.txt:3"])
    broken_files = {"pyproject.toml": "[project\n", "barrow.toml": "runtime = [\n", "pylock.toml": "lock-version = '9'\n"}
    for name, text in broken_files.items():
        broken = scene.folder / f"broken-{name}"
        broken.mkdir()
        (broken / name).write_text(text)
        (broken / "handler.py").write_text("")
        one(tally, scene, f"a broken {name}", ["bundle", broken, "-o", scene.folder / "x"], USAGE, [name])


def failures(tally, scene, good, requirements, here):
    for command, to in [("bundle", [scene.source, "-o", "x"]), ("install", ["-t", "x"]), ("layer", ["-o", "x"]),
                        ("lock", ["-o", "-"]), ("mirror", ["-o", "x"]), ("tree", []), ("why", ["p0"])]:
        missing = scene.folder / "missing.txt"
        missing.write_text("not-there-at-all>=3\n")
        one(tally, scene, f"{command}, a project that is not there", [command, *to, "-r", missing, *here], FAILED,
            ["not-there-at-all"])
        one(tally, scene, f"{command}, a requirements file that is not there",
            [command, *to, "-r", scene.folder / "gone.txt", *here], USAGE, ["gone.txt"])
        done = one(tally, scene, f"{command}, as JSON", [command, *to, "-r", missing, *here, "--json"], FAILED,
                   ["not-there-at-all", '"exit_code":1'], json=True)
        tally.check(f"{command}, as JSON: one line", done.told.strip().startswith("{") or "error" in done.words, done)
        one(tally, scene, f"{command}, nobody listens there",
            [command, *to, "-r", requirements, "--index-url", "http://127.0.0.1:9/simple/"], FAILED, ["http://127.0.0.1:9/"])
    escape = scene.folder / "escape.txt"
    escape.write_bytes(b"p0\np0 \x1b[31m=== \xff\n")
    done = scene.run("install", "-r", escape, "-t", "x", *here, index=False)
    tally.check("control characters are not printed", "\x1b" not in done.words and done.code in (FAILED, USAGE), repr(done.told))


def pipes(tally, scene, good):
    """A reader that goes away: no message, no trace."""
    for command in ("tree", "why", "lock", "config", "fingerprint", "completions"):
        for stream in ("stdout", "stderr"):
            read, write = os.pipe()
            os.close(read)
            streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE} | {stream: write}
            words = [BARROW, command, *map(str, good[command])]
            process = subprocess.Popen(words, cwd=scene.folder, env=scene.environment(), stdin=subprocess.DEVNULL,
                                       start_new_session=True, **streams)
            os.close(write)
            told = (process.communicate(timeout=60)[1] or b"").decode()
            tally.check(f"{command}, {stream} closed: a quiet end", process.returncode == DONE, (process.returncode, told))
            tally.check(f"{command}, {stream} closed: no message", "error" not in told and "panic" not in told, told)
    for command in ("tree", "config"):
        # Not closed, but absent.
        process = subprocess.Popen(["sh", "-c", 'exec "$@" >&- 2>&-', "sh", BARROW, command, *map(str, good[command])],
                                   cwd=scene.folder, env=scene.environment(), start_new_session=True)
        tally.check(f"{command} without standard streams", process.wait(timeout=60) in (DONE, FAILED), process.returncode)
    with open("/dev/full", "w") as full:
        process = subprocess.Popen([BARROW, "config"], stdout=full, stderr=subprocess.PIPE, cwd=scene.folder,
                                   env=scene.environment(), start_new_session=True)
        done = process.communicate()[1].decode()
        tally.check("standard output is full", process.returncode == FAILED and "standard output" in done, done)


def signals(tally, scene, requirements):
    """Every command that asks an index ends at once with 130 when it is interrupted while it waits."""
    index = Index(scene.wheels)
    index.is_slow = True
    for command, to in [("bundle", [scene.source, "-o", "x"]), ("install", ["-t", "x"]), ("layer", ["-o", "x"]),
                        ("mirror", ["-o", "x"])]:
        for number in (signal.SIGINT, signal.SIGTERM):
            index.half_sent.clear()
            process = scene.start(command, *to, "-r", requirements, "--no-cache", *index.words, index=False)
            index.half_sent.wait(20)
            time.sleep(0.05)
            begin = time.monotonic()
            os.kill(process.pid, number)
            done = finish(process)
            name = f"{command}, {signal.Signals(number).name} while it waits"
            tally.check(f"{name}: exit 130", done.code == INTERRUPTED, done)
            tally.check(f"{name}: at once", time.monotonic() - begin < 5, time.monotonic() - begin)
            tally.check(f"{name}: one message", done.told.count("error:") == 1, done)
            # A mirror's folder may stand, with nothing in it.
            left = [*scene.temporary.iterdir(), *(scene.folder / "x").rglob("*")]
            tally.check(f"{name}: nothing is left", not left, left)
    index.shutdown()


def garbage(tally, scene):
    """Inputs of random bytes: an exit code of the contract, and no panic."""
    for number in range(tally.pick(12, 400)):
        for name in ("requirements.txt", "pyproject.toml", "pylock.toml", "barrow.toml"):
            folder = scene.folder / f"garbage-{number}-{name}"
            folder.mkdir()
            (folder / "handler.py").write_text("")
            kind = tally.random.randrange(3)
            content = tally.random.randbytes(tally.random.randrange(300))
            if kind:
                alphabet = b"p0=<>!~;,'\"[]{}()\\\n #@:/.-+*\x00\t$%abcxyz_019"
                content = bytes(tally.random.choice(alphabet) for _ in range(tally.random.randrange(200)))
            (folder / name).write_bytes(content)
            done = scene.run("lock" if kind == 2 else "bundle", *([] if kind == 2 else [folder]),
                             *(["-r", folder / name] if kind == 2 else []), "-o", scene.folder / "garbage-out")
            tally.count("inputs of garbage")
            is_good = done.code in (DONE, FAILED, USAGE) and not done.has_panicked
            tally.check(f"garbage {number} in {name}", is_good, f"{content!r} {done}")
