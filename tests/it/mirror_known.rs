//! What a mirror tells of itself: to who audits it, and as a bill of materials.

use std::path::Path;

use serde_json::Value;

use crate::support::raw_server::{RawServer, answer};
use crate::support::{Fault, IndexServer, Listed, RunningIndex, SdistBuilder, TestContext, WheelBuilder};

const ADVISORY: &str = r#"{"id": "PYSEC-2024-1", "aliases": ["CVE-2024-1"], "summary": "It leaks",
    "affected": [{"package": {"ecosystem": "PyPI", "name": "low"},
                  "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "1.0"}, {"fixed": "1.6"}]}]}]}"#;
const ANSWER: &str = r#"{"info": {}, "vulnerabilities": [
    {"id": "PYSEC-2024-1", "aliases": ["CVE-2024-1"], "details": "It leaks.", "fixed_in": ["1.6"], "summary": null, "withdrawn": null}]}"#;
const NONE: &str = r#"{"info": {}, "vulnerabilities": []}"#;

/// Two applications that want different versions of `low`, from a public and a private index.
fn mirrored() -> (TestContext, RunningIndex, RunningIndex) {
    let context = TestContext::new();
    let top = WheelBuilder::new("top", "1.0+local.1")
        .requires("low<1.6")
        .metadata_line("License-Expression: MIT OR Apache-2.0");
    let public = IndexServer::new()
        .file(top)
        .file(WheelBuilder::new("low", "1.5").metadata_line("License: Our Own License (really)"))
        .file(WheelBuilder::new("low", "1.6"))
        .fault("/pypi/top/1.0+local.1/json", Fault::Answer(NONE.to_owned()))
        .fault("/pypi/low/1.5/json", Fault::Answer(ANSWER.to_owned()))
        .fault("/pypi/low/1.6/json", Fault::Answer(NONE.to_owned()))
        .start();
    let private = IndexServer::new().file(WheelBuilder::new("acme", "3.0")).credentials("deploy", "s3cret").start();
    context.write("old/requirements.txt", "top\n");
    context.write("new/requirements.txt", "low>=1.6\nacme\n");
    context.write("advisories/one.json", ADVISORY);
    let own = format!("own={}", private.url_with("deploy", "s3cret"));
    let words = ["mirror", "./old", "./new", "-o", "m", "--runtime", "python3.12", "--arch", "arm64"];
    context.succeed(context.barrow().args(words).args(["--index-url", &public.url(), "--index", &own]));
    (context, public, private)
}

fn audit(context: &TestContext, more: &[&str]) -> String {
    context.run(context.barrow().args(["audit", "--mirror"]).args(more))
}

/// A server of files that has no documents for folders.
fn store(folder: &Path) -> RawServer {
    let folder = folder.to_owned();
    RawServer::start(move |asked| match fs_err::read(folder.join(asked.path.trim_start_matches('/'))) {
        Ok(bytes) if !asked.path.ends_with('/') => answer(200, &[], bytes),
        _ => answer(404, &[], "<Error><Code>NoSuchKey</Code></Error>"),
    })
}

