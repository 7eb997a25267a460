"""Command hooks run where a bundling container would run them, and reach nothing but their own copies."""

import contextlib
import os
import re
import subprocess
from pathlib import Path
from unittest import mock

from barrow_cdk import BundlingOptions, PythonFunction, PythonLayerVersion
from support import FIXTURES, PYTHON, SynthesisTest, tree

# Nothing here may do harm even when the hooks ran in a wrong place: the folder of the process, the one before it and the home
# are decoys of the test, which are compared as well. No path may become absolute by an empty variable.
DESTRUCTIVE = [
    "rm -rf tests",
    'rm -rf "${PWD:?}"',
    "rm -rf /asset-input/* /asset-output/*",
    'rm -rf "${OLDPWD:?}"/*',
    "cd - && rm -rf *",
    "rm -rf absolute/ relative absolute/*",
    'for file in $(find . -type f); do echo broken >> "$file"; done',
    "find . /asset-input /asset-output -type f -exec truncate -s 0 {} +",
    "find . -type f -exec sh -c 'printf X | dd of=\"$1\" bs=1 conv=notrunc 2>/dev/null' _ {} \\;",
    "chmod -R 000 tests index.py",
    "chmod -R 777 . && find . -type f -exec touch -d @0 {} +",
    "mv index.py gone.py && mv tests elsewhere",
    "echo broken > relative; echo broken > absolute/test_index.py",
    "git clean -ffdx .. ; git checkout -- . ; git reset --hard; true",
    "cd .. && rm -rf *",
    "exit 3",
]


class Hooks:
    """Command hooks as people write them; the lists may be functions of the two folders."""

    def __init__(self, before=(), after=()):
        self._before, self._after = before, after

    def before_bundling(self, input_dir, output_dir):
        return self._before(input_dir, output_dir) if callable(self._before) else list(self._before)

    def after_bundling(self, input_dir, output_dir):
        return self._after(input_dir, output_dir) if callable(self._after) else list(self._after)


