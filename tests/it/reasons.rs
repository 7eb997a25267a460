//! Messages that have to name the index, the file or the option that is the reason.

use crate::support::raw_server::{RawServer, answer};
use crate::support::{
    BuiltFile, IndexServer, Listed, RunningIndex, SdistBuilder, TestContext, WheelBuilder, sha256_hex,
};

fn lock(context: &TestContext, index: &RunningIndex, words: &[&str]) -> String {
    let mut command = context.barrow();
    command.args(["lock", "--runtime", "python3.12", "-o", "-", "--index-url", &index.url()]).args(words);
    context.show(&command.output().unwrap())
}

#[test]
fn a_page_without_a_usable_file_is_told_with_its_index_and_what_it_has() {
    let named =
        |filename: &str| BuiltFile { filename: filename.to_owned(), ..WheelBuilder::new("thing", "1.0").build() };
    let odd = IndexServer::new().file(named("thing-1.0-py3-none.whl")).start();
    let eggs = IndexServer::new().file(named("thing-1.0-py3.12.egg")).start();
    let context = TestContext::new();
    let shown = lock(&context, &odd, &["thing"]);
    assert!(shown.contains("the index http://127.0.0.1:[PORT]/simple/ lists no usable file of `thing` ("), "{shown}");
    assert!(shown.contains("`thing` (`thing-1.0-py3-none.whl` does not have the form"), "{shown}");
    let shown = lock(&context, &eggs, &["thing"]);
    let told = "lists no usable file of `thing` (its page names no wheel and no source distribution)";
    assert!(shown.contains(told), "{shown}");
    // An index that has a name is told by it.
    let url = format!("corp={}", odd.url());
    let shown = lock(&context, &eggs, &["thing", "--index", &url]);
    assert!(shown.contains("the index `corp` (http://127.0.0.1:[PORT]/simple/) lists no usable file"), "{shown}");
}

#[test]
fn wheels_that_no_target_loads_are_no_reason_to_say_that_there_are_none() {
    let index = IndexServer::new()
        .file(WheelBuilder::new("old", "1.0").tag("py2-none-any"))
        .file(SdistBuilder::new("old", "1.0"))
        .file(SdistBuilder::new("bare", "1.0"))
        .start();
    let context = TestContext::new();
    let shown = lock(&context, &index, &["old"]);
    let told = "old 1.0 has wheels for other Pythons or systems alone, and a source distribution: allow building it with \
                `--allow-build old`";
    assert!(shown.contains(told), "{shown}");
    let shown = lock(&context, &index, &["bare"]);
    assert!(shown.contains("bare 1.0 has only a source distribution: allow building it"), "{shown}");
}

#[test]
fn a_prerelease_that_is_too_new_is_not_offered() {
    let listed = |version: &str, time: &str| Listed::new(WheelBuilder::new("thing", version)).upload_time(time);
    let index = IndexServer::new()
        .file(listed("1.0", "2020-01-01T00:00:00Z"))
        .file(listed("2.0rc1", "2021-01-01T00:00:00Z"))
        .file(listed("2.0rc2", "2024-01-01T00:00:00Z"))
        .start();
    let context = TestContext::new();
    let ask = |more: &[&str]| {
        lock(&context, &index, &[&["thing>1.5", "--prerelease", "disallow", "--exclude-newer"], more].concat())
    };
    let shown = ask(&["2020-06-01"]);
    assert!(shown.contains("exit code: 1") && !shown.contains("--prerelease"), "{shown}");
    // The one that is old enough is the one that helps.
    let shown = ask(&["2022-01-01"]);
    assert!(shown.contains("thing 2.0rc1 is a pre-release: allow it with `--prerelease"), "{shown}");
    let shown = ask(&["2025-01-01"]);
    assert!(shown.contains("thing 2.0rc2 is a pre-release: allow it with `--prerelease"), "{shown}");
}

#[test]
fn a_user_name_alone_is_told_as_credentials_and_not_by_itself() {
    let index = IndexServer::new().file(WheelBuilder::new("thing", "1.0")).credentials("me", "right").start();
    let context = TestContext::new();
    let url = index.url().replace("http://", "http://t0ken@");
    let output = context.barrow().args(["lock", "thing", "-o", "-", "--index-url", &url]).output().unwrap();
    let shown = context.show(&output);
    assert!(shown.contains("401 Unauthorized, asked with credentials from the URL"), "{shown}");
    assert!(!shown.contains("t0ken"), "{shown}");
}

