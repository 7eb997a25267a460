"""Pages of the manual and READMEs of the examples, followed to the letter: every file written, every command run, in order."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "manual"))

from pages import blocks

# What belongs to the project, and is needed by those who follow.
CLONED = ["examples", "integrations", "wheels-fixtures", "README.md"]
TIME_LIMIT = 600


def clone(folder):
    """A fresh copy of what the repository has: nothing that was built or installed."""
    shutil.rmtree(folder, ignore_errors=True)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *CLONED], cwd=ROOT, capture_output=True, check=True
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        # A file that was removed and not yet committed is listed, too.
        if (ROOT / name).exists():
            shutil.copy2(ROOT / name, target)
    return folder


def script(page, marks):
    """What a reader types: the blocks `sh` without a mark or with one of `marks`, and the files that the page has."""
    steps = ["set -eu"]
    for block in blocks(page):
        if block.file:
            path = f"'{block.file}'"
            steps.append(f"mkdir -p \"$(dirname {path})\"\ncat > {path} <<'END OF FILE'\n{block.text}END OF FILE")
        elif block.language == "sh" and set(block.marks) <= set(marks):
            steps.append(block.text)
    return "\n".join(steps)


def commands(page):
    """The commands of a page that need no account, a line each."""
    lines = [line for block in blocks(page) if block.language == "sh" and not block.marks for line in block.text.splitlines()]
    return [line for line in lines if line.strip()]


def follow(page, folder, home, marks=(), programs=(), repository=None):
    """Follows a page in `folder`, with `home` and folders of further programs; gives what was said."""
    home.mkdir(parents=True, exist_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if name in ("LANG", "TMPDIR", "PIP_CERT", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE")}
    # The registries that this machine's user has set, and what was fetched before: neither is a part of what is tried.
    user = Path.home()
    settings = {
        "npm_config_cache": os.environ.get("npm_config_cache", str(user / ".npm")),
        "npm_config_prefer_offline": "true",
        "npm_config_audit": "false",
        "npm_config_fund": "false",
        "npm_config_update_notifier": "false",
        "PIP_CACHE_DIR": str(user / ".cache" / "pip"),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        **({"npm_config_userconfig": str(user / ".npmrc")} if (user / ".npmrc").exists() else {}),
    }
    quiet = {
        "CDK_DOCKER": "false",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "true",
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "true",
        "SAM_CLI_TELEMETRY": "0",
        "SLS_TELEMETRY_DISABLED": "1",
        "SLS_NOTIFICATIONS_MODE": "off",
        "SLS_INTERACTIVE_SETUP_ENABLE": "",
        "CHECKPOINT_DISABLE": "1",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    path = os.pathsep.join([*map(str, programs), os.environ["PATH"]])
    environment = {**kept, **settings, **quiet, "PATH": path, "HOME": str(home), "CLONE": str(repository or "")}
    done = subprocess.run(
        ["bash", "-c", script(page, marks)],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=TIME_LIMIT,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{page.relative_to(ROOT)} ended with status {done.returncode}:\n{done.stdout[-4000:]}")
    return done.stdout


def assets(output):
    """The assets of functions and layers below a `cdk.out`, by the order of their names."""
    [template] = output.glob("*.template.json")
    resources = json.loads(template.read_text())["Resources"].values()
    paths = {it["Metadata"]["aws:asset:path"] for it in resources if "aws:asset:path" in it.get("Metadata", {})}
    return sorted(output / path for path in paths)


def holds(asset, path):
    """Whether an asset, folder or zip, has a file."""
    return (asset / path).is_file() if asset.is_dir() else path in zipfile.ZipFile(asset).namelist()


class Pages:
    """Each framework's page of the manual, outside the clone and with an empty home."""

    def __init__(self, work, repository):
        self.work, self.repository = work / "pages", repository
        shutil.rmtree(self.work, ignore_errors=True)

    def follow(self, name, marks, programs=()):
        folder = self.work / name
        page = ROOT / "docs" / f"{name}.md"
        follow(page, folder / "here", folder / "home", marks, programs, self.repository)
        return folder / "here"

    def cdk(self, name):
        """Every app of the page: with constructs and, where there is one, without."""
        outputs = list((self.follow(name, ["node"]) / "shop").glob("cdk.*/manifest.json"))
        assert outputs, "nothing was synthesised"
        for output in outputs:
            [asset] = assets(output.parent)
            assert holds(asset, "index.py") and holds(asset, "requests/__init__.py"), sorted(map(str, asset.iterdir()))
            assert any(asset.glob("charset_normalizer/*-aarch64-linux-gnu.so")), "a bundle for another processor"

    def sam(self, program):
        """`program` is SAM's own, which has to take the template that is written."""
        built = self.follow("sam", []) / ".aws-sam" / "build"
        words = [program, "validate", "--lint", "--template-file", built / "template.yaml", "--region", "eu-west-1"]
        done = subprocess.run(words, cwd=built, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        assert done.returncode == 0, done.stdout
        assert holds(built / "Orders", "requests/__init__.py") and holds(built / "Shared", "python/idna/__init__.py"), built
        assert "CodeUri: Orders" in (built / "template.yaml").read_text(), (built / "template.yaml").read_text()

    def serverless(self):
        made = self.follow("serverless", ["node"]) / "shop" / ".serverless" / "orders.zip"
        assert holds(made, "app.py") and holds(made, "requests/__init__.py"), zipfile.ZipFile(made).namelist()

    def terraform(self):
        made = self.follow("terraform", ["terraform"]) / "shop" / ".barrow" / "orders.zip"
        assert holds(made, "app.py") and holds(made, "requests/__init__.py"), zipfile.ZipFile(made).namelist()


class Examples:
    """Each example by its own README, in a fresh copy of the clone and with an empty home."""

    def __init__(self, work, repository):
        self.home, self.repository = work / "examples-home", repository
        shutil.rmtree(self.home, ignore_errors=True)

    def follow(self, name, marks=(), programs=()):
        readme = ROOT / "examples" / name / "README.md"
        told = commands(readme)
        assert 1 <= len(told) <= 2, f"two commands at most: {told}"
        folder = self.repository / "examples" / name
        follow(readme, folder, self.home / name, marks, programs)
        return folder

    def hello(self):
        folder = self.follow("hello")
        assert holds(folder / "build", "handler.py") and holds(folder / "build", "barrow_colours.py")

    def cdk_typescript(self):
        made = assets(self.follow("cdk-typescript") / "cdk.out")
        assert len(made) == 3, made
        assert any((asset / "python" / "certifi").is_dir() for asset in made), "no layer"
        assert any(holds(asset, "requests/__init__.py") for asset in made if asset.suffix == ".zip"), "no archive"

    def cdk_inline(self):
        [asset] = assets(self.follow("cdk-inline") / "cdk.out")
        assert holds(asset, "requests/__init__.py")

    def cdk_python(self):
        made = assets(self.follow("cdk-python") / "cdk.out")
        machines = {machine: sum(any(asset.rglob(f"*-{machine}-linux-gnu.so")) for asset in made) for machine in ("x86_64", "aarch64")}
        assert machines == {"x86_64": 1, "aarch64": 1}, machines

    def sam(self, programs):
        return self.follow("sam", programs=programs) / ".aws-sam" / "build"

    def zip(self, programs):
        """With a stand-in for the AWS command line, so that the command which needs an account is followed, too."""
        readme = ROOT / "examples" / "zip" / "README.md"
        said = follow(readme, self.repository / "examples" / "zip", self.home / "zip", ["account"], programs)
        assert re.search(r"lambda update-function-code --function-name FUNCTION-NAME --zip-file fileb://build/function.zip", said), said
        assert holds(self.repository / "examples" / "zip" / "build" / "function.zip", "app.py")
