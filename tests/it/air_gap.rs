//! Builds in a namespace that has no network at all, against builds with one: the same bytes.

use crate::support::{IndexServer, RunningIndex, TestContext, WheelBuilder, sha256_hex};

fn index() -> RunningIndex {
    let app = WheelBuilder::new("app", "1.0").requires("lib>=2").requires("native; sys_platform == 'linux'");
    let lib = WheelBuilder::new("lib", "2.0").requires("leaf");
    let native = WheelBuilder::new("native", "3.1").tag("cp312-cp312-manylinux_2_17_x86_64");
    IndexServer::new().file(app).file(lib).file(native).file(WheelBuilder::new("leaf", "0.1")).start()
}

const TARGET: [&str; 4] = ["--runtime", "python3.12", "--arch", "x86_64"];

/// Bundles into `out` and gives the digest of the tree: paths, modes, sizes, digests.
fn bundle(context: &TestContext, out: &str, settings: &[&str], has_network: bool) -> Option<String> {
    let mut command = if has_network { context.barrow() } else { context.barrow_without_network()? };
    context.succeed(command.args(["bundle", "function", "-o", out]).args(TARGET).args(settings));
    Some(sha256_hex(context.tree(out).as_bytes()))
}

fn prepare(context: &TestContext) -> RunningIndex {
    context.write("function/app_handler.py", "def handler(event, context): pass\n");
    context.write("function/requirements.txt", "app\n");
    index()
}

#[test]
fn a_mirror_gives_the_same_tree_without_a_network() {
    let context = TestContext::new();
    let server = prepare(&context);
    let online = bundle(&context, "online", &["--index-url", &server.url()], true).unwrap();
    let mirror = ["mirror", "-r", "function/requirements.txt", "-o", "mirror", "--index-url", &server.url()];
    context.succeed(context.barrow().args(mirror).args(TARGET));
    let url = format!("file://{}/simple/", context.path("mirror").display());
    context.succeed(std::process::Command::new("mkdir").arg("-p").arg(context.path("links")));
    context.succeed(
        std::process::Command::new("find")
            .arg(context.path("mirror/files"))
            .args(["-name", "*.whl", "-exec", "cp", "{}"])
            .arg(context.path("links"))
            .arg(";"),
    );
    for (number, settings) in [
        &["--no-cache", "--index-url", "mirror/simple"][..],
        &["--no-cache", "--index-url", &url],
        &["--no-cache", "--no-index", "--find-links", "links"],
        &["--offline", "--index-url", &server.url()],
    ]
    .iter()
    .enumerate()
    {
        let Some(offline) = bundle(&context, &format!("offline{number}"), settings, false) else { return };
        assert_eq!(offline, online, "{settings:?}");
    }
}

#[test]
fn without_a_network_an_index_cannot_be_reached() {
    let context = TestContext::new();
    let server = prepare(&context);
    let Some(mut command) = context.barrow_without_network() else { return };
    let arguments = ["bundle", "function", "-o", "out", "--retries", "0", "--index-url", &server.url()];
    let output = command.args(arguments).output().expect("the program starts");
    assert_eq!(output.status.code(), Some(1), "{}", context.show(&output));
    assert!(server.requests().is_empty() && !context.path("out").exists());
}
