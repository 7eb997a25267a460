"""Volumes as Macs have them: `Pkg` and `pkg` are one name, names come back taken apart, links and modes may be missing, and the Finder leaves
its notes. What is bundled is what is bundled everywhere.
"""

import os
import shutil
import unicodedata

from fuse_volume import APFS, EXFAT, HFS, volume, why_not
from scene import DONE, FAILED, Scene, differences, leftovers, playground, remove, tree, write_wheel

KINDS = {"a volume like APFS": APFS, "a volume like HFS+": HFS, "a volume like exFAT": EXFAT}
#: What the Finder and volumes of their own accord hold.
DEBRIS = [".DS_Store", "._handler.py", "Icon\r", ".localized"]
DEBRIS_FOLDERS = [".fseventsd", ".Spotlight-V100", "__MACOSX"]


def run(tally):
    reason = why_not() if tally.can_mount == "yes" else f"no mounts here: {tally.can_mount}"
    if reason:
        tally.skip("volumes", reason)
        return
    for name, kind in KINDS.items():
        with playground("volumes") as folder:
            scene = Scene.make(folder, count=2, files=3, large=70_000)
            (scene.source / "größe").mkdir()
            (scene.source / "größe/ärger.py").write_text("warm = True\n")
            write_versions(scene)
            with volume(folder / "disk", kind) as disk:
                Trial(tally, scene, name, kind, disk).all()


def write_versions(scene):
    """A project that changes the case of its names from version to version, and one with two names that differ in case alone."""
    for version, package, module in [("1", "Pkg", "Mod"), ("2", "pkg", "mod"), ("3", "pkg", "MOD")]:
        files = {f"{package}/__init__.py": b"", f"{package}/{module}.py": version.encode(), f"{package}/ä{version}.py": b"",
                 f"{package}/ö.py": version.encode()}
        write_wheel(scene.wheels, "pkg", version, files)
    write_wheel(scene.wheels, "alike", "1", {"alike/Data.txt": b"A", "alike/data.txt": b"a"})


def known(path):
    """Names, as a program has them, and contents; modes are not kept everywhere."""
    found = tree(path)
    if found is None:
        return None
    return {unicodedata.normalize("NFC", name): (entry[0], entry[-1]) for name, entry in found.items() if entry[0] == "file"}