#[test]
fn a_mirror_is_audited_as_a_whole() {
    let (context, public, private) = mirrored();
    let asked = || public.requests().len() + private.requests().len();
    let before = asked();
    let offline = audit(&context, &["m", "--osv", "advisories", "--offline"]);
    insta::assert_snapshot!(offline, @"
    exit code: 1
    ----- stdout -----
    NAME  VERSION  ID                         FIXED IN  SUMMARY
    low   1.5      PYSEC-2024-1 (CVE-2024-1)  1.6       It leaks
    low came by old → top → low
    ----- stderr -----
    Audited 4 packages
    error: 1 known vulnerability in 1 package
    hint: mirror the applications again when they take a version without it; `--ignore ID=REASON` leaves one out
    ");
    let served = store(&context.path("m"));
    for place in [served.url("/"), served.url("/simple/"), context.path("m/simple").display().to_string()] {
        let shown = audit(&context, &[&place, "--osv", "advisories"]);
        assert!(shown.starts_with("exit code: 1") && shown.contains("low came by old → top → low"), "{place}: {shown}");
    }
    let json = context.barrow().args(["audit", "--mirror", "m", "--osv", "advisories", "--json"]).output().unwrap();
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["packages"], 4);
    assert_eq!(json["findings"][0]["ways"], serde_json::json!([["old", "top", "low"]]));
    assert_eq!(asked(), before, "nothing is asked but the mirror");

    // The index knows as well; what came from another one is not named to it.
    let told = audit(&context, &["m", "--index-url", &public.url(), "--ignore", "CVE-2024-1=not reached"]);
    assert!(
        told.starts_with("exit code: 0") && told.contains("Ignored PYSEC-2024-1 of low 1.5: not reached"),
        "{told}"
    );
    assert!(told.contains("nothing is known about acme 3.0") && told.contains("is not named to others"), "{told}");
    assert!(
        !told.contains("s3cret") && public.requests().iter().all(|request| !request.path.contains("acme")),
        "{told}"
    );
    // With requirements it stands for the indexes, as everywhere.
    let resolved =
        audit(&context, &["m", "-r", "new/requirements.txt", "--osv", "advisories", "--runtime", "python3.12"]);
    assert!(resolved.starts_with("exit code: 0") && resolved.contains("Audited 2 packages"), "{resolved}");

    fs_err::create_dir(context.path("empty")).unwrap();
    let none = audit(&context, &["empty", "--osv", "advisories"]);
    assert!(none.starts_with("exit code: 1") && none.contains("is no mirror: it has no manifest"), "{none}");
    let none = audit(&context, &[&served.url("/nowhere"), "--osv", "advisories"]);
    assert!(none.starts_with("exit code: 1") && none.contains("is no mirror: it has no manifest"), "{none}");
    // A manifest that hides where a file came from names it to nobody.
    let manifest = fs_err::read_to_string(context.path("m/barrow-mirror.json")).unwrap();
    context.write("hidden/barrow-mirror.json", manifest.replace(&private.url(), "no URL at all"));
    let before = asked();
    let hidden = audit(&context, &["hidden", "--index-url", &public.url()]);
    assert!(hidden.starts_with("exit code: 1") && hidden.contains("an index that is no URL"), "{hidden}");
    assert_eq!(asked(), before);
    let nobody = audit(&context, &["m", "--offline"]);
    assert!(nobody.starts_with("exit code: 2") && nobody.contains("--osv FILE"), "{nobody}");
}

