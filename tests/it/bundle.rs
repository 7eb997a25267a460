//! `barrow bundle`: a function and its requirements become what Lambda loads.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use crate::support::{Format, IndexServer, TestContext, WheelBuilder};

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A function that needs `tiny`, and an index that has it.
fn tiny_function(context: &TestContext) -> IndexServer {
    context.write("function/handler.py", "import tiny\n");
    context.write("function/requirements.txt", "tiny\n");
    IndexServer::new().file(WheelBuilder::new("tiny", "1.0").file("tiny.py", "x = 1\n"))
}

#[test]
fn the_example_for_the_newest_runtime_of_amazon_linux_2023() {
    let context = TestContext::new();
    barrow_snapshot!(
        context,
        context
            .barrow()
            .arg("bundle")
            .arg(project("examples/hello"))
            .arg("--index-url")
            .arg(project("wheels-fixtures/simple"))
            .args(["--runtime", "python3.13", "--arch", "arm64", "-o", "out"]),
        @""
    );
    insta::assert_snapshot!(context.tree("out"), @"");
}

#[test]
fn the_example_for_amazon_linux_2_gets_the_wheel_for_the_older_glibc() {
    let context = TestContext::new();
    let target = ["--runtime", "python3.11", "--arch", "x86_64"];
    let shared = |out: &str| {
        let mut command = context.barrow();
        command.arg("bundle").arg(project("examples/hello")).args(target).args(["-o", out]);
        command
    };
    context.succeed(shared("index").arg("--index-url").arg(project("wheels-fixtures/simple")));
    insta::assert_snapshot!(context.tree("index"), @"");

    // The same wheels as loose files: the yank of 1.2 is something that only an index can say.
    context.write("not-yanked.txt", "barrow-greeting==1.1\n");
    context.succeed(
        shared("folder")
            .args(["--no-index", "-c", "not-yanked.txt", "--find-links"])
            .arg(project("wheels-fixtures/wheels")),
    );
    assert_eq!(context.tree("index"), context.tree("folder"));
}

#[test]
fn the_shape_of_the_index_does_not_show_in_the_result() {
    let trees = [Format::Json, Format::Html].map(|format| {
        let context = TestContext::new();
        let server = tiny_function(&context).format(format).start();
        context.succeed(context.barrow().args(["bundle", "function", "-o", "out", "--index-url", &server.url()]));
        context.tree("out")
    });
    assert_eq!(trees[0], trees[1]);
    insta::assert_snapshot!(trees[0], @"");
}

#[test]
fn what_does_not_belong_to_the_function_is_left_out() {
    let context = TestContext::new();
    let server = tiny_function(&context).start();
    for stray in [
        ".git/config",
        ".venv/pyvenv.cfg",
        "__pycache__/handler.cpython-312.pyc",
        "node_modules/a/b.js",
        "package/__pycache__/x.pyc",
    ] {
        context.write(&format!("function/{stray}"), "stray");
    }
    context.write("function/package/data.json", "{}");
    context.write("function/.hidden", "kept");
    // The output lies inside the source: it must not hold itself, neither now nor in the second run.
    for _ in 0..2 {
        context.succeed(
            context
                .barrow()
                .args(["bundle", "-o", "build", "--index-url", &server.url()])
                .current_dir(context.path("function")),
        );
    }
    insta::assert_snapshot!(context.tree("function/build"), @"");
}

#[test]
fn an_empty_directory_is_filled_in_place() {
    let context = TestContext::new();
    let server = tiny_function(&context).start();
    fs_err::create_dir(context.path("out")).unwrap();
    context.chmod("out", 0o777);
    let before = fs_err::metadata(context.path("out")).unwrap();
    context.succeed(context.barrow().args(["bundle", "function", "-o", "out", "--index-url", &server.url()]));
    let after = fs_err::metadata(context.path("out")).unwrap();
    assert_eq!((before.ino(), after.permissions().mode() & 0o7777), (after.ino(), 0o777));
    assert!(context.path("out/tiny.py").exists());
}

#[test]
fn files_carry_fresh_times() {
    let context = TestContext::new();
    let server = tiny_function(&context).start();
    let start = std::time::SystemTime::now() - std::time::Duration::from_secs(2);
    context.succeed(context.barrow().args(["bundle", "function", "-o", "out", "--index-url", &server.url()]));
    for file in ["tiny.py", "handler.py", "tiny-1.0.dist-info/RECORD"] {
        let modified = fs_err::metadata(context.path("out").join(file)).unwrap().modified().unwrap();
        assert!(modified >= start, "{file}: a constant time would make the CDK deploy old content");
    }
}

#[test]
fn an_earlier_bundle_is_replaced_and_anything_else_is_not() {
    let context = TestContext::new();
    let server = tiny_function(&context).start();
    let bundle = || {
        let mut command = context.barrow();
        command.args(["bundle", "function", "-o", "out", "--index-url", &server.url()]);
        command
    };
    context.write("function/old.py", "");
    context.succeed(&mut bundle());
    fs_err::remove_file(context.path("function/old.py")).unwrap();
    context.succeed(&mut bundle());
    assert!(!context.path("out/old.py").exists(), "what the earlier run made is gone");

    fs_err::remove_dir_all(context.path("out")).unwrap();
    context.write("out/diary.txt", "mine");
    barrow_snapshot!(context, &mut bundle(), @"");
    insta::assert_snapshot!(context.tree("out"), @"");
    context.succeed(bundle().arg("--force"));
    assert!(context.path("out/tiny.py").exists());
}
