#!/usr/bin/env python3
"""Locks made by the tools themselves, read by barrow, and compared with what the tools say is in them.

Run from anywhere: `python3 tests/differential/locks.py`. It installs uv, Poetry, PDM and Pipenv of several ages below
`target/differential/` (PyPI must be reachable the first time), serves an index of our own packages under the name
`index.test` behind a proxy, lets every tool lock every project, and compares, for several targets and choices of extras and
groups, `barrow lock` with `uv export`, `poetry export`, `pdm export` and `pipenv requirements`. Random projects are
installed from `uv.lock` and from the export, and both trees have to be the same.

`-k WORD` takes the cases whose names hold the word, `--write` stores the locks in `wheels-fixtures/locks`, `--long` makes
more random projects, `--seed N` repeats some.
"""

import argparse
import base64
import hashlib
import http.server
import io
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
STORED = ROOT / "wheels-fixtures" / "locks"
BINARY = os.environ.get("BARROW_BINARY")
INDEX = "http://index.test/simple/"
PRIVATE = "http://private.test/simple/"
NEWEST = {"uv": "0.13.9", "poetry": "2.5.1", "pdm": "2.29.4", "pipenv": "2026.10.3"}
TOOLS = {
    "uv-0.4": ["uv==0.4.30"],
    "uv-0.7": ["uv==0.7.22"],
    "uv-new": [f"uv=={NEWEST['uv']}"],
    "poetry-1.8": ["poetry==1.8.5", "poetry-plugin-export"],
    "poetry-2.0": ["poetry==2.0.1", "poetry-plugin-export"],
    "poetry-new": [f"poetry=={NEWEST['poetry']}", "poetry-plugin-export"],
    # Old ones fail with what was released after them.
    "pdm-2.15": ["pdm==2.15.4", "--exclude-newer=2024-07-01"],
    "pdm-2.20": ["pdm==2.20.1", "--exclude-newer=2024-12-01"],
    # It does not start with the newest hishel.
    "pdm-new": [f"pdm=={NEWEST['pdm']}", "hishel[httpx2]==1.4.0"],
    "pipenv-new": [f"pipenv=={NEWEST['pipenv']}"],
}
TARGETS = [("python3.11", "x86_64"), ("python3.13", "arm64")]

# --- an index of our own packages ---------------------------------------------------------------------------------------


def wheel(name, version, requires=(), tag="py3-none-any", extras=(), python=">=3.8"):
    """A small wheel, the same bytes every time."""
    module = name.replace("-", "_")
    folder = f"{module}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nRequires-Python: {python}\n"
    metadata += "".join(f"Provides-Extra: {extra}\n" for extra in extras)
    metadata += "".join(f"Requires-Dist: {line}\n" for line in requires)
    files = {
        f"{module}/__init__.py": f"VERSION = {version!r}\nTAG = {tag!r}\n",
        f"{folder}/METADATA": metadata,
        f"{folder}/WHEEL": f"Wheel-Version: 1.0\nGenerator: barrow tests\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    record = ""
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(text)}\n"
    files[f"{folder}/RECORD"] = record + f"{folder}/RECORD,,\n"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, text in files.items():
            archive.writestr(zipfile.ZipInfo(path, (2020, 1, 1, 0, 0, 0)), text)
    return f"{module}-{version}-{tag}.whl", buffer.getvalue(), metadata


