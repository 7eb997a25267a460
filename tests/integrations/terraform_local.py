"""The form of the Terraform module that needs no provider, under the real `terraform`: plan, apply, plan, edit, plan."""

import shutil
import subprocess
import zipfile

# What `terraform plan -detailed-exitcode` ends with.
EMPTY, CHANGES = 0, 2


def check(run, barrow, module, folder, index):
    """`run` runs a command to its end."""
    shutil.rmtree(folder, ignore_errors=True)
    source = folder / "function's own"
    source.mkdir(parents=True)
    (source / "app.py").write_text("x = 1\n")
    (source / "requirements.txt").write_text("barrow-colours\n")
    (folder / "main.tf").write_text(
        f'module "function" {{\n  source = "{module}"\n  source_path = "${{path.module}}/function\'s own"\n'
        f'  runtime = "python3.13"\n  architecture = "arm64"\n  barrow = "{barrow}"\n'
        f'  options = ["--index-url", "{index}"]\n}}\n'
        'output "path" { value = module.function.path }\noutput "hash" { value = module.function.source_hash }\n'
    )
    environment = {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
    run(["terraform", "fmt", "-check", module], folder)
    run(["terraform", "init", "-input=false"], folder, **environment)
    assert plan(folder) == CHANGES, "there is something to make"
    run(["terraform", "apply", "-auto-approve", "-input=false"], folder, **environment)
    made = folder / ".barrow" / "function.zip"
    assert "barrow_colours.py" in zipfile.ZipFile(made).namelist()
    assert plan(folder) == EMPTY, "nothing has changed"
    (source / "__pycache__").mkdir()
    (source / "__pycache__" / "app.cpython-313.pyc").write_text("")
    assert plan(folder) == EMPTY, "what a Python left there is no change"
    before = run(["terraform", "output", "-raw", "hash"], folder)
    (source / "app.py").write_text("x = 2\n")
    assert plan(folder) == CHANGES, "the source has changed"
    run(["terraform", "apply", "-auto-approve", "-input=false"], folder, **environment)
    assert zipfile.ZipFile(made).read("app.py") == b"x = 2\n"
    assert run(["terraform", "output", "-raw", "hash"], folder) != before
    assert plan(folder) == EMPTY


def plan(folder):
    command = ["terraform", "plan", "-input=false", "-detailed-exitcode", "-lock=false"]
    return subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
