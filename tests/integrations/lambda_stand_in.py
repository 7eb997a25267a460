"""A stand-in of the Lambda Runtime API for one event, which the real `awslambdaric` asks and answers.

Source: AWS Lambda developer guide, "Using the Lambda runtime API for custom runtimes" (API version 2018-06-01).
"""

import http.server
import json
import os
import queue
import subprocess
import threading
import time

PREFIX = "/2018-06-01/runtime/"


def invoke(python, task_root, handler, event, layers=()):
    """Has `handler` of `task_root` answer `event` under `python`, which has awslambdaric; gives the answer."""
    answers = queue.Queue()
    events = [json.dumps(event).encode()]

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            if not events:
                # There is no second event: the runtime waits until it is ended.
                threading.Event().wait()
            self.send_response(200)
            self.send_header("Lambda-Runtime-Aws-Request-Id", "the-only-request")
            self.send_header("Lambda-Runtime-Deadline-Ms", "9999999999999")
            self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-1:123456789012:function:f")
            self.send_header("Lambda-Runtime-Trace-Id", "Root=1-00000000-000000000000000000000000")
            # Without it awslambdaric reads a null pointer.
            self.send_header("Content-Type", "application/json")
            self._body(events.pop())

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answers.put((self.path.removeprefix(PREFIX), body))
            self.send_response(202)
            self._body(b"{}")

        def _body(self, body):
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = {
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}",
        "LAMBDA_TASK_ROOT": str(task_root),
        "PYTHONPATH": os.pathsep.join(map(str, [task_root, *layers])),
        "PATH": os.environ["PATH"],
    }
    runtime = subprocess.Popen([python, "-m", "awslambdaric", handler], cwd=task_root, env=environment)
    try:
        while answers.empty() and runtime.poll() is None:
            time.sleep(0.05)
        if answers.empty():
            raise AssertionError(f"the runtime ended with status {runtime.returncode} and no answer")
        kind, body = answers.get()
    finally:
        runtime.kill()
        runtime.wait()
        server.shutdown()
    if kind != "invocation/the-only-request/response":
        raise AssertionError(f"{kind}: {body.decode()}")
    return json.loads(body)
