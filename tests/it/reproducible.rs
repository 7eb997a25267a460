//! The same inputs give the same bytes, whatever the umask, the folder, the number of processes, or an end in mid-run.

use std::process::Stdio;
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
    insta::assert_snapshot!(trees[0], @"
    0755      -            -  bin/
    0755    106 b3529f3e759e  bin/left
    0644     11 e1474ebf42e2  handler.py
    0755      -            -  left-1.0.dist-info/
    0644      7 7f0b61dd0635  left-1.0.dist-info/INSTALLER
    0644     67 479569e8ee36  left-1.0.dist-info/METADATA
    0644    496 03fba1482385  left-1.0.dist-info/RECORD
    0644     83 54f9ee5c0610  left-1.0.dist-info/WHEEL
    0644     35 fe85f8b9c851  left-1.0.dist-info/entry_points.txt
    0755      -            -  left/
    0644     20 90ce79aaa852  left/__init__.py
    0755      -            -  native-1.0.dist-info/
    0644      7 7f0b61dd0635  native-1.0.dist-info/INSTALLER
    0644     48 eeae3dc22286  native-1.0.dist-info/METADATA
    0644    347 f2fd341e15cc  native-1.0.dist-info/RECORD
    0644    105 74cc0a9241d4  native-1.0.dist-info/WHEEL
    0755      -            -  native/
    0755      4 3bdbb4fe8397  native/lib.so
    0644      4 f7de2947c64c  requirements.txt
    0755      -            -  right-1.0.dist-info/
    0644      7 7f0b61dd0635  right-1.0.dist-info/INSTALLER
    0644     47 c07e88e47ebf  right-1.0.dist-info/METADATA
    0644    405 b81ae2a2247b  right-1.0.dist-info/RECORD
    0644     83 54f9ee5c0610  right-1.0.dist-info/WHEEL
    0755      -            -  right/
    0644      1 6b86b273ff34  right/a.py
    0755      -            -  right/b/
    0644      1 d4735e3a265e  right/b/c.py
    0755      -            -  top-1.0.dist-info/
    0644      7 7f0b61dd0635  top-1.0.dist-info/INSTALLER
    0644    108 b5b64a542576  top-1.0.dist-info/METADATA
    0644    338 853ed1f58d0d  top-1.0.dist-info/RECORD
    0644     83 54f9ee5c0610  top-1.0.dist-info/WHEEL
    0755      -            -  top/
    0644     20 90ce79aaa852  top/__init__.py
    ");
}

#[test]
fn zips_are_equal_byte_for_byte() {
    let zips = ["022", "077"].map(|umask| {
        let server = index().start();
        let context = TestContext::new();
        function(&context, umask);
        let mut command = context.barrow_with_umask(umask);
        context.succeed(command.args(["bundle", umask, "-o", "out.zip", "--index-url", &server.url()]).args(TARGET));
        fs_err::read(context.path("out.zip")).unwrap()
    });
    assert!(zips[0] == zips[1] && zips[0].starts_with(b"PK"));
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
            command.stderr(Stdio::null()).spawn().unwrap()
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
    context.write("empty/requirements.txt", "");
    context.succeed(context.barrow().args(["bundle", "empty", "-o", "out", "--no-index"]).args(TARGET));
    let before = context.tree("out");

    let slow = index().fault(wheel, Fault::Slow(Duration::from_mins(1))).start();
    let bundle = |url: &str| {
        let mut command = context.barrow();
        command.args(["bundle", "function", "-o", "out", "--index-url", url]).args(TARGET);
        command
    };
    let mut child = bundle(&slow.url()).stderr(Stdio::null()).spawn().unwrap();
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
