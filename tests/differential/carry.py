#!/usr/bin/env python3
"""Twenty applications for four targets, carried across an air gap: what is made behind it is what is made before it.

Run from anywhere: `python3 tests/differential/carry.py [--long]`. Five projects of our own packages stand each as a requirements file, a
`pylock.toml`, a `uv.lock` and a `poetry.lock`, the locks made by the tools themselves; their files name a public and a private index, and
stay as they are. One `barrow mirror` run holds all of them. Then, in a namespace without a network where the machine allows one (but for
its own loopback), the mirror that was carried lies as a folder, behind nginx, and in the buckets of moto and s3rver, into which barrow
brings it there. From each of these places alone, with an empty cache, every application is bundled for every target; trees, zips, locks
and fingerprints have to be those of the machine with a network. pip and uv install from the same places. `locks.py` has the index and
the tools, `tests/servers/stores` the stores (s3rver needs npm). The short form makes of each server everything for the first target, and
zips for all.
"""

import argparse
import difflib
import hashlib
import importlib.machinery
import importlib.util
import json
import os
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
PLACES = ("folder", "nginx", "moto", "s3rver")
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


def digest_of_tree(folder):
    """One digest over paths, modes and bytes."""
    hasher = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            hasher.update(f"{path.relative_to(folder)} {path.stat().st_mode & 0o777}\n".encode() + path.read_bytes())
    return hasher.hexdigest()


def outcomes(run, folder, out, target, has_lock, is_whole):
    """What one application becomes for one target: digests and texts by name. `run` calls barrow in its folder."""
    given = next(name for name in ("pylock.toml", "uv.lock", "poetry.lock", "requirements.txt") if (folder / name).exists())
    words = ["--runtime", target[0], "--arch", target[1]]
    run(["bundle", ".", "-o", out / "made.zip", *words])
    made = {"zip": hashlib.sha256((out / "made.zip").read_bytes()).hexdigest()}
    if is_whole:
        run(["bundle", ".", "-o", out / "tree", *words])
        made["tree"] = digest_of_tree(out / "tree")
        made["lock"] = run(["lock", "-r", given, "-o", "-", *words])
    # Without a lock or hashes the place of the mirror is an input.
    if is_whole and has_lock:
        made["fingerprint"] = run(["fingerprint", ".", *words])
    shutil.rmtree(out)
    return made


# --- behind the gap: another process, which has no network -------------------------------------------------------------------