def sdist(name, version, requires=()):
    """A source archive with static metadata, the same bytes every time."""
    top = f"{name.replace('-', '_')}-{version}"
    listed = ", ".join(json.dumps(line) for line in requires)
    files = {
        "PKG-INFO": f"Metadata-Version: 2.2\nName: {name}\nVersion: {version}\n"
        + "".join(f"Requires-Dist: {line}\n" for line in requires),
        "pyproject.toml": f'[project]\nname = "{name}"\nversion = "{version}"\ndependencies = [{listed}]\n',
    }
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", format=tarfile.PAX_FORMAT) as archive:
        for path, text in files.items():
            entry = tarfile.TarInfo(f"{top}/{path}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    content = bytearray(buffer.getvalue())
    content[4:8] = bytes(4)  # the time in the gzip header
    return f"{top}.tar.gz", bytes(content), files["PKG-INFO"]


def native(name, version, requires=()):
    """A package with one wheel for each of several platforms and Pythons."""
    tags = [f"{python}-{python}-{platform}"
            for python in ("cp39", "cp310", "cp311", "cp312", "cp313", "cp314")
            for platform in ("manylinux_2_17_x86_64.manylinux2014_x86_64", "manylinux_2_17_aarch64.manylinux2014_aarch64",
                             "macosx_11_0_arm64", "win_amd64")]
    return [wheel(name, version, requires, tag) for tag in tags]


def public_files():
    files = []
    for number in range(24):
        requires = [f"leaf-{number}-{part}>=1" for part in range(number % 3)]
        for version in ("1.0", "1.5", "2.0"):
            files.append(wheel(f"lib-{number}", version, requires))
        for part in range(number % 3):
            files.append(wheel(f"leaf-{number}-{part}", "1.0"))
            files.append(wheel(f"leaf-{number}-{part}", "1.2"))
    files += native("fast", "1.0") + native("fast", "1.1", ["lib-1>=1"])
    files.append(wheel("forked", "1.0", python=">=3.8"))
    files.append(wheel("forked", "2.0", ["lib-2"], python=">=3.12"))
    files.append(wheel("only-windows", "1.0"))
    files.append(wheel("only-linux", "1.0", ["lib-4"]))
    files.append(wheel("old-backport", "1.0"))
    files.append(wheel("socks-support", "1.7"))
    files.append(wheel("crypto", "3.0", ["fast>=1"]))
    files.append(wheel("client", "2.31", [
        "lib-3>=1,<2",
        "only-windows; sys_platform == 'win32'",
        "only-linux; sys_platform == 'linux'",
        "old-backport; python_version < '3.12'",
        "socks-support>=1.5.6,!=1.5.7; extra == 'socks'",
        "crypto; extra == 'tls'",
    ], extras=["socks", "tls"]))
    files.append(wheel("checker", "9.0", ["lib-5"]))
    files.append(sdist("source-only", "1.0", ["lib-6"]))
    files.append(wheel("variant", "1.0", ["lib-7"]))
    files.append(wheel("variant", "2.0", ["lib-8"]))
    return files


def private_files():
    return [wheel("corp-utils", "4.0", ["corp-base"]), wheel("corp-base", "4.1")]


class Index(http.server.BaseHTTPRequestHandler):
    """Serves the packages of each host; requests come as to a proxy, so names need no DNS."""

    hosts = {}

    def do_CONNECT(self):  # noqa: N802
        self.send_error(403)

    def do_GET(self):  # noqa: N802
        url = self.path
        host = self.headers.get("Host", "")
        if "://" in url:
            host, _, rest = url.split("://", 1)[1].partition("/")
            url = "/" + rest
        files = self.hosts.get(host.split(":")[0])
        if files is None:
            return self.send_error(404)
        parts = [part for part in url.split("?")[0].split("/") if part]
        if parts[:1] == ["simple"] and len(parts) == 2:
            listed = {name: data for name, data in files.items() if project_of(name) == parts[1]}
            if not listed:
                return self.send_error(404)
            links = "".join(
                f'<a href="/files/{name}#sha256={hashlib.sha256(data).hexdigest()}"'
                f' data-dist-info-metadata="sha256={hashlib.sha256(metadata.encode()).hexdigest()}">{name}</a><br>\n'
                for name, (data, metadata) in sorted(listed.items()))
            return self.answer(links.encode(), "text/html")
        if parts[:1] == ["files"] and len(parts) == 2:
            name = parts[1]
            if name.endswith(".metadata") and name[:-9] in files:
                return self.answer(files[name[:-9]][1].encode(), "text/plain")
            if name in files:
                return self.answer(files[name][0], "application/octet-stream")
        return self.send_error(404)

    do_HEAD = do_GET  # noqa: N815

    def answer(self, body, kind):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_):
        pass


def project_of(filename):
    return filename.split("-")[0].replace("_", "-").lower()


def serve():
    for host, files in (("index.test", public_files()), ("private.test", private_files())):
        Index.hosts[host] = {name: (data, metadata) for name, data, metadata in files}
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Index)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}"


