//! `pylock.toml`: written by `lock`, read by everything else, and the same bundle either way.

use crate::support::{IndexServer, RunningIndex, TestContext, WheelBuilder};

fn index() -> RunningIndex {
    IndexServer::new()
        .file(WheelBuilder::new("app", "1.0").requires("dep>=1").requires("gone; sys_platform == 'win32'"))
        .file(WheelBuilder::new("dep", "1.0"))
        .file(WheelBuilder::new("dep", "1.5"))
        .start()
}

#[test]
fn a_locked_function_is_the_same_bundle() {
    let context = TestContext::new();
    let index = index();
    context.write("function/handler.py", "import app\n");
    let requirements = context.write("requirements.txt", "app\n");
    let bundle = |out: &str, more: &[&str]| {
        context.succeed(context.barrow().args(["bundle", "function", "-o", out]).args(more));
        context.tree(out)
    };
    let url = index.url();
    let resolved = bundle("resolved", &["-r", "requirements.txt", "--index-url", &url]);

    let mut lock = context.barrow();
    context.succeed(lock.args(["lock", "-r"]).arg(&requirements).args(["--index-url", &url, "-o", "pylock.toml"]));
    let requests = index.requests().len();
    let locked = bundle("locked", &["-r", "pylock.toml", "--index-url", &url]);
    assert_eq!(resolved, locked);
    assert_eq!(index.requests().len(), requests, "what is locked and cached needs no network");

    // The lock in the source folder comes before its requirements.
    fs_err::copy(context.path("pylock.toml"), context.path("function/pylock.toml")).unwrap();
    context.write("function/requirements.txt", "no-such-name\n");
    let output = context.barrow().args(["bundle", "function", "-o", "found", "--offline"]).output().unwrap();
    assert!(output.status.success(), "{}", context.show(&output));
    assert!(crate::support::said(&output).contains("Using function/pylock.toml"));
}

#[test]
fn a_lock_for_another_target_is_refused() {
    let context = TestContext::new();
    let index = index();
    let lock = ["lock", "app", "--runtime", "python3.12", "--arch", "arm64", "--index-url", &index.url()];
    context.succeed(context.barrow().args(lock));
    for target in [["--runtime", "python3.13"], ["--arch", "x86_64"]] {
        let mut install = context.barrow();
        install.env("BARROW_RUNTIME", "python3.12").env("BARROW_ARCH", "arm64");
        install.args(["install", "-r", "pylock.toml", "-t", "out"]).args(target);
        let output = install.output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", context.show(&output));
        assert!(!context.path("out").exists());
    }
}

#[test]
fn versions_of_an_existing_lock_stay_until_they_are_upgraded() {
    let context = TestContext::new();
    let old = IndexServer::new()
        .file(WheelBuilder::new("app", "1.0").requires("dep>=1"))
        .file(WheelBuilder::new("dep", "1.0"))
        .start();
    let new = index();
    let lock = |server: &RunningIndex, format: &str, more: &[&str]| {
        let mut command = context.barrow();
        command.args(["lock", "app", "--no-cache", "--format", format, "-o", "thelock", "--index-url", &server.url()]);
        let output = command.args(more).output().unwrap();
        (output.status.code().unwrap(), fs_err::read_to_string(context.path("thelock")).unwrap_or_default())
    };
    for (format, pin_old, pin_new) in [
        ("requirements", "dep==1.0", "dep==1.5"),
        ("pylock", "dep-1.0-py3", "dep-1.5-py3"),
        ("json", "dep-1.0-py3", "dep-1.5-py3"),
    ] {
        let _ = fs_err::remove_file(context.path("thelock"));
        assert!(lock(&old, format, &[]).1.contains(pin_old), "{format}");
        assert!(lock(&new, format, &[]).1.contains(pin_old), "{format}: kept");
        assert!(lock(&new, format, &["--upgrade-package", "app"]).1.contains(pin_old), "{format}: another one");
        let before = fs_err::read_to_string(context.path("thelock")).unwrap();
        assert_eq!(lock(&new, format, &["--check"]).0, 0, "{format}: up to date");
        assert_eq!(lock(&new, format, &["--check", "--upgrade"]), (1, before), "{format}: would change");
        assert!(lock(&new, format, &["-P", "dep"]).1.contains(pin_new), "{format}: upgraded");
    }
}

#[test]
fn a_lock_stands_alone() {
    let context = TestContext::new();
    context.write("pylock.toml", "lock-version = \"1.0\"\ncreated-by = \"x\"\n");
    for more in [&["extra-name"][..], &["-c", "c.txt"], &["-r", "other.txt"]] {
        let mut command = context.barrow();
        let output = command.args(["install", "-t", "out", "-r", "pylock.toml"]).args(more).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", context.show(&output));
    }
    for name in ["uv.lock", "poetry.lock", "Pipfile.lock"] {
        let context = TestContext::new();
        context.write(&format!("function/{name}"), "");
        context.write("function/requirements.txt", "");
        let output = context.barrow().args(["bundle", "function", "-o", "out"]).output().unwrap();
        let shown = context.show(&output);
        assert!(output.status.code() == Some(2) && shown.contains(name) && shown.contains("hint: `"), "{shown}");
    }
}
