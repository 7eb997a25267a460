"""Your files stay yours: attempts to make barrow delete or overwrite what it did not write."""

import hashlib
import os
import shutil

from scene import DONE, FAILED, USAGE, Scene, differences, leftovers, playground, remove, tree


def run(tally):
    with playground("belongings") as folder:
        scene = Scene.make(folder, count=2, files=3, large=1_000)
        scene.bundle(folder / "right")
        dangerous(tally, scene)
        with_files(tally, scene, tree(folder / "right"))
        installs(tally, scene)


def refused(tally, name, scene, watched, *words, **options):
    """A run that must not go through, nor touch anything below `watched`."""
    before = tree(watched)
    done = scene.run(*words, **options)
    tally.count("attempts on files of others")
    tally.check(f"{name}: refused", done.code in (FAILED, USAGE) and not done.has_panicked, done)
    tally.check(f"{name}: one message", done.told.count("error:") == 1, done)
    found = tree(watched)
    tally.check(f"{name}: everything is there", found == before, differences(found, before))
    return done


def dangerous(tally, scene):
    """An OUT whose replacement would take away what must stay. `--force` is no way round."""
    for force in ([], ["--force"]):
        told = " ".join(["", *force])
        everything = scene.folder
        source = scene.source
        for name, out in {"OUT is SOURCE": source, "OUT is above SOURCE": scene.folder, "OUT is /": "/",
                          "OUT is SOURCE with dots": source / "lib/..", "OUT is HOME above the cache": scene.folder}.items():
            refused(tally, name + told, scene, everything, "bundle", source, "-o", out, *force)
        (scene.folder / "link-to-source").symlink_to("source")
        refused(tally, "OUT is a link to SOURCE" + told, scene, everything,
                "bundle", source, "-o", scene.folder / "link-to-source", *force)
        refused(tally, "SOURCE is a link to OUT" + told, scene, everything,
                "bundle", scene.folder / "link-to-source", "-o", source, *force)
        (scene.folder / "link-to-source").unlink()
        refused(tally, "OUT is `.` in SOURCE" + told, scene, everything, "bundle", ".", "-o", ".", *force, cwd=source)
        refused(tally, "OUT is `..` of SOURCE" + told, scene, everything, "bundle", ".", "-o", "..", *force, cwd=source)
        refused(tally, "OUT is the cache" + told, scene, everything, "bundle", source, "-o", scene.cache, *force)
        home = scene.home
        refused(tally, "OUT is HOME, which holds the marks" + told, scene, everything, "bundle", source, "-o", home, *force)
        refused(tally, "layer over SOURCE's parent" + told, scene, everything,
                "layer", "-r", source / "requirements.txt", "-o", scene.folder, *force)
    refused(tally, "a zip where a folder is", scene, scene.source, "bundle", scene.source, "--zip", "-o", scene.source / "lib")
    refused(tally, "a folder where a file is", scene, scene.source, "bundle", scene.source, "-o", scene.source / "handler.py")