#[test]
fn signatures_in_urls_of_files_are_in_no_lock_and_no_result() {
    let wheel = WheelBuilder::new("tiny", "1.0").build();
    let digest = sha256_hex(&wheel.bytes);
    let query = "versionId=7&X-Amz-Credential=cr3dential&X-Amz-Security-Token=s3cr3t&X-Amz-Signature=s3cr3t&sig=s3cr3t\
                 &Signature=s3cr3t";
    let index = RawServer::start(move |asked| {
        let path = asked.path.split('?').next().unwrap_or_default();
        match path.rsplit('/').next() {
            Some("") => {
                let link = format!("<a href=\"/{0}?{query}#sha256={digest}&token=s3cr3t\">{0}</a>", wheel.filename);
                answer(200, &[("content-type", "text/html")], link)
            }
            // As a store does, which knows nobody without the signature.
            _ if asked.path.contains("X-Amz-Signature=s3cr3t") => answer(200, &[], &wheel.bytes),
            _ => answer(403, &[], ""),
        }
    });
    let context = TestContext::new();
    let url = index.url("/simple/");
    let run = |words: &[&str]| {
        let output = context.barrow().args(words).args(["--index-url", &url]).output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    for words in [
        &["lock", "tiny", "-o", "-"][..],
        &["lock", "tiny", "-o", "-", "--format", "json"],
        &["lock", "tiny", "-o", "-", "--format", "requirements", "--generate-hashes"],
        &["tree", "tiny", "--json"],
        &["why", "tiny", "tiny", "--json"],
        &["install", "tiny", "-t", "out", "--json"],
        &["install", "tiny", "-t", "out", "-v"],
    ] {
        let told = run(words);
        assert!(!told.contains("s3cr3t") && !told.contains("cr3dential"), "{words:?}: {told}");
    }
    assert!(run(&["lock", "tiny", "-o", "-"]).contains("?versionId=7\""), "what is no secret stays");
}

/// A Pipfile.lock or poetry.lock of one package, which has no URLs.
fn poetry_lock(file: &str, digest: &str) -> String {
    format!(
        "[[package]]\nname = \"tiny\"\nversion = \"1.0\"\ndescription = \"\"\noptional = false\npython-versions = \"*\"\n\
         groups = [\"main\"]\nfiles = [\n    {{file = \"{file}\", hash = \"sha256:{digest}\"}},\n]\n\n\
         [metadata]\nlock-version = \"2.1\"\npython-versions = \">=3.8\"\ncontent-hash = \"\"\n"
    )
}

#[test]
fn what_concerns_no_lock_or_is_not_listed_is_told() {
    let wheel = WheelBuilder::new("tiny", "1.0").build();
    let digest = sha256_hex(&wheel.bytes);
    let index = IndexServer::new().file(wheel).start();
    let context = TestContext::new();
    context.write("poetry.lock", poetry_lock("tiny-1.0-py3-none-any.whl", &digest));
    context.write("limits.txt", "tiny<1\n");
    let install = |words: &[&str]| {
        let mut command = context.barrow();
        command.args(["install", "-r", "poetry.lock", "--frozen", "-t", "out", "--runtime", "python3.12"]);
        command.args(["--index-url", &index.url()]).args(words);
        context.show(&command.env("PIP_CONSTRAINT", "limits.txt").output().unwrap())
    };
    let shown = install(&["-v"]);
    assert!(shown.contains("exit code: 0") && shown.contains("limits.txt is left aside"), "{shown}");
    // A constraint of the command line is no setting of all runs.
    let shown = install(&["-c", "limits.txt"]);
    assert!(shown.contains("exit code: 2"), "{shown}");
    let shown = install(&["--no-binary", "tiny"]);
    assert!(shown.contains("exit code: 2") && shown.contains("`--no-binary`"), "{shown}");

    context.write("poetry.lock", poetry_lock("tiny-1.0-2-py3-none-any.whl", &digest));
    let shown = install(&[]);
    assert!(shown.contains("exit code: 1"), "{shown}");
    let told = "cannot be had from http://127.0.0.1:[PORT]/simple/: the index does not list the locked file";
    assert!(shown.contains("tiny") && shown.contains(told), "{shown}");
}
