"""The plugin for the Serverless Framework under the real `serverless package`, without Docker and without an account: that of
Serverless 3, and those of osls, which goes on from there."""

import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

FILES = {
    "orders/app.py": "import idna\n\ndef handler(event, context):\n    return 1\n",
    "orders/requirements.txt": "idna==3.10\n",
    "orders/notes.txt": "not deployed",
    "users.py": "def handler(event, context):\n    return 2\n",
    "mail.py": "def handler(event, context):\n    return 3\n",
    "requirements.txt": "certifi==2025.1.31\nidna==3.10\n",
    "index.js": "exports.handler = async () => 4\n",
}
INDIVIDUAL = """\
service: shop
frameworkVersion: "3"
plugins: [serverless-barrow]
provider: {name: aws, runtime: python3.12, architecture: arm64}
package: {individually: true, patterns: ["!**/notes.txt", "!node_modules/**", "!package*.json"]}
custom:
  pythonRequirements: {dockerizePip: true, noDeploy: [certifi]}
functions:
  orders: {handler: app.handler, module: orders}
  users: {handler: users.handler, runtime: python3.13, architecture: x86_64}
  web: {handler: index.handler, runtime: nodejs20.x}
"""
WHOLE = """\
service: shop
frameworkVersion: "3"
plugins: [serverless-barrow, ./no-account]
provider: {name: aws, runtime: python3.12}
custom: {pythonRequirements: {layer: true, pipCmdExtraArgs: ["--platform manylinux2014_x86_64"]}, barrow: {exclude: [orders, index.js, no-account.js, node_modules, "package*.json"]}}
functions:
  users: {handler: users.handler, layers: [{Ref: PythonRequirementsLambdaLayer}]}
  mail: {handler: mail.handler, layers: [{Ref: PythonRequirementsLambdaLayer}]}
  web: {handler: index.handler, runtime: nodejs20.x}
"""
# What packages a service: the package of npm, its program, and the version that a service asks for.
FRAMEWORKS = {"serverless@3": ("serverless", "3"), "osls@3": ("osls", "3"), "osls@4": ("osls", "4")}
# With a layer, Serverless asks the account what was deployed last. Here it has none.
NO_ACCOUNT = """\
module.exports = class {
  constructor(serverless) {
    const none = async () => {
      throw Object.assign(new Error("Stack with id shop-dev does not exist"), { code: "ValidationError", name: "ValidationError" });
    };
    const provider = serverless.getProvider("aws");
    provider.request = none;
    provider.getAwsSdkV3Config = async () => ({
      region: "us-east-1",
      credentials: { accessKeyId: "none", secretAccessKey: "none" },
      requestHandler: { handle: none },
    });
  }
};
"""


