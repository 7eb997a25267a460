#!/usr/bin/env python3
"""Twenty applications for four targets, carried across an air gap: what is made behind it is what is made before it.

Run from anywhere: `python3 tests/differential/carry.py`. Five projects of our own packages stand each as a requirements file, a
`pylock.toml`, a `uv.lock` and a `poetry.lock`, the locks made by the tools themselves; their files name a public and a private index, and
stay as they are. One `barrow mirror` run holds all of them. Then, from the mirror alone, with an empty cache and in a namespace
without a network where the machine allows one, every application is bundled as a folder and as a zip, and its
fingerprint taken: trees, zips and fingerprints have to be those of the machine with a network. `locks.py` has the index and the tools.
"""

import hashlib
import pathlib
import shutil
import subprocess
import sys
import tempfile

import locks

TARGETS = [("python3.11", "x86_64"), ("python3.11", "arm64"), ("python3.13", "x86_64"), ("python3.13", "arm64")]
SETS = {
    "api": ["client[socks]>=2", "lib-0>=1,<2", "lib-11"],
    "data": ["fast>=1", "lib-14", "lib-17"],
    "jobs": ["lib-20", "lib-23", "forked; python_version < '3.12'"],
    "mail": ["client[tls]", "lib-5"],
    "hook": ["corp-utils", "lib-3"],
}
UV_SOURCES = f'\n[[tool.uv.index]]\nname = "private"\nurl = "{locks.PRIVATE}"\nexplicit = true\n\n[tool.uv.sources]\n'
HANDLER = "def handler(event, context):\n    return 200\n"


def poetry_line(requirement):
    """A requirement of the sets as Poetry writes it."""
    name, _, marker = requirement.partition(";")
    extras = []
    if "[" in name:
        name, _, rest = name.partition("[")
        extras, _, rest = rest.partition("]")
        extras, name = [extras], name + rest
    at = min((name.find(sign) for sign in "<>=" if sign in name), default=len(name))
    table = {"version": name[at:].strip() or "*"}
    if extras:
        table["extras"] = extras
    if marker.strip():
        table["markers"] = marker.strip()
    if name[:at].startswith("corp"):
        table["source"] = "private"
    fields = ", ".join(f"{key} = {value!r}" if isinstance(value, str) else f"{key} = {locks.toml_list(value)}"
                       for key, value in table.items())
    return f"{name[:at].strip()} = {{ {fields} }}".replace("'python_version < '3.12''", '"python_version < \'3.12\'"')


def make(work, base, proxy):
    """The applications: name and folder."""
    applications = []
    for name, requirements in SETS.items():
        private = any(line.startswith("corp") for line in requirements)
        for kind in ("requirements", "pylock", "uv", "poetry"):
            folder = work / "applications" / f"{name}-{kind}"
            folder.mkdir(parents=True)
            (folder / "app.py").write_text(HANDLER)
            applications.append((f"{name}-{kind}", folder))
            lines = [f"--index-url {locks.INDEX}"] + ([f"--extra-index-url {locks.PRIVATE}"] if private else []) + requirements
            if kind == "requirements":
                (folder / "requirements.txt").write_text("\n".join(lines) + "\n")
            elif kind == "pylock":
                given = work / f"{name}.in"
                given.write_text("\n".join(lines) + "\n")
                words = ["lock", "-r", given, "-o", "pylock.toml"]
                words += [word for runtime in ("python3.11", "python3.13") for word in ("--runtime", runtime)]
                locks.barrow([*words, "--arch", "x86_64", "--arch", "arm64"], folder, proxy, work / "online")
            elif kind == "uv":
                sources = UV_SOURCES + 'corp-utils = { index = "private" }\ncorp-base = { index = "private" }\n' if private else ""
                given = requirements + (["corp-base"] if private else [])
                (folder / "pyproject.toml").write_text(locks.standard_project(locks.UV_INDEX + sources, given, {}, {}, name))
                locks.Tool(base, "uv-new", folder, proxy).lock()
            else:
                given = requirements + (["corp-base"] if private else [])
                text = f"[tool.poetry]\nname = '{name}'\nversion = '1'\ndescription = ''\nauthors = []\npackage-mode = false\n\n"
                text += "[tool.poetry.dependencies]\npython = '^3.10'\n" + "\n".join(map(poetry_line, given)) + "\n"
                (folder / "pyproject.toml").write_text(text + locks.POETRY_SOURCES)
                locks.Tool(base, "poetry-new", folder, proxy).lock()
    return applications


