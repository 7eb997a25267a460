//! Projects as people have them: their Python, folders without any dependency file, folders that are named in old files
//! only.

use crate::support::{IndexServer, TestContext, WheelBuilder};

fn project(python: &str) -> String {
    format!("[project]\nname = 'app'\nversion = '1'\nrequires-python = '{python}'\ndependencies = ['thing']\n")
}

/// Runs `barrow` with the index that has `thing`, and gives exit code and what it says.
fn run(context: &TestContext, arguments: &[&str]) -> (i32, String) {
    let server = IndexServer::new().file(WheelBuilder::new("thing", "1.0")).start();
    let output = context.barrow().args(arguments).args(["--index-url", &server.url()]).output().unwrap();
    (output.status.code().unwrap(), context.show(&output))
}

/// What [`run`] says where it has to succeed.
fn succeeds(context: &TestContext, arguments: &[&str]) -> String {
    let (code, shown) = run(context, arguments);
    assert_eq!(code, 0, "{shown}");
    shown
}

#[test]
fn the_default_runtime_is_the_newest_that_the_project_takes() {
    let check = |python: &str, expected: &str| {
        let context = TestContext::new();
        context.write("fn/pyproject.toml", project(python));
        context.write("fn/handler.py", "");
        let shown = succeeds(&context, &["bundle", "fn", "-o", "out"]);
        assert!(shown.contains(&format!("for {expected} on x86_64")), "{python}\n{shown}");
        let context = TestContext::new();
        context.write("fn/pyproject.toml", project(python));
        let shown = succeeds(&context, &["install", "-r", "fn/pyproject.toml", "-t", "out"]);
        assert!(shown.contains(&format!("for {expected} on x86_64")), "{python}\n{shown}");
    };
    check(">=3.10,<3.13", "python3.12");
    check("==3.11.*", "python3.11");
    check(">=3.9", "python3.14");
}

#[test]
fn a_folder_of_a_locked_project_has_its_limit_too() {
    let context = TestContext::new();
    context.write("pyproject.toml", "[project]\nname = 'app'\nversion = '1'\nrequires-python = '>=3.9,<3.13'\n");
    let lock = "version = 1\nrequires-python = '>=3.9, <3.13'\n\n[[package]]\nname = 'app'\nversion = '1'\nsource = { virtual = \".\" }\n";
    context.write("uv.lock", lock);
    context.write("fns/one/handler.py", "");
    let shown = succeeds(&context, &["bundle", "fns/one", "-o", "out"]);
    assert!(shown.contains("for python3.12 on"), "{shown}");
}

#[test]
fn poetrys_python_counts_too() {
    let context = TestContext::new();
    context.write("fn/pyproject.toml", "[tool.poetry.dependencies]\npython = '~3.11'\nthing = '*'\n");
    let shown = succeeds(&context, &["bundle", "fn", "-o", "out"]);
    assert!(shown.contains("Resolved 1 package for python3.11"), "{shown}");
}

#[test]
fn a_version_file_comes_before_it() {
    let context = TestContext::new();
    context.write("fn/pyproject.toml", project(">=3.10"));
    context.write("fn/.python-version", "3.12\n");
    context.write("fn/handler.py", "");
    let shown = succeeds(&context, &["bundle", "fn", "-o", "out"]);
    assert!(shown.contains("for python3.12 on"), "{shown}");
}

#[test]
fn a_target_that_the_project_does_not_take_is_an_error_with_those_that_it_does() {
    let context = TestContext::new();
    context.write("fn/pyproject.toml", project(">=3.13"));
    let (code, shown) = run(&context, &["bundle", "fn", "-o", "out", "--runtime", "python3.12"]);
    assert_eq!(code, 2, "{shown}");
    for part in [
        "fn/pyproject.toml:4: the project says `requires-python = \">=3.13\"`, and python3.12 has Python 3.12.",
        "these runtimes fit: python3.13, python3.14; choose one with `--runtime`",
    ] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
    // No runtime fits at all, or a preview alone, or one release of a Python.
    for (python, hint) in [
        ("<3.8", "no runtime of Lambda has such a Python: allow another one"),
        (">=3.15", "these runtimes fit: python3.15; choose one with `--runtime`"),
        ("==3.11", "compare with one by `--python-version 3.11.0`"),
        (">=3.12,<3.12.1", "compare with one by `--python-version 3.12.0`"),
    ] {
        context.write("fn/pyproject.toml", project(python));
        let (code, shown) = run(&context, &["bundle", "fn", "-o", "out"]);
        assert_eq!(code, 2, "{python}\n{shown}");
        assert!(shown.replace("\n  ", " ").contains(hint), "{hint}\n{shown}");
    }
    context.write("fn/pyproject.toml", project("==3.11"));
    let (code, shown) = run(&context, &["bundle", "fn", "-o", "out", "--python-version", "3.11.0"]);
    assert_eq!(code, 0, "what the hint says helps\n{shown}");
}

