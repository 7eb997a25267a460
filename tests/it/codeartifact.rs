//! A private repository of AWS CodeArtifact, from its short name to a lock, with a stand-in of the service that mints
//! tokens (signatures are checked in `src/http/tests/codeartifact.rs`).

use std::process::Output;

use crate::support::{IndexServer, RunningIndex, TestContext, TokenService, WheelBuilder};

const TOKEN: &str = "minted-token";

fn repository() -> RunningIndex {
    let app = WheelBuilder::new("acme-app", "1.0").requires("acme-lib");
    IndexServer::new().file(app).file(WheelBuilder::new("acme-lib", "2.0")).credentials("aws", TOKEN).start()
}

fn run(context: &TestContext, service: &TokenService, arguments: &[&str]) -> Output {
    context
        .barrow()
        .args(arguments)
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "marked/secret/key")
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_ENDPOINT_URL_CODEARTIFACT", service.url())
        .output()
        .expect("the program starts")
}

#[test]
fn a_repository_is_named_by_domain_and_name_alone() {
    let (context, index) = (TestContext::new(), repository());
    let service = TokenService::start(&index, TOKEN);
    context.write("barrow.toml", "[[index]]\nname = \"corp\"\nurl = \"codeartifact://acme/private\"\ndefault = true\n");
    context.write("requirements.txt", "acme-app\n");
    let output = run(&context, &service, &["lock", "-r", "requirements.txt", "-o", "pylock.toml"]);
    assert!(output.status.success(), "{}", context.show(&output));
    let lock = fs_err::read_to_string(context.path("pylock.toml")).expect("it was written");
    assert!(lock.contains("acme-lib") && lock.contains(&index.url()) && !lock.contains(TOKEN), "{lock}");
    let calls = ["GET /v1/repository/endpoint", "POST /v1/authorization-token"];
    let asked = service.asked();
    assert!(asked.len() == 2 && asked.iter().zip(calls).all(|(asked, call)| asked.starts_with(call)), "{asked:?}");
    assert!(asked.iter().all(|call| call.contains("domain=acme")), "{asked:?}");
    assert!(index.requests().iter().skip(1).all(|request| request.authorized || request.status == 401));

    let install = ["install", "-r", "requirements.txt", "-t", "out"];
    let output = run(&context, &service, &install);
    assert!(output.status.success() && context.path("out/acme_lib").exists(), "{}", context.show(&output));
}

#[test]
fn without_credentials_for_aws_everything_that_was_tried_is_said() {
    let context = TestContext::new();
    let arguments = ["install", "acme-app", "-t", "out", "--index-url", "codeartifact://acme/private"];
    let output = context
        .barrow()
        .args(arguments)
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .output()
        .expect("the program starts");
    let shown = context.show(&output);
    assert_eq!(output.status.code(), Some(1), "{shown}");
    for part in ["AWS_ACCESS_KEY_ID is not set", "profile", "web identity", "container", "instance", "?owner="] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!context.path("out").exists());
}

#[test]
fn pages_of_a_repository_are_not_shown_to_a_run_without_its_credentials() {
    let (context, index) = (TestContext::new(), repository());
    let service = TokenService::start(&index, TOKEN);
    let lock = ["lock", "acme-app", "-o", "-", "--index-url", "codeartifact://acme/private"];
    let output = run(&context, &service, &lock);
    assert!(output.status.success(), "{}", context.show(&output));
    let arguments = ["lock", "acme-app", "-o", "-", "--offline", "--index-url", &index.url()];
    let output = context.barrow().args(arguments).output().expect("the program starts");
    assert_eq!(output.status.code(), Some(1), "{}", context.show(&output));
}
