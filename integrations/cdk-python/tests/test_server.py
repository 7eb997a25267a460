"""One process of barrow serves all functions of an app: nothing is older than its question, and nothing stays behind."""

import os
import subprocess
import sys
import textwrap
import time
import unittest
from pathlib import Path
from unittest import mock

from barrow_cdk import BundlingOptions, PythonFunction
from support import BINARY, PYTHON, SynthesisTest


class ServerTest(SynthesisTest):
    def watched(self, more=""):
        """Puts a program in the place of barrow that notes its process and its first word, does `more`, and is barrow then."""
        program, self.log = self.folder / "barrow", self.folder / "log"
        program.write_text(f"#!/bin/sh\necho \"$$ $1\" >> '{self.log}'\n{more}\nexec '{BINARY}' \"$@\"\n")
        program.chmod(0o755)
        self.enterContext(mock.patch.dict(os.environ, {"BARROW_BIN": str(program)}))

    def runs(self):
        return [line.split() for line in self.log.read_text().splitlines()]

    def hashes(self, *entries, **bundling):
        def define(stack):
            for number, entry in enumerate(entries):
                options = BundlingOptions(**bundling) if bundling else None
                PythonFunction(stack, f"F{number}", entry=str(entry), runtime=PYTHON, bundling=options)

        return [key for key, _ in self.synthesise(define)[0].values()]

    def test_many_functions_are_one_process_and_an_edit_between_two_of_them_is_seen(self):
        self.watched()
        entries = [self.function(name=f"function{number}") for number in range(5)]
        first = self.hashes(*entries)
        self.assertEqual(self.hashes(*entries), first)
        (entries[2] / "index.py").write_text("# edited\n")
        again = self.hashes(*entries)
        self.assertEqual([number for number in range(5) if first[number] != again[number]], [2])
        self.assertEqual([word for _, word in self.runs()], ["serve"])

    def test_variables_of_a_function_are_for_its_runs_alone(self):
        self.watched()
        entry, index = self.function(), os.environ["BARROW_INDEX_URL"]
        with mock.patch.dict(os.environ, {"BARROW_INDEX_URL": ""}):
            self.hashes(entry, environment={"BARROW_INDEX_URL": index})
            with self.assertRaisesRegex(Exception, "nonexistent"):
                self.hashes(entry, environment={"BARROW_INDEX_URL": "/nonexistent"})
        self.assertEqual(len(self.runs()), 2)

    def test_a_server_that_was_killed_is_replaced(self):
        self.watched()
        entry = self.function()
        first = self.hashes(entry)
        os.kill(int(self.runs()[0][0]), 9)
        self.assertEqual(self.hashes(entry), first)
        self.assertEqual(len(self.runs()), 2)

    def test_a_program_that_does_not_serve_is_run_for_each_function(self):
        self.watched('[ "$1" = serve ] && exit 2')
        self.hashes(self.function())
        self.assertEqual([word for _, word in self.runs()], ["serve", "fingerprint", "bundle"])

    @unittest.skipUnless(sys.platform == "linux", "processes are looked at in /proc")
    def test_no_process_stays_behind_however_the_app_ends(self):
        for end in ("", "os._exit(0)", "os.kill(os.getpid(), 9)"):
            with self.subTest(end):
                self.watched()
                entry = self.function(name=f"function{len(end)}")
                app = f"""
                    import os
                    from aws_cdk import App, Stack, aws_lambda
                    from barrow_cdk import PythonFunction
                    app = App(outdir={str(self.folder / "app.out")!r})
                    runtime = aws_lambda.Runtime("python3.13", aws_lambda.RuntimeFamily.PYTHON)
                    PythonFunction(Stack(app, "S"), "F", entry={str(entry)!r}, runtime=runtime)
                    {end}
                """
                command = [sys.executable, "-W", "error", "-c", textwrap.dedent(app)]
                done = subprocess.run(command, capture_output=True, text=True, check=False)
                self.assertNotIn("ResourceWarning", done.stderr)
                [process] = [pid for pid, word in self.runs() if word == "serve"]
                for _ in range(400):
                    if not is_running(process):
                        break
                    time.sleep(0.025)
                self.assertFalse(is_running(process), done.stderr)
                self.log.unlink()


def is_running(process):
    """What has ended and was not waited for yet is no longer running."""
    try:
        return "State:\tZ" not in Path("/proc", process, "status").read_text()
    except OSError:
        return False
