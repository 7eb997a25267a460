//! The page about air gaps: every command of it is run, those that need a store or an index that knows of
//! vulnerabilities too, in the order in which they stand there; and every table is read.

use std::path::Path;
use std::process::Command;

use crate::support::{Fault, IndexServer, ObjectStore, RunningIndex, TestContext, WheelBuilder, ZipEntry, write_zip};

const PAGE: &str = include_str!("../../docs/air-gap.md");
const NONE: &str = r#"{"info": {}, "vulnerabilities": []}"#;
const ADVISORY: &str = r#"{"id": "PYSEC-2024-1", "summary": "It leaks", "affected": [{"package": {"ecosystem": "PyPI", "name": "absent"},
    "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]}]}"#;

/// The content of the page's blocks of this language, whatever marks they have.
fn blocks(language: &str) -> Vec<&'static str> {
    let blocks = PAGE.split("```").skip(1).step_by(2).filter_map(|block| block.split_once('\n'));
    blocks.filter(|(words, _)| words.split(' ').next() == Some(language)).map(|(_, text)| text).collect()
}

fn index() -> RunningIndex {
    let app = WheelBuilder::new("app", "1.0")
        .requires("old; python_full_version < '3.13.5'")
        .requires("new; python_full_version >= '3.13.5'");
    let mut index = IndexServer::new().file(app);
    for name in ["old", "new", "job", "letter"] {
        index = index.file(WheelBuilder::new(name, "1.0"));
    }
    for name in ["app", "old", "new", "job", "letter"] {
        index = index.fault(&format!("/pypi/{name}/1.0/json"), Fault::Answer(NONE.to_owned()));
    }
    index.start()
}

#[test]
fn every_command_does_what_the_page_says() {
    let (context, index, store) = (TestContext::new(), index(), ObjectStore::start());
    for (path, text) in [
        ("requirements.txt", "app\n"),
        ("jobs.txt", "job\n"),
        ("services/orders/requirements.txt", "app\n"),
        ("services/mail/requirements.txt", "letter\n"),
        ("handler.py", "import app\n"),
    ] {
        context.write(&format!("work/{path}"), text);
    }
    let bytes = ADVISORY.as_bytes().to_vec();
    let advisories = ZipEntry { name: "one.json".to_owned(), bytes, mode: 0o100_644, deflate: false };
    context.write("work/advisories.zip", write_zip(&[advisories]));
    let has_openssl = Path::new("/usr/bin/openssl").is_file();
    let barrow = context.barrow();
    context.write("bin/README", "");
    std::os::unix::fs::symlink(barrow.get_program(), context.path("bin/barrow")).unwrap();
    let mut run = 0;
    for block in blocks("sh").into_iter().filter(|block| has_openssl || !block.contains("mirror.p")) {
        let mut command = Command::new("/bin/bash");
        command.args(["-euc", block]).current_dir(context.path("work")).env_clear();
        command.envs(barrow.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.env("PATH", format!("{}:/usr/bin:/bin", context.path("bin").display()));
        command.env("BARROW_INDEX_URL", index.url()).env("AWS_ENDPOINT_URL_S3", store.url());
        command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "marked").env("AWS_REGION", "eu-west-1");
        let output = command.output().unwrap();
        assert!(output.status.success(), "{block}\n{}", context.show(&output));
        run += 1;
    }
    assert!(run >= if has_openssl { 8 } else { 7 }, "{run} blocks");
}

#[test]
fn every_table_is_read() {
    let (context, index) = (TestContext::new(), index());
    context.write("services/orders/requirements.txt", "app\n");
    let lock = [
        "lock",
        "app",
        "-o",
        "services/orders/pylock.toml",
        "--runtime",
        "python3.13",
        "--arch",
        "x86_64",
        "--arch",
        "arm64",
        "--index-url",
        &index.url(),
    ];
    context.succeed(context.barrow().args(lock));
    let tables = blocks("toml");
    let mirrored = |number: usize| {
        context.write("barrow.toml", format!("index-url = \"{}\"\n\n{}", index.url(), tables[number]));
        let out = format!("m{number}");
        let shown = context.run(context.barrow().args(["mirror", "-o", &out]));
        assert!(shown.starts_with("exit code: 0"), "{shown}");
        let listed = context.run(context.barrow().args(["mirror", "-o", &out, "--list"]));
        (listed, context.tree(&out))
    };
    let (listed, _) = mirrored(0);
    assert!(listed.contains("orders: 2 files") && listed.contains("python3.13/arm64, python3.13/x86_64"), "{listed}");
    // Patch levels: what either of them needs is there.
    let (listed, tree) = mirrored(1);
    assert!(listed.contains("orders on 3.13.1") && listed.contains("orders on 3.13.9"), "{listed}");
    assert!(tree.contains("old-1.0-py3") && tree.contains("new-1.0-py3"), "{tree}");
    assert_eq!(tables.len(), 2);
}