def tree(folder):
    return {str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mode & 0o777)
            for path in sorted(folder.rglob("*")) if path.is_file()}


def offline(words, folder, home, namespace):
    program = locks.BINARY or str(locks.ROOT / "target/debug/barrow")
    done = subprocess.run([*namespace, program, *map(str, words), "--no-config", "-q"], cwd=folder, text=True, capture_output=True,
                          stdin=subprocess.DEVNULL, env={"PATH": "/usr/bin:/bin", "HOME": str(home)})
    if done.returncode != 0:
        raise locks.Failure(f"barrow {' '.join(map(str, words))}\n{done.stdout}{done.stderr}")
    return done.stdout


def main():
    base = locks.install_tools({"uv-new", "poetry-new"})
    if not locks.BINARY:
        subprocess.run(["cargo", "build", "--locked", "--quiet"], cwd=locks.ROOT, check=True)
    proxy = locks.serve()
    namespace = ["unshare", "-rn", "--"]
    if subprocess.run([*namespace, "true"], capture_output=True).returncode != 0:
        namespace = []
        print("there is no namespace without a network here: the mirror is used with one")
    failures, compared = [], 0
    with tempfile.TemporaryDirectory() as temporary:
        work = pathlib.Path(temporary)
        applications = make(work, base, proxy)
        words = ["mirror", *(f"./{name}" for name, _ in applications), "-o", work / "mirror"]
        words += [word for runtime in ("python3.11", "python3.13") for word in ("--runtime", runtime)]
        locks.barrow([*words, "--arch", "x86_64", "--arch", "arm64"], work / "applications", proxy, work / "online")
        carried = work / "carried"
        shutil.copytree(work / "mirror", carried)
        for name, folder in applications:
            for runtime, arch in TARGETS:
                target = ["--runtime", runtime, "--arch", arch]
                before, behind = work / "before" / name / f"{runtime}-{arch}", work / "behind" / name / f"{runtime}-{arch}"
                try:
                    for form in ("tree", "made.zip"):
                        locks.barrow(["bundle", ".", "-o", before / form, *target], folder, proxy, work / "online")
                        offline(["bundle", ".", "-o", behind / form, *target, "--mirror", carried, "--cache-dir", work / "cold"],
                                folder, work / "home", namespace)
                    if tree(before / "tree") != tree(behind / "tree"):
                        raise locks.Failure("the trees differ")
                    zips = [hashlib.sha256((place / "made.zip").read_bytes()).hexdigest() for place in (before, behind)]
                    if zips[0] != zips[1]:
                        raise locks.Failure("the zips differ")
                    if not name.endswith("requirements"):
                        online = locks.barrow(["fingerprint", ".", *target], folder, proxy, work / "online")
                        gap = offline(["fingerprint", ".", *target, "--mirror", carried], folder, work / "home", namespace)
                        if online != gap:
                            raise locks.Failure("the fingerprints differ")
                    compared += 1
                except (locks.Failure, OSError) as failure:
                    failures.append(f"{name} {runtime} {arch}: {failure}")
                    print(f"FAILED: {failures[-1]}", flush=True)
    print(f"{len(applications)} applications, {compared} bundles compared")
    if failures or compared != len(SETS) * 4 * len(TARGETS):
        sys.exit(f"{len(failures)} failures")


if __name__ == "__main__":
    main()