#[test]
fn a_mirror_is_described_file_by_file() {
    let (context, public, _private) = mirrored();
    let words = ["mirror", "-o", "m", "--sbom", "cyclonedx", "--sbom", "spdx=bills/m.json"];
    let describe = || context.run(context.barrow().args(words));
    let shown = describe();
    assert!(shown.starts_with("exit code: 0") && shown.contains("Wrote m.cdx.json"), "{shown}");
    let text = fs_err::read_to_string(context.path("m.cdx.json")).unwrap();
    assert!(!text.contains("s3cret") && !text.contains(context.root().to_str().unwrap()), "{text}");
    let bill: Value = serde_json::from_str(&text).unwrap();
    let manifest: Value = serde_json::from_slice(&fs_err::read(context.path("m/barrow-mirror.json")).unwrap()).unwrap();
    let components = bill["components"].as_array().unwrap();
    let libraries: Vec<&Value> = components.iter().filter(|it| it["type"] == "library").collect();
    let files = manifest["files"].as_array().unwrap();
    assert_eq!(libraries.len(), files.len());
    for (library, file) in libraries.iter().zip(files) {
        assert_eq!(library["hashes"][0]["content"], file["sha256"]);
        assert_eq!(library["externalReferences"][0]["url"], file["source"]);
    }
    let property = |component: &Value, name: &str| -> Vec<String> {
        let all = component["properties"].as_array().unwrap().iter().filter(|it| it["name"] == name);
        all.map(|it| it["value"].as_str().unwrap().to_owned()).collect()
    };
    let top = libraries.iter().find(|it| it["name"] == "top").unwrap();
    assert_eq!(top["purl"], "pkg:pypi/top@1.0%2Blocal.1?file_name=top-1.0%2Blocal.1-py3-none-any.whl");
    assert_eq!(top["licenses"][0]["expression"], "MIT OR Apache-2.0");
    let old = libraries.iter().find(|it| it["version"] == "1.5").unwrap();
    assert_eq!(property(old, "barrow:requested-by"), ["old: top → low"]);
    assert_eq!(property(old, "barrow:index"), [public.url()]);
    assert_eq!(old["licenses"][0]["license"]["name"], "Our Own License (really)");
    let application = components.iter().find(|it| it["bom-ref"] == "application:old").unwrap();
    assert_eq!(property(application, "barrow:target"), ["python3.12/arm64"]);
    let of_old = bill["dependencies"].as_array().unwrap().iter().find(|it| it["ref"] == "application:old").unwrap();
    let mut wanted = vec![old["bom-ref"].clone(), top["bom-ref"].clone()];
    wanted.sort_by_key(ToString::to_string);
    assert_eq!(of_old["dependsOn"], Value::Array(wanted));
    let spdx: Value = serde_json::from_slice(&fs_err::read(context.path("bills/m.json")).unwrap()).unwrap();
    let packages = spdx["packages"].as_array().unwrap();
    assert_eq!(packages.len(), 1 + files.len() + 2, "the mirror, its files, its applications");
    assert!(packages.iter().any(|it| it["licenseDeclared"] == "LicenseRef-Our-Own-License--really"), "{spdx}");

    // The same every time, and nothing of it lies in the mirror.
    assert!(!describe().contains("Wrote"));
    let verified =
        context.run(context.barrow().args(["mirror", "-o", "m", "--verify", "--sbom", "cyclonedx", "--json"]));
    assert!(verified.contains("\"path\": \"m.cdx.json\""), "{verified}");
    let inside = context.run(context.barrow().args(["mirror", "-o", "m", "--sbom", "cyclonedx=m/bill.json"]));
    assert!(inside.starts_with("exit code: 2") && !context.path("m/bill.json").exists(), "{inside}");
    let nothing = context.run(context.barrow().args(["mirror", "-o", "nothing", "--sbom", "cyclonedx"]));
    assert!(nothing.starts_with("exit code: 1") && nothing.contains("is no mirror"), "{nothing}");
    // A run that changes it describes what it became.
    let removed = context.run(context.barrow().args(["mirror", "-o", "m", "--remove", "old", "--sbom", "cyclonedx"]));
    assert!(removed.starts_with("exit code: 0") && removed.contains("Wrote m.cdx.json"), "{removed}");
    assert!(!fs_err::read_to_string(context.path("m.cdx.json")).unwrap().contains("application:old"));
}

#[test]
fn a_manifest_that_was_lost_is_made_anew_of_the_files() {
    let (context, index) = (TestContext::new(), IndexServer::new());
    let lib = WheelBuilder::new("lib", "2.0").requires_python(">=3.8").metadata_line("License-Expression: MIT");
    let index = index.file(WheelBuilder::new("app", "1.0").requires("lib")).file(lib).start();
    let manifest = || fs_err::read(context.path("m/barrow-mirror.json")).unwrap();
    let run = |more: &[&str]| {
        let words = ["mirror", "app", "-o", "m", "--runtime", "python3.12", "--index-url", &index.url()];
        context.run(context.barrow().args(words).args(more))
    };
    assert!(run(&[]).starts_with("exit code: 0"));
    let before = manifest();
    fs_err::remove_file(context.path("m/barrow-mirror.json")).unwrap();
    let verified = context.run(context.barrow().args(["mirror", "-o", "m", "--verify"]));
    assert!(verified.starts_with("exit code: 1") && verified.contains("it has no manifest"), "{verified}");
    let shown = run(&[]);
    assert!(
        shown.starts_with("exit code: 0") && shown.contains("was lost") && shown.contains("what is whole: 2 files"),
        "{shown}"
    );
    assert!(shown.contains("Added 0 files"), "{shown}");
    assert_eq!(String::from_utf8(manifest()).unwrap(), String::from_utf8(before).unwrap());

    // What is damaged too is none of it, and comes again.
    let digest =
        serde_json::from_slice::<Value>(&manifest()).unwrap()["files"][1]["sha256"].as_str().unwrap().to_owned();
    let wheel = format!("m/files/{}/{digest}/lib-2.0-py3-none-any.whl", &digest[..2]);
    context.write(&wheel, "damaged");
    fs_err::remove_file(context.path("m/barrow-mirror.json")).unwrap();
    let shown = run(&[]);
    assert!(
        shown.starts_with("exit code: 0") && shown.contains("what is whole: 1 file;") && shown.contains("Added 1 file"),
        "{shown}"
    );
    assert!(run(&["--verify"]).starts_with("exit code: 0"));
    // Pages of somebody else are none of ours.
    context.write(
        "other/simple/app/index.json",
        r#"{"name": "app", "files": [{"filename": "app-1.0-py3-none-any.whl",
        "url": "https://example.org/app-1.0-py3-none-any.whl", "hashes": {"sha256": "00"}, "size": 1}]}"#,
    );
    let words = ["mirror", "app", "-o", "other", "--index-url", &index.url()];
    let shown = context.run(context.barrow().args(words));
    assert!(shown.starts_with("exit code: 1") && shown.contains("is no mirror of barrow"), "{shown}");
}

