//! Honest packages and indexes are taken as they are, and what only looks like one is refused with a way out.

use sha2::Digest as _;

use crate::support::{BuiltFile, IndexServer, TestContext, WheelBuilder, has, raw_server};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An index in the folder `index` that lists one wheel, with this fragment in its URL.
fn list(context: &TestContext, file: &BuiltFile, fragment: &str, head: &str) {
    let page = format!("<html><head>{head}</head><a href=\"../../files/{0}{fragment}\">{0}</a></html>", file.filename);
    context.write("index/tiny/index.html", &page);
    context.write(&format!("files/{}", file.filename), &file.bytes);
}

/// Installs `tiny` from the index into `out`, anew.
fn install(context: &TestContext, more: &[&str]) -> String {
    let mut command = context.barrow();
    command.args(["install", "tiny", "-t", "out", "--index-url", "index", "--no-cache"]).args(more);
    context.run(&mut command)
}

fn promised(file: &BuiltFile) -> String {
    format!("#sha256={}", hex(&sha2::Sha256::digest(&file.bytes)))
}

#[test]
fn a_record_that_is_out_of_step() {
    let file =
        WheelBuilder::new("tiny", "1.0").file("tiny.py", "").file("new.py", "").missing_in_record("new.py").build();
    let context = TestContext::new();
    list(&context, &file, &promised(&file), "");
    let warning =
        "tiny 1.0: its RECORD disagrees with the archive, whose digest was verified: `new.py` is in the archive";
    has(&install(&context, &[]), &["exit code: 0", warning]);
    let record = fs_err::read_to_string(context.path("out/tiny-1.0.dist-info/RECORD")).unwrap();
    assert!(record.contains("new.py,sha256="), "{record}");
    let way_out = "--accept-record tiny";
    has(&install(&context, &["--strict"]), &["exit code: 1", "not in RECORD", way_out]);
    has(&install(&context, &["--strict", "--accept-record", "Tiny"]), &["exit code: 0", "whose digest was verified"]);
    list(&context, &file, "", "");
    has(&install(&context, &[]), &["exit code: 1", "not in RECORD", way_out]);
    context.write("barrow.toml", "accept-record = [\"tiny\"]\n");
    has(&install(&context, &[]), &["exit code: 0", "accepted all the same"]);
    // A file of the user's own without a digest is like that of an index without.
    context.write("barrow.toml", "");
    let wheel = format!("./files/{}", file.filename);
    has(&context.run(context.barrow().args(["install", &wheel, "-t", "out"])), &["exit code: 1", "not in RECORD"]);
}

#[test]
fn a_mirror_judges_as_whoever_installs_from_it() {
    let file = WheelBuilder::new("tiny", "1.0").wrong_in_record("tiny/__init__.py").build();
    let context = TestContext::new();
    list(&context, &file, &promised(&file), "");
    let mirror = |more: &[&str]| {
        let mut command = context.barrow();
        command.args(["mirror", "tiny", "-o", "mirror", "--index-url", "index"]).args(more);
        context.run(&mut command)
    };
    has(
        &mirror(&[]),
        &["exit code: 1", "`tiny/__init__.py` has another digest than RECORD says", "--accept-record tiny"],
    );
    assert!(!context.path("mirror/simple/tiny").exists());
    has(&mirror(&["--accept-record", "tiny"]), &["exit code: 0", "accepted all the same"]);
}

#[test]
fn digests_that_prove_nothing_speak_against_a_file() {
    let file = WheelBuilder::new("tiny", "1.0").build();
    let context = TestContext::new();
    for (name, right) in [
        ("md5", hex(&md5::Md5::digest(&file.bytes))),
        ("sha1", hex(&sha1::Sha1::digest(&file.bytes))),
        ("sha224", hex(&sha2::Sha224::digest(&file.bytes))),
    ] {
        list(&context, &file, &format!("#{name}={right}"), "");
        has(&install(&context, &[]), &["exit code: 0"]);
        let wrong = "0".repeat(right.len());
        list(&context, &file, &format!("#{name}={wrong}"), "");
        let said = format!("has digest {name}:{right}, but {name}:{wrong} was promised");
        has(&install(&context, &[]), &["exit code: 1", &said]);
        let url = format!("tiny @ file://{}#{name}={wrong}", context.path("files").join(&file.filename).display());
        has(&context.run(context.barrow().args(["install", &url, "-t", "out"])), &["exit code: 1", "was promised"]);
    }
}

#[test]
fn digests_of_lines_that_exclude_each_other() {
    let file = WheelBuilder::new("tiny", "1.0").build();
    let context = TestContext::new();
    list(&context, &file, "", "");
    let right = hex(&sha2::Sha256::digest(&file.bytes));
    let other = "a".repeat(64);
    context.write("one.txt", format!("tiny==1.0 --hash=sha256:{right}\n"));
    context.write("two.txt", format!("tiny==1.0 --hash=sha256:{other}\n"));
    let mut command = context.barrow();
    command.args(["install", "-r", "one.txt", "-r", "two.txt", "-t", "out", "--index-url", "index"]);
    has(&context.run(&mut command), &["exit code: 1", "one.txt:1", "two.txt:1", "of `tiny` have nothing in common"]);
    let url = format!("tiny @ file://{}#sha256={other}", context.path("files").join(&file.filename).display());
    context.write("url.txt", &url);
    let locked = context.run(context.barrow().args(["lock", "-r", "url.txt", "-o", "-"]));
    has(
        &locked,
        &["exit code: 1", &format!("has digest sha256:{right}, but sha256:{other} was promised by url.txt:1")],
    );
}

