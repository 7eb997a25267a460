"""Stacks in the shapes that people publish, in Python: ``python -m unittest corpus``, with a stand-in for Docker in CDK_DOCKER.

With the module exchanged and nothing else, each asset is what the command line of the Docker-based module makes of the same
source, hashes are stable, and no source is touched. ``tests/integrations/run`` sets the variables, and the TypeScript package has more.
"""

import re
import unittest
from pathlib import Path

import barrow_cdk
import jsii
from aws_cdk import App, Duration, NestedStack, Stack, Stage
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_python_alpha as alpha
from aws_cdk import pipelines
from aws_cdk.assertions import Template
from support import SynthesisTest, tree

PYTHON = lambda_.Runtime.PYTHON_3_13
HANDLER = "import barrow_greeting\n\n\ndef handler(event, context):\n    return barrow_greeting\n"
FUNCTION = {"index.py": HANDLER, "requirements.txt": "barrow-greeting\n"}

# What installers write for themselves, and `bin`, whose scripts name the installer's own Python.
OF_INSTALLERS = re.compile(r"(?:.*/)?(?:RECORD|INSTALLER|REQUESTED|direct_url\.json)|.*__pycache__/.*|(?:python/)?bin/(?!tool).*")


@jsii.implements(alpha.ICommandHooks)
class Hooks:
    """Hooks as they are written for the Docker-based module."""

    def __init__(self, before=(), after=()):
        self._before, self._after = before, after

    def before_bundling(self, input_dir, output_dir):
        return [command.format(input=input_dir, output=output_dir) for command in self._before]

    def after_bundling(self, input_dir, output_dir):
        return [command.format(input=input_dir, output=output_dir) for command in self._after]


def below(folder, files):
    return {f"{folder}/{name}": text for name, text in files.items()}


def one_function(stack, python, at, **props):
    return python.PythonFunction(stack, "F", entry=at("lambda"), runtime=PYTHON, **props)


def with_options(stack, python, at):
    options = python.BundlingOptions(asset_excludes=["tests", "*.md", ".venv"], output_path_suffix=".", environment={"A": "b"})
    timeout = Duration.seconds(30)
    one_function(stack, python, at, index="api.py", handler="handler", memory_size=512, timeout=timeout, bundling=options)


def with_hooks_that_delete(stack, python, at):
    hooks = Hooks(after=["rm -rf tests", "find {output} -name '*.md' -delete", "rm -rf {output}/docs"])
    one_function(stack, python, at, bundling=python.BundlingOptions(command_hooks=hooks))


def with_hooks_that_export_and_copy(stack, python, at):
    before = ["export VERSION=$(cat version.txt)", "echo \"VERSION = '$VERSION'\" > {input}/generated.py"]
    after = ["mkdir -p {output}/assets && cp -r {input}/templates {output}/assets/", 'echo "$VERSION" > stamp.txt', "cd assets", "ls > ../list"]
    options = python.BundlingOptions(asset_excludes=["templates", "version.txt"], command_hooks=Hooks(before, after))
    one_function(stack, python, at, bundling=options)


def layers(stack, python, at):
    shared = python.PythonLayerVersion(
        stack,
        "Shared",
        entry=at("shared"),
        compatible_runtimes=[PYTHON, lambda_.Runtime.PYTHON_3_12],
        compatible_architectures=[lambda_.Architecture.X86_64, lambda_.Architecture.ARM_64],
        bundling=python.BundlingOptions(asset_excludes=["*.md"]),
    )
    one_function(stack, python, at, layers=[shared])


def stages(stack, python, at):
    repository = pipelines.CodePipelineSource.connection("owner/app", "main", connection_arn="arn:aws:codestar-connections:x")
    synth = pipelines.ShellStep("Synth", input=repository, commands=["cdk synth"])
    pipeline = pipelines.CodePipeline(stack, "Pipeline", synth=synth)
    for name in ("Beta", "Prod"):
        stage = Stage(stack, name)
        one_function(Stack(stage, "Api"), python, at)
        pipeline.add_stage(stage)


def nested(stack, python, at):
    for number, index in enumerate(["a.py", "c/d.py"]):
        python.PythonFunction(NestedStack(stack, f"N{number}"), "F", entry=at("lambda"), runtime=PYTHON, index=index)


def snapshot(stack, python, at):
    one_function(stack, python, at, description="snapshot").add_alias("live")
    Template.from_stack(stack).has_resource_properties("AWS::Lambda::Function", {"Description": "snapshot"})


OWN = {"common/__init__.py": "", "common/db.py": "X = 1\n", "common/README.md": "", "requirements.txt": "barrow-greeting\n"}
INCLUDED = {"requirements.txt": "-r more/base.txt\n", "more/base.txt": "barrow-greeting>=0.1\n"}
STACKS = {
    "one function": (FUNCTION, one_function),
    "props and excludes": ({**FUNCTION, "api.py": HANDLER, "tests/test_api.py": "", "README.md": ""}, with_options),
    "hooks that delete": ({**FUNCTION, "tests/test.py": "", "docs/a.md": ""}, with_hooks_that_delete),
    "hooks that export and copy": ({**FUNCTION, "templates/a": "a\n", "version.txt": "1\n"}, with_hooks_that_export_and_copy),
    "layers of own packages": ({**FUNCTION, **below("../shared", OWN)}, layers),
    "stages of a pipeline": (FUNCTION, stages),
    "nested stacks": ({"a.py": HANDLER, "c/d.py": HANDLER, "requirements.txt": "barrow-greeting\n"}, nested),
    "requirements in several files": ({"index.py": HANDLER, **INCLUDED}, one_function),
    "no dependencies": ({"index.py": "", "pyproject.toml": "[tool.ruff]\nline-length = 100\n"}, one_function),
    "a snapshot": (FUNCTION, snapshot),
}


class CorpusTest(SynthesisTest):
    def assets(self, define, python, name):
        app = App(outdir=str(self.folder / name))
        define(Stack(app, "Corpus"), python, lambda place: str(self.folder / "app" / place))
        assets = Path(app.synth().directory).glob("asset.*")
        contents = {asset.name: tree(asset) for asset in assets if re.fullmatch(r"asset\.[0-9a-f]{64}", asset.name)}
        return {
            name: {path: what for path, what in content.items() if not OF_INSTALLERS.fullmatch(path)}
            for name, content in contents.items()
        }

    def check(self, files, define):
        for name, text in below("app/lambda", files).items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text(text)
        source = tree(self.folder / "app")
        ours = self.assets(define, barrow_cdk, "first")
        self.assertEqual(self.assets(define, barrow_cdk, "second"), ours)
        self.assertEqual(tree(self.folder / "app"), source)
        theirs = self.assets(define, alpha, "theirs")
        in_order = lambda assets: sorted(assets.values(), key=repr)
        self.assertEqual(in_order(ours), in_order(theirs))


for name, (files, define) in STACKS.items():

    def test(self, files=files, define=define):
        self.check(files, define)

    setattr(CorpusTest, f"test_{name.replace(' ', '_')}", test)


if __name__ == "__main__":
    unittest.main()
