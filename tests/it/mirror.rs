//! Mirrors: what is written, what a second run does, and that they answer without a network.

use crate::support::{IndexServer, RunningIndex, SdistBuilder, TestContext, WheelBuilder};

fn index() -> RunningIndex {
    let app = WheelBuilder::new("app", "1.0").requires("lib");
    IndexServer::new().file(app).file(WheelBuilder::new("lib", "2.0")).file(WheelBuilder::new("other", "1.0")).start()
}

/// Runs `barrow mirror` into `mirror` and gives its standard error.
fn mirror(context: &TestContext, arguments: &[&str]) -> String {
    let output = context.barrow().args(["mirror", "-o", "mirror"]).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", context.show(&output));
    crate::support::said(&output)
}

fn install(context: &TestContext, index: &str, target: &str) -> String {
    context.succeed(context.barrow().args(["install", "app", "-t", target, "--no-cache", "--index-url", index]));
    context.tree(target)
}

#[test]
fn a_mirror_answers_as_the_index_did() {
    let (context, server) = (TestContext::new(), index());
    mirror(&context, &["app", "--index-url", &server.url(), "--arch", "x86_64", "--arch", "arm64"]);
    let online = install(&context, &server.url(), "online");
    assert_eq!(install(&context, "mirror", "from-folder"), online);
    assert_eq!(install(&context, "mirror/simple", "from-pages"), online);
    let url = format!("file://{}/simple", context.path("mirror").display());
    assert_eq!(install(&context, &url, "from-url"), online);
}

#[test]
fn a_second_run_adds_only_what_is_new() {
    let (context, server) = (TestContext::new(), index());
    let url = server.url();
    mirror(&context, &["lib", "--index-url", &url]);
    let first = context.tree("mirror");
    let shown = mirror(&context, &["lib", "--index-url", &url, "--no-cache"]);
    assert!(shown.contains("Added 0 files"), "{shown}");
    assert_eq!(context.tree("mirror"), first, "the same contents give the same bytes");
    let shown = mirror(&context, &["app", "--index-url", &url]);
    assert!(shown.contains("Added 1 file ") && shown.contains("1 there already"), "{shown}");
    let shown = mirror(&context, &["lib", "--index-url", &url, "--prune"]);
    assert!(shown.contains("removed 1"), "{shown}");
    assert_eq!(context.tree("mirror"), first);
    let fetched = server.requests().into_iter().filter(|request| request.path.ends_with("-any.whl")).count();
    assert_eq!(fetched, 2, "{}", server.log());
}

#[test]
fn damage_is_found_and_mended() {
    let (context, server) = (TestContext::new(), index());
    mirror(&context, &["lib", "--index-url", &server.url()]);
    mirror(&context, &["--verify"]);
    let manifest = fs_err::read_to_string(context.path("mirror/barrow-mirror.json")).unwrap();
    let digest = manifest.split("\"sha256\": \"").nth(1).unwrap().split('"').next().unwrap();
    let wheel = format!("mirror/files/{}/{digest}/lib-2.0-py3-none-any.whl", &digest[..2]);
    let size = fs_err::read(context.path(&wheel)).unwrap().len();
    context.write(&wheel, vec![0; size]);
    let output = context.barrow().args(["mirror", "--verify", "-o", "mirror"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(crate::support::said(&output).contains("lib-2.0-py3-none-any.whl"), "{}", context.show(&output));
    let shown = mirror(&context, &["lib", "--verify", "--index-url", &server.url()]);
    assert!(shown.contains("Added 1 file "), "{shown}");
    mirror(&context, &["--verify"]);
}

#[test]
fn source_archives_come_too_from_requirements_and_from_a_lock() {
    let context = TestContext::new();
    let licensed = SdistBuilder::new("lib", "2.0").metadata_line("License-Expression: MIT");
    let server = IndexServer::new().file(WheelBuilder::new("lib", "2.0")).file(licensed).start();
    let url = server.url();
    let runtime = ["--runtime", "python3.12"];
    context.succeed(context.barrow().args(["lock", "lib", "-o", "pylock.toml", "--index-url", &url]).args(runtime));
    for input in [&["lib"][..], &["-r", "pylock.toml"]] {
        let (wheels, all) = (format!("wheels{}", input.len()), format!("all{}", input.len()));
        for (out, more) in [(&wheels, None), (&all, Some("--sdists"))] {
            let arguments = ["mirror", "-o", out, "--index-url", &url];
            context.succeed(context.barrow().args(arguments).args(input).args(runtime).args(more));
        }
        let manifest = fs_err::read(context.path(&all).join("barrow-mirror.json")).unwrap();
        let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
        let sdist = manifest["files"].as_array().unwrap().iter().find(|file| file["filename"] == "lib-2.0.tar.gz");
        assert_eq!(sdist.unwrap()["license"], "MIT", "{manifest}");
        let page = |out: &str| fs_err::read_to_string(context.path(out).join("simple/lib/index.html")).unwrap();
        assert!(page(&wheels).contains("lib-2.0-py3-none-any.whl") && !page(&wheels).contains("lib-2.0.tar.gz"));
        assert!(page(&all).contains("lib-2.0-py3-none-any.whl") && page(&all).contains("lib-2.0.tar.gz"), "{input:?}");
    }
}

#[test]
fn a_folder_that_is_no_mirror_is_left_alone() {
    let (context, server) = (TestContext::new(), index());
    context.write("mirror/simple/mine.txt", "mine");
    let arguments = ["mirror", "lib", "-o", "mirror", "--prune", "--index-url", &server.url()];
    let output = context.barrow().args(arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", context.show(&output));
    assert!(context.path("mirror/simple/mine.txt").exists());
}

#[test]
fn all_that_is_missing_is_told_with_the_command_that_fetches_it() {
    let context = TestContext::new();
    context.write("links/lib-2.0-py3-none-any.whl", WheelBuilder::new("lib", "2.0").build().bytes);
    context.write("requirements.txt", "one\nlib\ntwo>=1\n");
    let arguments = ["install", "-r", "requirements.txt", "-t", "out", "--runtime", "python3.12"];
    for closed in [&["--no-index", "--find-links", "links"][..], &["--offline"]] {
        let output = context.barrow().args(arguments).args(closed).output().unwrap();
        let shown = crate::support::said(&output);
        assert_eq!(output.status.code(), Some(1));
        let command = "barrow mirror -r requirements.txt --runtime python3.12 --arch x86_64 -o DIR";
        assert!(shown.contains("`one`") && shown.contains("`two`") && shown.contains(command), "{shown}");
    }
}

#[test]
fn wheels_are_held_to_the_limits_of_the_user() {
    let (context, server) = (TestContext::new(), index());
    let mut refused = context.barrow();
    refused.args(["mirror", "-o", "mirror", "lib", "--index-url", &server.url(), "--max-unpacked-size", "10"]);
    let shown = context.run(&mut refused);
    assert!(shown.contains("exit code: 1") && shown.contains("at most 10 are accepted"), "{shown}");
    assert!(shown.contains("raise the limit with --max-unpacked-size"), "{shown}");
    mirror(&context, &["lib", "--index-url", &server.url(), "--max-unpacked-size", "1MB"]);
}