#[test]
fn what_an_index_says_of_a_project_crosses_the_gap_and_is_refreshed() {
    let wheel = WheelBuilder::new("tiny", "1.0").build();
    let is_later = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let later = std::sync::Arc::clone(&is_later);
    let server = RawServer::start(move |asked| {
        if asked.path.contains(".whl") {
            return answer(200, &[], &wheel.bytes);
        }
        let later = later.load(std::sync::atomic::Ordering::SeqCst);
        let (status, python) = if later { ("active", "&gt;=3.9") } else { ("archived", "&gt;=3.8") };
        let digest = crate::support::sha256_hex(&wheel.bytes);
        let page = format!(
            "<head><meta name=\"pypi:project-status\" content=\"{status}\">\
             <meta name=\"pypi:project-status-reason\" content=\"no time\"></head>\
             <a href=\"/{0}#sha256={digest}\" data-requires-python=\"{python}\">{0}</a>",
            wheel.filename
        );
        answer(200, &[("content-type", "text/html"), ("cache-control", "max-age=0")], page)
    });
    let context = TestContext::new();
    let mirror = || {
        let words = ["mirror", "tiny", "-o", "m", "--runtime", "python3.12", "--index-url", &server.url("/simple/")];
        let shown = context.run(context.barrow().args(words));
        assert!(shown.starts_with("exit code: 0"), "{shown}");
    };
    let install = || {
        let words = ["install", "tiny", "-t", "out", "--runtime", "python3.12", "--mirror", "m"];
        context.run(context.barrow().args(words))
    };
    let page = || fs_err::read_to_string(context.path("m/simple/tiny/index.json")).unwrap();
    mirror();
    let shown = install();
    assert!(shown.contains("warning: tiny is archived") && shown.contains("(no time)"), "{shown}");
    assert!(page().contains("\">=3.8\""), "{}", page());
    is_later.store(true, std::sync::atomic::Ordering::SeqCst);
    mirror();
    assert!(page().contains("\">=3.9\"") && !page().contains("project-status"), "{}", page());
    assert!(!install().contains("archived"));
    assert!(context.run(context.barrow().args(["mirror", "-o", "m", "--verify"])).starts_with("exit code: 0"));
}

#[test]
fn files_without_digests_are_added_once() {
    let context = TestContext::new();
    let index = IndexServer::new()
        .file(Listed::new(WheelBuilder::new("tiny", "1.0")).unhashed())
        .file(Listed::new(SdistBuilder::new("tiny", "1.0")).unhashed())
        .start();
    let words = ["mirror", "tiny", "--sdists", "-o", "m", "--runtime", "python3.12", "--index-url", &index.url()];
    let mirror = || context.run(context.barrow().args(words));
    let first = mirror();
    assert!(first.starts_with("exit code: 0") && first.contains("Added 2 files"), "{first}");
    let before = context.tree("m");
    let second = mirror();
    assert!(second.starts_with("exit code: 0") && second.contains("Added 0 files"), "{second}");
    assert_eq!(context.tree("m"), before);
}