class Trial:
    def __init__(self, tally, scene, name, kind, disk):
        self.tally, self.scene, self.name, self.kind, self.disk = tally, scene, name, kind, disk

    def all(self):
        self.outputs()
        self.everything_there()
        self.debris()
        self.changing_case()
        self.alike()
        self.links()
        self.mirrors()
        left = leftovers(self.disk, self.scene.folder)
        self.check("nothing is left", not left, left)

    def check(self, what, is_good, detail=""):
        self.tally.check(f"{self.name}: {what}", is_good, detail)
        self.tally.count("trials on volumes of a Mac")

    def same(self, what, done, path, right):
        found = known(path)
        self.check(what, done.code == DONE and not done.has_panicked and found == right, f"{done}; {differences(found, right)}")

    def outputs(self):
        """OUT on the volume: new, again, and after a change; the source's names are written as they are typed."""
        scene, out = self.scene, self.disk / "out"
        right = {}
        for version in ("1", "2"):
            scene.write_source(version)
            done = scene.bundle(scene.folder / "right" / version)
            self.check(f"version {version} elsewhere", done.code == DONE, done)
            right[version] = known(scene.folder / "right" / version)
        for turn, version in enumerate(["1", "1", "2", "1"]):
            scene.write_source(version)
            self.same(f"bundle, turn {turn}", scene.bundle(out), out, right[version])
        done = scene.bundle(out)
        self.check("what is there is known again", "Nothing has changed" in done.words, done)
        zips = [self.disk / "out.zip", scene.folder / "right.zip"]
        for path in zips:
            done = scene.bundle(path)
            self.check(f"{path.name}", done.code == DONE, done)
        self.check("a zip is the same bytes", zips[0].read_bytes() == zips[1].read_bytes())

    def everything_there(self):
        """Source, cache, temporary folder and wheels on the volume."""
        scene = self.scene
        right = known(scene.folder / "right/1")
        source, wheels = self.disk / "source", self.disk / "wheels"
        copy(scene.source, source)
        copy(scene.wheels, wheels)
        (wheels / "._p0-9-py3-none-any.whl").write_bytes(b"\0\5\x16\7")
        (wheels / ".DS_Store").write_bytes(b"\0")
        (self.disk / "tmp").mkdir()
        environment = scene.environment(BARROW_CACHE_DIR=self.disk / "cache", TMPDIR=self.disk / "tmp")
        for turn in ("cold", "warm"):
            for out in (self.disk / "all", scene.folder / f"all-{turn}"):
                done = scene.run("bundle", source, "-o", out, "--no-index", "--find-links", wheels, environment=environment,
                                 index=False)
                self.same(f"everything on it, {turn}, to {out.parent.name}", done, out, right)
        done = scene.bundle(scene.folder / "listed", environment=environment)
        self.same("the cache alone on it", done, scene.folder / "listed", right)
        done = scene.run("bundle", source, "-o", scene.folder / "without", "--exclude", "größe/ärger.py")
        self.check("a name is excluded as it is typed", done.code == DONE and "größe/ärger.py" not in known(scene.folder / "without"),
                   done)
        for part in (source, wheels):
            remove(part)

    def debris(self):
        """What the Finder leaves is not bundled, and makes nothing somebody else's."""
        scene, source, out = self.scene, self.disk / "noted", self.disk / "noted-out"
        right = known(scene.folder / "right/1")
        copy(scene.source, source)
        for folder in (source, source / "lib"):
            litter(folder)
        out.mkdir()
        litter(out)
        for turn in ("first", "again", "new"):
            if turn == "new":
                (source / "handler.py").write_text("new = True\n")
                right = right | {"handler.py": ("file", tree(source / "handler.py")[""][-1])}
            done = scene.run("bundle", source, "-o", out)
            found = {path: entry for path, entry in (known(out) or {}).items() if not is_debris(path)}
            self.check(f"debris, {turn}", done.code == DONE and found == right, f"{done}; {differences(found, right)}")
            litter(out)
            litter(out / "lib")

    def changing_case(self):
        """A package that comes with other cases: what is there has its spelling, or the run says what keeps the old one."""
        scene, out = self.scene, self.disk / "site"

        def install(version):
            return scene.run("install", f"pkg=={version}", "-t", out)

        def spelled(version, package, module):
            names = {name for name in os.listdir(out) if not name.startswith(".")}
            inner = {unicodedata.normalize("NFC", name) for name in os.listdir(out / package) if not is_debris(name)}
            return names == {package, f"pkg-{version}.dist-info"} and inner == {"__init__.py", f"{module}.py", f"ä{version}.py", "ö.py"}

        for turn, (version, package, module) in enumerate(
            [("1", "Pkg", "Mod"), ("2", "pkg", "mod"), ("3", "pkg", "MOD"), ("1", "Pkg", "Mod"), ("2", "pkg", "mod")]
        ):
            done = install(version)
            is_right = done.code == DONE and spelled(version, package, module)
            self.check(f"install of {package}/{module}.py, turn {turn}", is_right, f"{done}; {os.listdir(out)}")
            litter(out / package)
        (out / "pkg/mine.txt").write_text("mine")
        before = known(out)
        done = install("1")
        is_told = done.code == FAILED and "takes the two names for one" in done.words and "`pkg`" in done.words
        self.check("a folder that has to stay keeps its spelling, and says so", is_told, done)
        self.check("and nothing is lost", known(out) == before, differences(known(out), before))
        done = install("3")
        inner = {unicodedata.normalize("NFC", name) for name in os.listdir(out / "pkg")}
        is_right = done.code == DONE and (out / "pkg/mine.txt").read_text() == "mine" and (out / "pkg/ö.py").read_text() == "3"
        is_right = is_right and "MOD.py" in inner and "mod.py" not in inner
        self.check("a file beside one's own changes its case", is_right, f"{done}; {os.listdir(out / 'pkg')}")

    def alike(self):
        """Two names that are one here are refused in a folder, and both are in a zip."""
        scene = self.scene
        done = scene.run("install", "alike==1", "-t", self.disk / "alike")
        self.check("names that are one are refused", done.code == FAILED and "differ only in case" in done.words, done)
        self.check("and nothing is made", not (self.disk / "alike").exists() or not os.listdir(self.disk / "alike"))
        done = scene.run("layer", "alike==1", "-o", self.disk / "alike.zip")
        self.check("a zip holds both", done.code == DONE, done)

    def links(self):
        """A link of the source's own stays one where links can be, and the run says so where they cannot."""
        scene, source, out = self.scene, self.scene.folder / "linking", self.disk / "linked"
        copy(scene.source, source)
        (source / "again.py").symlink_to("handler.py")
        done = scene.run("bundle", source, "-o", out)
        if self.kind.has_links:
            self.check("a link stays a link", done.code == DONE and os.readlink(out / "again.py") == "handler.py", done)
        else:
            self.check("a link that cannot be is told", done.code == FAILED and "again.py" in done.words, done)
            self.check("and nothing is made", not out.exists(), done)
        done = scene.run("bundle", source, "-o", self.disk / "linked.zip")
        self.check("a zip has it", done.code == DONE, done)

    def mirrors(self):
        """A mirror that a Mac carries on a stick: its notes are no damage."""
        scene, mirror = self.scene, self.disk / "mirror"
        done = scene.run("mirror", "p0==1", "-o", mirror)
        self.check("a mirror", done.code == DONE, done)
        litter(mirror)
        litter(mirror / "simple")
        done = scene.run("mirror", "-o", mirror, "--verify", index=False)
        self.check("notes of the Finder are no damage to a mirror", done.code == DONE, done)
        out = scene.folder / "mirrored"
        done = scene.run("install", "p0==1", "-t", out, "--mirror", mirror, index=False)
        self.check("an install from the mirror", done.code == DONE and (out / "p0").is_dir(), done)


def copy(source, target):
    """Contents alone: not every volume has modes to copy."""
    for path in [source, *sorted(source.rglob("*"))]:
        to = target / path.relative_to(source)
        to.mkdir() if path.is_dir() else shutil.copyfile(path, to)


def is_debris(path):
    return any(part in DEBRIS + DEBRIS_FOLDERS or part.startswith("._") for part in path.split("/"))


def litter(folder):
    folder.mkdir(exist_ok=True)
    for name in DEBRIS:
        (folder / name).write_bytes(b"\0\5\x16\7")
    for name in DEBRIS_FOLDERS:
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "0000").write_bytes(b"note")