# --- projects -------------------------------------------------------------------------------------------------------------

DEPENDENCIES = ["client[socks]>=2", "lib-0>=1,<2", "lib-1", "lib-9~=1.0", "lib-10", "lib-11", "lib-14", "lib-17", "lib-20",
                "lib-23", "fast>=1", "forked; python_version < '3.12'", "forked>=2; python_version >= '3.12'"]
EXTRAS = {"tls": ["client[tls]"], "more": ["lib-12", "lib-13"]}
GROUPS = {"dev": ["checker"], "docs": ["lib-15", "lib-16"]}


def toml_list(items):
    return "[" + ", ".join(json.dumps(item) for item in items) + "]"


def standard_project(extra_text="", dependencies=DEPENDENCIES, extras=EXTRAS, groups=GROUPS, name="service"):
    text = f'[project]\nname = "{name}"\nversion = "0.1.0"\nrequires-python = ">=3.10"\n'
    text += f"dependencies = {toml_list(dependencies)}\n"
    if extras:
        text += "\n[project.optional-dependencies]\n"
        text += "".join(f"{key} = {toml_list(value)}\n" for key, value in extras.items())
    if groups:
        text += "\n[dependency-groups]\n" + "".join(f"{key} = {toml_list(value)}\n" for key, value in groups.items())
    return text + extra_text


UV_INDEX = f'\n[[tool.uv.index]]\nname = "ours"\nurl = "{INDEX}"\ndefault = true\n'
UV_CONFLICTS = """
[tool.uv]
conflicts = [[{ extra = "old" }, { extra = "new" }]]
"""
POETRY_SOURCES = f"""
[[tool.poetry.source]]
name = "ours"
url = "{INDEX}"
priority = "primary"

[[tool.poetry.source]]
name = "private"
url = "{PRIVATE}"
priority = "explicit"
"""
PDM_SOURCE = f"""
[tool.pdm]
distribution = false

[[tool.pdm.source]]
name = "pypi"
url = "{INDEX}"
verify_ssl = false
"""
PDM_STATIC = """
[tool.pdm.options]
lock = ["-S", "static_urls"]
"""
PDM_DEV = "\n[tool.pdm.dev-dependencies]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in GROUPS.items())
POETRY_LEGACY = """[tool.poetry]
name = "service"
version = "0.1.0"
description = ""
authors = []
package-mode = false

[tool.poetry.dependencies]
python = "^3.10"
client = {version = "^2.0", extras = ["socks"]}
lib-0 = "^1.0"
lib-1 = "*"
lib-9 = "~1.0"
lib-10 = ">=1"
lib-11 = "^2"
lib-14 = "*"
lib-17 = "*"
fast = "^1.0"
forked = [{version = "1.0", python = "<3.12"}, {version = "2.0", python = ">=3.12"}]
lib-12 = {version = "*", optional = true}
corp-utils = {version = "^4.0", source = "private"}
corp-base = {version = "*", source = "private"}

[tool.poetry.extras]
more = ["lib-12"]

[tool.poetry.group.dev.dependencies]
checker = "*"

[tool.poetry.group.docs.dependencies]
lib-15 = "*"
"""
PIPFILE = f"""[[source]]
url = "{INDEX}"
verify_ssl = false
name = "ours"

[[source]]
url = "http://${{PRIVATE_HOST}}/simple/"
verify_ssl = false
name = "private"

[packages]
client = {{version = ">=2", extras = ["socks"]}}
lib-0 = "==1.5"
lib-1 = "*"
lib-10 = "*"
lib-11 = "*"
lib-14 = "*"
fast = ">=1"
corp-utils = {{version = "*", index = "private"}}
corp-base = {{version = "*", index = "private"}}
forked = {{version = "==1.0", markers = "python_version < '3.12'"}}

[dev-packages]
checker = "*"

[docs]
lib-15 = "*"

[requires]
python_version = "3.11"
"""


def folders(*members):
    """Files of small projects that others require by path."""
    files = {}
    for name, dependencies in members:
        files[f"libs/{name}/pyproject.toml"] = standard_project(
            "", dependencies, {}, {}, name) + '\n[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
        files[f"libs/{name}/{name.replace('-', '_')}/__init__.py"] = "WHERE = 'here'\n"
    return files


