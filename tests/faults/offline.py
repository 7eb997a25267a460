"""Offline means offline: not one socket is opened, and no name is looked up, seen from the system's side."""

import shutil

from index import Index
from scene import DONE, FAILED, USAGE, Scene, playground, remove, tree

# Of these only the first opens anything; the others are watched in case a socket is inherited.
NETWORK = "socket,connect,bind,listen,sendto,sendmsg,sendmmsg"


def run(tally):
    with playground("offline") as folder:
        scene = Scene.make(folder, count=3, files=4, large=3_000)
        index = Index(scene.wheels)
        done = scene.run("bundle", scene.source, "-o", folder / "first", *index.words, index=False)
        tally.check("a run that warms the cache", done.code == DONE, done)
        right = tree(folder / "first")
        port = index.words
        lock = folder / "pylock.toml"
        done = scene.run("lock", "-r", scene.source / "requirements.txt", "-o", lock, *port, index=False)
        tally.check("a lock", done.code == DONE, done)
        index.shutdown()
        index.server_close()

        found_by_links = ["--no-index", "--find-links", scene.wheels]
        # An index that would be asked, were it not for `--offline`; a name, so that a look-up would show.
        tempting = ["--offline", "--extra-index-url", "http://index.invalid/simple/"]
        runs = {
            "bundle, --offline, warm": ("bundle", scene.source, "-o", folder / "a", "--offline", *port),
            "bundle to a zip, --offline, warm": ("bundle", scene.source, "-o", folder / "a.zip", "--offline", *port),
            "bundle, --no-index": ("bundle", scene.source, "-o", folder / "b", *found_by_links),
            "bundle, --no-index, --offline": ("bundle", scene.source, "-o", folder / "c", "--offline", *found_by_links),
            "install, --offline": ("install", "-r", scene.source / "requirements.txt", "-t", folder / "d", "--offline", *port),
            "layer, --offline": ("layer", "-r", scene.source / "requirements.txt", "-o", folder / "e", "--offline", *port),
            "lock, --offline": ("lock", "-r", scene.source / "requirements.txt", "-o", "-", "--offline", *port),
            "tree, --offline": ("tree", "-r", scene.source / "requirements.txt", "--offline", *port),
            "why, --offline": ("why", "p1", "-r", scene.source / "requirements.txt", "--offline", *port),
            "mirror, --no-index": ("mirror", "-r", scene.source / "requirements.txt", "-o", folder / "m", *found_by_links),
            "fingerprint": ("fingerprint", scene.source, *port),
            "config": ("config", *port),
            "cache size": ("cache", "size"),
            "completions": ("completions", "bash"),
            "from a lock, --offline": ("install", "-r", lock, "-t", folder / "f", "--offline"),
        }
        refusals = {
            "--offline, cold": ("bundle", scene.source, "-o", folder / "g", "--no-cache", *tempting),
            "--offline, an index that is not in the cache": ("install", "other", "-t", folder / "h", *tempting),
            "--offline, a URL":
                ("install", "other @ http://files.invalid/other-1-py3-none-any.whl", "-t", folder / "i", "--offline"),
            "--offline, requirements behind a URL":
                ("install", "-r", "http://files.invalid/r.txt", "-t", folder / "j", "--offline"),
            "--no-index, not there": ("install", "other", "-t", folder / "k", *found_by_links),
        }
        for name, words in {**runs, **refusals}.items():
            code = DONE if name in runs else USAGE if "-r" in words else FAILED
            one(tally, scene, name, words, code)
        for name in ("a", "b", "c"):
            tally.check(f"offline: {name} is right", tree(folder / name) == right, "")


def one(tally, scene, name, words, code):
    words = list(map(str, words))
    if shutil.which("strace"):
        trace = scene.folder / "trace"
        watch = ["strace", "-f", "-qq", "-o", trace, "-e", f"trace={NETWORK}"]
        done = scene.run(*words, index=False, wrapper=watch)
        # Threads wake each other through a socket pair inside the process, which leads nowhere.
        calls = [line for line in trace.read_text().splitlines() if "AF_UNIX" not in line or "sun_path" in line]
        calls = [line for line in calls if "socket(" in line or "connect(" in line or "sun_path" in line]
        tally.check(f"offline: {name}: no socket", not calls, calls[:3])
        tally.check(f"offline: {name}: ends as it should", done.code == code and not done.has_panicked, done)
        tally.count("runs without a socket")
    else:
        tally.skip(f"{name}: no socket", "strace is not here")
    if tally.can_mount == "yes":
        # Where there is no network at all, not even loopback.
        for at, word in enumerate(words):
            if word in ("-o", "-t") and words[at + 1] != "-":
                remove(words[at + 1])
        done = scene.run(*words, index=False, wrapper=["unshare", "--net"])
        tally.check(f"offline: {name}: without a network", done.code == code, done)
