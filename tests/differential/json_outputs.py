#!/usr/bin/env python3
"""Holds what barrow prints with `--json` against `docs/output.schema.json`.

Run from anywhere. It runs `target/debug/barrow`, or what BARROW_BIN names, on the packages of `wheels-fixtures`, and makes a virtual
environment with the pinned validator under `target/differential/` (PyPI must be reachable the first time). What the schema does not
name is an error here, though programs that read the outputs must expect more.
"""

import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import urllib.parse
from pathlib import Path

sys.dont_write_bytecode = True

from config_schema import ROOT, inside

BARROW = Path(os.environ.get("BARROW_BIN") or ROOT / "target/debug/barrow").resolve()
WORK = ROOT / "target/differential/json-outputs"
INDEX = ["--index-url", str(ROOT / "wheels-fixtures/simple"), "--runtime", "python3.13"]
TEMPLATE = """\
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: hello, Handler: handler.handler, Runtime: python3.13}
"""
ADVISORY = {
    "id": "PYSEC-2026-1",
    "modified": "2026-01-01T00:00:00Z",
    "summary": "greets the wrong person",
    "aliases": ["CVE-2026-1"],
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "barrow-greeting"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "9.0"}]}],
        }
    ],
}


class Store(http.server.BaseHTTPRequestHandler):
    """A store for a shared cache: takes PUT, and lists what it has as the bucket `cache` of an object store."""

    objects = {}

    def listed(self):
        words = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        keys = [path.removeprefix("/cache/") for path in self.objects if path.startswith(f"/cache/{words['prefix'][0]}")]
        rest = "<LastModified>2020-01-01T00:00:00Z</LastModified><Size>1</Size>"
        objects = "".join(f"<Contents><Key>{key}</Key>{rest}</Contents>" for key in keys)
        return f"<ListBucketResult>{objects}</ListBucketResult>".encode()

    def do_GET(self):
        body = self.listed() if "list-type=2" in self.path else self.objects.get(self.path)
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body or b"")

    do_HEAD = do_GET

    def do_PUT(self):
        self.objects[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_DELETE(self):
        self.objects.pop(self.path, None)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def store():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Store)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}/cache/team"


def commands(place):
    """For each kind of output, commands that print it and the exit status that they end with."""
    remote = ["--remote-cache", place, "--remote-cache-write", "main"]
    keys = ["AWS_ACCESS_KEY_ID=key", "AWS_SECRET_ACCESS_KEY=secret", "AWS_REGION=eu-west-1", f"AWS_ENDPOINT_URL_S3={place.removesuffix('/cache/team')}"]
    prune = ["cache", "remote", "prune", "--older-than", "1", "--remote-cache", "s3://cache/team", "--remote-cache-write", "main"]
    return [
        ("bundle", ["bundle", "hello", *INDEX, "-o", "out"], 0),
        ("bundle", ["bundle", "hello", *INDEX, "-o", "out.zip", "--slim", "--sbom", "spdx"], 0),
        ("bundle", ["bundle", "hello", *INDEX, "-o", "shared.zip", *remote], 0),
        ("bundle", ["bundle", "hello", *INDEX, "-o", "part", "--exclude-package", "barrow-native"], 0),
        ("bundle", ["install", "barrow-hello", *INDEX, "-t", "installed"], 0),
        ("bundle", ["layer", "barrow-hello", *INDEX, "-o", "layers.zip", "--split", "2"], 0),
        ("list", ["bundle", "hello", *INDEX, "--list"], 0),
        ("build", ["build", "--list"], 0),
        ("build", ["build"], 1),
        ("build", [f"BARROW_REMOTE_CACHE={place}", "BARROW_REMOTE_CACHE_WRITE=main", "build", "hello"], 0),
        ("build", ["sam", "build", "--index-url", INDEX[1]], 0),
        ("lock", ["lock", "barrow-hello", *INDEX, "-o", "-", "--format", "json"], 0),
        ("lock", ["lock", "-r", "hello/requirements.txt", *INDEX, "-o", "-", "--format", "json"], 0),
        ("tree", ["tree", "barrow-hello", *INDEX, "--outdated"], 0),
        ("tree", ["tree", "out"], 0),
        ("why", ["why", "barrow-greeting", "barrow-hello", *INDEX], 0),
        ("check", ["check", "out", "--runtime", "python3.13"], 0),
        ("check", ["check", "hello", "--handler", "handler.handler"], 1),
        ("check_units", ["check", ".aws-sam/build"], 0),
        ("explain", ["explain"], 0),
        ("explain", ["explain", "BAR012"], 0),
        ("version_check", ["self", "version-check", "--no-index", "--find-links", "ours"], 0),
        ("audit", ["audit", "barrow-hello", *INDEX, "--osv", "advisory.json"], 1),
        ("audit", ["audit", "barrow-hello", *INDEX, "--osv", "advisory.json", "--ignore", "CVE-2026-1=known"], 0),
        ("config", ["config", "hello"], 0),
        ("fingerprint", ["fingerprint", "hello", *INDEX], 0),
        ("terraform", ["terraform"], 0),
        ("mirror", ["mirror", "barrow-hello", *INDEX, "-o", "mirror"], 0),
        ("mirror", ["mirror", "-o", "mirror", "--verify", "--upload", place.replace("cache", "mirror")], 0),
        ("mirror", ["mirror", "barrow-tool", *INDEX, "-o", "larger"], 0),
        ("mirror_diff", ["mirror", "--diff", "mirror", "larger"], 0),
        ("cache_dir", ["cache", "dir"], 0),
        ("cache", ["cache", "size"], 0),
        ("cache", ["cache", "prune"], 0),
        ("cache_remote_status", ["cache", "remote", "status", *remote], 0),
        ("cache_remote_push", ["cache", "remote", "push", *remote], 0),
        ("cache_remote_pull", ["cache", "remote", "pull", "barrow-hello", *INDEX, *remote], 0),
        ("cache_remote_prune", [*keys, *prune, "--dry-run"], 0),
        ("cache_remote_prune", [*keys, *prune], 0),
        ("cache", ["cache", "clean"], 0),
        ("init", ["init", "--force"], 0),
        ("error", ["bundle", "nowhere", "-o", "x"], 2),
        ("error", ["bundle", "hello", "--no-index", "-o", "x"], 1),
    ]