def stores_module():
    loader = importlib.machinery.SourceFileLoader("stores", str(locks.ROOT / "tests/servers/stores"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("stores", loader))
    loader.exec_module(module)
    return module


def start_nginx(stores, folder, root):
    """nginx over the folder as it is, in one process: in a namespace there is no other user to become."""
    port = stores.free_port()
    temporary = "".join(f"{kind}_temp_path {folder}/nginx-{kind};" for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"])
    (folder / "nginx.conf").write_text(f"""
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.log; events {{}}
http {{ access_log off; {temporary} types {{ text/html html; application/json json; }} default_type application/octet-stream;
  server {{ listen 127.0.0.1:{port}; root {root}; index index.html; }} }}
""")
    words = ["nginx", "-c", folder / "nginx.conf"]
    return stores.Store("nginx", f"http://127.0.0.1:{port}", launch=lambda: stores.start(words, port, folder))


def behind(work, is_long, word):
    """Everything that happens without a network; what came of it, by place, application and target."""
    plan = json.loads((work / "plan.json").read_text())
    carried, stores = work / "carried", stores_module()
    subprocess.run(["ip", "link", "set", "lo", "up"], check=False, capture_output=True)
    made, installed, servers = {}, {}, []

    def barrow(words, folder, environment):
        program = locks.BINARY or str(locks.ROOT / "target/debug/barrow")
        plain = {"PATH": "/usr/bin:/bin", "HOME": str(work / "home"), "AWS_EC2_METADATA_DISABLED": "true", **environment}
        done = subprocess.run([program, *map(str, words), "--no-config", "-q"], cwd=folder, text=True, capture_output=True,
                              stdin=subprocess.DEVNULL, env=plain)
        if done.returncode != 0:
            raise locks.Failure(f"barrow {' '.join(map(str, words))}\n{done.stdout}{done.stderr}")
        return done.stdout

    try:
        places = [("folder", str(carried), {}, f"file://{carried}/simple")]
        if plan["nginx"]:
            servers.append(start_nginx(stores, work, carried))
            places.append(("nginx", servers[-1].url, {}, f"{servers[-1].url}/simple"))
        for start, tools in ((stores.start_moto, plan["moto"]), (stores.start_s3rver, plan["s3rver"])):
            if tools is None:
                continue
            store = start(pathlib.Path(tools), work)
            servers.append(store)
            barrow(["mirror", "-o", carried, "--upload", "s3://bucket/py"], work, store.environment)
            pages = f"{store.environment['AWS_ENDPOINT_URL_S3']}/bucket/py/simple"
            places.append((store.name, "s3://bucket/py", store.environment, pages))
        for name, place, environment, pages in (place for place in places if word in place[0]):
            cache = work / "cold" / name
            for application, folder in plan["applications"]:
                for number, target in enumerate(TARGETS):
                    def run(words, folder=pathlib.Path(folder)):
                        return barrow([*words, "--mirror", place, "--cache-dir", cache], folder, environment)
                    key = f"{name} {application} {' '.join(target)}"
                    is_whole = is_long or name == "folder" or number == 0
                    try:
                        out = work / "behind" / key.replace(" ", "-")
                        made[key] = outcomes(run, pathlib.Path(folder), out, target, not application.endswith("requirements"), is_whole)
                    except (locks.Failure, OSError) as failure:
                        made[key] = {"failure": str(failure)}
            for tool in ("pip", "uv"):
                installed[f"{name} {tool}"] = install(pathlib.Path(plan["tools"]), tool, pages, work / f"{tool}-{name}", work / "pins.txt")
    finally:
        for server in servers:
            server.process.kill()
            server.process.wait(10)
    (work / "behind.json").write_text(json.dumps({"made": made, "installed": installed}))


def install(tools, tool, pages, out, pins):
    """The files that pip or uv installs from the pages of the mirror, or what it says."""
    words = {
        "pip": [tools / "bin/python", "-m", "pip", "install", "--isolated", "-q", "--no-cache-dir", "--disable-pip-version-check", "--no-deps",
                "--only-binary", ":all:", "--implementation", "cp", "--python-version", "3.11", "--platform", "manylinux_2_17_x86_64",
                "--target", out, "--index-url", pages, "-r", pins],
        "uv": [tools / "bin/uv", "pip", "install", "-q", "--no-config", "--no-cache", "--no-deps", "--python-version", "3.11",
               "--python-platform", "x86_64-manylinux_2_17", "--target", out, "--index-url", pages, "-r", pins],
    }[tool]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(out.parent / "home"), "PIP_CONFIG_FILE": "/dev/null"}
    done = subprocess.run(list(map(str, words)), text=True, capture_output=True, stdin=subprocess.DEVNULL, env=environment)
    return modules(out) if done.returncode == 0 else f"{done.stdout}{done.stderr}"


def modules(folder):
    """The modules of a folder and what they say, without what tools write about themselves."""
    found = folder.rglob("*.py")
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(found) if "dist-info" not in str(path)}


# --- before the gap ------------------------------------------------------------------------------------------------------------


