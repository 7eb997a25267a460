//! Nothing changed, nothing done: when a second run leaves OUT alone, and when it must not.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use crate::support::{IndexServer, RunningIndex, TestContext, WheelBuilder, sha256_hex};

const SAYS: &str = "Nothing has changed";

struct Function {
    context: TestContext,
    index: RunningIndex,
}

impl Function {
    /// A function whose only requirement has a digest.
    fn pinned() -> Self {
        let wheel = WheelBuilder::new("tiny", "1.0").file("tiny.py", "x = 1\n").build();
        let context = TestContext::new();
        context.write("app/handler.py", "import tiny\n");
        let line = format!("tiny==1.0 --hash=sha256:{}\n", sha256_hex(&wheel.bytes));
        context.write("app/requirements.txt", line);
        Self { index: IndexServer::new().file(wheel).start(), context }
    }

    fn command(&self, out: &str) -> Command {
        let mut command = self.context.barrow();
        command.args(["bundle", "app", "-o", out, "--index-url", &self.index.url()]);
        command
    }

    /// Runs; whether there was nothing to do.
    fn run(&self, change: impl FnOnce(&mut Command)) -> bool {
        let mut command = self.command("out");
        change(&mut command);
        let output = command.output().unwrap();
        let shown = self.context.show(&output);
        assert!(output.status.success(), "{shown}");
        shown.contains(SAYS)
    }
}

#[test]
fn pins_with_digests_need_nobody() {
    let function = Function::pinned();
    assert!(!function.run(|_| {}));
    let requests = function.index.requests().len();
    let tree = function.context.tree("out");
    assert!(function.run(|_| {}));
    assert_eq!((function.index.requests().len(), function.context.tree("out")), (requests, tree.clone()));

    let redone = |what: &str| {
        assert!(!function.run(|_| {}), "{what}");
        assert!(function.run(|_| {}), "{what}, and again");
    };
    function.context.write("out/handler.py", "tampered\n");
    redone("an edited output");
    assert_eq!(function.context.tree("out"), tree);
    function.context.write("out/foreign.txt", "");
    fs_err::remove_file(function.context.path("out/foreign.txt")).unwrap();
    fs_err::remove_file(function.context.path("out/tiny.py")).unwrap();
    redone("a file that is missing");
    function.context.write("app/handler.py", "import tiny  # edited\n");
    redone("an edited source");
    function.context.write("app/new.py", "");
    redone("a new source file");
    assert!(!function.run(|command| _ = command.args(["--runtime", "python3.11"])));
    assert!(!function.run(|command| _ = command.arg("--refresh")));
    assert!(!function.run(|command| _ = command.arg("--no-cache")));
}

#[test]
fn what_a_killed_run_left_is_removed_though_nothing_changed() {
    let function = Function::pinned();
    assert!(!function.run(|_| {}));
    let left = function.context.path(".barrow-killed.tmp");
    function.context.write(".barrow-killed.tmp/old/file.py", "");
    fs_err::set_permissions(&left, std::fs::Permissions::from_mode(0o700)).unwrap();
    assert!(function.run(|_| {}));
    assert!(!left.exists());
}

#[test]
fn the_same_is_told_of_what_was_not_made_again() {
    let function = Function::pinned();
    for out in ["out", "out.zip"] {
        let say = || {
            let output = function.command(out).arg("--json").output().unwrap();
            assert!(output.status.success(), "{}", function.context.show(&output));
            String::from_utf8(output.stdout).unwrap()
        };
        let first = say();
        let requests = function.index.requests().len();
        assert_eq!(say(), first);
        assert_eq!(function.index.requests().len(), requests);
    }
}

#[test]
fn a_folder_of_wheels_counts_with_all_that_is_in_it() {
    let context = TestContext::new();
    let put = |version: &str, content: &str| {
        let wheel = WheelBuilder::new("tiny", version).file("tiny.py", content).build();
        context.write(&format!("wheels/{}", wheel.filename), &wheel.bytes);
    };
    put("1.0", "x = 1\n");
    let run = || {
        let mut command = context.barrow();
        command.args(["install", "tiny", "-t", "out", "--no-index", "--find-links", "wheels"]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", context.show(&output));
        context.show(&output).contains(SAYS)
    };
    assert!(!run());
    assert!(run());
    put("1.0", "x = 2\n");
    assert!(!run(), "another wheel of the same name and size");
    assert_eq!(fs_err::read_to_string(context.path("out/tiny.py")).unwrap(), "x = 2\n");
    assert!(run());
    put("1.1", "x = 3\n");
    assert!(!run());
    assert_eq!(fs_err::read_to_string(context.path("out/tiny.py")).unwrap(), "x = 3\n");
    context.write("out/beside.txt", "the user's own");
    assert!(run(), "what else lies in a folder of packages is of no concern");
    fs_err::remove_dir_all(context.path("out")).unwrap();
    put("1.1", "y = 3\n");
    assert!(!run());
    assert!(run(), "what lay in a folder that was removed is forgotten");
}

#[test]
fn a_folder_that_a_requirements_file_names_counts_as_one_of_the_command_line() {
    let context = TestContext::new();
    let put = |version: &str| {
        let wheel = WheelBuilder::new("tiny", version).file("tiny.py", version).build();
        context.write(&format!("wheels/{}", wheel.filename), &wheel.bytes);
    };
    put("1.0");
    // What leads nowhere, or back, is no reason to look again.
    std::os::unix::fs::symlink("nowhere", context.path("wheels/dangling")).unwrap();
    std::os::unix::fs::symlink(".", context.path("wheels/round")).unwrap();
    context.write("requirements.txt", "--no-index\n--find-links wheels\ntiny\n");
    let run = || {
        let mut command = context.barrow();
        let output = command.args(["install", "-r", "requirements.txt", "-t", "out"]).output().unwrap();
        assert!(output.status.success(), "{}", context.show(&output));
        context.show(&output).contains(SAYS)
    };
    assert!(!run());
    assert!(run());
    put("1.1");
    assert!(!run());
    assert_eq!(fs_err::read_to_string(context.path("out/tiny.py")).unwrap(), "1.1");
    assert!(run());
}

/// Two projects with a cache in common may call their outputs alike.
#[test]
fn the_last_run_is_that_of_the_same_folder() {
    let function = Function::pinned();
    let line = fs_err::read_to_string(function.context.path("app/requirements.txt")).unwrap();
    for folder in ["one", "two"] {
        function.context.write(&format!("{folder}/requirements.txt"), &line);
        let mut command = function.context.barrow();
        command.current_dir(function.context.path(folder)).args([
            "install",
            "-r",
            "requirements.txt",
            "-t",
            "out",
            "-v",
        ]);
        let output = command.args(["--index-url", &function.index.url()]).output().unwrap();
        let shown = function.context.show(&output);
        assert!(output.status.success() && shown.contains("no last run with this output is remembered"), "{shown}");
    }
}