#[test]
fn a_folder_without_any_dependency_file_is_bundled_alone() {
    let context = TestContext::new();
    context.write("fn/handler.py", "def handler(event, context): ...\n");
    let shown = succeeds(&context, &["bundle", "fn", "-o", "out", "--runtime", "python3.12"]);
    assert!(shown.contains("`fn` names no dependencies: its own files alone are bundled"), "{shown}");
    assert!(!shown.contains("setup.py"), "{shown}");
    assert!(context.path("out/handler.py").is_file());
    // What lies there and is not read is mentioned.
    context.write("fn/setup.py", "from setuptools import setup\nsetup(name='fn')\n");
    let shown = succeeds(&context, &["bundle", "fn", "-o", "out", "--runtime", "python3.12"]);
    assert!(shown.contains("`fn/setup.py` is not read: that would run it"), "{shown}");
    // Its fingerprint is that of its files.
    succeeds(&context, &["fingerprint", "fn", "--runtime", "python3.12"]);
    // Without its own files there is nothing.
    let (code, shown) = run(&context, &["bundle", "fn", "--no-source", "-o", "other", "--runtime", "python3.12"]);
    assert_eq!(code, 2, "{shown}");
}

#[test]
fn a_pyproject_of_settings_alone_names_no_dependencies() {
    let context = TestContext::new();
    context.write("fn/handler.py", "def handler(event, context): ...\n");
    context.write("fn/pyproject.toml", "[tool.black]\nline-length = 100\n[tool.barrow]\nruntime = 'python3.12'\n");
    let shown = succeeds(&context, &["bundle", "fn", "-o", "out"]);
    assert!(shown.contains("`fn` names no dependencies: its own files alone are bundled"), "{shown}");
    assert!(context.path("out/handler.py").is_file());
    // It does not make the folder a project of its own: what is locked above it counts.
    context.write("pylock.toml", "lock-version = '1.0'\ncreated-by = 'x'\npackages = []\n");
    let shown = succeeds(&context, &["bundle", "fn", "-o", "out"]);
    assert!(shown.contains("Using pylock.toml"), "{shown}");
    // What says how it is built has dependencies that only a build knows.
    context.write("fn/pyproject.toml", "[build-system]\nrequires = []\n");
    let (code, shown) = run(&context, &["bundle", "fn", "-o", "out"]);
    assert_eq!(code, 2, "{shown}");
    assert!(shown.contains("hint: a requirements file with the line `.` builds the project"), "{shown}");
}

#[test]
fn groups_alone_and_extras_exclude_each_other() {
    let context = TestContext::new();
    let text = "[project]\nname = 'app'\nversion = '1'\n[project.optional-dependencies]\nmore = ['thing']\n\
                [dependency-groups]\ntools = ['thing']\n";
    context.write("fn/pyproject.toml", text);
    context.write("fn/handler.py", "");
    for extras in [&["--extra", "more"][..], &["--all-extras"]] {
        let arguments = [&["bundle", "fn", "-o", "out", "--only-group", "tools"][..], extras].concat();
        let (code, shown) = run(&context, &arguments);
        assert_eq!(code, 2, "{shown}");
        assert!(shown.contains("hint: `--group` in place of `--only-group`"), "{shown}");
    }
    succeeds(&context, &["bundle", "fn", "-o", "out", "--group", "tools", "--extra", "more"]);
}