def namespace():
    """The words that start a process without a network; none where the machine does not allow that."""
    for words in (["unshare", "-n", "--"], ["unshare", "-rn", "--"]):
        if shutil.which("unshare") and subprocess.run([*words, "true"], capture_output=True).returncode == 0:
            return words
    print("there is no namespace without a network here: the mirror is used with one")
    return []


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--long", action="store_true", help="everything from every place")
    parser.add_argument("-k", default="", help="only places with this word in their name: folder, nginx, moto, s3rver")
    parser.add_argument("--behind", type=pathlib.Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not any(arguments.k in place for place in PLACES):
        parser.error(f"no place has `{arguments.k}` in its name: there are {', '.join(PLACES)}")
    if arguments.behind:
        return behind(arguments.behind, arguments.long, arguments.k)
    base = locks.install_tools({"uv-new", "poetry-new"})
    if not locks.BINARY:
        subprocess.run(["cargo", "build", "--locked", "--quiet"], cwd=locks.ROOT, check=True)
    moto, s3rver = stores_module().prepare_tools()
    proxy = locks.serve()
    failures, compared = [], 0
    with tempfile.TemporaryDirectory() as temporary:
        work = pathlib.Path(temporary)
        work.chmod(0o755)
        applications = make(work, base, proxy)
        words = ["mirror", *(f"./{name}" for name, _ in applications), "-o", work / "mirror"]
        words += [word for runtime in ("python3.11", "python3.13") for word in ("--runtime", runtime)]
        locks.barrow([*words, "--arch", "x86_64", "--arch", "arm64"], work / "applications", proxy, work / "online")
        shutil.copytree(work / "mirror", work / "carried")
        before = {}
        for name, folder in applications:
            for target in TARGETS:
                def run(words, folder=folder):
                    return locks.barrow(words, folder, proxy, work / "online")
                out = work / "before" / name / "-".join(target)
                before[f"{name} {' '.join(target)}"] = outcomes(run, folder, out, target, not name.endswith("requirements"), True)
        folder = dict(applications)["api-pylock"]
        pins = ["lock", "-r", "pylock.toml", "-o", "-", "--format", "requirements", "--no-annotate", "--runtime", "python3.11"]
        (work / "pins.txt").write_text(locks.barrow(pins, folder, proxy, work / "online"))
        locks.barrow(["install", "-r", "pylock.toml", "-t", work / "by-barrow", "--runtime", "python3.11"], folder, proxy, work / "online")
        (work / "plan.json").write_text(json.dumps({
            "applications": [(name, str(folder)) for name, folder in applications], "tools": str(base / "uv-new"),
            "nginx": shutil.which("nginx") is not None, "moto": str(moto), "s3rver": str(s3rver) if s3rver else None,
        }))
        again = [*namespace(), sys.executable, __file__, "--behind", work] + (["--long"] if arguments.long else []) + ["-k", arguments.k]
        subprocess.run(list(map(str, again)), check=True)
        result = json.loads((work / "behind.json").read_text())
        for key, made in result["made"].items():
            online = before[key.split(" ", 1)[1]]
            wrong = [what for what, value in made.items() if online.get(what) != value]
            compared += 1
            if wrong:
                lines = [made.get("lock", "").splitlines(), online["lock"].splitlines()] if "lock" in wrong else []
                differ = [line for line in difflib.unified_diff(*lines, lineterm="", n=0)][:12] if lines else ""
                failures.append(f"{key}: {made.get('failure') or wrong} {differ}")
                print(f"FAILED: {failures[-1]}", flush=True)
        expected = modules(work / "by-barrow")
        for key, found in result["installed"].items():
            if found != expected:
                said = found if isinstance(found, str) else sorted(set(found) ^ set(expected))
                failures.append(f"{key}: {said}")
                print(f"FAILED: {failures[-1]}", flush=True)
        places = {key.split(" ")[0] for key in result["made"]}
    print(f"{len(applications)} applications, {compared} bundles compared from {', '.join(sorted(places))}; pip and uv from each")
    if not places or failures or compared != len(SETS) * 4 * len(TARGETS) * len(places) or not (arguments.k or {"folder", "moto"} <= places):
        sys.exit(f"{len(failures)} failures")


if __name__ == "__main__":
    main()
