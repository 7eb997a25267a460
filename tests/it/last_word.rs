//! What a run says last: what has changed since the one before, how large the result is, and what to do where it is too
//! large.

use crate::support::{IndexServer, RunningIndex, TestContext, WheelBuilder};

fn index() -> RunningIndex {
    IndexServer::new()
        .file(WheelBuilder::new("alpha", "1.0").file("alpha.py", "a = 1\n").requires("beta"))
        .file(WheelBuilder::new("alpha", "1.1").file("alpha.py", "a = 11\n").requires("beta"))
        .file(WheelBuilder::new("beta", "1.0").file("beta/__init__.py", "").file("beta/tests/test.py", "0123456789"))
        .file(WheelBuilder::new("boto3", "1.0").file("boto3.py", "aws = 1\n"))
        .start()
}

#[test]
fn what_has_changed_since_the_last_run_is_told() {
    let context = TestContext::new();
    let index = index();
    let bundle_into = |out: &str, arguments: &[&str]| {
        let mut command = context.barrow();
        command.args(["bundle", "app", "-o", out, "--index-url", &index.url()]).args(arguments);
        command
    };
    let bundle = |arguments: &[&str]| bundle_into("out", arguments);
    context.write("app/requirements.txt", "alpha==1.0\nboto3\n");
    context.succeed(&mut bundle(&[]));
    context.write("app/requirements.txt", "alpha==1.1\n");
    barrow_snapshot!(context, &mut bundle(&[]), @"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
    Using app/requirements.txt
    Resolved 2 packages for python3.14 on x86_64
    ~ alpha 1.0 → 1.1
    - boto3 1.0
    Bundled 12 files (1 KB) into out
    ");
    // Nothing has changed, and of what is there all is told to those who ask.
    barrow_snapshot!(context, &mut bundle(&["-q"]), @"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
    ");
    let output = bundle(&["-v"]).output().unwrap();
    let text = context.show(&output);
    assert!(text.contains("\n  alpha 1.1 (") && text.contains("\n  beta 1.0 ("), "{text}");
    // Another output knows nothing of this one, and programs get the same as people.
    let json = |out: &str| {
        let output = bundle_into(out, &["--json"]).output().unwrap();
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
    };
    assert_eq!(json("other")["changes"], serde_json::json!([]));
    context.write("app/requirements.txt", "beta\n");
    insta::assert_snapshot!(json("other")["changes"], @r#"[{"before":"1.1","name":"alpha","now":null}]"#);
}

#[test]
fn installing_one_package_takes_no_other_away() {
    let context = TestContext::new();
    let index = index();
    let changes = |requirement: &str| {
        let mut command = context.barrow();
        command.args(["install", requirement, "-t", "out", "--json", "--index-url", &index.url()]);
        let output = command.output().unwrap();
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()["changes"].clone()
    };
    changes("alpha==1.0");
    insta::assert_snapshot!(changes("boto3"), @r#"[{"before":null,"name":"boto3","now":"1.0"}]"#);
    assert!(context.path("out/alpha.py").is_file());
    insta::assert_snapshot!(changes("alpha"), @r#"[{"before":"1.0","name":"alpha","now":"1.1"}]"#);
    insta::assert_snapshot!(changes("beta"), @"[]");
}

#[test]
fn too_large_is_told_with_what_is_large_and_what_would_help() {
    let context = TestContext::new();
    let index = index();
    context.write("app/requirements.txt", "alpha==1.1\nboto3\n");
    context.write("app/handler.py", "import alpha\n");
    let mut command = context.barrow();
    command.args(["bundle", "app", "-o", "out", "--max-size", "100", "--index-url", &index.url()]);
    barrow_snapshot!(context, &mut command, @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    Using app/requirements.txt
    Resolved 3 packages for python3.14 on x86_64
    error: the bundle is 1.5 KB unzipped, 1.4 KB more than the 100 bytes that you allow; largest:
      beta 1.0 560 bytes, asked for by alpha
      alpha 1.1 501 bytes, asked for by you (app/requirements.txt:1)
      boto3 1.0 482 bytes, asked for by you (app/requirements.txt:2)
      your own files 30 bytes
    hint: `--exclude-runtime` would save 482 bytes (boto3)
    hint: `--slim` would save about 10 bytes
    hint: with the dependencies in layers (`barrow layer`), the function itself would be 30 bytes; Lambda counts both together
    ");
    assert!(!context.path("out").exists());
    // What was done already is not advised.
    barrow_snapshot!(context, command.args(["--slim", "--exclude-runtime", "--no-source"]), @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    Using app/requirements.txt
    Resolved 3 packages for python3.14 on x86_64
    Left 1 package to python3.14: boto3
    Left out 10 bytes of 988 bytes of dependencies: tests 10 bytes (1 file)
    error: the bundle is 978 bytes unzipped, 878 bytes more than the 100 bytes that you allow; largest:
      alpha 1.1 501 bytes, asked for by you (app/requirements.txt:1)
      beta 1.0 477 bytes, asked for by alpha
    hint: without alpha and what only it needs, it would be 978 bytes less
    ");
}