def projects():
    """Name, tools, files, and the choices of extras and groups that are compared."""
    choices = [([], []), (["tls"], []), (["more", "tls"], ["dev"]), ([], ["docs"])]
    yield "plain", ["uv-0.4", "uv-0.7", "uv-new"], {"pyproject.toml": standard_project(UV_INDEX)}, choices
    conflicts = {"old": ["variant==1.0"], "new": ["variant==2.0"]}
    yield ("conflicts", ["uv-0.7", "uv-new"],
           {"pyproject.toml": standard_project(UV_INDEX + UV_CONFLICTS, ["lib-0", "lib-1"], conflicts, {})},
           [([], []), (["old"], []), (["new"], [])])
    workspace = UV_INDEX + ('\n[tool.uv.workspace]\nmembers = ["libs/*"]\n\n[tool.uv.sources]\n'
                            'inner = { workspace = true }\nouter = { workspace = true }\n')
    yield ("workspace", ["uv-0.4", "uv-0.7", "uv-new"],
           {"pyproject.toml": standard_project(workspace, ["outer", "lib-0"], {}, {}),
            **folders(("inner", ["lib-18"]), ("outer", ["inner", "lib-19"]))}, [([], [])])
    rootless = f'[tool.uv.workspace]\nmembers = ["libs/*"]\n\n[tool.uv.sources]\ninner = {{ workspace = true }}\n{UV_INDEX}'
    yield ("rootless", ["uv-new"],
           {"pyproject.toml": rootless, **folders(("inner", ["lib-18"]), ("outer", ["inner", "lib-19"]))}, [([], [])])
    yield ("poetry", ["poetry-1.8", "poetry-2.0", "poetry-new"], {"pyproject.toml": POETRY_LEGACY + POETRY_SOURCES},
           [([], []), (["more"], []), (["more"], ["dev"]), ([], ["docs"])])
    standard = standard_project("\n[tool.poetry]\npackage-mode = false\n" + POETRY_SOURCES, groups={})
    yield "standard", ["poetry-2.0", "poetry-new"], {"pyproject.toml": standard}, choices[:2]
    once = [line for line in DEPENDENCIES if not line.startswith("forked>=2")]
    yield ("pdm", ["pdm-new"], {"pyproject.toml": standard_project(PDM_SOURCE, once)},
           [([], []), (["tls"], []), (["more", "tls"], ["dev"]), ([], ["docs"])])
    # Groups in its own table, which is all that older ones read.
    yield ("pdm-dev", ["pdm-2.15", "pdm-2.20", "pdm-new"],
           {"pyproject.toml": standard_project(PDM_SOURCE + PDM_DEV, once, groups={})},
           [([], []), (["tls"], []), (["more", "tls"], ["dev"]), ([], ["docs"])])
    yield ("pdm-static", ["pdm-new"], {"pyproject.toml": standard_project(PDM_SOURCE + PDM_STATIC, once)},
           [([], []), (["tls"], ["dev"])])
    yield "pipfile", ["pipenv-new"], {"Pipfile": PIPFILE}, [([], []), ([], ["develop"]), ([], ["docs"])]


# --- tools ----------------------------------------------------------------------------------------------------------------


def install_tools(wanted):
    """One environment for each tool, filled by the newest uv."""
    base = ROOT / "target" / "differential" / "locks"
    base.mkdir(parents=True, exist_ok=True)
    order = ["uv-new"] + [name for name in TOOLS if name in wanted and name != "uv-new"]
    for name in order:
        place, stamp = base / name, base / f"{name}.installed"
        words = " ".join(TOOLS[name])
        if stamp.exists() and stamp.read_text() == words:
            continue
        if name == "uv-new":
            subprocess.run([sys.executable, "-m", "venv", "--clear", place], check=True)
            subprocess.run([place / "bin/pip", "install", "--quiet", *TOOLS[name]], check=True)
        else:
            uv = base / "uv-new/bin/uv"
            subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, place], check=True)
            subprocess.run([uv, "pip", "install", "--quiet", "--python", place / "bin/python", *TOOLS[name]], check=True)
        stamp.write_text(words)
    markers = base / "packaging"
    if not markers.exists():
        subprocess.run([base / "uv-new/bin/uv", "pip", "install", "--quiet", "--target", markers, "packaging==26.0"], check=True)
    sys.path.insert(0, str(markers))
    return base


