//! Inputs as people have them: names left out, files that are not what they are called, several projects without
//! wheels.

use std::path::Path;

use crate::building::git;
use crate::support::{IndexServer, RunningIndex, SdistBuilder, TestContext, WheelBuilder};

/// A lock of what `inputs` ask for: the exit code, and what is said.
fn locked(context: &TestContext, server: &RunningIndex, inputs: &[&str]) -> (i32, String) {
    let mut command = context.barrow();
    command.args(["lock", "--runtime", "python3.12", "--index-url", &server.url(), "--format", "json", "-o", "-"]);
    let output = command.args(inputs).output().unwrap();
    (output.status.code().unwrap(), context.show(&output))
}

fn project(name: &str, more: &str) -> String {
    format!("[project]\nname = '{name}'\nversion = '1.0'\n{more}")
}

#[test]
fn the_name_of_an_archive_stands_in_it() {
    let server = IndexServer::new().file(WheelBuilder::new("thing", "2.0")).start();
    let context = TestContext::new();
    let archive = SdistBuilder::new("mine", "1.0").requires("thing").build();
    context.write("main.tar.gz", &archive.bytes);
    for line in ["./main.tar.gz".to_owned(), format!("file://{}", context.path("main.tar.gz").display())] {
        context.write("requirements.txt", format!("{line}\n"));
        let (code, shown) = locked(&context, &server, &["-r", "requirements.txt"]);
        assert_eq!(code, 0, "{shown}");
        assert!(shown.contains("\"mine\"") && shown.contains("thing-2.0"), "{shown}");
    }
    // Nothing in it says whose it is.
    let nameless = SdistBuilder::new("mine", "1.0").file("sub/setup.py", "from setuptools import setup\nsetup()\n");
    context.write("main.tar.gz", &nameless.build().bytes);
    let line = format!("file://{}#subdirectory=sub", context.path("main.tar.gz").display());
    let (code, shown) = locked(&context, &server, &[&line]);
    assert_eq!(code, 2, "{shown}");
    assert!(shown.contains("do not say its name without being run") && shown.contains("name @ URL"), "{shown}");
}

#[test]
fn the_name_of_a_repository_stands_in_it() {
    if !Path::new("/usr/bin/git").is_file() {
        return;
    }
    let server = IndexServer::new().start();
    let context = TestContext::new();
    context.write("repo/below/pyproject.toml", project("mine", "dynamic = []\n"));
    for arguments in
        [&["init", "--quiet", "--initial-branch=trunk"][..], &["add", "."], &["commit", "--quiet", "-m", "1"]]
    {
        git(&context, "repo", arguments);
    }
    let url = format!("git+file://{}@trunk#subdirectory=below", context.path("repo").display());
    context.write("requirements.txt", format!("{url}\n"));
    let (code, shown) = locked(&context, &server, &["-r", "requirements.txt"]);
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("\"mine\""), "{shown}");
}

#[test]
fn all_projects_without_wheels_are_told_at_once() {
    let server = ["one", "two", "psycopg2"]
        .iter()
        .fold(IndexServer::new(), |server, name| server.file(SdistBuilder::new(name, "1.0").build()))
        .file(WheelBuilder::new("fine", "1.0"))
        .start();
    let context = TestContext::new();
    let (code, shown) = locked(&context, &server, &["one", "fine", "two", "psycopg2"]);
    assert_eq!(code, 1, "{shown}");
    assert!(shown.contains("allow building them with `--allow-build one,two`"), "{shown}");
    assert!(shown.contains("it links with libpq: require `psycopg2-binary` in its place"), "{shown}");
    assert!(!shown.contains("--allow-build psycopg2"), "{shown}");
    // And that line mends it.
    let (code, shown) = locked(&context, &server, &["one", "fine", "two", "--allow-build", "one,two"]);
    assert_eq!(code, 0, "{shown}");
}

#[test]
fn files_that_are_not_what_they_are_called() {
    let server = IndexServer::new().start();
    let check = |name: &str, text: &str, expected: &[&str]| {
        let context = TestContext::new();
        context.write(name, text);
        let (code, shown) = locked(&context, &server, &["-r", name]);
        assert_eq!(code, 2, "{name}\n{shown}");
        for part in expected {
            assert!(shown.contains(part), "{name}: {part}\n{shown}");
        }
    };
    check(
        "pylock.toml",
        "# mine\nthing==1.0\n",
        &["is called a lock, and is a list of requirements", "requirements.txt"],
    );
    check(
        "environment.yml",
        "name: app\nchannels:\n  - conda-forge\ndependencies:\n  - python=3.12\n  - pip:\n    - thing\n",
        &["`environment.yml` is an environment of conda", "pip list --format=freeze"],
    );
    check("packages.txt", "# This file may be used to create an environment using:\nthing=1.0=py_0\n", &["conda list"]);
    check("Pipfile", "[packages]\ntiny = '*'\n", &["a file of Pipenv", "pipenv lock"]);
    check("setup.py", "from setuptools import setup\nsetup()\n", &["a file of setuptools", "write its folder"]);
    check(
        "requirements.txt",
        "thing @ file:///home/conda/feedstock_root/build_artifacts/thing_1/work\n",
        &["the machine that built conda's package of `thing`", "write `thing==VERSION`"],
    );
    check("requirements.txt", "git+git@h.example:a/b.git\n", &["short form of SSH", "write `git+ssh://` in front"]);
}