#[test]
fn what_an_index_says_of_a_project() {
    let file = WheelBuilder::new("tiny", "1.0").build();
    let context = TestContext::new();
    let status = |word: &str| {
        format!(
            "<meta name=\"pypi:project-status\" content=\"{word}\"><meta name=\"pypi:project-status-reason\" content=\"use big\">"
        )
    };
    let server = |head: String, json: bool| {
        let file = file.clone();
        raw_server::RawServer::start(move |asked| {
            if asked.path.contains("tiny-1.0") {
                return raw_server::answer(200, &[], &file.bytes);
            }
            let hash = hex(&sha2::Sha256::digest(&file.bytes));
            let (kind, page) = if json {
                let files = format!(
                    "[{{\"filename\": \"{0}\", \"url\": \"/{0}\", \"hashes\": {{\"sha256\": \"{hash}\"}}}}]",
                    file.filename
                );
                let page = format!(
                    "{{\"meta\": {{\"api-version\": \"1.4\"}}, \"name\": \"tiny\", \"project-status\": {head}, \"files\": {files}}}"
                );
                ("application/vnd.pypi.simple.v1+json", page)
            } else {
                ("text/html", format!("<head>{head}</head><a href=\"/{0}#sha256={hash}\">{0}</a>", file.filename))
            };
            raw_server::answer(200, &[("content-type", kind)], page)
        })
    };
    let run = |head: String, json: bool| {
        let server = server(head, json);
        let url = server.url("/simple/");
        context.run(context.barrow().args(["install", "tiny", "-t", "out", "--no-cache", "--index-url", &url]))
    };
    for (word, said, code) in [
        ("archived", "warning: tiny is archived: its keepers do not expect to update it again (use big)", 0),
        ("deprecated", "warning: tiny is deprecated by its keepers (use big)", 0),
        ("quarantined", "warning: tiny is quarantined, so that none of its files is offered (use big)", 1),
    ] {
        for shown in
            [run(status(word), false), run(format!("{{\"status\": \"{word}\", \"reason\": \"use big\"}}"), true)]
        {
            has(&shown, &[&format!("exit code: {code}"), said]);
            assert_eq!(shown.matches(said).count(), 1, "{shown}");
        }
    }
    let active = run("{\"status\": \"active\"}".to_owned(), true);
    assert!(active.contains("exit code: 0") && !active.contains("warning"), "{active}");
}

#[test]
fn an_index_without_its_last_folder() {
    let server = IndexServer::new().file(WheelBuilder::new("tiny", "1.0")).start();
    let context = TestContext::new();
    let url = server.url();
    let above = url.trim_end_matches('/').strip_suffix("/simple").expect("the index is a folder of that name");
    let shown = context.run(context.barrow().args(["install", "tiny", "-t", "out", "--index-url", above]));
    has(&shown, &["exit code: 1", "has no project pages: did you mean", "/simple/?"]);
}

#[test]
fn variants_of_wheels_are_passed_over() {
    let file = WheelBuilder::new("tiny", "1.0").build();
    let context = TestContext::new();
    list(&context, &file, "", "");
    for name in ["tiny-2.0-py3-none-any-cu12.whl", "tiny-2.0-1-py3-none-any-x86_64_v3.whl"] {
        context.write(&format!("files/{name}"), "none");
    }
    let mut command = context.barrow();
    command.args(["install", "tiny", "-t", "out", "--find-links", "files", "--no-index"]);
    has(&context.run(&mut command), &["exit code: 0"]);
    assert!(context.path("out/tiny-1.0.dist-info").exists());
}

#[test]
fn find_links_that_do_not_exist() {
    let context = TestContext::new();
    context.write("requirements.txt", "-f nowhere\ntiny\n");
    let shown = context.run(context.barrow().args(["install", "-r", "requirements.txt", "-t", "out", "--no-index"]));
    has(&shown, &["exit code: 1", "failed to read the find-links folder"]);
    let server = raw_server::RawServer::start(|_| raw_server::answer(404, &[], ""));
    let page = server.url("/links.html");
    let shown = context.run(context.barrow().args(["install", "tiny", "-t", "out", "--no-index", "-f", &page]));
    has(&shown, &["exit code: 1", "was not found (status 404)"]);
}

#[test]
fn a_download_that_cannot_be_gone_on_with_begins_anew() {
    let noise: Vec<u8> = (0..400_000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let file = WheelBuilder::new("tiny", "1.0").file("tiny.bin", noise).stored().build();
    let breaks = std::sync::atomic::AtomicUsize::new(0);
    let (name, bytes) = (file.filename.clone(), file.bytes.clone());
    let server = raw_server::RawServer::start(move |asked| {
        if !asked.path.contains("tiny-1.0") {
            let link = format!("<a href=\"/{name}#sha256={}\">{name}</a>", hex(&sha2::Sha256::digest(&bytes)));
            return raw_server::answer(200, &[("content-type", "text/html")], link);
        }
        // No validator, no ranges, and each answer comes from another machine behind it.
        let before = breaks.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let machine = format!("application/x-wheel; machine={before}");
        let headers = [("content-type", machine.as_str()), ("accept-ranges", "none")];
        if before < 3 {
            raw_server::cut(200, &headers, &bytes[..100_000], bytes.len())
        } else {
            raw_server::answer(200, &headers, &bytes)
        }
    });
    let context = TestContext::new();
    let url = server.url("/simple/");
    has(&context.run(context.barrow().args(["install", "tiny", "-t", "out", "--index-url", &url])), &["exit code: 0"]);
    assert_eq!(fs_err::metadata(context.path("out/tiny.bin")).unwrap().len(), 400_000);
}