class Tool:
    def __init__(self, base, name, folder, proxy):
        self.kind, self.bin, self.folder = name.split("-")[0], base / name / "bin", folder
        self.name = name
        home = folder.parent / "home"
        home.mkdir(exist_ok=True)
        self.environment = {
            "PATH": f"{self.bin}:/usr/bin:/bin", "HOME": str(home), "http_proxy": proxy, "HTTP_PROXY": proxy,
            "PIP_TRUSTED_HOST": "index.test private.test", "UV_CACHE_DIR": str(home / f"uv-{name}"), "UV_NO_CONFIG": "",
            "UV_PYTHON_DOWNLOADS": "never", "UV_PYTHON": sys.executable, "POETRY_VIRTUALENVS_IN_PROJECT": "false",
            "PIPENV_IGNORE_VIRTUALENVS": "1", "PIPENV_PYTHON": sys.executable, "PRIVATE_HOST": "private.test", "CI": "1",
            "PDM_USE_VENV": "false", "PDM_PYTHON": sys.executable, "PDM_CHECK_UPDATE": "false", "PDM_CACHE_DIR": str(home / name),
            "PIPENV_CACHE_DIR": str(home / "pipenv"), "WORKON_HOME": str(home / "environments"), "NO_COLOR": "1",
            "LANG": "C.UTF-8", "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        }
        self.environment.pop("UV_NO_CONFIG")

    def run(self, *words):
        done = subprocess.run([str(word) for word in words], cwd=self.folder, env=self.environment, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True)
        if done.returncode != 0:
            raise Failure(f"{self.name}: {' '.join(map(str, words))}\n{done.stdout}{done.stderr}")
        return done.stdout

    def lock(self):
        """Locks, and gives the name of the file."""
        if self.kind == "uv":
            self.run(self.bin / "uv", "lock")
            return "uv.lock"
        if self.kind == "poetry":
            self.run(self.bin / "poetry", "lock", "--no-interaction")
            return "poetry.lock"
        if self.kind == "pdm":
            self.run(self.bin / "pdm", "lock", "-G:all", "--quiet")
            return "pdm.lock"
        if self.kind == "pipenv":
            self.run(self.bin / "pipenv", "lock", "--categories", "packages dev-packages docs")
            return "Pipfile.lock"
        raise Failure(f"{self.kind} is not known")

    def export(self, extras, groups):
        """The tool's own view: lines of a requirements file, with markers."""
        if self.kind == "uv":
            words = ["export", "--frozen", "--no-emit-project", "--no-hashes", "--no-header"]
            # The oldest has no other word for "no default groups", and takes `dev` by itself.
            words += (["--no-dev"] if "dev" not in groups else []) if self.name == "uv-0.4" else ["--no-default-groups"]
            words += [word for extra in extras for word in ("--extra", extra)]
            words += [word for group in groups for word in ("--group", group)]
            return self.run(self.bin / "uv", *words)
        if self.kind == "poetry":
            words = ["export", "--without-hashes", "--without-urls", "--no-interaction"]
            words += [word for extra in extras for word in ("--extras", extra)]
            words += [word for group in groups for word in ("--with", group)]
            return self.run(self.bin / "poetry", *words)
        if self.kind == "pdm":
            words = ["export", "--without-hashes", "--quiet"] + (["--dev"] if groups else ["--prod"])
            words += [word for name in [*extras, *groups] for word in ("--group", name)]
            return self.run(self.bin / "pdm", *words)
        if self.kind == "pipenv":
            categories = ["packages"] + [{"develop": "dev-packages"}.get(group, group) for group in groups]
            return self.run(self.bin / "pipenv", "requirements", "--categories", " ".join(categories))


class Failure(Exception):
    pass


# --- comparing --------------------------------------------------------------------------------------------------------------


def pins_of(text, runtime, arch):
    """Name and version of every line whose marker holds on the target."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    python = runtime.removeprefix("python")
    environment = {
        "implementation_name": "cpython", "implementation_version": f"{python}.9", "os_name": "posix",
        "platform_machine": {"x86_64": "x86_64", "arm64": "aarch64"}[arch], "platform_python_implementation": "CPython",
        "platform_release": "", "platform_system": "Linux", "platform_version": "", "python_full_version": f"{python}.9",
        "python_version": python, "sys_platform": "linux", "extra": "",
    }
    pins = {}
    for line in text.splitlines():
        line = line.split(" #")[0].strip()
        if not line or line.startswith(("#", "-i", "--", "Warning")):
            continue
        if line.startswith("-e ") or line.startswith(("./", "file:")):
            path = line.removeprefix("-e ").split(";")[0].split("#")[0].rstrip("/ ")
            pins[canonicalize_name(path.rsplit("/", 1)[-1])] = "folder"
            continue
        requirement = Requirement(line)
        if requirement.marker and not requirement.marker.evaluate(environment):
            continue
        version = "folder" if requirement.url else str(requirement.specifier).removeprefix("==")
        pins[canonicalize_name(requirement.name)] = version
    return pins


def barrow(words, folder, proxy, cache):
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(cache), "PRIVATE_HOST": "private.test"}
    done = subprocess.run([BINARY or str(ROOT / "target/debug/barrow"), *map(str, words), "--proxy", proxy, "--cache-dir", str(cache),
                           "--no-config", "-q"], cwd=folder, env=environment, text=True, capture_output=True)
    if done.returncode != 0:
        raise Failure(f"barrow {' '.join(map(str, words))}\n{done.stdout}{done.stderr}")
    return done.stdout


def barrow_pins(lock, folder, proxy, cache, runtime, arch, extras, groups):
    words = ["lock", "-r", lock, "--format", "json", "-o", "-", "--runtime", runtime, "--arch", arch]
    words += [word for extra in extras for word in ("--extra", extra)]
    words += [word for group in groups for word in ("--group", group)]
    answer = json.loads(barrow(words, folder, proxy, cache))
    is_folder = {package["name"]: package["direct"] for package in answer["packages"]}
    return {package["name"]: "folder" if is_folder[package["name"]] else package["version"] for package in answer["packages"]}


def compare(work, base, proxy, only, write):
    failures, compared, packages = [], 0, set()
    for name, tools, files, choices in projects():
        for tool_name in tools:
            case = f"{name}/{tool_name}"
            if only and only not in case:
                continue
            folder = work / name / tool_name
            for path, text in files.items():
                place = folder / path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(text)
            try:
                tool = Tool(base, tool_name, folder, proxy)
                lock = tool.lock()
                selections = []
                for extras, groups in choices:
                    exported = tool.export(extras, groups)
                    for runtime, arch in TARGETS:
                        expected = pins_of(exported, runtime, arch)
                        got = barrow_pins(lock, folder, proxy, work / "cache", runtime, arch, extras, groups)
                        packages |= set(got)
                        selections.append({"extras": extras, "groups": groups, "runtime": runtime, "arch": arch,
                                           "pins": expected})
                        compared += 1
                        if expected != got:
                            only_expected = {k: v for k, v in expected.items() if got.get(k) != v}
                            only_got = {k: v for k, v in got.items() if expected.get(k) != v}
                            raise Failure(f"{extras} {groups} {runtime} {arch}: the tool has {only_expected}, "
                                          f"barrow {only_got}\n{exported}")
                refuse_flipped(folder, lock, proxy, work)
                if write:
                    store(case, folder, lock, files, selections)
                print(f"ok: {case}: {lock}, {len(choices) * len(TARGETS)} selections", flush=True)
            except Failure as failure:
                failures.append(f"{case}: {failure}")
                print(f"FAILED: {case}: {failure}", flush=True)
    print(f"{compared} selections compared, {len(packages)} packages")
    return failures, packages


def refuse_flipped(folder, lock, proxy, work):
    """A lock one of whose digests was changed is refused, with its line."""
    text = (folder / lock).read_text()
    digest = hashlib.sha256(Index.hosts["index.test"]["lib_1-2.0-py3-none-any.whl"][0]).hexdigest()
    if digest not in text:
        return
    flipped = ("0" if digest[0] != "0" else "1") + digest[1:]
    damaged = folder.parent / f"{folder.name}-flipped"
    shutil.copytree(folder, damaged, dirs_exist_ok=True)
    (damaged / lock).write_text(text.replace(digest, flipped))
    line = text[:text.index(digest)].count("\n") + 1
    try:
        barrow(["install", "-r", lock, "-t", "out", "--runtime", "python3.11", "--frozen"], damaged, proxy, work / "cache")
    except Failure as failure:
        said = str(failure)
        names_place = any(f"{lock}:{number}" in said for number in range(max(1, line - 8), line + 1))
        if "lib" in said and names_place and not (damaged / "out").exists():
            return
        raise Failure(f"a flipped digest is refused without its place ({lock}:{line}): {said}") from None
    raise Failure("a flipped digest is not refused")


def store(case, folder, lock, files, selections):
    """The lock, the project files that it is held against, and what its own tool says is in it."""
    place = STORED / case.replace("/", "-")
    for path in [path for path in [*files, lock] if not path.endswith(".py")]:
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(folder / path, place / path)
    lines = ",\n".join(json.dumps(selection, sort_keys=True) for selection in selections)
    (place / "pins.json").write_text(f"[\n{lines}\n]\n")


def random_projects(work, base, proxy, count, seed):
    """The same tree from `uv.lock` and from uv's own export of it."""
    failures = []
    for number in range(count):
        chance = random.Random(seed + number)
        names = chance.sample(range(24), chance.randint(1, 6))
        limits = ["", ">=1", "<2", "~=1.0", ">1; python_version < '3.12'"]
        dependencies = [f"lib-{name}{chance.choice(limits)}" for name in names]
        dependencies += chance.sample(["client[socks]", "client", "fast<1.1", "forked", "only-windows; sys_platform == 'win32'"],
                                      chance.randint(0, 3))
        folder = work / "random" / str(number)
        folder.mkdir(parents=True)
        (folder / "pyproject.toml").write_text(standard_project(UV_INDEX, dependencies, {}, {}))
        runtime, arch = chance.choice(TARGETS)
        try:
            tool = Tool(base, "uv-new", folder, proxy)
            tool.lock()
            exported = tool.run(tool.bin / "uv", "export", "--frozen", "--no-emit-project", "--no-header")
            (folder / "requirements.txt").write_text(exported)
            trees = []
            for source in ("uv.lock", "requirements.txt"):
                words = ["install", "-r", source, "-t", f"from-{source}", "--runtime", runtime, "--arch", arch, "-i", INDEX]
                barrow(words, folder, proxy, work / "cache")
                top = folder / f"from-{source}"
                trees.append({str(path.relative_to(top)): path.read_bytes() for path in sorted(top.rglob("*")) if path.is_file()})
            if trees[0] != trees[1]:
                raise Failure(f"{dependencies}: {sorted(set(trees[0]) ^ set(trees[1]))}")
        except Failure as failure:
            failures.append(f"random {seed + number}: {failure}")
            print(f"FAILED: random project {seed + number}: {failure}", flush=True)
    print(f"{count} random projects installed from uv.lock and from its export")
    return failures


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-k", default="")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    wanted = {tool for name, tools, *_ in projects() for tool in tools if arguments.k in f"{name}/{tool}"}
    base = install_tools(wanted)
    if not BINARY:
        subprocess.run(["cargo", "build", "--locked", "--quiet"], cwd=ROOT, check=True)
    proxy = serve()
    with tempfile.TemporaryDirectory() as temporary:
        work = pathlib.Path(temporary)
        failures, packages = compare(work, base, proxy, arguments.k, arguments.write)
        if not arguments.k and len(packages) < 40:
            failures.append(f"only {len(packages)} packages were compared, at least 40 are promised")
        if not arguments.k or arguments.k == "random":
            failures += random_projects(work, base, proxy, 60 if arguments.long else 8, arguments.seed)
    if failures:
        sys.exit(f"{len(failures)} failures")


if __name__ == "__main__":
    main()
