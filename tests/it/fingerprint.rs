//! `barrow fingerprint`: equal wherever the same thing would be bundled, different wherever something else would.

use std::process::Command;

use crate::support::TestContext;

/// A function in a folder of its own, and its fingerprint.
struct Function {
    context: TestContext,
}

impl Function {
    fn new() -> Self {
        let context = TestContext::new();
        context.write("app/handler.py", "import tiny\n");
        context.write("app/requirements.txt", "-r more.txt\ntiny==1.0\n");
        context.write("app/more.txt", "--extra-index-url https://user:${TOKEN}@corp.example/simple\n");
        Self { context }
    }

    fn command(&self) -> Command {
        let mut command = self.context.barrow();
        command.args(["fingerprint", "app"]).env("TOKEN", "first").env("PIP_CONFIG_FILE", "/dev/null");
        command
    }

    fn print(&self, change: impl FnOnce(&mut Command)) -> String {
        let mut command = self.command();
        change(&mut command);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", self.context.show(&output));
        String::from_utf8(output.stdout).unwrap()
    }
}

#[test]
fn equal_where_the_same_would_be_bundled() {
    let function = Function::new();
    let print = function.print(|_| {});
    assert_eq!(print.trim().len(), 64);
    let same = |what: &str, other: String| assert_eq!(print, other, "{what}");
    same("another folder", Function::new().print(|_| {}));
    same("a rotated token", function.print(|command| _ = command.env("TOKEN", "second")));
    same("the default, named", function.print(|command| _ = command.args(["--arch", "x86_64"])));
    same("where the cache is", function.print(|command| _ = command.args(["--cache-dir", "elsewhere", "-v"])));
    function.context.write("app/__pycache__/x.pyc", "");
    same("what is never bundled", function.print(|_| {}));
    let text = "--extra-index-url https://other:secret@corp.example/simple\n";
    function.context.write("app/more.txt", text);
    let written = function.print(|_| {});
    function.context.write("app/more.txt", text.replace("secret", "rotated"));
    assert_eq!(function.print(|_| {}), written, "a rotated token in the file");
}

#[test]
fn different_where_something_else_would_be_bundled() {
    let function = Function::new();
    let print = function.print(|_| {});
    let differs = |what: &str, other: String| assert_ne!(print, other, "{what}");
    for flags in [
        &["--arch", "arm64"][..],
        &["--runtime", "python3.12"],
        &["--glibc", "2.28"],
        &["--python-version", "3.13.1"],
        &["--index-url", "https://mirror.example/simple"],
        &["--exclude-newer", "2026-01-01"],
        &["--prerelease", "allow"],
        &["--resolution", "lowest"],
        &["--no-deps"],
        &["--no-source"],
        &["--exclude", "handler.py"],
        &["--exclude-package", "dep"],
        &["--exclude-runtime"],
        &["--no-binary", "tiny"],
    ] {
        differs(&flags.join(" "), function.print(|command| _ = command.args(flags)));
    }
    for (path, text) in [
        ("app/handler.py", "import tiny  # changed\n"),
        ("app/requirements.txt", "-r more.txt\ntiny==1.1\n"),
        ("app/more.txt", "--extra-index-url https://corp.example/other\n"),
        ("app/new.py", ""),
    ] {
        let function = Function::new();
        function.context.write(path, text);
        differs(path, function.print(|_| {}));
    }
    function.context.chmod("app/handler.py", 0o755);
    differs("mode", function.print(|_| {}));
}

#[test]
fn json_is_one_flat_object_of_strings() {
    let function = Function::new();
    let text = function.print(|command| _ = command.arg("--json"));
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(value.as_object().unwrap().values().all(serde_json::Value::is_string), "{text}");
    let plain = function.print(|_| {});
    assert_eq!(value["fingerprint"], plain.trim());
}
