"""An index of a few lines on loopback: pages with digests, metadata beside the files, and files sent as slowly as asked."""

import contextlib
import hashlib
import http.server
import threading
import time
import zipfile


class Index(http.server.ThreadingHTTPServer):
    """Serves a folder of wheels."""

    daemon_threads = True

    def __init__(self, wheels):
        super().__init__(("127.0.0.1", 0), Handler)
        self.wheels = wheels
        # Set when half a file was sent while `is_slow`: the other half comes much later.
        self.half_sent = threading.Event()
        self.is_slow = False
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def words(self):
        """What names it on a command line."""
        return ["--index-url", f"http://127.0.0.1:{self.server_address[1]}/simple/"]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        parts = self.path.strip("/").split("/")
        wheel = self.server.wheels / parts[-1].removesuffix(".metadata")
        if parts[0] == "simple" and len(parts) == 2:
            self.send(self.page(parts[1]), "text/html")
        elif not wheel.is_file():
            self.send(None, "text/plain")
        elif parts[-1].endswith(".metadata"):
            with zipfile.ZipFile(wheel) as archive:
                name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
                self.send(archive.read(name), "text/plain")
        else:
            self.send(wheel.read_bytes(), "application/octet-stream", is_slow=self.server.is_slow)

    def page(self, project):
        lines = []
        for wheel in sorted(self.server.wheels.glob(f"{project}-*.whl")):
            digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
            lines.append(f'<a href="/files/{wheel.name}#sha256={digest}" data-core-metadata="true">{wheel.name}</a>\n')
        return "".join(lines).encode() or None

    def send(self, body, kind, is_slow=False):
        self.send_response(404 if body is None else 200)
        body = body or b""
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        # Fresh for long, so that a warm cache is what answers.
        self.send_header("Cache-Control", "max-age=600")
        self.end_headers()
        with contextlib.suppress(OSError):
            half = len(body) // 2 if is_slow else 0
            self.wfile.write(body[:half])
            if is_slow:
                self.wfile.flush()
                self.server.half_sent.set()
                time.sleep(20)
            self.wfile.write(body[half:])

    def log_message(self, *_):
        pass
