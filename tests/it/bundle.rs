//! `barrow bundle`: a function and its requirements become what Lambda loads.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use crate::support::{Format, IndexServer, TestContext, WheelBuilder};

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A function that needs `tiny`, and an index that has it.
fn tiny_function(context: &TestContext) -> IndexServer {
    context.write("function/handler.py", "import tiny\n");
    context.write("function/requirements.txt", "tiny\n");
    IndexServer::new().file(WheelBuilder::new("tiny", "1.0").file("tiny.py", "x = 1\n"))
}

#[test]
fn the_example_for_the_newest_runtime_of_amazon_linux_2023() {
    let context = TestContext::new();
    barrow_snapshot!(
        context,
        context
            .barrow()
            .arg("bundle")
            .arg(project("examples/hello"))
            .arg("--index-url")
            .arg(project("wheels-fixtures/simple"))
            .args(["--runtime", "python3.13", "--arch", "arm64", "-o", "out"]),
        @"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
    Using [PROJECT]/examples/hello/requirements.txt
    Resolved 5 packages for python3.13 on arm64
    Bundled 32 files (8.1 KB) into out
    "
    );
    insta::assert_snapshot!(context.tree("out"), @"
    0755      -            -  barrow_colours-1.0.dist-info/
    0644      7 7f0b61dd0635  barrow_colours-1.0.dist-info/INSTALLER
    0644     56 0774b43b123e  barrow_colours-1.0.dist-info/METADATA
    0644    383 5dbad2387574  barrow_colours-1.0.dist-info/RECORD
    0644     83 54f9ee5c0610  barrow_colours-1.0.dist-info/WHEEL
    0644     49 fe7ef387ea07  barrow_colours.py
    0755      -            -  barrow_greeting-1.1.dist-info/
    0644      7 7f0b61dd0635  barrow_greeting-1.1.dist-info/INSTALLER
    0644     80 75999dfbac52  barrow_greeting-1.1.dist-info/METADATA
    0644    397 0ae0a72802ce  barrow_greeting-1.1.dist-info/RECORD
    0644     83 54f9ee5c0610  barrow_greeting-1.1.dist-info/WHEEL
    0755      -            -  barrow_greeting/
    0644     83 ea2f9022a5be  barrow_greeting/__init__.py
    0755      -            -  barrow_hello-1.0.dist-info/
    0644      7 7f0b61dd0635  barrow_hello-1.0.dist-info/INSTALLER
    0644    181 de2470eba4dd  barrow_hello-1.0.dist-info/METADATA
    0644    384 51293e951e5d  barrow_hello-1.0.dist-info/RECORD
    0644     83 54f9ee5c0610  barrow_hello-1.0.dist-info/WHEEL
    0755      -            -  barrow_hello/
    0644    179 45bfafe7448c  barrow_hello/__init__.py
    0755      -            -  barrow_native-1.1.dist-info/
    0644      7 7f0b61dd0635  barrow_native-1.1.dist-info/INSTALLER
    0644     79 ad799d8e4c57  barrow_native-1.1.dist-info/METADATA
    0644    499 8ce564870f40  barrow_native-1.1.dist-info/RECORD
    0644    106 1e139c81c6cf  barrow_native-1.1.dist-info/WHEEL
    0755      -            -  barrow_native/
    0644     97 d24bb851e001  barrow_native/__init__.py
    0755   3944 ead04689fbac  barrow_native/_native.cpython-313-aarch64-linux-gnu.so
    0755      -            -  barrow_tool-2.0.dist-info/
    0644      7 7f0b61dd0635  barrow_tool-2.0.dist-info/INSTALLER
    0644    128 7a5d2437c067  barrow_tool-2.0.dist-info/METADATA
    0644    703 b7398b69de91  barrow_tool-2.0.dist-info/RECORD
    0644     83 54f9ee5c0610  barrow_tool-2.0.dist-info/WHEEL
    0644     49 2ae46e453abe  barrow_tool-2.0.dist-info/entry_points.txt
    0755      -            -  barrow_tool/
    0644     64 0db112a77d1a  barrow_tool/__init__.py
    0755      -            -  barrow_tool/data/
    0644     14 bd221009540c  barrow_tool/data/notes.txt
    0755      -            -  bin/
    0755    113 d206efdcc658  bin/barrow-tool
    0755     62 659c14cdaec3  bin/barrow-tool-check
    0644    254 0d481741020f  handler.py
    0644    125 7113270e2b62  requirements.txt
    ");
}

#[test]
fn the_example_for_amazon_linux_2_gets_the_wheel_for_the_older_glibc() {
    let context = TestContext::new();
    let target = ["--runtime", "python3.11", "--arch", "x86_64"];
    let shared = |out: &str| {
        let mut command = context.barrow();
        command.arg("bundle").arg(project("examples/hello")).args(target).args(["-o", out]);
        command
    };
    context.succeed(shared("index").arg("--index-url").arg(project("wheels-fixtures/simple")));
    insta::assert_snapshot!(context.tree("index"), @"
    0755      -            -  barrow_colours-1.0.dist-info/
    0644      7 7f0b61dd0635  barrow_colours-1.0.dist-info/INSTALLER
    0644     56 0774b43b123e  barrow_colours-1.0.dist-info/METADATA
    0644    383 5dbad2387574  barrow_colours-1.0.dist-info/RECORD
    0644     83 54f9ee5c0610  barrow_colours-1.0.dist-info/WHEEL
    0644     49 fe7ef387ea07  barrow_colours.py
    0755      -            -  barrow_greeting-1.1.dist-info/
    0644      7 7f0b61dd0635  barrow_greeting-1.1.dist-info/INSTALLER
    0644     80 75999dfbac52  barrow_greeting-1.1.dist-info/METADATA
    0644    397 0ae0a72802ce  barrow_greeting-1.1.dist-info/RECORD
    0644     83 54f9ee5c0610  barrow_greeting-1.1.dist-info/WHEEL
    0755      -            -  barrow_greeting/
    0644     83 ea2f9022a5be  barrow_greeting/__init__.py
    0755      -            -  barrow_hello-1.0.dist-info/
    0644      7 7f0b61dd0635  barrow_hello-1.0.dist-info/INSTALLER
    0644    181 de2470eba4dd  barrow_hello-1.0.dist-info/METADATA
    0644    384 51293e951e5d  barrow_hello-1.0.dist-info/RECORD
    0644     83 54f9ee5c0610  barrow_hello-1.0.dist-info/WHEEL
    0755      -            -  barrow_hello/
    0644    179 45bfafe7448c  barrow_hello/__init__.py
    0755      -            -  barrow_native-1.0.dist-info/
    0644      7 7f0b61dd0635  barrow_native-1.0.dist-info/INSTALLER
    0644     79 f630d2785a32  barrow_native-1.0.dist-info/METADATA
    0644    474 0a33a9b7f0ff  barrow_native-1.0.dist-info/RECORD
    0644    104 12d10a13ddef  barrow_native-1.0.dist-info/WHEEL
    0755      -            -  barrow_native/
    0644     97 d24bb851e001  barrow_native/__init__.py
    0755   3984 60f848294d1e  barrow_native/_native.abi3.so
    0755      -            -  barrow_tool-2.0.dist-info/
    0644      7 7f0b61dd0635  barrow_tool-2.0.dist-info/INSTALLER
    0644    128 7a5d2437c067  barrow_tool-2.0.dist-info/METADATA
    0644    703 b7398b69de91  barrow_tool-2.0.dist-info/RECORD
    0644     83 54f9ee5c0610  barrow_tool-2.0.dist-info/WHEEL
    0644     49 2ae46e453abe  barrow_tool-2.0.dist-info/entry_points.txt
    0755      -            -  barrow_tool/
    0644     64 0db112a77d1a  barrow_tool/__init__.py
    0755      -            -  barrow_tool/data/
    0644     14 bd221009540c  barrow_tool/data/notes.txt
    0755      -            -  bin/
    0755    113 d206efdcc658  bin/barrow-tool
    0755     62 659c14cdaec3  bin/barrow-tool-check
    0644    254 0d481741020f  handler.py
    0644    125 7113270e2b62  requirements.txt
    ");

    // The same wheels as loose files: the yank of 1.2 is something that only an index can say.
    context.write("not-yanked.txt", "barrow-greeting==1.1\n");
    context.succeed(
        shared("folder")
            .args(["--no-index", "-c", "not-yanked.txt", "--find-links"])
            .arg(project("wheels-fixtures/wheels")),
    );
    assert_eq!(context.tree("index"), context.tree("folder"));
}

#[test]
fn the_shape_of_the_index_does_not_show_in_the_result() {
    let trees = [Format::Json, Format::Html].map(|format| {
        let context = TestContext::new();
        let server = tiny_function(&context).format(format).start();
        context.succeed(context.barrow().args(["bundle", "function", "-o", "out", "--index-url", &server.url()]));
        context.tree("out")
    });
    assert_eq!(trees[0], trees[1]);
    insta::assert_snapshot!(trees[0], @"
    0644     12 393793eec60f  handler.py
    0644      5 36d25d3d80f8  requirements.txt
    0755      -            -  tiny-1.0.dist-info/
    0644      7 7f0b61dd0635  tiny-1.0.dist-info/INSTALLER
    0644     46 67d9ff214424  tiny-1.0.dist-info/METADATA
    0644    332 625bad6e5463  tiny-1.0.dist-info/RECORD
    0644     83 54f9ee5c0610  tiny-1.0.dist-info/WHEEL
    0644      6 9e26bf369911  tiny.py
    ");
}

#[test]
fn what_does_not_belong_to_the_function_is_left_out() {
    let context = TestContext::new();
    let server = tiny_function(&context).start();
    for stray in [
        ".git/config",
        ".venv/pyvenv.cfg",
        "__pycache__/handler.cpython-312.pyc",
        "node_modules/a/b.js",
        "package/__pycache__/x.pyc",
    ] {
        context.write(&format!("function/{stray}"), "stray");
    }
    context.write("function/package/data.json", "{}");
    context.write("function/.hidden", "kept");
    // The output lies inside the source: it must not hold itself, neither now nor in the second run.
    for _ in 0..2 {
        context.succeed(
            context
                .barrow()
                .args(["bundle", "-o", "build", "--index-url", &server.url()])
                .current_dir(context.path("function")),
        );
    }
    insta::assert_snapshot!(context.tree("function/build"), @"
    0644      4 79f076abdd19  .hidden
    0644     12 393793eec60f  handler.py
    0755      -            -  package/
    0644      2 44136fa355b3  package/data.json
    0644      5 36d25d3d80f8  requirements.txt
    0755      -            -  tiny-1.0.dist-info/
    0644      7 7f0b61dd0635  tiny-1.0.dist-info/INSTALLER
    0644     46 67d9ff214424  tiny-1.0.dist-info/METADATA
    0644    332 625bad6e5463  tiny-1.0.dist-info/RECORD
    0644     83 54f9ee5c0610  tiny-1.0.dist-info/WHEEL
    0644      6 9e26bf369911  tiny.py
    ");
}

#[test]
fn an_empty_directory_is_filled_in_place() {
    let context = TestContext::new();
    let server = tiny_function(&context).start();
    fs_err::create_dir(context.path("out")).unwrap();
    context.chmod("out", 0o777);
    let before = fs_err::metadata(context.path("out")).unwrap();
    context.succeed(context.barrow().args(["bundle", "function", "-o", "out", "--index-url", &server.url()]));
    let after = fs_err::metadata(context.path("out")).unwrap();
    assert_eq!((before.ino(), after.permissions().mode() & 0o7777), (after.ino(), 0o777));
    assert!(context.path("out/tiny.py").exists());
}

#[test]
fn files_carry_fresh_times() {
    let context = TestContext::new();
    let server = tiny_function(&context).start();
    let start = std::time::SystemTime::now() - std::time::Duration::from_secs(2);
    context.succeed(context.barrow().args(["bundle", "function", "-o", "out", "--index-url", &server.url()]));
    for file in ["tiny.py", "handler.py", "tiny-1.0.dist-info/RECORD"] {
        let modified = fs_err::metadata(context.path("out").join(file)).unwrap().modified().unwrap();
        assert!(modified >= start, "{file}: a constant time would make the CDK deploy old content");
    }
}

#[test]
fn an_earlier_bundle_is_replaced_and_anything_else_is_not() {
    let context = TestContext::new();
    let server = tiny_function(&context).start();
    let bundle = || {
        let mut command = context.barrow();
        command.args(["bundle", "function", "-o", "out", "--index-url", &server.url()]);
        command
    };
    context.write("function/old.py", "");
    context.succeed(&mut bundle());
    fs_err::remove_file(context.path("function/old.py")).unwrap();
    context.succeed(&mut bundle());
    assert!(!context.path("out/old.py").exists(), "what the earlier run made is gone");

    fs_err::remove_dir_all(context.path("out")).unwrap();
    context.write("out/diary.txt", "mine");
    barrow_snapshot!(context, &mut bundle(), @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    Using function/requirements.txt
    Resolved 1 package for python3.14 on x86_64
    error: `[TEMP]/work/out` holds what barrow did not make (`diary.txt`), so it is left alone
    hint: name an empty or new folder, or replace what is there with --force
    ");
    insta::assert_snapshot!(context.tree("out"), @"0644      4 3fd30542fe3f  diary.txt");
    context.succeed(bundle().arg("--force"));
    assert!(context.path("out/tiny.py").exists());
}

#[test]
fn a_layer_with_files_of_its_own() {
    let context = TestContext::new();
    let server = tiny_function(&context).start();
    let mut bundle = context.barrow();
    bundle.args(["bundle", "function", "--layer", "--index-url", &server.url(), "-o", "layer"]);
    context.succeed(&mut bundle);
    let files = ["python/handler.py", "python/tiny.py", "python/requirements.txt"];
    assert!(files.iter().all(|file| context.path("layer").join(file).is_file()));
    assert_eq!(fs_err::read_dir(context.path("layer")).unwrap().count(), 1);
}
