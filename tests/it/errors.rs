//! What a tired person reads when it did not work: message, exit code, and OUT as it was.

use crate::support::{Fault, IndexServer, SdistBuilder, TestContext, WheelBuilder};

/// Bundles a function with these requirements into an `out` that holds an earlier bundle, which must survive.
fn fails(context: &TestContext, server_url: &str, requirements: &str) -> String {
    context.write("function/handler.py", "");
    context.write("function/requirements.txt", "");
    let mut bundle = context.barrow();
    bundle.args(["bundle", "function", "-o", "out", "--runtime", "python3.12", "--arch", "arm64"]);
    if !context.path("out").exists() {
        context.succeed(&mut bundle);
    }
    let before = context.tree("out");
    context.write("function/requirements.txt", requirements);
    let shown = context.run(bundle.args(["--index-url", server_url]));
    assert_eq!(before, context.tree("out"), "OUT is as it was");
    let beside: Vec<_> = fs_err::read_dir(context.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !["function", "out"].contains(&name.as_str()))
        .collect();
    assert!(beside.is_empty(), "nothing half-made is left: {beside:?}");
    shown
}

#[test]
fn requirements_that_exclude_each_other() {
    let server = IndexServer::new()
        .file(WheelBuilder::new("a", "1.0").requires("shared<2"))
        .file(WheelBuilder::new("b", "1.0").requires("shared>=2"))
        .file(WheelBuilder::new("shared", "1.0"))
        .file(WheelBuilder::new("shared", "2.0"))
        .start();
    insta::assert_snapshot!(fails(&TestContext::new(), &server.url(), "a\nb\n"), @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    Using function/requirements.txt
    error: Because a 1.0 requires `shared<2` and b 1.0 requires `shared>=2`, a 1.0 and b 1.0 cannot be used together.
    And because you require `a` (function/requirements.txt:1), b 1.0 cannot be used.
    And because you require `b` (function/requirements.txt:2), your requirements cannot be met together.
    ");
}

#[test]
fn a_name_that_no_index_knows() {
    let server = IndexServer::new().file(WheelBuilder::new("a", "1.0").requires("reqeusts")).start();
    insta::assert_snapshot!(fails(&TestContext::new(), &server.url(), "a\n"), @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    Using function/requirements.txt
    error: Because a 1.0 requires `reqeusts`, but `reqeusts` is not on http://127.0.0.1:[PORT]/simple/, a 1.0 cannot be used.
    And because you require `a` (function/requirements.txt:1), your requirements cannot be met.
    ");
}

#[test]
fn no_wheel_for_the_target() {
    let server = IndexServer::new()
        .file(WheelBuilder::new("native", "1.0").tag("cp312-cp312-manylinux_2_17_x86_64"))
        .file(WheelBuilder::new("native", "1.0").tag("cp312-cp312-macosx_11_0_arm64"))
        .file(WheelBuilder::new("native", "0.9").tag("cp311-cp311-manylinux_2_17_aarch64"))
        .start();
    insta::assert_snapshot!(fails(&TestContext::new(), &server.url(), "native\n"), @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    Using function/requirements.txt
    error: You require `native` (function/requirements.txt:1), but no version of native can be used for python3.12/arm64 (1.0: its wheels are for other processors: x86_64; 0.9: its wheels are for other Pythons: CPython 3.11).

      native  wheels for                    could be loaded by
      1.0     CPython 3.12 on Linux x86_64  python3.12 (x86_64)
      0.9     CPython 3.11 on Linux arm64   python3.11 (arm64)
    hint: native 1.0 can be loaded by python3.12 on x86_64
    ");
}

#[test]
fn only_a_source_distribution() {
    let server = IndexServer::new().file(SdistBuilder::new("source", "1.0")).start();
    insta::assert_snapshot!(fails(&TestContext::new(), &server.url(), "source\n"), @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    Using function/requirements.txt
    error: You require `source` (function/requirements.txt:1), but source 1.0 cannot be used for python3.12/arm64 (it has only a source distribution, and building is not allowed).
    hint: source 1.0 has only a source distribution: allow building it with `--allow-build source`, or offer a wheel of it for python3.12/arm64 with `--find-links`
    ");
}

#[test]
fn bytes_that_are_not_the_promised_ones() {
    let wheel = "tiny-1.0-py3-none-any.whl";
    let server = IndexServer::new().file(WheelBuilder::new("tiny", "1.0")).fault(wheel, Fault::WrongBytes).start();
    let context = TestContext::new();
    insta::assert_snapshot!(fails(&context, &server.url(), "tiny\n"), @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    Using function/requirements.txt
    Resolved 1 package for python3.12 on arm64
    error: `tiny-1.0-py3-none-any.whl` from http://127.0.0.1:[PORT]/files/tiny-1.0-py3-none-any.whl has digest sha256:9462c6f903dd9d75010ea1ee85181c288ceaeabc44e813d87571867b884df2f4, but sha256:d4689cb47784f69294542e33d2a26d0a625bfd6dbbd90f65f6d27515f80e8490 was promised
    hint: nothing of it is used: somebody has replaced the file, or a proxy or mirror has a damaged copy; tell the keeper of the index, and lock again only if the new file is trusted
    ");
    let asked = server.requests().iter().filter(|request| request.path.ends_with(wheel)).count();
    assert_eq!(asked, 1, "never retried");
    // And never kept: the right bytes are asked for again.
    let right = IndexServer::new().file(WheelBuilder::new("tiny", "1.0")).start();
    context.succeed(context.barrow().args(["install", "tiny", "-t", "installed", "--index-url", &right.url()]));
    assert!(right.log().contains(wheel));
}

#[test]
fn a_file_that_differs_from_its_record() {
    let server = IndexServer::new().file(WheelBuilder::new("tiny", "1.0").wrong_in_record("tiny/__init__.py")).start();
    insta::assert_snapshot!(fails(&TestContext::new(), &server.url(), "tiny\n"), @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    Using function/requirements.txt
    Resolved 1 package for python3.12 on arm64
    error: `tiny-1.0-py3-none-any.whl` is refused
      because: `tiny/__init__.py` has another digest than RECORD says
    hint: if you trust where it comes from, accept it with `--accept-record tiny` (`accept-record` in barrow.toml)
    ");
}

#[test]
fn an_index_that_is_down() {
    let server = IndexServer::new().fault("/simple/tiny/", Fault::Status(500)).start();
    insta::assert_snapshot!(fails(&TestContext::new(), &server.url(), "tiny\n"), @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    Using function/requirements.txt
    error: failed to ask index http://127.0.0.1:[PORT]/simple/ for `tiny`
      because: `http://127.0.0.1:[PORT]/simple/tiny/` answered 500 Internal Server Error
    hint: the trouble is the server's: try again later, or ask another index
    ");
    // A port on which nobody listens: the server that had it is gone.
    let url = IndexServer::new().start().url();
    insta::assert_snapshot!(fails(&TestContext::new(), &url, "tiny\n"), @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    Using function/requirements.txt
    error: failed to ask index http://127.0.0.1:[PORT]/simple/ for `tiny`
      because: failed to connect to `http://127.0.0.1:[PORT]/simple/tiny/`: Connection refused
    hint: check the URL, the network and the proxy settings
    ");
}

#[test]
fn faults_that_pass_are_waited_for() {
    let wheel = "tiny-1.0-py3-none-any.whl";
    for fault in [Fault::Unavailable(2), Fault::Truncated(1)] {
        for path in ["/simple/tiny/", wheel] {
            let server = IndexServer::new().file(WheelBuilder::new("tiny", "1.0")).fault(path, fault.clone()).start();
            let context = TestContext::new();
            context.succeed(context.barrow().args(["install", "tiny", "-t", "out", "--index-url", &server.url()]));
        }
    }
}

#[test]
fn an_output_that_cannot_be_written() {
    let context = TestContext::new();
    let server = IndexServer::new().file(WheelBuilder::new("tiny", "1.0")).start();
    context.write("function/requirements.txt", "tiny\n");
    context.write("file", "not a folder");
    barrow_snapshot!(
        context,
        context.barrow().args(["bundle", "function", "-o", "file/out", "--index-url", &server.url()]),
        @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    Using function/requirements.txt
    error: failed to find the way to `file/out`
      because: a part of its path is a file, not a folder
    "
    );
    assert_eq!(fs_err::read_to_string(context.path("file")).unwrap(), "not a folder");
}

#[test]
fn keyring_that_was_asked_is_not_advised() {
    let server = IndexServer::new().file(WheelBuilder::new("tiny", "1.0")).credentials("me", "s3cret-word").start();
    let says = |script: Option<&str>| {
        let context = TestContext::new();
        context.write("function/requirements.txt", "tiny\n");
        fs_err::create_dir_all(context.path("bin")).unwrap();
        if let Some(script) = script {
            context.write("bin/keyring", script);
            context.chmod("bin/keyring", 0o755);
        }
        let mut bundle = context.barrow();
        bundle.args([
            "bundle",
            "function",
            "-o",
            "out",
            "--keyring-provider",
            "subprocess",
            "--index-url",
            &server.url(),
        ]);
        let shown = context.run(bundle.env("PATH", format!("{}:/usr/bin:/bin", context.path("bin").display())));
        assert!(shown.contains("401") && !shown.contains("--keyring-provider"), "{shown}");
        shown
    };
    let shown = says(Some("#!/bin/sh\nexit 1\n"));
    assert!(shown.contains("keyring (it has none for this URL)"), "{shown}");
    assert!(shown.contains("hint: keyring has nothing for this URL"), "{shown}");
    let shown = says(None);
    assert!(shown.contains("keyring (it could not be asked)") && shown.contains("no credentials: "), "{shown}");
    assert!(shown.contains("hint: keyring could not be asked, as the warning says"), "{shown}");
}

#[test]
fn an_index_that_wants_credentials() {
    let with = || IndexServer::new().file(WheelBuilder::new("tiny", "1.0")).credentials("me", "s3cret-word");
    let server = with().start();
    insta::assert_snapshot!(fails(&TestContext::new(), &server.url(), "tiny\n"), @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    Using function/requirements.txt
    error: failed to ask index http://127.0.0.1:[PORT]/simple/ for `tiny`
      because: `http://127.0.0.1:[PORT]/simple/tiny/` answered 401 Unauthorized, asked without credentials (looked in the URL, netrc (there is no `[TEMP]/home/.netrc`))
    hint: give a user and password in netrc, or by BARROW_INDEX_CORP_USERNAME and BARROW_INDEX_CORP_PASSWORD for an index that is named `corp` (`--index corp=URL`), or with `--keyring-provider subprocess`
    ");
    insta::assert_snapshot!(fails(&TestContext::new(), &server.url_with("me", "wr0ng-word"), "tiny\n"), @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    Using function/requirements.txt
    error: failed to ask index http://me:****@127.0.0.1:[PORT]/simple/ for `tiny`
      because: `http://127.0.0.1:[PORT]/simple/tiny/` answered 401 Unauthorized, asked as user `me`, credentials from the URL
    hint: the user or password is wrong or has expired; special characters in a URL are percent-encoded
    ");

    let context = TestContext::new();
    context.write("../home/.netrc", "machine 127.0.0.1 login me password s3cret-word\n");
    let server = with().start();
    context.succeed(context.barrow().args(["install", "tiny", "-t", "out", "-vv", "--index-url", &server.url()]));
    assert!(server.requests().iter().all(|request| request.authorized), "with the first request:\n{}", server.log());
}

#[test]
fn a_credential_shows_nowhere() {
    let server = IndexServer::new().file(WheelBuilder::new("tiny", "1.0")).credentials("me", "s3cret-word").start();
    let context = TestContext::new();
    context.write("function/requirements.txt", "tiny\n");
    let url = server.url_with("me", "s3cret-word");
    for command in [
        &["bundle", "function", "-o", "out", "-vv"][..],
        &["lock", "-r", "function/requirements.txt", "--format", "requirements", "-o", "lock.txt", "-vv"],
        &["install", "missing", "-t", "out2", "-vv"],
    ] {
        let shown = context.run(context.barrow().args(command).args(["--index-url", &url]));
        assert!(!shown.contains("s3cret-word"), "{shown}");
    }
    let found = std::process::Command::new("grep")
        .args(["-rl", "s3cret-word"])
        .args([context.root().join("cache"), context.path("")])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&found.stdout), "");
}

#[test]
fn what_a_requirements_file_cannot_say() {
    let server = IndexServer::new().start();
    insta::assert_snapshot!(fails(&TestContext::new(), &server.url(), "good\nbad requirement here\n-q\n>=1\n"), @"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    Using function/requirements.txt
    error: function/requirements.txt:2:5: `r` cannot stand after the name
        bad requirement here
            ^ expected a version specifier, `@` and a URL, `;` and a marker, or the end
        hint: one requirement stands on a line; extras stand in brackets
    function/requirements.txt:3:1: `-q` is not an option of requirements files
        -q
        ^^
        hint: give it on the command line instead
    function/requirements.txt:4:1: a requirement starts with the name of a project
        >=1
        ^ expected a project name
    ");
}

#[test]
fn wrong_usage() {
    let context = TestContext::new();
    barrow_snapshot!(context, context.barrow().args(["bundle", "-o", "out", "--runtime", "python2.7"]), @"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: invalid value for `runtime` from --runtime: unknown runtime `python2.7`: barrow knows python3.8 to python3.15, and agentcore-python3.10 to agentcore-python3.14
    ");
    barrow_snapshot!(context, context.barrow().args(["install", "-t", "out"]), @"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: nothing is required
    hint: name a requirements file with -r, or packages
    ");
    barrow_snapshot!(context, context.barrow().args(["bundel"]), @"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: unrecognized subcommand 'bundel'

      tip: some similar subcommands exist: 'build', 'bundle'

    Usage: barrow [OPTIONS] <COMMAND>

    For more information, try '--help'.
    ");
}

#[test]
fn the_message_of_a_failed_run_goes_to_a_file_as_well() {
    let context = TestContext::new();
    let message = |arguments: &[&str]| {
        context.run(context.barrow().env("BARROW_ERROR_FILE", context.path("error")).args(arguments));
        fs_err::read_to_string(context.path("error")).unwrap()
    };
    let missing = "error: command line: failed to read the requirements file";
    assert!(message(&["lock", "-r", "absent.txt", "-qq", "--color", "always"]).starts_with(missing));
    assert!(message(&["lock", "--absent-flag"]).starts_with("error: unexpected argument '--absent-flag'"));
    assert!(message(&["lock", "-r", "absent.txt", "--json"]).starts_with("{\"error\""));
    // Help that stands in for an error is one.
    context.barrow().env("BARROW_ERROR_FILE", context.path("error")).arg("cache").output().unwrap();
    assert!(fs_err::read_to_string(context.path("error")).unwrap().starts_with("Show or clear the cache"));

    context.run(context.barrow().args(["lock", "-r", "absent.txt", "--error-file", "named"]));
    assert!(fs_err::read_to_string(context.path("named")).unwrap().starts_with(missing));
    context.run(context.barrow().args(["cache", "dir", "--error-file", "untouched"]));
    assert!(!context.path("untouched").exists(), "nothing failed");
}

#[test]
fn a_package_that_unpacks_to_much_is_refused_until_the_user_allows_it() {
    let zeros = vec![0; 70 << 20];
    let server = IndexServer::new().file(WheelBuilder::new("bomb", "1.0").file("zeros.bin", zeros)).start();
    let context = TestContext::new();
    let install = |options: &[&str]| {
        let mut barrow = context.barrow();
        barrow.args(["install", "bomb", "-t", "out", "--runtime", "python3.12", "--index-url", &server.url()]);
        context.run(barrow.args(options))
    };
    let refused = install(&[]);
    assert!(refused.contains("times its size when unpacked, and at most 50 are accepted"), "{refused}");
    assert!(refused.contains("hint: if you know the package, raise the limit with --max-ratio"), "{refused}");
    let too_large = install(&["--max-ratio", "2000", "--max-unpacked-size", "1MB"]);
    assert!(too_large.contains("bytes when unpacked, and at most 1048576 are accepted"), "{too_large}");
    assert!(too_large.contains("raise the limit with --max-unpacked-size"), "{too_large}");
    assert!(!context.path("out").exists());
    let allowed = install(&["--max-ratio", "2000"]);
    assert!(allowed.starts_with("exit code: 0"), "{allowed}");
}
