"""The shell parts of the GitHub action, run as a runner runs them."""

import hashlib
import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path


def check(barrow, action, folder, index):
    """`barrow` is the program, `action` the folder of the action, `index` a folder of wheels with a project `barrow-colours`."""
    # What an earlier run has made would be unchanged now.
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    installs(barrow, action, folder)
    builds(barrow, action, folder, index)


def step(script, folder, **variables):
    """Runs a script with the files that a runner gives it; gives its status, what it said, its outputs and the summary."""
    files = {name: folder / name.lower() for name in ("GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")}
    for file in files.values():
        file.write_text("")
    environment = {**os.environ, "RUNNER_TEMP": str(folder / "temp"), **{name: str(file) for name, file in files.items()}, **variables}
    (folder / "temp").mkdir(exist_ok=True)
    result = subprocess.run(
        ["bash", str(script)], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    return result.returncode, result.stdout, files["GITHUB_OUTPUT"].read_text(), files["GITHUB_STEP_SUMMARY"].read_text()


def installs(barrow, action, folder):
    script = action / "install.sh"
    status, told, output, _ = step(script, folder, INPUT_PROGRAM=str(barrow))
    assert status == 0 and f"program={barrow}\n" in output and "cache-dir=" in output, told + output
    archive = folder / "barrow.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(barrow, "barrow-0/barrow")
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    url = archive.as_uri()
    status, told, output, _ = step(script, folder, INPUT_ARCHIVE_URL=url, INPUT_ARCHIVE_SHA256=digest)
    assert status == 0 and "program=" in output, told
    status, told, output, _ = step(script, folder, INPUT_ARCHIVE_URL=url, INPUT_ARCHIVE_SHA256="0" * 64)
    assert status == 1 and "nothing was installed" in told and not output, told
    status, told, output, _ = step(script, folder, INPUT_ARCHIVE_URL=url)
    assert status == 1 and "needs archive-sha256" in told, told
    archive.unlink()


def builds(barrow, action, folder, index):
    script = action / "build.sh"
    for name in ("one", "two"):
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "app.py").write_text("")
    (folder / "one" / "requirements.txt").write_text("barrow-colours\n")
    (folder / "two" / "requirements.txt").write_text("")
    (folder / "barrow.toml").write_text(
        f'index-url = "{index}"\n[defaults]\nruntime = "python3.12"\n'
        '[[function]]\nsource = "one"\noutput = "build/one.zip"\n[[function]]\nsource = "two"\n'
    )
    variables = {"BARROW": str(barrow), "BARROW_CACHE_DIR": str(folder / "cache")}
    status, told, output, summary = step(script, folder, **variables)
    assert status == 0 and "::error" not in told, told
    first, *lines, last = output.splitlines()
    assert first == f"result<<{last}", output
    assert [unit["state"] for unit in json.loads("\n".join(lines))["units"]] == ["built", "built"], output
    assert "| one | python3.12, x86_64 | built |" in summary, summary
    (folder / "one" / "requirements.txt").write_text("absent\n")
    status, told, output, summary = step(script, folder, INPUT_ARGUMENTS="one two --jobs 1", **variables)
    assert status == 1 and "::error title=barrow build::one (python3.12, x86_64)" in told, told
    assert "| one | python3.12, x86_64 | **failed** |" in summary and "| two |" in summary, summary
    spaces(folder, script, variables)
    status, told, _, _ = step(script, folder, INPUT_COMMAND="cache clean", **variables)
    assert status == 2 and "not `cache clean`" in told, told


def spaces(folder, script, variables):
    """Names and paths with spaces, as quoted words; nothing of a shell has a meaning in them."""
    (folder / "my function").mkdir(exist_ok=True)
    (folder / "my function" / "app.py").write_text("")
    toml = folder / "barrow.toml"
    toml.write_text(toml.read_text() + '[[function]]\nsource = "my function"\n')
    for words in ('"my function" --jobs 1', "'my function'\n  --jobs\n  1\n", "my\\ function --jobs 1"):
        status, told, output, _ = step(script, folder, INPUT_ARGUMENTS=words, **variables)
        assert status == 0 and '"name":"my function"' in output.replace(": ", ":"), (words, told, output)
    status, told, _, _ = step(script, folder, INPUT_ARGUMENTS='"my function', **variables)
    assert status == 2 and "a quote in `arguments` is not closed" in told, told
    status, told, _, _ = step(script, folder, INPUT_ARGUMENTS="$(touch made) `touch made` ; touch made", **variables)
    assert status == 2 and not (folder / "made").exists() and "there is no unit" in told, told
    cache = {**variables, "BARROW_CACHE_DIR": str(folder / "a cache")}
    status, told, _, _ = step(script, folder, INPUT_ARGUMENTS="two", **cache)
    assert status == 0 and (folder / "a cache").is_dir(), told
