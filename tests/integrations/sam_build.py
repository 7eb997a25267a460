"""`barrow sam build` beside the real `sam build` of the same template, folder by folder."""

import filecmp
import json
import shutil
from pathlib import Path

TEMPLATE = """\
# Two functions, a layer that both have, and one that is for SAM.
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Parameters:
  Runtime:
    Type: String
    Default: python3.9 # no longer
Globals:
  Function:
    Runtime: !Ref Runtime
    Timeout: 3
Resources:
  One:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: one/
      Handler: app.handler
      Layers: [!Ref Shared]
  Two:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: ./two
      Handler: app.handler
      Architectures: [x86_64]
  Same:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: ./two
      Handler: app.other
  Alone:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: alone
      Handler: app.handler
  Shared:
    Type: AWS::Serverless::LayerVersion
    Metadata:
      BuildMethod: python3.11
    Properties:
      ContentUri: layer
      CompatibleRuntimes: [python3.11]
  Ready:
    Type: AWS::Serverless::LayerVersion
    Properties:
      ContentUri: ready
  Made:
    Type: AWS::Serverless::Function
    Metadata:
      BuildMethod: makefile
    Properties:
      CodeUri: made
      Handler: app.handler
"""
FILES = {
    "one/app.py": "import requests, helpers\n\ndef handler(event, context):\n    return {'requests': requests.__version__, 'x': helpers.x}\n",
    "one/requirements.txt": "requests==2.32.5\n",
    "two/app.py": "def handler(event, context):\n    return 1\n",
    "two/requirements.txt": "markupsafe==3.0.3\njinja2==3.1.6\n",
    "two/package/__init__.py": "",
    "two/__pycache__/app.pyc": "",
    "alone/app.py": "",
    "layer/helpers.py": "x = 1\n",
    "layer/requirements.txt": "idna==3.10\n",
    "ready/python/mine.py": "",
    "made/app.py": "",
    "made/Makefile": "build-Made:\n\tcp app.py \"$(ARTIFACTS_DIR)\"\n",
}
OVERRIDES = ["--parameter-overrides", "ParameterKey=Runtime,ParameterValue=python3.11"]
BUILT = ["One", "Two", "Same", "Alone", "Shared"]
# What pip adds and SAM, which unpacks wheels by itself, does not; and programs, which it leaves out.
ONLY_OURS = {"INSTALLER", "bin"}


# Paths of all templates start in the folder that SAM's settings name, and nothing stands on the command line.
SETTINGS = {
    "samconfig.toml": """\
version = 0.1
[default.global.parameters]
stack_name = "shop"
parameter_overrides = "Rt=python3.8"
[default.build.parameters]
template_file = "infra/app.yaml"
base_dir = "code"
build_dir = "BUILD_DIR"
cached = true
parallel = true
exclude = ["Odd"]
parameter_overrides = "Rt=\\"python3.11\\" Stage=prod"
[prod.build.parameters]
template = "infra/app.yaml"
base_dir = "code"
build_dir = "BUILD_DIR"
exclude = "Odd"
manifest = "all.txt"
[prod.build.parameters.parameter_overrides]
Rt = "python3.11"
""",
    "infra/app.yaml": """\
Transform: AWS::Serverless-2016-10-31
Parameters:
  Rt: {Type: String}
  Stage: {Type: String, Default: test}
Globals:
  Function: {CodeUri: one, Runtime: !Ref Rt, Handler: app.handler}
Resources:
  One:
    Type: AWS::Serverless::Function
  Two:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: ./deep/two/}
  Odd:
    Type: AWS::Serverless::Function
    Properties: {Runtime: !Sub 'x${Stage}'}
  Shared:
    Type: AWS::Serverless::LayerVersion
    Metadata: {BuildMethod: python3.11}
    Properties: {ContentUri: layer, CompatibleRuntimes: [python3.11]}
  Ready:
    Type: AWS::Serverless::Function
    Metadata: {SkipBuild: true}
    Properties: {CodeUri: ready}
  Child:
    Type: AWS::Serverless::Application
    Properties:
      Location: child/template.yml
      Parameters: {Python: !Ref Rt}
""",
    "infra/child/template.yml": """\
Transform: AWS::Serverless-2016-10-31
Parameters:
  Python: {Type: String}
Resources:
  Inner:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: deep/two, Runtime: !Ref Python, Handler: app.handler}
""",
    "code/one/app.py": "def handler(event, context):\n    return 1\n",
    "code/one/requirements.txt": "idna==3.10\n",
    "code/deep/two/app.py": "def handler(event, context):\n    return 2\n",
    "code/layer/helpers.py": "",
    "code/layer/requirements.txt": "idna==3.10\n",
    "code/ready/app.py": "",
    "all.txt": "idna==3.9\n",
}


