//! The same inputs give the same bytes, whatever the umask, the folder, the number of processes, or an end in mid-run.

use std::time::{Duration, Instant};

use crate::support::{Fault, IndexServer, TestContext, WheelBuilder};

/// An index with a few packages that need each other.
fn index() -> IndexServer {
    let native = WheelBuilder::new("native", "1.0")
        .tag("cp312-cp312-manylinux_2_17_x86_64")
        .file("native/lib.so", "\u{7f}ELF")
        .mode(0o755);
    IndexServer::new()
        .file(WheelBuilder::new("top", "1.0").requires("left").requires("right").requires("native"))
        .file(WheelBuilder::new("left", "1.0").requires("right").entry_point("console_scripts", "left = left:main"))
        .file(WheelBuilder::new("right", "1.0").file("right/a.py", "1").file("right/b/c.py", "2"))
        .file(native)
}

fn function(context: &TestContext, folder: &str) {
    context.write(&format!("{folder}/handler.py"), "import top\n");
    context.write(&format!("{folder}/requirements.txt"), "top\n");
}

const TARGET: [&str; 4] = ["--runtime", "python3.12", "--arch", "x86_64"];

#[test]
fn neither_umask_nor_folder_shows() {
    let mut trees = Vec::new();
    for (umask, folder) in [("022", "a"), ("077", "much/deeper/b"), ("000", "c")] {
        let server = index().start();
        let context = TestContext::new();
        function(&context, folder);
        for mode in [0o600, 0o664] {
            // Modes of the user's own files differ from clone to clone.
            context.chmod(&format!("{folder}/handler.py"), mode);
        }
        context.succeed(
            context
                .barrow_with_umask(umask)
                .args(["bundle", folder, "-o", &format!("{folder}/out"), "--index-url", &server.url()])
                .args(TARGET),
        );
        trees.push(context.tree(&format!("{folder}/out")));
    }
    assert_eq!(trees[0], trees[1]);
    assert_eq!(trees[0], trees[2]);
    insta::assert_snapshot!(trees[0], @"");
}

#[test]
fn a_second_run_from_the_cache_gives_the_same() {
    let server = index().start();
    let context = TestContext::new();
    function(&context, "function");
    for out in ["first", "second"] {
        context.succeed(
            context.barrow().args(["bundle", "function", "-o", out, "--index-url", &server.url()]).args(TARGET),
        );
    }
    assert_eq!(context.tree("first"), context.tree("second"));
}

#[test]
fn processes_share_a_cache() {
    let server = index().start();
    let context = TestContext::new();
    function(&context, "function");
    let outs: Vec<String> = (0..6).map(|number| format!("out-{number}")).collect();
    let mut children: Vec<_> = outs
        .iter()
        .map(|out| {
            let mut command = context.barrow();
            command.args(["bundle", "function", "-o", out, "--index-url", &server.url()]).args(TARGET);
            command.spawn().unwrap()
        })
        .collect();
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
    for out in &outs {
        assert_eq!(context.tree(&outs[0]), context.tree(out));
    }
}

#[test]
fn a_kill_in_mid_run_leaves_the_old_state() {
    let wheel = "right-1.0-py3-none-any.whl";
    let context = TestContext::new();
    function(&context, "function");
    context.write("empty/handler.py", "");
    context.succeed(context.barrow().args(["bundle", "empty", "-o", "out", "--no-index"]).args(TARGET));
    let before = context.tree("out");

    let slow = index().fault(wheel, Fault::Slow(Duration::from_mins(1))).start();
    let bundle = |url: &str| {
        let mut command = context.barrow();
        command.args(["bundle", "function", "-o", "out", "--index-url", url]).args(TARGET);
        command
    };
    let mut child = bundle(&slow.url()).spawn().unwrap();
    let start = Instant::now();
    // The request is logged when it is answered, so the wheels that are not slow tell how far the run is.
    while !slow.log().contains("left-1.0-py3-none-any.whl\n") {
        assert!(start.elapsed() < Duration::from_secs(30), "the run never came so far:\n{}", slow.log());
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(before, context.tree("out"), "OUT is as it was");

    let healthy = index().start();
    context.succeed(&mut bundle(&healthy.url()));
    assert!(context.path("out/top/__init__.py").exists());
}
