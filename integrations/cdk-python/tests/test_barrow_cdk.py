"""The constructs on the real aws-cdk-lib, with the fixture index: ``python -m unittest discover tests``."""

import base64
import contextlib
import functools
import http.server
import json
import os
import subprocess
import threading
import unittest
import zipfile
from pathlib import Path
from unittest import mock

import barrow_cdk
from aws_cdk import AssetHashType
from aws_cdk import aws_lambda as lambda_
from barrow_cdk import BarrowBundling, BarrowError, BundlingOptions, PythonFunction, PythonLayerVersion
from constructs import Construct
from support import ARM, BINARY, FIXTURES, INTEL, PYTHON, SynthesisTest, tree



class BarrowCdkTest(SynthesisTest):
    def test_each_architecture_has_a_bundle_of_its_own_that_equals_what_barrow_makes(self):
        entry = self.function()

        def define(stack):
            PythonFunction(stack, "Arm", entry=str(entry), runtime=PYTHON, architecture=ARM)
            PythonFunction(stack, "Intel", entry=str(entry), runtime=PYTHON, architecture=INTEL, memory_size=512)

        assets, _ = self.synthesise(define)
        for name, arch in (("Arm", "arm64"), ("Intel", "x86_64")):
            expected = self.folder / arch
            arguments = ["bundle", str(entry), "-o", str(expected), "--runtime", "python3.13", "--arch", arch, "-q"]
            subprocess.run([BINARY, *arguments], check=True)
            self.assertEqual(tree(assets[name][1]), tree(expected))
        self.assertNotEqual(tree(assets["Arm"][1]), tree(assets["Intel"][1]))

    def test_a_bare_hook_too_has_a_bundle_for_each_architecture(self):
        entry = str(self.function())

        def define(stack):
            for architecture in (ARM, INTEL):
                bundling = BarrowBundling(entry, PYTHON, architecture).bundling_options()
                code = lambda_.Code.from_asset(entry, asset_hash_type=AssetHashType.OUTPUT, bundling=bundling)
                name = architecture.name.replace("_", "")
                lambda_.Function(stack, name, runtime=PYTHON, architecture=architecture, handler="index.handler", code=code)

        assets, _ = self.synthesise(define)
        self.assertTrue(any("aarch64" in path for path in tree(assets["arm64"][1])))
        self.assertTrue(any("x86_64" in path for path in tree(assets["x8664"][1])))

    def test_a_layer_has_python_at_its_root(self):
        entry = self.function("barrow-greeting\n")

        def define(stack):
            props = {"entry": str(entry), "compatible_runtimes": [PYTHON], "compatible_architectures": [ARM]}
            PythonLayerVersion(stack, "Folder", **props)
            PythonLayerVersion(stack, "Zip", **props, bundling={"archive": True})

        assets, _ = self.synthesise(define)
        self.assertEqual(os.listdir(assets["Folder"][1]), ["python"])
        self.assertTrue((assets["Folder"][1] / "python/barrow_greeting").is_dir())
        self.assertEqual(sorted(zipfile.ZipFile(assets["Zip"][1]).namelist()), sorted(tree(assets["Folder"][1])))

    def test_the_hash_is_the_same_in_another_folder_and_changes_with_every_input(self):
        def hash_of(entry, before=0, **props):
            def define(stack):
                for count in range(before):
                    Construct(stack, f"Other{count}")
                PythonFunction(stack, "F", entry=str(entry), runtime=PYTHON, **props)

            return self.synthesise(define)[0]["F"][0]

        entry = self.function("-r base.in\n")
        (entry / "base.in").write_text("barrow-hello\n")
        base = hash_of(entry)
        other = self.function("-r base.in\n", "other/checkout/function")
        (other / "base.in").write_text("barrow-hello\n")
        self.assertEqual(hash_of(other, before=3), base)
        self.assertEqual(hash_of(entry, bundling=BundlingOptions(environment={"TOKEN": "rotated"})), base)
        self.assertNotEqual(hash_of(entry, architecture=ARM), base)
        self.assertNotEqual(hash_of(entry, bundling=BundlingOptions(asset_excludes=["base.in"])), base)
        (other / "base.in").write_text("barrow-hello==1.0\n")
        self.assertNotEqual(hash_of(other), base)

    def test_a_failure_fails_the_synthesis_with_the_message_of_barrow(self):
        entry = str(self.function("barrow-hello==99\n"))
        with self.assertRaisesRegex(Exception, "Failed to bundle asset(.|\n)*barrow-hello==99(.|\n)*only version is 1.0"):
            self.synthesise(lambda stack: PythonFunction(stack, "F", entry=entry, runtime=PYTHON))
        self.assertIs(BarrowBundling(entry, PYTHON, fallback_to_docker=True).try_bundle(str(self.folder / "x")), False)

    def test_a_stack_that_is_not_selected_does_not_call_barrow(self):
        entry = str(self.function())
        with mock.patch.dict(os.environ, {"BARROW_BIN": "/nonexistent/barrow"}):
            self.synthesise(
                lambda stack: PythonFunction(stack, "F", entry=entry, runtime=PYTHON), {"aws:cdk:bundling-stacks": []}
            )

    def test_nothing_that_cdk_hashes_holds_a_path_or_a_secret(self):
        url = "https://u:secret@host/simple/"
        arguments = ["--index-url", url, f"--find-links={self.folder}/wheels", "-r", f"{self.folder}/base.txt"]
        options = BundlingOptions(environment={"PIP_INDEX_URL": url}, binary="/somewhere", barrow_args=arguments)
        identity = BarrowBundling(str(self.function()), PYTHON, options=options).identity()
        text = json.dumps(identity)
        self.assertFalse([word for word in ("secret", "/somewhere", str(self.folder)) if word in text], text)
        self.assertIn("--find-links=../wheels", identity)

    def test_a_function_without_requirements_is_its_source(self):
        entry = self.function()
        (entry / "requirements.txt").unlink()
        assets, _ = self.synthesise(lambda stack: PythonFunction(stack, "F", entry=str(entry), runtime=PYTHON))
        self.assertEqual(list(tree(assets["F"][1])), ["index.py"])

    def test_options_of_a_container_are_refused_with_the_reason(self):
        with self.assertRaisesRegex(BarrowError, "`build_args` cannot be honoured: there is no image"):
            BundlingOptions(build_args={"PIP_INDEX_URL": "x"})
        with self.assertRaisesRegex(BarrowError, "leads outside the asset"):
            BarrowBundling("x", PYTHON, options={"output_path_suffix": "../out"})
        BundlingOptions(poetry_include_hashes=True, network="host")

    def test_the_program_is_found_or_its_installation_is_explained(self):
        with mock.patch.dict(os.environ, {"BARROW_BIN": "", "PATH": "/nonexistent"}):
            with self.assertRaisesRegex(BarrowError, "Install it beside this Python or on PATH"):
                barrow_cdk.find_binary()
            self.assertEqual(barrow_cdk.find_binary(BINARY), BINARY)

    def test_a_private_index_takes_its_credentials_from_netrc_and_none_of_them_reach_the_cloud_assembly(self):
        netrc, entry = self.folder / "netrc", str(self.function())
        netrc.write_text("machine 127.0.0.1 login reader password sesame-4711\n")
        netrc.chmod(0o600)
        with private_index("reader:sesame-4711") as (url, refused):
            environment = {"BARROW_INDEX_URL": url, "NETRC": str(netrc)}
            with mock.patch.dict(os.environ, environment):
                _, outdir = self.synthesise(lambda stack: PythonFunction(stack, "F", entry=entry, runtime=PYTHON))
        self.assertEqual(refused, [])
        for file in filter(Path.is_file, outdir.rglob("*")):
            self.assertNotIn(b"sesame", file.read_bytes(), file)


@contextlib.contextmanager
def private_index(userinfo):
    """The fixture index behind Basic authentication: its URL, and the paths that were asked for without credentials."""
    wanted, refused = "Basic " + base64.b64encode(userinfo.encode()).decode(), []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def do_GET(self):
            if self.headers.get("Authorization") == wanted:
                super().do_GET()
            else:
                refused.append(self.path)
                self.send_error(401)

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(FIXTURES)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/simple/", refused
    finally:
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    unittest.main()