def prepare():
    shutil.rmtree(WORK, ignore_errors=True)
    shutil.copytree(ROOT / "examples/hello", WORK / "hello")
    (WORK / "template.yaml").write_text(TEMPLATE)
    (WORK / "advisory.json").write_text(json.dumps(ADVISORY))
    (WORK / "ours").mkdir()
    # Its name is all that is read.
    (WORK / "ours/barrow-9.0-py3-none-manylinux_2_17_x86_64.whl").write_bytes(b"")
    (WORK / "barrow.toml").write_text(
        f'index-url = "{INDEX[1]}"\n\n[[function]]\nsource = "hello"\n\n[[layer]]\nname = "missing"\npackages = ["no-such-project"]\n'
    )


def run(words):
    """Runs a command, behind variables of its own; gives its status and what it printed, of a failed one without a result the error."""
    variables = [word for word in words if re.match(r"[A-Z]\w*=", word)]
    words = words[len(variables) :]
    environment = {"PATH": os.environ["PATH"], "HOME": str(WORK / "home"), **dict(word.split("=", 1) for word in variables)}
    query = json.dumps({"source": "hello", "output": "terraform.zip", "runtime": "python3.13"})
    done = subprocess.run([BARROW, *words, "--json"], cwd=WORK, env=environment, input=query, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout or done.stderr.splitlines()[-1]


def closed(schema):
    """The schema, with nothing allowed that it does not name."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    result = {name: closed(value) for name, value in schema.items()}
    if isinstance(result.get("properties"), dict) and result.get("type") == "object":
        result.setdefault("additionalProperties", False)
    return result


def keys(schema):
    """Every name of a field."""
    if isinstance(schema, dict):
        yield from schema["properties"] if isinstance(schema.get("properties"), dict) else ()
        schema = schema.values()
    if not isinstance(schema, (str, int, bool, type(None))):
        for value in schema:
            yield from keys(value)


def main() -> int:
    from jsonschema import Draft202012Validator

    schema = json.loads((ROOT / "docs/output.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    failures = [f"`{key}` is not written like the other keys" for key in keys(schema) if not re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", key)]
    strict = closed(schema)
    prepare()
    seen, count = set(), 0
    for kind, words, expected in commands(store()):
        told = f"barrow {' '.join(words)}"
        status, text = run(words)
        if status != expected:
            failures.append(f"{told} ended with {status}: {text[-400:]}")
            continue
        document = json.loads(text)
        validator = Draft202012Validator({"$defs": strict["$defs"], "$ref": f"#/$defs/{kind}"})
        failures += [f"{told}: {error.json_path}: {error.message}" for error in validator.iter_errors(document)]
        if not Draft202012Validator(schema).is_valid(document):
            failures.append(f"{told}: the schema as a whole does not take it")
        seen.add(kind)
        count += 1
    printed = {reference["$ref"].rpartition("/")[2] for reference in schema["anyOf"]}
    failures += [f"no command here prints `{kind}`" for kind in sorted(printed - seen)]
    failures += [f"the schema takes {wrong}" for wrong in ({}, {"schema": 2}) if Draft202012Validator(schema).is_valid(wrong)]
    print("\n".join(failures) or f"{count} outputs fit the schema, and it refuses what is none")
    return 1 if failures else 0


if __name__ == "__main__":
    inside(__file__, main)