class HooksTest(SynthesisTest):
    def asset(self, entry, before=(), after=(), layer=False):
        """The asset of one function or layer with hooks."""
        options = BundlingOptions(command_hooks=Hooks(before, after))
        if layer:
            make = lambda stack: PythonLayerVersion(
                stack, "F", entry=str(entry), compatible_runtimes=[PYTHON], bundling=options
            )
        else:
            make = lambda stack: PythonFunction(stack, "F", entry=str(entry), runtime=PYTHON, bundling=options)
        return self.synthesise(make)[0]["F"][1]

    def repository(self):
        """A function of a repository, with tests of its own, links and names of one file in two places."""
        entry = self.function(name="repository/function")
        root = entry.parent
        (entry / "tests").mkdir()
        (entry / "tests/test_index.py").write_text("def test():\n    pass\n")
        os.link(entry / "index.py", root / "second_name.py")
        (entry / "relative").symlink_to("tests/test_index.py")
        (entry / "absolute").symlink_to(entry / "tests")
        git = ["git", "-C", str(root), "-c", "user.name=T", "-c", "user.email=t@example.org"]
        for words in (["init", "-q"], ["add", "function/index.py"], ["commit", "-q", "-m", "first"]):
            subprocess.run([*git, *words], check=True)
        with (entry / "index.py").open("a") as file:
            file.write("# not committed\n")
        return root, entry

    def in_harmless_places(self):
        """Makes every folder that a command could find without being told it one of the test; gives that of all of them."""
        places = self.folder / "places"
        for name in ("app/here", "before/it", "home/user"):
            (places / name).mkdir(parents=True)
            (places / name / "file.txt").write_text(name)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(places / "app/here")
        variables = {
            "HOME": str(places / "home/user"),
            "OLDPWD": str(places / "before/it"),
            "XDG_STATE_HOME": str(self.folder / "state"),
            "GIT_CEILING_DIRECTORIES": str(self.folder),
        }
        self.enterContext(mock.patch.dict(os.environ, variables))
        return places

    def test_no_command_reaches_the_source_the_cache_or_another_asset(self):
        root, entry = self.repository()
        places = self.in_harmless_places()
        reference = self.asset(entry)
        watched = (root, places, reference, self.folder / "cache/installs-v2")
        where = self.asset(entry, ['echo "$PWD $OLDPWD" > /asset-output/where'], ['echo "$PWD $OLDPWD" >> where'])
        for place in (where / "where").read_text().split():
            self.assertTrue(re.fullmatch(r"/.*/barrow-\w{8}/asset-(in|out)put", place), "a harmless look before the harm")
        untouched = [everything(folder) for folder in watched]
        done = 0
        for command in DESTRUCTIVE:
            for hooks in ({"before": [command]}, {"after": [command]}):
                with self.subTest(**hooks):
                    # Whether there is still something that can be an asset is not the question.
                    with contextlib.suppress(RuntimeError):
                        self.asset(entry, **hooks)
                        done += 1
                    self.assertEqual([everything(folder) for folder in watched], untouched)
        self.assertGreater(done, 10)
        self.assertEqual(tree(self.asset(entry)), tree(reference))

    def test_commands_before_start_in_a_copy_of_the_entry_and_those_after_in_the_output(self):
        entry = self.function()
        asset = self.asset(
            entry,
            ["printf generated > generated.txt", "ls > /asset-output/before.txt", "echo barrow-greeting > requirements.txt"],
            ["ls > after.txt", "rm requirements.txt"],
        )
        self.assertEqual((asset / "before.txt").read_text(), "generated.txt\nindex.py\nrequirements.txt\n")
        self.assertIn("barrow_greeting\n", (asset / "after.txt").read_text())
        self.assertFalse((asset / "requirements.txt").exists())
        self.assertEqual(sorted(os.listdir(entry)), ["index.py", "requirements.txt"])

    def test_the_arguments_are_those_of_a_container_and_name_the_folders_of_this_run_in_commands(self):
        entry, seen = self.function(name="a function"), []

        def after(input_dir, output_dir):
            seen.extend([input_dir, output_dir])
            return [
                f"cp {input_dir}/index.py {output_dir}/copy.py",
                'cp -t/asset-output/python "/asset-input/requirements.txt"',
                f"echo 'x/asset-output /asset-outputs' > {output_dir}/text",
                "mkdir /asset-output/bin; touch /asset-output/bin/beside",
            ]

        asset = self.asset(entry, after=after, layer=True)
        self.assertEqual(seen, ["/asset-input", "/asset-output/python"])
        self.assertEqual(sorted(os.listdir(asset)), ["bin", "python"])
        self.assertTrue((asset / "python/copy.py").is_file())
        self.assertEqual((asset / "python/text").read_text(), "x/asset-output /asset-outputs\n")

    def test_variables_of_one_command_hold_for_the_next_and_for_barrow(self):
        before = [f"export BARROW_INDEX_URL={FIXTURES / 'simple'}", "export STAMP=one", "cd /"]
        with mock.patch.dict(os.environ, {"BARROW_INDEX_URL": "/nonexistent"}):
            after = ["mkdir -p inner && cd inner", "", 'echo "$STAMP" > stamp']
            asset = self.asset(self.function(), before, after)
        self.assertEqual((asset / "inner/stamp").read_text(), "one\n")
        self.assertTrue((asset / "barrow_hello").is_dir())

    def test_a_lock_above_the_entry_counts_as_barrow_counts_it(self):
        repository = self.folder / "repository"
        entry = repository / "services/api"
        entry.mkdir(parents=True)
        (repository / ".git").mkdir()
        (entry / "index.py").write_text("")
        (entry / "pyproject.toml").write_text(
            '[project]\nname = "api"\nversion = "1"\nrequires-python = ">=3.10"\ndependencies = ["barrow-hello"]\n'
        )
        lock = 'version = 1\nrequires-python = ">=3.10"\n[[package]]\nname = "api"\nversion = "1"\nsource = {{ editable = "{}" }}\n'.format
        # Of a repository around it, of others, and of a tool that has no workspaces.
        (self.folder / "uv.lock").write_text(lock("repository/services/api"))
        (repository / "uv.lock").write_text(lock("services/other"))
        (repository / "poetry.lock").write_text("")
        self.assertTrue((self.asset(entry, before=["true"]) / "barrow_hello").is_dir())
        (repository / "uv.lock").write_text(lock("services/api"))
        with self.assertRaisesRegex(Exception, "which is not below .*repository/uv.lock; give it a lock of its own"):
            self.asset(entry, before=["true"])

    def test_settings_of_uv_above_the_entry_count_for_the_copy_too_or_end_the_synthesis(self):
        del os.environ["BARROW_INDEX_URL"]
        repository = self.folder / "repository"
        entry = repository / "services/api"
        entry.mkdir(parents=True)
        (entry / "index.py").write_text("")
        (entry / "requirements.txt").write_text("barrow-hello\n")
        index = f'url = "{FIXTURES / "simple"}"\ndefault = true\n'
        (repository / "pyproject.toml").write_text(f"[[tool.uv.index]]\n{index}")
        with self.assertRaisesRegex(Exception, "what that says to uv would not count: say it in a `uv.toml` beside that file"):
            self.asset(entry, before=["true"])
        (repository / "uv.toml").write_text(f"[[index]]\n{index}")
        (repository / "pyproject.toml").write_text("[tool.uv]\npackage = false\n")
        self.assertTrue((self.asset(entry, before=["true"]) / "barrow_hello").is_dir())

    def test_native_code_that_the_target_cannot_load_ends_the_synthesis_with_its_name(self):
        def library(name, machine):
            """A command that writes the head of an ELF library. Machine 62 is x86_64, 183 arm64 (System V ABI)."""
            return rf"printf '\177ELF\002\001\001\0\0\0\0\0\0\0\0\0\003\0\{machine:o}\0' > {name}"

        entry = self.function()
        for after, message in (
            (["mkdir lib", library("lib/x.so.1.2", 183)], "left `lib/x.so.1.2`, which is for arm64(.|\n)*`requirements`"),
            ([library("x.cpython-311-x86_64-linux-gnu.so", 62)], "is for Python 3.11, and the target is python3.13"),
            (["printf '\\317\\372\\355\\376' > x.so"], "`x.so`, which is for macOS"),
            (["printf MZ > x.pyd"], "`x.pyd`, which is for Windows"),
        ):
            with self.assertRaisesRegex(Exception, message):
                self.asset(entry, after=after)
        self.asset(entry, after=[library("x.so", 62), "echo text > linker.so", 'cp $(find . -name "*.so" -path "*/*/*") .'])

    def test_a_command_that_fails_ends_the_synthesis(self):
        entry = self.function()
        for hooks, message in (
            ({"before": ["true", "exit 7"]}, r"command hook failed \(exit status 7\): true && exit 7"),
            ({"after": ["false"]}, r"command hook failed \(exit status 1\): false"),
            ({"before": ["exit 0"]}, "ended before anything was bundled: exit 0"),
            ({"before": ["echo barrow-hello==99 > requirements.txt"]}, r"barrow failed \(exit status 1\)(.|\n)*barrow-hello==99"),
        ):
            with self.assertRaisesRegex(Exception, message):
                self.asset(entry, **hooks)


def everything(folder):
    """What is at every path of a folder, with the times of its files."""
    found = {}
    for path in sorted(Path(folder).rglob("*")):
        status = path.lstat()
        is_file = path.is_file() and not path.is_symlink()
        found[str(path)] = (status.st_mode, is_file and (status.st_mtime_ns, path.read_bytes()))
    return found