def write(folder, files):
    shutil.rmtree(folder, ignore_errors=True)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def settings(run, sam, folder):
    """What SAM's own settings file says, in both, for each of its environments."""
    for environment in ("default", "prod"):
        write(folder, SETTINGS)
        words = [] if environment == "default" else ["--config-env", environment]
        told = {}
        for side, command in (("theirs", [sam, "build", *words]), ("ours", ["barrow", "sam", "build", *words])):
            (folder / "samconfig.toml").write_text(SETTINGS["samconfig.toml"].replace("BUILD_DIR", side))
            told[side] = run(command, folder)
        places = ["One", "Two", "Shared", "Child/Inner"]
        for place in places:
            compare(folder / "theirs" / place, folder / "ours" / place)
        for side in ("theirs", "ours"):
            assert not (folder / side / "Odd").exists(), f"{side} has what is excluded"
            assert (folder / side / "One" / "idna").is_dir() and (folder / side / "Two" / "app.py").is_file(), side
        version = {"default": "3.10", "prod": "3.9"}[environment]
        assert (folder / "ours" / "One" / f"idna-{version}.dist-info").is_dir(), environment
        for name in ("template.yaml", "Child/template.yaml"):
            same_templates(*(read(run, sam, folder / side / name) for side in ("ours", "theirs")))
        assert "samconfig.toml says base_dir" in told["ours"], told["ours"]


def same_templates(ours, theirs):
    """Two templates say the same, but for what SAM notes in its own."""
    for resource in theirs["Resources"].values():
        metadata = resource.get("Metadata", {})
        metadata.pop("SamResourceId", None)
        if not metadata:
            resource.pop("Metadata", None)
    assert ours == theirs, json.dumps([ours, theirs], indent=1)


def check(run, sam, invoke, folder):
    """Builds with both, and compares. `run` runs a command to its end."""
    settings(run, sam, folder)
    write(folder, {"template.yaml": TEMPLATE, **FILES})
    run([sam, "build", *OVERRIDES, "--build-dir", folder / "theirs"], folder)
    told = run(["barrow", "sam", "build", *OVERRIDES, "--build-dir", "ours"], folder)
    assert "`Made` is left to SAM: its BuildMethod is makefile" in told, told
    for name in BUILT:
        compare(folder / "theirs" / name, folder / "ours" / name)
    ours, theirs = (read(run, sam, folder / side / "template.yaml") for side in ("ours", "theirs"))
    assert "# Two functions" in (folder / "ours" / "template.yaml").read_text(), "comments are kept"
    # The one that is left to SAM leads to its source from the new place.
    assert ours["Resources"]["Made"]["Properties"].pop("CodeUri") == "../made"
    theirs["Resources"]["Made"]["Properties"].pop("CodeUri")
    same_templates(ours, theirs)
    run([sam, "validate", "--lint", "-t", folder / "ours" / "template.yaml"], folder, AWS_DEFAULT_REGION="eu-west-1")
    together(run, sam, folder)
    answer = invoke(sam.parent / "python", folder / "ours" / "One", "app.handler", {}, [folder / "ours" / "Shared" / "python"])
    assert answer == {"requests": "2.32.5", "x": 1}, answer


def together(run, sam, folder):
    """SAM builds what is left to it, and barrow the rest on top of it, as its message says."""
    excluded = [word for name in BUILT for word in ("--exclude", name)]
    run([sam, "build", *OVERRIDES, *excluded], folder)
    run(["barrow", "sam", "build", *OVERRIDES, "-t", ".aws-sam/build/template.yaml", "--build-dir", ".aws-sam/all"], folder)
    resources = read(run, sam, folder / ".aws-sam" / "all" / "template.yaml")["Resources"]
    made = folder / ".aws-sam" / "all" / resources["Made"]["Properties"]["CodeUri"]
    assert (made / "app.py").is_file() and not (made / "Makefile").exists(), made
    assert resources["One"]["Properties"]["CodeUri"] == "One"
    compare(folder / "ours" / "One", folder / ".aws-sam" / "all" / "One")


def compare(theirs, ours):
    """Two folders are equal but for what is known."""
    different = []
    names = lambda side: {str(path.relative_to(side)) for path in side.rglob("*") if path.is_file()}
    for name in names(theirs) | names(ours):
        a, b = theirs / name, ours / name
        if not a.exists() and ONLY_OURS & set(Path(name).parts):
            continue
        if Path(name).name == "RECORD":
            continue
        if not (a.exists() and b.exists() and filecmp.cmp(a, b, shallow=False)):
            different.append(name)
    assert not different, f"{ours}: {different[:20]}"


def read(run, sam, path):
    """A template with its short forms written out, as SAM itself reads them."""
    script = "import json, sys; from samcli.yamlhelper import yaml_parse; print(json.dumps(yaml_parse(open(sys.argv[1]).read())))"
    return json.loads(run([sam.parent / "python", "-c", script, path], path.parent))
