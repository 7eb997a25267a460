"""The recipes of docs/ci.md, taken from the page and run: GitLab's and CodeBuild's commands in a shell, the hook under the real
pre-commit, Pulumi's program under the real SDK with mocks in the place of its engine."""

import base64
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "manual"))
from pages import blocks  # noqa: E402

PAGE = ROOT / "docs" / "ci.md"
INDEX = ROOT / "wheels-fixtures" / "simple"
REQUIREMENTS = ["pre-commit==4.7.0", "pyyaml==6.0.3"]
PULUMI = "@pulumi/pulumi@3.276.0"
TOKEN = "job-t0ken"


class Recipes:
    def __init__(self, run, python, folder):
        self.run, self.python, self.folder = run, python, folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)

    def below(self, heading, language):
        """The blocks of a language below a heading of the page; those of YAML as the values that they hold."""
        lines = PAGE.read_text().splitlines()
        start = next(at for at, line in enumerate(lines, 1) if line == f"## {heading}")
        end = next((at for at, line in enumerate(lines, 1) if at > start and line.startswith("## ")), len(lines) + 1)
        texts = [block.text for block in blocks(PAGE) if start < block.line < end and block.language == language]
        assert texts, f"{PAGE.name} has no {language} below {heading}"
        return [self.yaml(text) for text in texts] if language == "yaml" else texts

    def yaml(self, text):
        script = "import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))"
        done = subprocess.run([self.python, "-c", script], input=text, stdout=subprocess.PIPE, text=True, check=True)
        return json.loads(done.stdout)

    def repository(self, name):
        """A repository with one function, which needs a package of the fixture index."""
        folder = self.folder / name
        (folder / "functions" / "orders").mkdir(parents=True)
        (folder / "functions" / "orders" / "app.py").write_text("import barrow_colours\n")
        (folder / "functions" / "orders" / "requirements.txt").write_text("barrow-colours\n")
        return folder

    def shell(self, commands, folder, **variables):
        """Runs commands one after the other in one shell, as a runner does."""
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder / "home"), "CI": "true", **variables}
        done = subprocess.run(
            ["bash", "-c", "set -eo pipefail\n" + "\n".join(commands)],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == 0, f"{commands}: {done.stdout}"
        assert TOKEN not in done.stdout, "the token is said"
        return done.stdout

    def gitlab(self):
        job, registry = self.below("GitLab CI", "yaml")
        folder = self.repository("gitlab")
        given = {"CI_PROJECT_DIR": str(folder), "GITLAB_CI": "true"}
        job = job["bundle"]
        variables = {name: expanded(text, given) for name, text in job["variables"].items()}
        self.shell(job["script"], folder, BARROW_INDEX_URL=INDEX.as_uri() + "/", **given, **variables)
        [made] = job["artifacts"]["paths"]
        assert_function(folder / made)
        assert all(any((folder / path).iterdir()) for path in job["cache"]["paths"]), "nothing is kept in the cache"
        # The registry of GitLab opens to the token of the job alone.
        (folder / made).unlink()
        with Registry() as url:
            job_variables = {"CI_SERVER_HOST": "127.0.0.1", "CI_JOB_TOKEN": TOKEN, "BARROW_NO_CACHE": "1", "BARROW_INDEX_URL": url}
            self.shell([*registry["before_script"], *job["script"]], folder, **given, **job_variables)
        assert_function(folder / made)

    def codebuild(self):
        [spec] = self.below("CodeBuild", "yaml")
        folder = self.repository("codebuild")
        home = self.folder / "home"
        # The folder of root belongs to the machine that runs this.
        variables = {name: text.replace("/root", str(home)) for name, text in spec["env"]["variables"].items()}
        programs = self.folder / "programs"
        programs.mkdir()
        for name, text in {"aws": 'test "$1 $2" = "s3 cp" && echo package > "$4/$(basename "$3")"', "dpkg": 'test -f "$2"'}.items():
            (programs / name).write_text(f"#!/bin/sh\nset -e\n{text}\n")
            (programs / name).chmod(0o755)
        commands = [command for phase in spec["phases"].values() for command in phase["commands"]]
        with Registry() as url:
            account = {
                "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
                "AWS_SECRET_ACCESS_KEY": "secret",
                "AWS_REGION": "eu-west-1",
                "AWS_ENDPOINT_URL_CODEARTIFACT": url.removesuffix("/simple/"),
                "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            }
            self.shell(commands, folder, **variables, **account)
        for made in spec["artifacts"]["files"]:
            assert_function(folder / made)
        for pattern in spec["cache"]["paths"]:
            assert any((home / pattern.removeprefix("/root/").removesuffix("/**/*")).iterdir()), pattern

    def pre_commit(self):
        [hooks] = self.below("Before a commit", "yaml")
        folder = self.folder / "pre-commit"
        folder.mkdir()
        index = {"BARROW_INDEX_URL": INDEX.as_uri() + "/"}
        surroundings = {**index, "PRE_COMMIT_HOME": str(self.folder / "hooks"), "GIT_CONFIG_GLOBAL": "/dev/null"}
        project = '[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.12"\ndependencies = ["barrow-colours"]\n'
        (folder / "pyproject.toml").write_text(project)
        # JSON is YAML, and what was read is what is written.
        (folder / ".pre-commit-config.yaml").write_text(json.dumps(hooks))
        git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com"]
        self.run([*git, "init", "-q"], folder, **surroundings)
        self.run([self.python.parent / "pre-commit", "install"], folder, **surroundings)

        def commit(check=True):
            self.run([*git, "add", "."], folder, **surroundings)
            return self.run([*git, "commit", "-m", "change"], folder, check=check, **surroundings)

        self.run(["barrow", "lock", "-o", "pylock.toml"], folder, **surroundings)
        told = commit()
        assert re.search(r"the lock is up to date\.+Passed", told), told
        (folder / "app.py").write_text("")
        told = commit()
        assert re.search(r"the lock is up to date\.+\(no files to check\) ?Skipped", told), told
        (folder / "pyproject.toml").write_text(project.replace('"barrow-colours"', '"barrow-colours", "barrow-greeting"'))
        told = commit(check=False)
        assert re.search(r"the lock is up to date\.+Failed", told) and "pylock.toml" in told, told
        assert self.run([*git, "rev-list", "--count", "HEAD"], folder, **surroundings).strip() == "2", "it was committed"
        self.run(["barrow", "lock", "-o", "pylock.toml"], folder, **surroundings)
        assert re.search(r"the lock is up to date\.+Passed", commit()), "a new lock is committed"

    def pulumi(self, packages):
        """`packages` is a folder with Pulumi's SDK; its provider for AWS, of hundreds of megabytes, is a stand-in."""
        [program] = self.below("Pulumi", "typescript")
        folder = self.repository("pulumi")
        (folder / "barrow.toml").write_text(
            '[defaults]\nruntime = "python3.13"\narch = "arm64"\n[[function]]\nsource = "functions/orders"\noutput = "build/orders.zip"\n'
        )
        # Without types TypeScript is JavaScript, but for how modules are named.
        program = re.sub(r'^import \* as (\w+) from ("[^"]+");$', r"const \1 = require(\2);", program, flags=re.M)
        program = re.sub(r'^import (\{.*\}) from ("[^"]+");$', r"const \1 = require(\2);", program, flags=re.M)
        (folder / "node_modules").symlink_to(packages / "node_modules")
        (folder / "program.js").write_text(STAND_IN + program + "\n")
        (folder / "test.js").write_text(MOCKS)
        made = []
        for _ in range(2):
            told = self.run(["node", "test.js"], folder, BARROW_INDEX_URL=INDEX.as_uri() + "/")
            made.append(json.loads(told.splitlines()[-1]))
        assert_function(folder / "build" / "orders.zip")
        [function] = made[0]
        assert function["type"] == "aws:lambda/function:Function" and function["name"] == "orders", function
        assert function["isArchive"] and function["code"] == "build/orders.zip", function
        # What Pulumi compares is the digest of the archive: the same the second time.
        assert function["hash"] and made[0] == made[1], made


STAND_IN = """\
const role = { arn: "arn:aws:iam::123456789012:role/orders" };
const Module = require("module");
const load = Module._load;
Module._load = (name, ...rest) => (name === "@pulumi/aws" ? stand_in() : load(name, ...rest));
function stand_in() {
  const { CustomResource } = require("@pulumi/pulumi");
  class Function extends CustomResource {
    constructor(name, args, options) {
      super("aws:lambda/function:Function", name, args, options);
    }
  }
  return { lambda: { Function } };
}
"""
MOCKS = """\
const crypto = require("crypto");
const fs = require("fs");
const pulumi = require("@pulumi/pulumi");
const made = [];
const mocks = {
  newResource: (args) => {
    const hash = crypto.createHash("sha256").update(fs.readFileSync("build/orders.zip")).digest("hex");
    made.push({ type: args.type, name: args.name, code: args.inputs.code, hash });
    return { id: `${args.name}-id`, state: args.inputs };
  },
  call: (args) => args.inputs,
};
Promise.resolve(pulumi.runtime.setMocks(mocks)).then(start);
async function start() {
  require("./program.js");
  await new Promise((resolve) => setTimeout(resolve, 1000));
  for (const one of made) {
    one.isArchive = pulumi.asset.Archive.isInstance(one.code);
    one.code = await one.code.path;
  }
  console.log(JSON.stringify(made));
  process.exit(0);
}
"""


def expanded(text, variables):
    return re.sub(r"\$(\w+)", lambda match: variables[match[1]], text)


def assert_function(archive):
    names = zipfile.ZipFile(archive).namelist()
    assert "app.py" in names and "barrow_colours.py" in names, names
    assert not [name for name in names if name.startswith((".netrc", ".barrow"))], names


class Registry:
    """The fixture index behind a password, and the service that says where a repository of CodeArtifact is and gives tokens."""

    def __enter__(self):
        users = [f"gitlab-ci-token:{TOKEN}", f"aws:{TOKEN}"]
        accepted = [f"Basic {base64.b64encode(user.encode()).decode()}" for user in users]

        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *arguments, **options):
                super().__init__(*arguments, directory=str(INDEX.parent), **options)

            def do_GET(self):
                if self.path.startswith("/v1/"):
                    return self.answer({"repositoryEndpoint": f"http://127.0.0.1:{self.server.server_port}/"})
                if self.headers.get("Authorization") not in accepted:
                    self.send_response(401)
                    self.send_header("WWW-Authenticate", 'Basic realm="packages"')
                    self.send_header("Content-Length", "0")
                    return self.end_headers()
                return super().do_GET()

            do_HEAD = do_GET

            def do_POST(self):
                self.answer({"authorizationToken": TOKEN, "expiration": 4070908800})

            def answer(self, what):
                text = json.dumps(what).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}/simple/"

    def __exit__(self, *_):
        self.server.shutdown()