class Service:
    """A folder with a service, and the program that packages it."""

    def __init__(self, run, plugin, folder, framework):
        self.run, self.folder = run, folder
        program, self.version = FRAMEWORKS[framework]
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "node_modules" / program / "package.json").exists():
            (folder / "package.json").write_text('{"private": true}')
            run(["npm", "install", "--no-audit", "--no-fund", "--prefer-offline", "--no-package-lock", framework], folder)
        self.program = folder / "node_modules" / ".bin" / program
        installed = folder / "node_modules" / "serverless-barrow"
        if installed.is_symlink() or installed.exists():
            installed.unlink() if installed.is_symlink() else shutil.rmtree(installed)
        shutil.copytree(plugin, installed)
        for name, text in {**FILES, "no-account.js": NO_ACCOUNT}.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def package(self, text):
        """Runs `serverless package`; gives its status and what it said."""
        shutil.rmtree(self.folder / ".serverless", ignore_errors=True)
        (self.folder / "serverless.yml").write_text(text.replace('frameworkVersion: "3"', f'frameworkVersion: "{self.version}"'))
        environment = {
            **os.environ,
            "SLS_TELEMETRY_DISABLED": "1",
            "SLS_NOTIFICATIONS_MODE": "off",
            "SLS_INTERACTIVE_SETUP_ENABLE": "",
            "AWS_ACCESS_KEY_ID": "none",
            "AWS_SECRET_ACCESS_KEY": "none",
        }
        result = subprocess.run(
            [self.program, "package"],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return result.returncode, result.stdout


def check(run, plugin, folder, framework):
    """Packages two services by a framework; `run` runs a command to its end."""
    service = Service(run, plugin, folder, framework)
    individual(run, service)
    whole(run, service)
    failing(service)


def individual(run, service):
    folder = service.folder
    status, told = service.package(INDIVIDUAL)
    assert status == 0, told
    assert "`dockerizePip` is passed over: no container is needed" in told, told
    made = folder / ".serverless"
    run(
        ["barrow", "bundle", "orders", "-o", "orders.zip", "--runtime", "python3.12", "--arch", "arm64"]
        + ["--exclude-package", "certifi", "--exclude", "notes.txt"],
        folder,
    )
    assert (made / "orders.zip").read_bytes() == (folder / "orders.zip").read_bytes(), "orders is what barrow bundles"
    (folder / "orders.zip").unlink()
    users = names(made / "users.zip")
    assert "users.py" in users and "idna/__init__.py" in users and "orders/app.py" in users, users
    assert not [name for name in users if name.startswith(("certifi", "node_modules")) or name.endswith("notes.txt")], users
    assert names(made / "web.zip") >= {"index.js"} and not [name for name in names(made / "web.zip") if name.startswith("idna")]
    resources = json.loads((made / "cloudformation-template-update-stack.json").read_text())["Resources"]
    for function in ("Orders", "Users", "Web"):
        key = resources[f"{function}LambdaFunction"]["Properties"]["Code"]["S3Key"]
        assert key.endswith(f"/{function.lower()}.zip"), key


def whole(run, service):
    folder = service.folder
    status, told = service.package(WHOLE)
    assert status == 0, told
    made = folder / ".serverless"
    settings = [word for name in ("orders", "index.js", "no-account.js", "node_modules", "package*.json") for word in ("--exclude", name)]
    (folder / "empty.txt").write_text("")
    run(["barrow", "bundle", ".", "-o", "whole.zip", "--runtime", "python3.12", "-r", "empty.txt", "--exclude", "empty.txt", *settings], folder)
    archive = made / "shop-python3.12-x86_64.zip"
    assert names(archive) == names(folder / "whole.zip"), names(archive) ^ names(folder / "whole.zip")
    run(["barrow", "layer", "-r", "requirements.txt", "-o", "layer.zip", "--runtime", "python3.12"], folder)
    assert (made / "pythonRequirements.zip").read_bytes() == (folder / "layer.zip").read_bytes(), "the layer is what barrow makes"
    for name in ("whole.zip", "layer.zip", "empty.txt"):
        (folder / name).unlink()
    resources = json.loads((made / "cloudformation-template-update-stack.json").read_text())["Resources"]
    layer = resources["PythonRequirementsLambdaLayer"]["Properties"]
    assert layer["Content"]["S3Key"].endswith("/pythonRequirements.zip") and layer["CompatibleRuntimes"] == ["python3.12"], layer
    keys = {resources[f"{name}LambdaFunction"]["Properties"]["Code"]["S3Key"] for name in ("Users", "Mail")}
    assert len(keys) == 1 and keys.pop().endswith(f"/{archive.name}"), "one package for both"
    assert resources["WebLambdaFunction"]["Properties"]["Code"]["S3Key"].endswith("/shop.zip"), "what Serverless packs itself"


def failing(service):
    """What barrow says ends the packaging, and what would change the result is refused."""
    folder = service.folder
    status, told = service.package(INDIVIDUAL.replace("noDeploy: [certifi]", "zip: true"))
    assert status != 0 and "`zip` of pythonRequirements cannot be honoured" in told and "options.js" not in told, told
    before = (folder / "orders" / "requirements.txt").read_text()
    (folder / "orders" / "requirements.txt").write_text("idna==0.0.0\n")
    status, told = service.package(INDIVIDUAL)
    (folder / "orders" / "requirements.txt").write_text(before)
    assert status != 0 and "orders (python3.12, arm64)" in told and "idna" in told, told


def names(archive):
    return set(zipfile.ZipFile(archive).namelist())
