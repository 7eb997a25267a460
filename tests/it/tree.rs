//! `tree`: what is in a resolution or a finished output, how large, under which licence, and who wants it.

use std::process::Command;

use crate::support::{IndexServer, RunningIndex, TestContext, WheelBuilder};

/// `top` asks for an extra of `middle`, and `low` twice.
fn index() -> RunningIndex {
    let license = |name: &str, version: &str, license: &str| WheelBuilder::new(name, version).metadata_line(license);
    IndexServer::new()
        .file(
            license("top", "1.0", "License-Expression: MIT")
                .requires("middle[more]")
                .requires("low")
                .file("top.py", "x = 1\n"),
        )
        .file(license("middle", "2.0", "License: GPLv3").requires("low>=1").extra("more", &["extra-part"]))
        .file(license("low", "1.5", "Classifier: License :: OSI Approved :: BSD License").file("low.py", "y = 22\n"))
        .file(WheelBuilder::new("low", "1.6").requires_python(">=3.99"))
        .file(WheelBuilder::new("middle", "2.1"))
        .file(WheelBuilder::new("middle", "3.0rc1"))
        .file(WheelBuilder::new("extra-part", "0.1"))
        .start()
}

fn project() -> (TestContext, RunningIndex) {
    let context = TestContext::new();
    context.write("requirements.txt", "top\nmiddle==2.0\n");
    context.write("source/handler.py", "import top\n");
    (context, index())
}

fn tree<'a>(context: &TestContext, index: &RunningIndex, more: &'a [&'a str]) -> Command {
    let mut command = context.barrow();
    command.args(["tree", "-q", "--index-url", &index.url()]).args(more);
    command
}

const FILE: [&str; 2] = ["-r", "requirements.txt"];

