"""Where the commands of a page are run: folders as the pages describe them, an index of small packages, nothing of this machine's."""

import base64
import hashlib
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import cloud
from pages import ROOT

BARROW = Path(os.environ.get("BARROW_BIN") or ROOT / "target" / "debug" / "barrow").resolve()

# The packages that pages name, with what they require. Small and of our own making: only names and versions are those of others.
PACKAGES = {
    "boto3": ("1.40.0", ["botocore>=1.40"]),
    "botocore": ("1.40.0", ["jmespath", "urllib3"]),
    "certifi": ("2026.10.1", []),
    "docopt": ("0.6.2", []),
    "idna": ("3.20", []),
    "jmespath": ("1.0.1", []),
    "numpy": ("2.5.5", []),
    "psycopg": ("3.3.0", []),
    "requests": ("2.34.2", ["certifi", "idna", "urllib3"]),
    "rq": ("2.6.0", []),
    "urllib3": ("2.8.0", []),
}
HANDLER = "import requests\n\n\ndef handler(event, context):\n    return requests.VERSION\n"
FILES = {
    "app.py": HANDLER,
    "requirements.txt": "requests\nnumpy\n",
    "shared.txt": "requests\n",
    "jobs.txt": "idna\n",
    "src/app.py": HANDLER,
    "orders/app.py": HANDLER,
    "orders/requirements.txt": "requests\n",
    "functions/orders/app.py": HANDLER,
    "functions/orders/requirements.txt": "requests\ndocopt\n",
    "functions/mail/app.py": HANDLER,
    "functions/mail/requirements.txt": "idna\nrequests\n",
    "services/orders/app.py": HANDLER,
    "services/orders/requirements.txt": "requests\n",
    "services/mail/app.py": HANDLER,
    "services/mail/requirements.txt": "requests\nidna\n",
    "libs/common/log.py": "",
    "libs/common/requirements.txt": "idna\n",
    "data/keep.json": "{}\n",
    "../shared/templates/mail.txt": "hello\n",
    "../shared/common/money.py": "",
}
# Pages that begin with nothing, and write their files themselves.
EMPTY = {"first-bundle.md", "sam.md"}
# Pages on which URLs of registries stand: a mirror stands for all of them.
MIRRORED = {"indexes-and-credentials.md", "private-indexes.md", "units.md"}

STORE = cloud.store()


def wheel(folder, name, version, requires):
    """Writes a wheel; gives its name and digest."""
    module, stem = name.replace("-", "_"), f"{name.replace('-', '_')}-{version}"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n" + "".join(f"Requires-Dist: {it}\n" for it in requires)
    files = {
        f"{module}/__init__.py": f'VERSION = "{version}"\n',
        f"{module}/tests/__init__.py": "",
        f"{stem}.dist-info/METADATA": metadata,
        f"{stem}.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: here\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    line = lambda path, text: f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b'=').decode()},{len(text)}\n"
    record = f"{stem}.dist-info/RECORD"
    files[record] = "".join(line(path, text) for path, text in files.items()) + f"{record},,\n"
    path = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for inside, text in files.items():
            archive.writestr(zipfile.ZipInfo(inside, (2026, 1, 1, 0, 0, 0)), text)
    return path.name, hashlib.sha256(path.read_bytes()).hexdigest()


def index(folder):
    """An index of all packages, in the layout that folders may have; gives the digests of the wheels by their names."""
    wheels, simple = folder / "wheels", folder / "simple"
    digests = {}
    wheels.mkdir(parents=True)
    for name, (version, requires) in PACKAGES.items():
        file, digest = wheel(wheels, name, version, requires)
        digests[file] = digest
        (simple / name).mkdir(parents=True)
        (simple / name / "index.html").write_text(f'<!DOCTYPE html><a href="../../wheels/{file}#sha256={digest}">{file}</a>')
    links = "".join(f'<a href="{name}/">{name}</a>' for name in PACKAGES)
    (simple / "index.html").write_text(f"<!DOCTYPE html>{links}")
    return digests


def lock(folder, digests):
    """A lock with a group and an extra, as `pylock.toml` (PEP 751)."""
    text = 'lock-version = "1.0"\ncreated-by = "here"\nextras = ["postgres"]\ndependency-groups = ["workers"]\ndefault-groups = []\n'
    markers = {"psycopg": "'postgres' in extras", "rq": "'workers' in dependency_groups"}
    for name in ("certifi", "idna", "psycopg", "requests", "rq", "urllib3"):
        version = PACKAGES[name][0]
        file = f"{name}-{version}-py3-none-any.whl"
        marker = f'marker = "{markers[name]}"\n' if name in markers else ""
        text += f'\n[[packages]]\nname = "{name}"\nversion = "{version}"\n{marker}'
        text += f'wheels = [{{ name = "{file}", path = "wheels/{file}", hashes = {{ sha256 = "{digests[file]}" }} }}]\n'
    (folder / "pylock.toml").write_text(text)


def build(page, folder):
    """Makes the surroundings of a page below `folder`; gives the folder that commands start in, and their environment."""
    shutil.rmtree(folder, ignore_errors=True)
    work, home, programs = folder / "work", folder / "home", folder / "bin"
    for each in (work, home, programs):
        each.mkdir(parents=True)
    (programs / "barrow").symlink_to(BARROW)
    cloud.programs(programs)
    digests = index(folder / "index")
    if page.name not in EMPTY:
        for path, text in FILES.items():
            (work / path).parent.mkdir(parents=True, exist_ok=True)
            (work / path).write_text(text)
        shutil.copytree(folder / "index" / "wheels", work / "wheels")
    if page == ROOT / "README.md":
        # Its commands from a clone start at the top of one.
        shutil.copytree(ROOT / "examples" / "hello", work / "examples" / "hello")
        shutil.copytree(ROOT / "wheels-fixtures", work / "wheels-fixtures")
    if page.name == "moving.md":
        lock(work, digests)
        (work / "services/orders/requirements.txt").unlink()
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "TMPDIR")}
    place = folder / "index" / "simple"
    environment = {
        **kept,
        "HOME": str(home),
        "PATH": f"{programs}{os.pathsep}{kept['PATH']}",
        "BARROW_MIRROR" if page.name in MIRRORED else "BARROW_INDEX_URL": str(place),
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "eu-central-1",
        "AWS_ENDPOINT_URL_S3": STORE,
        **({"BARROW_REMOTE_CACHE": "s3://ci-cache/barrow"} if page.name == "shared-cache.md" else {}),
        "CI_JOB_TOKEN": "token",
        "SYSTEM_ACCESSTOKEN": "token",
        "GIT_CONFIG_NOSYSTEM": "1",
        "NO_COLOR": "1",
    }
    author = ["-c", "user.name=reader", "-c", "user.email=reader@example.com"]
    for words in (["init", "-q", "-b", "main"], ["add", "-A"], [*author, "commit", "-q", "--allow-empty", "-m", "begin"]):
        subprocess.run(["git", *words], cwd=work, env=environment, check=True)
    return work, environment
