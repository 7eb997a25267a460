//! What scenes are played with: an index with packages that cannot be had for one reason each, and servers in moods.

use std::time::Duration;

use super::hostile::hostile;
use crate::support::raw_server::{Answer, Asked, RawServer, Step, answer, cut};
use crate::support::{Fault, IndexServer, Listed, RunningIndex, SdistBuilder, WheelBuilder};

fn index() -> RunningIndex {
    let wheel = WheelBuilder::new;
    let many = |mut index: IndexServer, version: &str, tags: &[&str]| {
        for tag in tags {
            index = index.file(wheel("old", version).tag(tag));
        }
        index
    };
    let old = ["pp39-pypy39_pp73-manylinux_2_17_x86_64", "cp38-cp38-win_amd64"];
    let linux =
        ["cp38-cp38-manylinux_2_17_x86_64", "cp39-cp39-manylinux_2_17_x86_64", "cp39-cp39-manylinux_2_17_aarch64"];
    let mut index = IndexServer::new();
    for version in ["1.0", "1.1", "1.2"] {
        index = many(many(index, version, &old), version, &linux);
    }
    index = many(index, "3.0", &["cp313-cp313-manylinux_2_17_x86_64"]);
    let later =
        Listed::new(wheel("tiny", "1.0").file("tiny/__init__.py", "x = 1\n").file("tiny/data.txt", "0".repeat(4000)));
    let index = index
        .file(later.upload_time("2024-02-03T04:05:06Z"))
        .file(wheel("shared", "1.0").file("shared.py", ""))
        .file(wheel("shared", "2.0").file("shared.py", "x = 2\n"))
        .file(wheel("left", "1.0").requires("shared<2"))
        .file(wheel("right", "1.0").requires("shared>=2"))
        .file(SdistBuilder::new("source", "1.0"))
        .file(SdistBuilder::new("source-too", "1.0"))
        .file(SdistBuilder::new("psycopg2", "2.9.9"))
        .file(wheel("desktop", "1.0").tag("cp313-cp313-macosx_11_0_arm64"))
        .file(wheel("desktop", "1.0").tag("cp313-cp313-win_amd64"))
        .file(wheel("modern", "2.0").tag("cp311-cp311-manylinux_2_28_x86_64"))
        .file(wheel("modern", "1.0").tag("cp310-cp310-manylinux_2_17_x86_64"))
        .file(wheel("limited", "1.0").requires_python("<3.10"))
        .file(Listed::new(wheel("withdrawn", "1.0")).yanked("it loses data"))
        .file(wheel("early", "1.0"))
        .file(wheel("early", "2.0rc1"))
        .file(wheel("soon", "1.0rc1"))
        .file(wheel("gone", "1.0"))
        .fault("gone-1.0-py3-none-any.whl", Fault::Status(404))
        .file(wheel("changed", "1.0"))
        .fault("changed-1.0-py3-none-any.whl", Fault::WrongBytes)
        .file(wheel("unread", "1.0"))
        .fault("unread-1.0-py3-none-any.whl", Fault::Status(500))
        .file(wheel("untold", "1.0"))
        .fault("untold-1.0-py3-none-any.whl.metadata", Fault::Status(500))
        .file(wheel("retold", "1.0"))
        .fault("retold-1.0-py3-none-any.whl.metadata", Fault::WrongBytes)
        .file(wheel("short", "1.0"))
        .fault("/simple/short/", Fault::Truncated(9))
        .fault("/simple/trouble/", Fault::Status(500))
        .fault("/simple/forbidden/", Fault::Status(403))
        .fault("/simple/babble/", Fault::Answer("{\"files\": 3}".to_owned()))
        .fault("/simple/circle/", Fault::Redirect("/simple/circle/".to_owned()))
        .fault("/simple/nowhere/", Fault::Redirect("mailto:me@corp.example".to_owned()))
        .fault("/simple/slow/", Fault::Slow(Duration::from_secs(5)))
        .file(wheel("unlike", "1.0").file("unlike.py", "x = 1\n").wrong_in_record("unlike.py"))
        .file(wheel("unlisted", "1.0").file("unlisted.py", "x = 1\n").missing_in_record("unlisted.py"))
        .file(wheel("left-file", "1.0").file("common.py", "1"))
        .file(wheel("right-file", "1.0").file("common.py/x.py", "2"))
        .file(wheel("pointless", "1.0").entry_point("console_scripts", "run = no function"))
        .file(wheel("unnamed", "1.0").entry_point("console_scripts", "../run = unnamed:main"))
        .file(wheel("twice", "1.0").entry_point("console_scripts", "run = a:b").entry_point("gui_scripts", "run = c:d"))
        .file(wheel("zeros", "1.0").file("zeros.bin", "0".repeat(3_000_000)))
        .file(wheel("indirect", "1.0").requires("source @ https://index.example/source-1.0.tar.gz"))
        .file(wheel("nameless-build", "1.0").requires("tiny @ git+https://corp.example/tiny"))
        .file(Listed::new(wheel("unhashed", "1.0")).unhashed())
        .file(wheel("boto3", "1.0"))
        .file(wheel("s3transfer", "1.0"))
        .file(wheel("newer", "1.0").requires("tiny>=2"))
        .file(wheel("mixed", "1.0"))
        .file(SdistBuilder::new("mixed", "2.0"))
        .file(wheel("huge", "1.0").file("huge/a.bin", noise(40_000)));
    hostile(index).start()
}

