//! Several indexes, and which of them is told what.

use crate::support::{Fault, IndexServer, RunningIndex, TestContext, WheelBuilder};

fn index_of(name: &str, version: &str) -> IndexServer {
    IndexServer::new().file(WheelBuilder::new(name, version))
}

/// Locks `requirement` with the private index as an extra one and the public one as the default.
fn lock(context: &TestContext, requirement: &str, private: &str, public: &str) -> std::process::Output {
    context.write("requirements.txt", requirement);
    context
        .barrow()
        .args(["lock", "-r", "requirements.txt", "--format", "requirements", "-o", "-", "-q"])
        .args(["--extra-index-url", private, "--index-url", public])
        .output()
        .unwrap()
}

fn asked(server: &RunningIndex) -> Vec<String> {
    server.requests().into_iter().map(|request| request.path).collect()
}

#[test]
fn a_private_name_is_never_looked_for_in_public() {
    let private = index_of("ours", "1.0").start();
    let public = index_of("ours", "99.0").start();
    let context = TestContext::new();
    let output = lock(&context, "ours\n", &private.url(), &public.url());
    assert!(String::from_utf8_lossy(&output.stdout).contains("ours==1.0\n"), "{}", context.show(&output));
    assert_eq!(asked(&public), Vec::<String>::new());
}

#[test]
fn a_name_that_the_private_index_does_not_know_comes_from_the_public_one() {
    let private = index_of("ours", "1.0").start();
    let public = index_of("theirs", "2.0").start();
    let context = TestContext::new();
    let output = lock(&context, "ours\ntheirs\n", &private.url(), &public.url());
    assert!(String::from_utf8_lossy(&output.stdout).contains("theirs==2.0\n"), "{}", context.show(&output));
}

#[test]
fn an_index_that_refuses_or_fails_ends_the_run() {
    for status in [401, 403, 500] {
        let private = index_of("ours", "1.0").fault("/simple/ours/", Fault::Status(status)).start();
        let public = index_of("ours", "99.0").start();
        let output = lock(&TestContext::new(), "ours\n", &private.url(), &public.url());
        assert_eq!(output.status.code(), Some(1), "{status}");
        assert_eq!(asked(&public), Vec::<String>::new(), "{status}");
    }
}

#[test]
fn credentials_stay_with_the_server_that_they_belong_to() {
    let elsewhere = index_of("tiny", "1.0").start();
    let file = format!("{}files/tiny-1.0-py3-none-any.whl", elsewhere.url().trim_end_matches("simple/"));
    let private = index_of("tiny", "1.0")
        .credentials("me", "secret")
        .fault("/files/tiny-1.0-py3-none-any.whl", Fault::Redirect(file))
        .start();
    let context = TestContext::new();
    let url = private.url_with("me", "secret");
    context.write("function/requirements.txt", "tiny\n");
    context.succeed(context.barrow().args(["bundle", "function", "-o", "out", "--index-url", &url]));
    assert!(private.requests().iter().all(|request| request.authorized), "{}", private.log());
    assert_eq!(elsewhere.log(), "200 /files/tiny-1.0-py3-none-any.whl\n");
}

#[test]
fn a_folder_of_wheels_stands_beside_an_index() {
    let index = index_of("tiny", "1.0").start();
    let context = TestContext::new();
    let newer = WheelBuilder::new("tiny", "2.0").build();
    context.write(&format!("wheels/{}", newer.filename), newer.bytes);
    context.write("function/requirements.txt", "tiny\n");
    let bundle = ["bundle", "function", "--find-links", "wheels"];
    context.succeed(context.barrow().args(bundle).args(["-o", "both", "--index-url", &index.url()]));
    context.succeed(context.barrow().args(bundle).args(["-o", "alone", "--no-index"]));
    assert_eq!(context.tree("both"), context.tree("alone"), "the newest version of the two");
}
