//! `audit`: what the index or advisories on this machine know about what was chosen or lies in an output.

use crate::support::{Fault, IndexServer, RunningIndex, TestContext, WheelBuilder};

const ANSWER: &str = r#"{"info": {}, "vulnerabilities": [
    {"id": "PYSEC-2024-1", "aliases": ["CVE-2024-1"], "details": "It leaks. Badly.", "fixed_in": ["1.6", "2.0"], "link": "https://example.org/1", "summary": null, "withdrawn": null},
    {"id": "GHSA-xxxx", "aliases": ["CVE-2024-1"], "details": "", "fixed_in": ["1.6"], "summary": "It leaks", "withdrawn": null}]}"#;
const NONE: &str = r#"{"info": {}, "vulnerabilities": []}"#;

const ADVISORY: &str = r#"{"id": "PYSEC-2024-1", "aliases": ["CVE-2024-1"], "summary": "It leaks",
    "affected": [{"package": {"ecosystem": "PyPI", "name": "low"},
                  "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "1.0"}, {"fixed": "1.6"}]}]}]}"#;

fn server() -> IndexServer {
    IndexServer::new()
        .file(WheelBuilder::new("top", "1.0").requires("low").file("top.py", ""))
        .file(WheelBuilder::new("low", "1.5"))
}

fn index() -> RunningIndex {
    server()
        .fault("/pypi/low/1.5/json", Fault::Answer(ANSWER.to_owned()))
        .fault("/pypi/top/1.0/json", Fault::Answer(NONE.to_owned()))
        .start()
}

fn audit(context: &TestContext, index: &RunningIndex, more: &[&str]) -> String {
    context.run(context.barrow().args(["audit", "--index-url", &index.url()]).args(more))
}

#[test]
fn the_index_is_asked() {
    let (context, index) = (TestContext::new(), index());
    context.write("requirements.txt", "top\n");
    insta::assert_snapshot!(audit(&context, &index, &[]), @"
    exit code: 1
    ----- stdout -----
    NAME  VERSION  ID                         FIXED IN  SUMMARY
    low   1.5      PYSEC-2024-1 (CVE-2024-1)  1.6, 2.0  It leaks.
    low came by top → low
    ----- stderr -----
    Using requirements.txt
    Resolved 2 packages for python3.14 on x86_64
    Audited 2 packages
    error: 1 known vulnerability in 1 package
    hint: `barrow why NAME` tells who asked for it; `--ignore ID=REASON` leaves one out
    ");
    let ignored = audit(&context, &index, &["--ignore", "cve-2024-1=it is not reached", "--ignore", "CVE-0=old"]);
    insta::assert_snapshot!(ignored, @"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
    Using requirements.txt
    Resolved 2 packages for python3.14 on x86_64
    warning: `CVE-0` is ignored and was not found: it can be taken off the list
    Ignored PYSEC-2024-1 of low 1.5: it is not reached
    Audited 2 packages
    ");
    context.write("barrow.toml", "[audit]\nignore = ['PYSEC-2024-1=known']\n");
    assert!(audit(&context, &index, &["-q"]).starts_with("exit code: 0"));
    context.write("barrow.toml", "[audit]\nignore = ['= reason']\n");
    assert!(audit(&context, &index, &[]).contains("barrow.toml:2: `= reason` is not of the form"));
}

#[test]
fn what_is_not_known_is_told() {
    let context = TestContext::new();
    context.write("requirements.txt", "top\n");
    let silent = server().start();
    insta::assert_snapshot!(audit(&context, &silent, &[]), @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    Using requirements.txt
    Resolved 2 packages for python3.14 on x86_64
    error: the index http://127.0.0.1:[PORT]/simple/ says nothing about vulnerabilities
    hint: give advisories that lie here: `--osv FILE`; or ask another index by `--index-url`
    ");
    let partly = server().fault("/pypi/top/1.0/json", Fault::Answer(NONE.to_owned())).start();
    let shown = audit(&context, &partly, &[]);
    assert!(shown.starts_with("exit code: 0") && shown.contains("nothing is known about low 1.5"), "{shown}");
    let broken = server().fault("/pypi/low/1.5/json", Fault::Status(500)).start();
    assert!(audit(&context, &broken, &["--retries", "0"]).starts_with("exit code: 1"));
    // What another index has is not named to the default one.
    let private = IndexServer::new().file(WheelBuilder::new("low", "1.5")).start();
    let shown = audit(&context, &index(), &["--index", &format!("own={}", private.url())]);
    assert!(shown.contains("is not named to others") && shown.starts_with("exit code: 0"), "{shown}");
    let offline = audit(&context, &silent, &["--offline"]);
    assert!(offline.starts_with("exit code: 2") && offline.contains("--osv FILE"), "{offline}");
}

#[test]
fn advisories_that_lie_here() {
    let (context, index) = (TestContext::new(), server().start());
    context.write("requirements.txt", "top\n");
    context.write("advisories/one.json", ADVISORY);
    let mut bundle = context.barrow();
    context.succeed(bundle.args(["bundle", "--no-source", "-o", "out", "--index-url", &index.url()]));
    let lock = context.run(context.barrow().args(["lock", "--index-url", &index.url(), "-q"]));
    assert!(lock.starts_with("exit code: 0"), "{lock}");
    let asked = index.requests().len();
    insta::assert_snapshot!(audit(&context, &index, &["out", "--osv", "advisories"]), @"
    exit code: 1
    ----- stdout -----
    NAME  VERSION  ID                         FIXED IN  SUMMARY
    low   1.5      PYSEC-2024-1 (CVE-2024-1)  1.6       It leaks
    low came by top → low
    ----- stderr -----
    Audited 2 packages
    error: 1 known vulnerability in 1 package
    hint: `barrow tree out --invert NAME` tells who asked for it; `--ignore ID=REASON` leaves one out
    ");
    let locked = audit(&context, &index, &["--lock", "pylock.toml", "--osv", "advisories", "--offline", "-q"]);
    assert!(locked.starts_with("exit code: 1") && locked.contains("PYSEC-2024-1 (CVE-2024-1)"), "{locked}");
    assert_eq!(index.requests().len(), asked, "nothing is asked");
    let output = context.barrow().args(["audit", "out", "--osv", "advisories", "--json"]).output().unwrap();
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["findings"][0]["fixed_in"], serde_json::json!(["1.6"]));
    assert_eq!(json["findings"][0]["came_by"], serde_json::json!(["top", "low"]));
    context.write("wrong.json", "{}");
    for (place, what) in [
        ("wrong.json", "it has no `id`"),
        ("absent.json", "there is no file or folder `absent.json`"),
        ("out", "holds no advisories"),
    ] {
        let shown = audit(&context, &index, &["out", "--osv", place]);
        assert!(shown.starts_with("exit code: 2") && shown.contains(what), "{shown}");
    }
}
