"""Small stand-ins for what pages ask of a cloud: a store that speaks as S3 does, and the programs `aws` and `gcloud`.

They answer what the pages ask and nothing else, so that each command runs with the files that the page made before.
"""

import stat
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ABSENT = b"<Error><Code>NoSuchKey</Code><Message>There is no such key</Message></Error>"

AWS = '''#!{python}
"""`aws` for the pages of the manual: looks at the files that it is given, and says what the page needs."""
import pathlib, sys, zipfile

words = sys.argv[1:]
given = {{name: value for name, value in zip(words, words[1:]) if name.startswith("--")}}


def refuse(why):
    sys.exit("aws " + " ".join(words) + ": " + why)


def code():
    if "--zip-file" in given:
        path = pathlib.Path(given["--zip-file"].removeprefix("fileb://"))
        if not given["--zip-file"].startswith("fileb://") or not zipfile.is_zipfile(path):
            refuse("there is no zip `" + str(path) + "`")
    elif not {{"--s3-bucket", "--s3-key"}} <= given.keys():
        refuse("no code is given")


needed = {{
    ("lambda", "create-function"): ["--function-name", "--runtime", "--handler", "--role"],
    ("lambda", "update-function-code"): ["--function-name"],
    ("lambda", "publish-layer-version"): ["--layer-name", "--compatible-runtimes"],
    ("lambda", "get-function-configuration"): ["--function-name"],
    ("lambda", "wait"): ["--function-name"],
    ("s3", "cp"): [],
}}
command = tuple(words[:2])
if command not in needed:
    refuse("the stand-in does not know it")
if missing := [name for name in needed[command] if name not in given]:
    refuse("missing " + ", ".join(missing))
if command[1] in ("create-function", "update-function-code", "publish-layer-version"):
    code()
if command == ("s3", "cp") and not (pathlib.Path(words[2]).is_file() and words[3].startswith("s3://")):
    refuse("there is no file `" + words[2] + "`")
if command[1] == "get-function-configuration":
    print("digest-of-what-is-deployed")
'''
GCLOUD = '#!/bin/sh\n[ "$*" = "auth print-access-token" ] && echo token\n'


class Store(BaseHTTPRequestHandler):
    """Objects in memory, for whoever asks."""

    protocol_version = "HTTP/1.1"
    objects, lock = {}, threading.Lock()

    def do_GET(self):
        asked = urllib.parse.parse_qs(self.path.partition("?")[2])
        if asked.get("list-type") == ["2"]:
            return self.answer(200, self.listed(asked.get("prefix", [""])[0]))
        with self.lock:
            content = self.objects.get(self.path.partition("?")[0])
        return self.answer(*((404, ABSENT) if content is None else (200, content)))

    def listed(self, prefix):
        """The objects of a bucket, in the form of ListObjectsV2."""
        bucket = "/" + self.path.partition("?")[0].strip("/") + "/"
        with self.lock:
            found = sorted((path, len(content)) for path, content in self.objects.items() if path.startswith(bucket + prefix))
        each = "".join(
            f"<Contents><Key>{path.removeprefix(bucket)}</Key><LastModified>2026-11-02T03:04:05.000Z</LastModified><Size>{size}</Size></Contents>"
            for path, size in found
        )
        return f"<ListBucketResult><IsTruncated>false</IsTruncated>{each}</ListBucketResult>".encode()

    do_HEAD = do_GET

    def do_PUT(self):
        content = self.rfile.read(int(self.headers.get("content-length") or 0))
        with self.lock:
            if self.headers.get("if-none-match") == "*" and self.path in self.objects:
                return self.answer(412, b"")
            self.objects[self.path] = content
        return self.answer(200, b"")

    def do_DELETE(self):
        with self.lock:
            self.objects.pop(self.path, None)
        self.answer(204, b"")

    def answer(self, status, content):
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        if status == 200:
            self.send_header("etag", f'"{hash(content):x}"')
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_):
        pass


def store():
    """Starts a store; gives where it is. It ends with the program."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Store)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}"


def programs(folder):
    """Writes the programs into a folder of the PATH."""
    for name, text in (("aws", AWS.format(python=sys.executable)), ("gcloud", GCLOUD)):
        path = folder / name
        path.write_text(text)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