/// Bytes that nothing packs, the same each time.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    };
    (0..length).map(next).collect()
}

/// A server that answers as no index should.
fn moody(asked: &Asked) -> Answer {
    let html: &[(&str, &str)] = &[("content-type", "text/html")];
    let json: &[(&str, &str)] = &[("content-type", "application/vnd.pypi.simple.v1+json")];
    match asked.path.as_str() {
        "/simple/busy/" => answer(503, &[("retry-after", "900")], "later"),
        "/simple/text/" => answer(200, &[("content-type", "image/png")], "picture"),
        "/simple/modern/" => answer(200, json, r#"{"meta": {"api-version": "2.0"}, "name": "modern", "files": []}"#),
        "/simple/reset/" => vec![Step::Reset],
        "/simple/cut/" => cut(200, html, "<a href=", 4000),
        "/simple/packed/" => answer(200, &[html[0], ("content-encoding", "gzip")], "<a href=\"packed-1.0.tar.gz\">"),
        "/simple/" => answer(200, html, "<p>Welcome"),
        path if path.starts_with("/login/") => answer(200, html, "<!doctype html><p>Who are you?"),
        path if path.contains("/hops/") => {
            let hop = path.rsplit('/').find_map(|part| part.parse::<u32>().ok()).unwrap_or(0);
            answer(302, &[("location", &format!("/simple/hops/{}/", hop + 1))], "")
        }
        path if path.starts_with("/expired") => refused("ExpiredToken"),
        path if path.starts_with("/skewed") => refused("RequestTimeTooSkewed"),
        path if path.starts_with("/denied") => refused("AccessDenied"),
        path if path.starts_with("http") => answer(407, &[("proxy-authenticate", "Basic")], ""),
        _ => answer(404, &[], ""),
    }
}

/// An answer of S3 that says no.
fn refused(code: &str) -> Answer {
    answer(
        403,
        &[("content-type", "application/xml")],
        format!("<Error><Code>{code}</Code><Message>No</Message></Error>"),
    )
}

/// Servers that scenes name.
pub(super) struct Servers {
    pub(super) index: RunningIndex,
    locked: RunningIndex,
    /// With other bytes under a name that the first has too.
    other: RunningIndex,
    moody: RawServer,
    nobody: String,
}

impl Servers {
    pub(super) fn start() -> Self {
        let locked = IndexServer::new().file(WheelBuilder::new("tiny", "1.0")).credentials("me", "s3cret-word").start();
        let other = IndexServer::new().file(WheelBuilder::new("tiny", "1.0").file("tiny.py", "x = 2\n")).start();
        let nobody = IndexServer::new().start().url();
        Self { index: index(), locked, other, moody: RawServer::start(moody), nobody }
    }

    /// A word of a scene with the addresses of this run.
    pub(super) fn placed(&self, word: &str) -> String {
        let url = self.index.url();
        let top = top(&url);
        word.replace("INDEX/", &format!("{top}/"))
            .replace("FILES", &format!("{top}/files"))
            .replace("TLS", &url.replace("http:", "https:"))
            .replace("LOCKED", &self.locked.url())
            .replace("OTHER", &self.other.url())
            .replace("MOODTOP", &self.moody.url(""))
            .replace("MOODY", &self.moody.url("/simple/"))
            .replace("NOBODY", &self.nobody)
    }

    /// The same backwards: the addresses are not those of any two runs.
    pub(super) fn unplaced(&self, text: &str) -> String {
        let moody = self.moody.url("");
        let (index, locked, other) = (top(&self.index.url()), top(&self.locked.url()), top(&self.other.url()));
        let nobody = top(&self.nobody);
        text.replace(&index.replace("http:", "https:"), "https://index.example")
            .replace(&index, "http://index.example")
            .replace(&locked, "http://corp.example")
            .replace(&moody, "http://moody.example")
            .replace(&other, "http://other.example")
            .replace(&nobody, "http://nobody.example")
            .replace(index.trim_start_matches("http://"), "index.example")
            .replace(moody.trim_start_matches("http://"), "moody.example")
            .replace(nobody.trim_start_matches("http://"), "nobody.example")
    }
}

fn top(url: &str) -> String {
    url.trim_end_matches("simple/").trim_end_matches('/').to_owned()
}

/// A command line with the names that stand on the page in the place of servers.
pub(super) fn named(line: &str) -> String {
    line.replace("LOCKED", "http://corp.example/simple/")
        .replace("NOBODY", "http://nobody.example/simple/")
        .replace("OTHER", "http://other.example/simple/")
        .replace("MOODTOP", "http://moody.example")
        .replace("MOODY", "http://moody.example/simple/")
        .replace("TLS", "https://index.example/simple/")
        .replace("INDEX/", "http://index.example/")
}