#[test]
fn what_is_no_package_brings_what_it_requires() {
    let server = IndexServer::new().file(WheelBuilder::new("thing", "2.0")).start();
    let context = TestContext::new();
    let table = "dependencies = ['thing']\n[tool.uv]\npackage = false\n";
    context.write("libs/common/pyproject.toml", project("common", table));
    context.write(
        "pyproject.toml",
        project(
            "app",
            "dependencies = ['common']\n[tool.uv.sources]\ncommon = { workspace = true }\n\
             [tool.uv.workspace]\nmembers = ['libs/*']\n",
        ),
    );
    let mut command = context.barrow();
    command.args(["install", "-r", "pyproject.toml", "-t", "out", "--runtime", "python3.12", "--no-build"]);
    let output = command.args(["--index-url", &server.url()]).output().unwrap();
    assert!(output.status.success(), "{}", context.show(&output));
    let tree = context.tree("out");
    assert!(tree.contains("thing-2.0.dist-info") && !tree.contains("common"), "{tree}");
}

#[test]
fn credentials_of_the_environment_are_for_indexes_of_tables_too() {
    let server = IndexServer::new().file(WheelBuilder::new("thing", "2.0")).credentials("me", "hunter2").start();
    let tables = [
        "[[tool.uv.index]]\nname = 'my-corp'\nurl = 'URL'\ndefault = true\n",
        "[[tool.poetry.source]]\nname = 'my-corp'\nurl = 'URL'\n",
    ];
    for table in tables {
        for prefix in ["UV_INDEX_MY_CORP", "BARROW_INDEX_MY_CORP", "POETRY_HTTP_BASIC_MY_CORP"] {
            let context = TestContext::new();
            let table = table.replace("URL", &server.url());
            context.write("pyproject.toml", project("app", &format!("dependencies = ['thing']\n{table}")));
            let mut command = context.barrow();
            command.args(["lock", "-r", "pyproject.toml", "--runtime", "python3.12", "-o", "-"]);
            command.env(format!("{prefix}_USERNAME"), "me").env(format!("{prefix}_PASSWORD"), "hunter2");
            let output = command.output().unwrap();
            let shown = context.show(&output);
            assert!(output.status.success(), "{prefix}\n{table}\n{shown}");
            assert!(!shown.contains("hunter2"), "{shown}");
        }
    }
}

#[test]
fn what_uv_is_told_to_leave_out_is_left_out() {
    let server = IndexServer::new()
        .file(WheelBuilder::new("thing", "2.0"))
        .file(SdistBuilder::new("thing", "2.0").build())
        .start();
    let context = TestContext::new();
    let check = |table: &str, code: i32, expected: &str| {
        context.write("pyproject.toml", project("app", &format!("dependencies = ['thing']\n[tool.uv]\n{table}\n")));
        let (actual, shown) = locked(&context, &server, &["-r", "pyproject.toml"]);
        assert_eq!(actual, code, "{table}\n{shown}");
        assert!(shown.contains(expected), "{table}\n{shown}");
    };
    check("no-binary-package = ['thing']", 1, "`--no-binary` leaves wheels out");
    check("no-binary = true", 1, "`--no-binary` leaves wheels out");
    check("no-build = true", 0, "thing-2.0");
    check("no-build-package = ['thing']", 0, "thing-2.0");
    check(
        "index-strategy = 'unsafe-best-match'",
        0,
        "pyproject.toml:6: `index-strategy = \"unsafe-best-match\"` does not",
    );
}

#[test]
fn a_source_beside_a_wheel_that_no_runtime_loads_may_be_built() {
    let server = IndexServer::new()
        .file(WheelBuilder::new("detect", "1.0").tag("py2-none-any"))
        .file(SdistBuilder::new("detect", "1.0"))
        .file(WheelBuilder::new("elsewhere", "1.0").tag("cp313-cp313-manylinux_2_17_x86_64"))
        .file(SdistBuilder::new("elsewhere", "1.0"))
        .start();
    let context = TestContext::new();
    let (code, shown) = locked(&context, &server, &["detect"]);
    assert!(code == 1 && shown.contains("`--allow-build detect`"), "{shown}");
    // Where another runtime would do, that is said instead.
    let (code, shown) = locked(&context, &server, &["elsewhere"]);
    assert!(code == 1 && shown.contains("python3.13") && !shown.contains("--allow-build"), "{shown}");
}