#[test]
fn a_layer_of_a_folder() {
    let context = TestContext::new();
    context.write("shared/helper.py", "HELPS = True\n");
    let shown = succeeds(&context, &["layer", "shared", "-o", "alone", "--runtime", "python3.12"]);
    assert!(shown.contains("`shared` names no dependencies"), "{shown}");
    assert!(context.path("alone/python/helper.py").is_file());
    context.write("shared/requirements.txt", "thing\n");
    let shown = succeeds(&context, &["layer", "shared", "-o", "both", "--runtime", "python3.12"]);
    assert!(context.path("both/python/helper.py").is_file());
    assert!(context.path("both/python/thing").is_dir(), "{shown}");
    // A name that is no folder is a requirement.
    succeeds(&context, &["layer", "thing", "-o", "named", "--runtime", "python3.12"]);
    assert!(!context.path("named/python/helper.py").exists());
}

#[test]
fn the_name_of_a_folder_stands_in_old_files() {
    let check = |file: &str, text: &str| {
        let context = TestContext::new();
        context.write(&format!("libs/old/{file}"), text);
        // Reading gets as far as the name; `--no-build` then says that it would be built.
        context.write("requirements.txt", "./libs/old\n");
        let (code, shown) = run(&context, &["install", "-r", "requirements.txt", "-t", "out", "--no-build"]);
        assert_eq!(code, 1, "{shown}");
        assert!(shown.contains("is a project folder, and building is forbidden"), "{file}\n{shown}");
    };
    check("setup.py", "from setuptools import setup\nsetup(version='1', name='old')\n");
    check("pyproject.toml", "[tool.poetry]\nname = 'old'\nversion = '1'\n[build-system]\nrequires = []\n");
    check("pyproject.toml", "[tool.flit.metadata]\nmodule = 'old'\n");
}

#[test]
fn a_script_says_in_comments_what_it_needs() {
    let context = TestContext::new();
    let script = "#!/usr/bin/env python3\n# /// script\n# requires-python = \">=3.12\"\n# dependencies = [\n#     'thing<2',\n#\n# ]\n# ///\n# dependencies = ['b']\nimport thing\n";
    context.write("fn/handler.py", script);
    let bundle = ["bundle", "fn", "-r", "fn/handler.py", "-o", "out"];
    let shown = succeeds(&context, &[&bundle[..], &["--runtime", "python3.13"]].concat());
    assert!(shown.contains("Resolved 1 package"), "{shown}");
    assert!(context.path("out/thing-1.0.dist-info").is_dir() && context.path("out/handler.py").is_file());
    let (code, shown) = run(&context, &[&bundle[..], &["--runtime", "python3.11"]].concat());
    assert!(code == 2 && shown.contains("handler.py:3") && shown.contains(">=3.12"), "{shown}");
    // Where nobody names it, it is mentioned.
    let shown = succeeds(&context, &["bundle", "fn", "-o", "alone", "--runtime", "python3.13"]);
    let said = "`fn/handler.py` is not read: its comments name dependencies of its own; name it with -r";
    assert!(shown.contains(said), "{shown}");

    for (text, told) in [
        ("import a\n", "`fn/handler.py`: it has no comments between `# /// script` and `# ///`"),
        ("# /// script\n# dependencies = []\nimport a\n# ///\n", "it has no comments between"),
        ("# /// script\n# ///\n\n# /// script\n# ///\n", "it says twice what it needs"),
        ("# /// script\n# dependencies = ['thing=1']\n# ///\n", "fn/handler.py:2:"),
        ("# /// script\n# dependencies = [\n# ///\n", "fn/handler.py:"),
    ] {
        context.write("fn/handler.py", text);
        let (code, shown) = run(&context, &[&bundle[..], &["--runtime", "python3.13"]].concat());
        assert!(code == 2 && shown.contains(told), "{text}\n{shown}");
    }
    // Its tables count as those of a project do.
    context.write("fn/lib/pyproject.toml", "[project]\nname = 'thing'\nversion = '3'\ndependencies = ['absent']\n");
    context.write(
        "fn/handler.py",
        "# /// script\n# dependencies = ['thing']\n# [tool.uv.sources]\n# thing = { path = 'lib' }\n# ///\n",
    );
    let (code, shown) = run(&context, &[&bundle[..], &["--runtime", "python3.13", "--no-build"]].concat());
    assert!(code == 1 && shown.contains("`thing` is a project folder, and building is forbidden"), "{shown}");
}
