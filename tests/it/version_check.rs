//! `barrow self version-check`: asks only when it is asked for, and only for barrow.

use crate::support::{IndexServer, Listed, TestContext, WheelBuilder, said};

const OWN: &str = env!("CARGO_PKG_VERSION");

fn release(version: &str) -> Listed {
    let platform = "py3-none-manylinux_2_17_x86_64.musllinux_1_1_x86_64";
    Listed::new(WheelBuilder::new("barrow", version).tag(platform).root_is_purelib(false).build())
}

fn check(context: &TestContext, arguments: &[&str]) -> (i32, String, String) {
    let output = context.barrow().args(["self", "version-check"]).args(arguments).output().unwrap();
    let printed = String::from_utf8(output.stdout.clone()).unwrap();
    (output.status.code().unwrap(), printed, said(&output))
}

#[test]
fn the_newest_release_of_the_indexes_is_told() {
    let context = TestContext::new();
    let server = IndexServer::new()
        .file(release(OWN))
        .file(release("90.0"))
        .file(release("91.0rc1"))
        .file(release("92.0").yanked("broken"))
        // Somebody else's project of the name.
        .file(WheelBuilder::new("barrow", "99.0").build())
        .start();
    let (code, printed, told) = check(&context, &["--index-url", &server.url_with("me", "hunter2")]);
    assert_eq!(code, 0, "{told}");
    assert!(
        printed.starts_with("barrow 90.0 is there: ") && printed.ends_with(&format!("this is {OWN}\n")),
        "{printed}"
    );
    assert!(!printed.contains("hunter2") && !told.contains("hunter2"));

    let (_, printed, _) = check(&context, &["--index-url", &server.url(), "--json"]);
    let answer: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(answer["newest"], "90.0");
    assert_eq!((&answer["version"], &answer["is_newest"]), (&OWN.into(), &false.into()));

    let current = IndexServer::new().file(release(OWN)).start();
    let (code, printed, _) = check(&context, &["--index-url", &current.url()]);
    assert!(code == 0 && printed.starts_with(&format!("barrow {OWN} is the newest: ")), "{printed}");
    let paths: Vec<String> = current.requests().into_iter().map(|request| request.path).collect();
    assert!(
        !paths.is_empty() && paths.iter().all(|path| path == "/simple/barrow/"),
        "nothing is downloaded: {paths:?}"
    );
}

#[test]
fn where_nothing_can_be_known_it_says_so() {
    let context = TestContext::new();
    let stranger = IndexServer::new().file(WheelBuilder::new("barrow", "99.0").build()).start();
    let none = IndexServer::new().start();
    for server in [&stranger, &none] {
        let (code, printed, told) = check(&context, &["--index-url", &server.url()]);
        assert!(code == 1 && printed.is_empty(), "{printed}");
        assert!(told.contains("no index has a release of barrow") && told.contains("--index-url"), "{told}");
    }
    let unasked = IndexServer::new().start();
    let (code, _, told) = check(&context, &["--index-url", &unasked.url(), "--offline"]);
    assert!(code == 1 && told.contains("the run is offline"), "{told}");
    let (code, _, told) = check(&context, &["--no-index"]);
    assert!(code == 1 && told.contains("no index"), "{told}");
    let (code, _, _) = check(&context, &["--frob"]);
    assert_eq!(code, 2);
}

/// No other command asks about barrow, or asks anybody about anything but what is required.
#[test]
fn nothing_else_looks_for_a_newer_one() {
    let context = TestContext::new();
    let server = IndexServer::new().file(release("90.0")).file(WheelBuilder::new("tiny", "1.0").build()).start();
    let mut command = context.barrow();
    context.succeed(command.args(["install", "tiny", "-t", "out", "--index-url", &server.url()]));
    for request in server.requests() {
        assert!(request.path.contains("tiny"), "{}", request.path);
    }
}
