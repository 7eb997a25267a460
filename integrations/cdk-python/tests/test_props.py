"""Arguments as people write them: which file counts, patterns, suffixes, own arguments, objects of others, injection."""

import contextlib
import io
import json
import os
from types import SimpleNamespace
from unittest import mock

import aws_cdk
import barrow_cdk
import jsii
from aws_cdk import App, Stack
from aws_cdk import aws_lambda as lambda_
from barrow_cdk import BarrowError, BundlingOptions, PythonFunction, PythonLayerVersion
from support import PYTHON, REPOSITORY, SynthesisTest, tree

PROJECT = '[project]\nname = "x"\nversion = "1"\ndependencies = [\n  "barrow-hello", # one\n]\n'


class PropsTest(SynthesisTest):
    def folder_of(self, files):
        """A folder with these files and a handler."""
        self.outputs += 1
        entry = self.folder / f"function{self.outputs}"
        for name, content in {"index.py": "", **files}.items():
            (entry / name).parent.mkdir(parents=True, exist_ok=True)
            (entry / name).write_text(content)
        return entry

    def asset(self, entry, bundling=None):
        """Hash and folder of the asset of one function."""
        make = lambda stack: PythonFunction(stack, "F", entry=str(entry), runtime=PYTHON, bundling=bundling)
        return self.synthesise(make)[0]["F"]

    def installs(self, entry, bundling=None):
        return (self.asset(entry, bundling)[1] / "barrow_hello").is_dir()

    def test_asset_excludes_leave_out_what_rsync_leaves_out(self):
        table = json.loads((REPOSITORY / "tests/integrations/asset_excludes.json").read_text())
        entry = self.folder_of({**dict.fromkeys(table["files"], ""), "requirements.txt": "barrow-hello\n"})

        def define(stack):
            for number, case in enumerate(table["cases"]):
                bundling = {"asset_excludes": case["excludes"]}
                PythonFunction(stack, f"F{number}", entry=str(entry), runtime=PYTHON, bundling=bundling)

        assets, _ = self.synthesise(define)
        for number, case in enumerate(table["cases"]):
            left = [file for file in table["files"] if not (assets[f"F{number}"][1] / file).exists()]
            self.assertEqual(sorted(left), sorted(case["left_out"]), case["excludes"])

    def test_relative_requirements_start_at_the_folder_of_the_function(self):
        (self.folder / "requirements.txt").write_text("barrow-greeting\n")
        entry = self.folder_of({"requirements.txt": "-r more/base.txt\n", "more/base.txt": "barrow-hello\n"})
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.folder)
        for bundling in (None, {"requirements": ["requirements.txt"]}, {"barrow_args": ["-r", "requirements.txt"]}):
            _, asset = self.asset(entry.name, bundling)
            self.assertTrue((asset / "barrow_hello").is_dir() and not (asset / "barrow_greeting/template.py").exists())

    def test_which_file_counts_is_as_in_the_docker_based_module(self):
        requirements = {"requirements.txt": "barrow-hello\n"}
        for files, installs in (
            ({"pyproject.toml": '[tool.ruff]\nline-length = 100\n[tool.poetry]\nname = "x"\n'}, False),
            ({"pyproject.toml": '[project]\nname = "x"\ndependencies = []\n[project.urls]\ndependencies = ["x"]\n'}, False),
            ({"Pipfile": '[packages]\nbarrow-hello = "*"\n'}, False),
            ({**requirements, "pyproject.toml": PROJECT.replace("barrow-hello", "nowhere")}, True),
            ({**requirements, "uv.lock": "not looked at", "pylock.toml": "not looked at"}, True),
            ({"pyproject.toml": PROJECT}, True),
        ):
            self.assertIs(self.installs(self.folder_of(files)), installs, files)

    def test_dependencies_without_a_lock_are_installed_with_a_word_about_it_or_left_out(self):
        entry = self.folder_of({"pyproject.toml": PROJECT})
        with contextlib.redirect_stderr(io.StringIO()) as said:
            self.assertTrue(self.installs(entry))
        self.assertIn("`bundling=BundlingOptions(requirements=[])` leaves them out", said.getvalue())
        self.assertFalse(self.installs(entry, BundlingOptions(requirements=[])))

    def test_suffixes_are_read_as_people_write_them_with_archive_too(self):
        entry = self.folder_of({"requirements.txt": "barrow-hello\n"})
        plain, python = tree(self.asset(entry)[1]), tree(self.asset(entry, {"output_path_suffix": "python"})[1])
        for suffix, expected in (("", plain), (".", plain), ("/", plain), ("/python", python), ("python/", python)):
            self.assertEqual(tree(self.asset(entry, {"output_path_suffix": suffix})[1]), expected, suffix)
            zipped = self.asset(entry, {"output_path_suffix": suffix, "archive": True})[1]
            self.assertEqual(zipped.suffix, ".zip", suffix)
        for suffix in ("..", "../x", "/../x", "python/../.."):
            with self.assertRaisesRegex(BarrowError, "leads outside the asset"):
                self.asset(entry, {"output_path_suffix": suffix})

    def test_check_knows_the_handler_and_what_an_earlier_synthesis_has_made(self):
        entry = self.folder_of({"app/index.py": "import gone\n\ndef handler(event, context):\n    return 1\n"})
        layer = self.folder_of({"gone.py": ""})
        arn = "arn:aws:lambda:eu-west-1:123456789012:layer:theirs:1"
        outdir = str(self.folder / "cdk.out")

        def synthesise(layers=None, **bundling):
            app = App(outdir=outdir)
            stack = Stack(app, "Test")
            PythonFunction(
                stack,
                "F",
                entry=str(entry),
                runtime=PYTHON,
                index="app/index.py",
                bundling=BundlingOptions(**bundling),
                layers=layers and [layers(stack)],
            )
            app.synth()

        def ours(stack):
            options = BundlingOptions(check=True)
            return PythonLayerVersion(stack, "L", entry=str(layer), compatible_runtimes=[PYTHON], bundling=options)

        synthesise()
        for _ in range(2):
            with self.assertRaisesRegex(BarrowError, r"error\[BAR012\]: `gone` is imported"):
                synthesise(check=True)
        synthesise(ours, check=True)
        synthesise(lambda stack: lambda_.LayerVersion.from_layer_version_arn(stack, "L", arn), check=True)
        (layer / "gone.py").rename(layer / "other.py")
        with self.assertRaisesRegex(BarrowError, r"error\[BAR012\]"):
            synthesise(ours, check=True)

    def test_own_arguments_reach_barrow_and_hold_no_secrets(self):
        more = '[project.optional-dependencies]\nmore = ["barrow-greeting"]\n[dependency-groups]\nwork = ["barrow-greeting"]\n'
        handler = "def handler(event, context):\n    return 1\n"
        entry = self.folder_of({"pyproject.toml": PROJECT + more, "index.py": handler})
        base, _ = self.asset(entry)
        for bundling in (BundlingOptions(extras=["more"]), BundlingOptions(groups=["work"])):
            key, asset = self.asset(entry, bundling)
            self.assertTrue((asset / "barrow_greeting").is_dir() and key != base)
        self.assertNotEqual(self.asset(entry, BundlingOptions(exclude_runtime=True))[0], base)
        self.assertEqual(self.asset(entry, BundlingOptions(check=True))[0], base)
        report = self.folder / "report.html"
        self.assertEqual(self.asset(entry, BundlingOptions(report=str(report)))[0], base)
        self.assertIn("barrow-hello", report.read_text())
        slim = {self.asset(entry, BundlingOptions(slim=slim))[0] for slim in (False, True, ["botocore=s3"])}
        self.assertEqual(len(slim), 3)
        self.assertIn(base, slim)
        index = os.environ["BARROW_INDEX_URL"]
        with mock.patch.dict(os.environ, {"BARROW_INDEX_URL": ""}):
            self.assertTrue(self.installs(entry, BundlingOptions(index_url=index)))
        for secret in ({"index_url": "https://a:b@host/"}, {"extra_index_urls": ["https://a:b@host/"]}):
            with self.assertRaisesRegex(BarrowError, "holds credentials"):
                BundlingOptions(**secret)

    def test_hints_name_options_and_not_flags(self):
        program = self.folder / "barrow"
        said = "error: no wheel\nhint: allow it with `--allow-build tiny`, or offer one with `--find-links`"
        program.write_text(f"#!/bin/sh\ncat > \"$BARROW_ERROR_FILE\" <<'END'\n{said}\nEND\nexit 1\n")
        program.chmod(0o755)
        with self.assertRaises(BarrowError) as raised:
            self.asset(self.folder_of({}), {"binary": str(program)})
        wanted = (
            'hint: allow it with `bundling=BundlingOptions(allow_build=["tiny"])`, '
            'or offer one with `bundling=BundlingOptions(barrow_args=["--find-links"])`'
        )
        self.assertTrue(str(raised.exception).endswith(wanted), raised.exception)

    def test_options_of_the_docker_based_module_are_accepted_as_they_are(self):
        class Hooks:
            def before_bundling(self, input_dir, output_dir):
                return []

            def after_bundling(self, input_dir, output_dir):
                return ["touch after"]

        hooks = jsii.implements(barrow_cdk.ICommandHooks)(Hooks)()
        values = {"asset_excludes": ["tests"], "command_hooks": hooks, "poetry_include_hashes": True, "volumes": [], "image": None}
        entry = self.folder_of({"tests/test.py": "", "requirements.txt": "barrow-hello\n"})
        # jsii's objects keep their values in a table of this name.
        _, asset = self.asset(entry, SimpleNamespace(_values=values))
        self.assertTrue((asset / "after").exists() and not (asset / "tests").exists())
        with self.assertRaisesRegex(BarrowError, "`bundling` is a list"):
            self.asset(entry, ["tests"])
        self.assertEqual(BundlingOptions(build_args={}, volumes=[], command=[]), BundlingOptions(build_args={}, volumes=[], command=[]))

    def test_props_are_objects_as_those_of_jsii(self):
        entry = self.folder_of({"requirements.txt": "barrow-hello\n"})
        props = barrow_cdk.PythonFunctionProps(entry=str(entry), runtime=PYTHON, memory_size=300)
        self.assertEqual((props.memory_size, props.index), (300, None))
        assets, _ = self.synthesise(lambda stack: PythonFunction(stack, "F", **props.arguments()))
        self.assertIn("F", assets)
        layer = barrow_cdk.PythonLayerVersionProps(entry=str(entry))
        assets, _ = self.synthesise(lambda stack: PythonLayerVersion(stack, "L", **layer.arguments()))
        self.assertEqual(os.listdir(assets["L"][1]), ["python"])

    def test_property_injectors_know_the_constructs_by_names_of_their_own(self):
        if not hasattr(aws_cdk, "PropertyInjectors"):
            self.skipTest("this version of the CDK has no property injectors")

        @jsii.implements(aws_cdk.IPropertyInjector)
        class Injector:
            @property
            def construct_unique_id(self):
                return PythonFunction.PROPERTY_INJECTION_ID

            def inject(self, original_props, *, scope, id):
                return {"memory_size": 321, "bundling": {"asset_excludes": ["*.txt"]}, **original_props}

        entry = self.folder_of({"requirements.txt": "barrow-hello\n", "notes.txt": ""})
        app = App(outdir=str(self.folder / "injected"))
        aws_cdk.PropertyInjectors.of(app).add(Injector())
        stack = Stack(app, "Test")
        PythonFunction(stack, "F", entry=str(entry), runtime=PYTHON)
        PythonFunction(stack, "G", entry=str(entry), runtime=PYTHON, memory_size=654)

        @jsii.implements(aws_cdk.IPropertyInjector)
        class OfLayers:
            @property
            def construct_unique_id(self):
                return PythonLayerVersion.PROPERTY_INJECTION_ID

            def inject(self, original_props, *, scope, id):
                return {**original_props, "description": "injected"}

        # The nearest one counts.
        aws_cdk.PropertyInjectors.of(stack).add(OfLayers())
        PythonLayerVersion(stack, "L", entry=str(entry), compatible_runtimes=[PYTHON])
        assembly = app.synth()
        resources = assembly.get_stack_by_name("Test").template["Resources"].values()
        functions = [it["Properties"] for it in resources if it["Type"] == "AWS::Lambda::Function"]
        self.assertEqual([properties["MemorySize"] for properties in functions], [321, 654])
        [layer] = [it["Properties"] for it in resources if it["Type"] == "AWS::Lambda::LayerVersion"]
        self.assertEqual(layer["Description"], "injected")
        key = functions[0]["Code"]["S3Key"].removesuffix(".zip")
        self.assertFalse((self.folder / f"injected/asset.{key}/notes.txt").exists())
        self.assertEqual(PythonFunction.PROPERTY_INJECTION_ID, "barrow-cdk.PythonFunction")