#[test]
fn of_requirements() {
    let (context, index) = project();
    barrow_snapshot!(context, &mut tree(&context, &index, &FILE), @"
    exit code: 0
    ----- stdout -----
    middle 2.0 (521 bytes)
    ├── extra-part 0.1 (439 bytes)
    └── low 1.5 (432 bytes)
    top 1.0 (452 bytes)
    ├── low 1.5 (432 bytes)
    └── middle[more] 2.0 (521 bytes) …
    … what it requires is drawn above
    4 packages, 1.8 KB unpacked
    ----- stderr -----
    ");
    barrow_snapshot!(context, &mut tree(&context, &index, &[&FILE[..], &["--depth", "0", "--licenses"]].concat()), @"
    exit code: 0
    ----- stdout -----
    middle 2.0 (521 bytes) GPL-3.0-only …
    top 1.0 (452 bytes) MIT …
    … there is more below it (--depth)
    4 packages, 1.8 KB unpacked
    Licences: BSD License 1 · GPL-3.0-only 1 · MIT 1 · unknown 1
    ----- stderr -----
    ");
    barrow_snapshot!(context, &mut tree(&context, &index, &[&FILE[..], &["--outdated", "--sizes"]].concat()), @"
    exit code: 0
    ----- stdout -----
    521 bytes  28%  middle 2.0     (2.1 is out)
    452 bytes  24%  top 1.0
    439 bytes  23%  extra-part 0.1  by middle
    432 bytes  23%  low 1.5         by middle
    4 packages, 1.8 KB unpacked
    1 of 4 have a newer version
    ----- stderr -----
    ");
    barrow_snapshot!(context, &mut tree(&context, &index, &[&FILE[..], &["--invert", "low"]].concat()), @"
    exit code: 0
    ----- stdout -----
    low 1.5 (432 bytes)
    ├── middle 2.0 (521 bytes) wants low>=1
    │   ├── you want middle==2.0
    │   └── top 1.0 (452 bytes) wants middle[more]
    │       └── you want top
    └── top 1.0 (452 bytes) wants low …
    … who requires it is drawn above
    ----- stderr -----
    ");
    barrow_snapshot!(context, &mut tree(&context, &index, &[&FILE[..], &["--invert", "absent"]].concat()), @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    error: `absent` is not in the resolution
    hint: `barrow tree`, with the same words, shows what is in it
    ");
}

#[test]
fn no_wheel_is_fetched_for_it() {
    let (context, index) = project();
    context.succeed(&mut tree(&context, &index, &[&FILE[..], &["--licenses", "--outdated"]].concat()));
    let asked = index.log();
    let whole = asked.lines().filter(|line| line.starts_with("200 /files/") && line.ends_with("none-any.whl"));
    assert_eq!(whole.count(), 0, "{asked}");
    // All that was learnt is still known without a network, but for pages.
    let offline = [&FILE[..], &["--offline", "--licenses"]].concat();
    let known = context.run(&mut tree(&context, &index, &offline));
    assert!(known.contains("unpacked\n") && known.contains("GPL-3.0-only"), "{known}");
}

#[test]
fn of_a_finished_output() {
    let (context, index) = project();
    for out in ["out", "out.zip"] {
        let mut bundle = context.barrow();
        bundle.args(["bundle", "source", "-r", "requirements.txt", "-o", out, "--index-url", &index.url()]);
        context.succeed(&mut bundle);
    }
    let mut layer = context.barrow();
    context.succeed(layer.args(["layer", "-r", "requirements.txt", "-o", "layer", "--index-url", &index.url()]));
    drop(index);
    let run = |words: &[&str]| context.run(context.barrow().arg("tree").args(words));
    let shown = run(&["out"]);
    insta::assert_snapshot!(shown, @"
    exit code: 0
    ----- stdout -----
    top 1.0 (540 bytes)
    ├── low 1.5 (520 bytes)
    └── middle[more] 2.0 (612 bytes)
        ├── extra-part 0.1 (534 bytes)
        └── low 1.5 (520 bytes)
    4 packages, 2.1 KB unpacked, and 11 bytes in 1 other file
    ----- stderr -----
    ");
    assert_eq!(run(&["out.zip"]), shown);
    assert!(run(&["layer"]).starts_with("exit code: 0\n----- stdout -----\ntop 1.0"));
    insta::assert_snapshot!(run(&["out.zip", "--sizes", "--licenses"]), @"
    exit code: 0
    ----- stdout -----
    612 bytes  27%  middle 2.0      GPL-3.0-only  by top
    540 bytes  24%  top 1.0         MIT
    534 bytes  24%  extra-part 0.1  unknown  by top → middle
    520 bytes  23%  low 1.5         BSD License  by top
     11 bytes  <1%  other files
    4 packages, 2.1 KB unpacked, and 11 bytes in 1 other file
    Licences: BSD License 1 · GPL-3.0-only 1 · MIT 1 · unknown 1
    ----- stderr -----
    ");
    let json: serde_json::Value = {
        let output = context.barrow().args(["tree", "out.zip", "--json"]).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    };
    assert_eq!(json["packages"].as_array().unwrap().len(), 4);
    assert_eq!(json["packages"][1]["license"], "BSD License");
    context.write("broken.zip", "no archive");
    insta::assert_snapshot!(run(&["broken.zip"]), @"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: `[TEMP]/work/broken.zip` is neither a folder nor a zip archive
    ");
}

#[test]
fn licenses_that_are_denied() {
    let (context, index) = project();
    barrow_snapshot!(context, &mut tree(&context, &index, &[&FILE[..], &["--deny-license", "GPL-*"]].concat()), @"
    exit code: 1
    ----- stdout -----
    middle 2.0 (521 bytes)
    ├── extra-part 0.1 (439 bytes)
    └── low 1.5 (432 bytes)
    top 1.0 (452 bytes)
    ├── low 1.5 (432 bytes)
    └── middle[more] 2.0 (521 bytes) …
    … what it requires is drawn above
    4 packages, 1.8 KB unpacked
    ----- stderr -----
    error: 1 package may not be in it, by their licences:
      middle 2.0: GPL-3.0-only, required by you, top
    hint: `barrow why NAME` tells who asked for one; `--deny-license` and `deny-licenses` say what is ruled out
    ");
    context.write("barrow.toml", "deny-licenses = ['gpl*', 'unknown']\n");
    let bundle = |out: &str| {
        let mut command = context.barrow();
        command.args(["bundle", "source", "-r", "requirements.txt", "-o", out, "--index-url", &index.url()]);
        command
    };
    barrow_snapshot!(context, &mut bundle("out"), @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    Resolved 4 packages for python3.14 on x86_64
    error: 2 packages may not be in it, by their licences:
      extra-part 0.1: unknown, required by middle
      middle 2.0: GPL-3.0-only, required by you, top
    hint: `barrow why NAME` tells who asked for one; `--deny-license` and `deny-licenses` say what is ruled out
    ");
    assert!(!context.path("out").exists(), "nothing is published");
    context.write("barrow.toml", "deny-licenses = ['AGPL-*']\n");
    context.succeed(&mut bundle("out"));
    // What is there already is judged anew by other patterns.
    context.write("barrow.toml", "deny-licenses = ['MIT']\n");
    assert!(context.run(&mut bundle("out")).contains("top 1.0: MIT, required by you"));
    let wrong = context.run(&mut tree(&context, &index, &["--deny-license", "["]));
    assert!(wrong.starts_with("exit code: 2") && wrong.contains("is not a pattern"), "{wrong}");
}