def with_files(tally, scene, right):
    work = scene.folder / "work"
    work.mkdir()
    out = work / "out"

    def bundle(*words, **options):
        return scene.run("bundle", scene.source, "-o", out, *words, **options)

    def is_right(name, done, place=out):
        found = tree(place)
        tally.check(name, done.code == DONE and found == right, f"{done}; {differences(found, right)}")

    # A folder of the user's, in ever more disguises.
    out.mkdir()
    (out / "thesis.txt").write_text("precious")
    refused(tally, "a folder with a file", scene, work, "bundle", scene.source, "-o", out)
    is_right("a folder with a file, by force", bundle("--force"))
    for name, make in {
        "a file beside": lambda: (out / "notes.txt").write_text("mine"),
        "a file in a package": lambda: (out / "p0/mine.py").write_text("mine"),
        "an empty folder": lambda: (out / "mine").mkdir(),
        "a link": lambda: (out / "mine").symlink_to(scene.source),
        "a hidden file": lambda: (out / ".git").mkdir(),
        "a name that is not UTF-8": lambda: open(os.fsencode(out) + b"/\xff", "w").close(),
        "a link in the place of a package": lambda: (shutil.rmtree(out / "p0"), (out / "p0").symlink_to(scene.source)),
        "a file in __pycache__ that Python did not make": lambda: (
            (out / "__pycache__").mkdir(), (out / "__pycache__/mine.txt").write_text("mine")),
    }.items():
        make()
        refused(tally, f"{name} in OUT", scene, work, "bundle", scene.source, "-o", out)
        is_right(f"{name} in OUT, by force", bundle("--force"))
    tally.check("what links led to is there", (scene.source / "handler.py").is_file(), "")
    (out / "p0/__init__.py").unlink()
    (out / "p0/__pycache__").mkdir()
    (out / "p0/__pycache__/x.cpython-313.pyc").write_bytes(b"")
    is_right("what Python makes, and less than there was", bundle())

    # OUT is another folder than it was.
    mine = work / "mine"
    mine.mkdir()
    (mine / "handler.py").write_text("mine")
    (mine / "other.txt").write_text("mine")
    remove(out)
    out.symlink_to("mine")
    refused(tally, "OUT has become a link to a folder of the user", scene, mine, "bundle", scene.source, "-o", out)
    out.unlink()
    mine.rename(out)
    refused(tally, "OUT has become a folder of the user", scene, work, "bundle", scene.source, "-o", out)
    remove(out)
    is_right("OUT is made anew", bundle())

    # Marks that are lost, damaged, copied or of another OUT.
    marks, = scene.state.glob("outputs-v*")
    mark, = [path for path in marks.iterdir() if str(out).encode() in path.read_bytes()]
    kept = mark.read_bytes()
    (out / "later.txt").write_text("mine")
    for name, content in {"emptied": b"", "cut": kept[:len(kept) // 2], "of a newer format": kept.replace(b" 5\n", b" 6\n", 1),
                          "without its end": kept[:-1], "gone": None}.items():
        mark.unlink(missing_ok=True)
        if content is not None:
            mark.write_bytes(content)
        refused(tally, f"a mark that is {name}", scene, work, "bundle", scene.source, "-o", out)
    (out / "later.txt").unlink()
    other = work / "other"
    shutil.copytree(scene.folder / "right", other)
    (other / "handler.py").write_text("edited")
    refused(tally, "a copy of an output", scene, work, "bundle", scene.source, "-o", other)
    (marks / hashlib.sha256(str(other).encode()).hexdigest()).write_bytes(kept)
    refused(tally, "a copy of an output with the mark of another", scene, work, "bundle", scene.source, "-o", other)
    mark.write_bytes(kept)
    is_right("the mark is back", bundle())

    # One OUT by several spellings is one OUT.
    (work / "way").symlink_to(".")
    for spelling in (work / "way/out", work / "way/way/../way/out", work / "way" / "." / "out"):
        scene.write_source("1")
        is_right(f"OUT as {spelling.relative_to(work)}", scene.bundle(spelling))

    # Hidden folders that look like barrow's, but are not.
    for name, mode in {".barrow-photos.tmp": 0o755, ".barrow-x.tmp.d": 0o700, ".barrow": 0o700}.items():
        (work / name).mkdir(mode=mode)
        (work / name / "photo.jpg").write_text("mine")
    remove(scene.cache)
    is_right("beside folders with such names", bundle())
    for name in (".barrow-photos.tmp", ".barrow-x.tmp.d", ".barrow"):
        tally.check(f"`{name}` of the user stays", (work / name / "photo.jpg").exists(), "")

    # OUT in SOURCE does not swallow itself.
    nested = scene.source / "build/out"
    for turn in ("first", "second", "third"):
        remove(scene.cache / "bundles-v2")
        done = scene.bundle(nested)
        found = tree(nested)
        tally.check(f"OUT in SOURCE, {turn}", done.code == DONE and found == right, differences(found, right))
    remove(scene.source / "build")


def installs(tally, scene):
    """`install` replaces the packages that it installs, and leaves all else alone."""
    target = scene.folder / "site"
    target.mkdir()
    words = ["install", "-r", scene.source / "requirements.txt", "-t", target]
    (target / "p0").mkdir()
    (target / "p0/mine.py").write_text("mine")
    (target / "own.txt").write_text("mine")
    done = scene.run(*words)
    kept = [target / "p0/mine.py", target / "own.txt"]
    tally.check("install beside other files", done.code == DONE and all(path.read_text() == "mine" for path in kept), done)
    scene.write_source("2")
    done = scene.run(*words)
    tally.check("another version: ours", done.code == DONE and not (target / "p0/only_in_1.py").exists(), done)
    tally.check("another version: theirs", all(path.read_text() == "mine" for path in kept), done)
    # A RECORD that a stranger wrote leads outside.
    outside = scene.folder / "outside.txt"
    outside.write_text("mine")
    record = target / "p0-2.dist-info/RECORD"
    lines = ["../outside.txt,,", f"{outside},,", "own.txt,,", "p0/../../outside.txt,,", ""]
    record.write_text(record.read_text() + "\n".join(lines))
    scene.write_source("1")
    done = scene.run(*words)
    tally.check("a RECORD that leads outside", done.code == DONE and outside.exists(), done)
    tally.check("what RECORD lists goes with its package", not (target / "own.txt").exists(), "pip does the same")
    # A file of the user's in the way of a new one.
    remove(target)
    (target / "p0").mkdir(parents=True)
    (target / "p0/__init__.py").write_text("mine")
    refused(tally, "a file in the way", scene, target, *words)
    (target / "p0/__init__.py").unlink()
    (target / "p0/__init__.py").symlink_to(outside)
    refused(tally, "a link in the way", scene, target, *words)
    done = scene.run(*words, "--force")
    tally.check("a link in the way, by force", done.code == DONE and outside.read_text() == "mine", done)
    remove(target)
    (scene.folder / "elsewhere").mkdir()
    target.mkdir()
    (target / "p0").symlink_to(scene.folder / "elsewhere")
    refused(tally, "a link in the place of a package's folder", scene, scene.folder / "elsewhere", *words)
    tally.check("nothing is left", not leftovers(scene.folder, target), leftovers(scene.folder, target))
