//! Files of dependencies that are left out: in folder, zip and layer, with a RECORD that is true.

use crate::support::{IndexServer, RunningIndex, TestContext, WheelBuilder};

fn function(context: &TestContext) -> RunningIndex {
    context.write("function/handler.py", "import demo\n");
    context.write("function/requirements.txt", "demo\n");
    let wheel = WheelBuilder::new("demo", "1.0")
        .file("demo/__init__.py", "x = 1\n")
        .file("demo/__init__.pyi", "x: int\n")
        .file("demo/py.typed", "")
        .file("demo/tests/test_demo.py", "import demo\n")
        .file("demo/data.csv", "1,2\n");
    IndexServer::new().file(wheel).start()
}

#[test]
fn in_every_form_of_output() {
    let context = TestContext::new();
    let server = function(&context);
    let bundle = |arguments: &[&str]| {
        let mut command = context.barrow();
        command.args(["bundle", "function", "--index-url", &server.url()]).args(arguments);
        command
    };
    barrow_snapshot!(context, &mut bundle(&["--slim", "-o", "out"]), @"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
    Using function/requirements.txt
    Resolved 1 package for python3.14 on x86_64
    Left out 19 bytes of 640 bytes of dependencies: tests 12 bytes (1 file), stubs 7 bytes (1 file)
    Bundled 9 files (638 bytes) into out, without 19 bytes in 2 files
    ");
    insta::assert_snapshot!(context.tree("out"), @"
    0755      -            -  demo-1.0.dist-info/
    0644      7 7f0b61dd0635  demo-1.0.dist-info/INSTALLER
    0644     46 34aa27a6064f  demo-1.0.dist-info/METADATA
    0644    475 07b1d9f98748  demo-1.0.dist-info/RECORD
    0644     83 54f9ee5c0610  demo-1.0.dist-info/WHEEL
    0755      -            -  demo/
    0644      6 9e26bf369911  demo/__init__.py
    0644      4 52186c933993  demo/data.csv
    0644      0 e3b0c44298fc  demo/py.typed
    0644     12 e7f07e3f0a73  handler.py
    0644      5 eb9c26baee47  requirements.txt
    ");
    insta::assert_snapshot!(fs_err::read_to_string(context.path("out/demo-1.0.dist-info/RECORD")).unwrap(), @"
    demo-1.0.dist-info/INSTALLER,sha256=fwth3QY1CN73SJFZ9jiEddWkD4Iyls5Sd_bLXJHtZ5E,7
    demo-1.0.dist-info/METADATA,sha256=NKonpgZPlYtBt4GiF_KQ_Qq1-WUeK25Kzas0G3uTwwU,46
    demo-1.0.dist-info/RECORD,,
    demo-1.0.dist-info/WHEEL,sha256=VPnuXAYQazBcnf0nphqiUZjRhjxeRlRfV7A2ae5n3gI,83
    demo/__init__.py,sha256=nia_NpkRxFwkPGhBR7I_yeHc_PJX0pmhxjIBam_NM_Q,6
    demo/data.csv,sha256=UhhskzmT2kCCs83HxAu0v3NbOR_1Si73jAN92mw4poA,4
    demo/py.typed,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0
    ");
    barrow_snapshot!(context, &mut bundle(&["--exclude", "demo:*.csv", "--exclude", "demo:*.so", "-o", "out"]), @"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
    Using function/requirements.txt
    Resolved 1 package for python3.14 on x86_64
    warning: `--exclude demo:*.so` matches no file of a dependency
    Left out 4 bytes of 722 bytes of dependencies: demo:*.csv 4 bytes (1 file)
    Bundled 10 files (735 bytes) into out, without 4 bytes in 1 file
    ");
    assert!(!context.path("out/demo/data.csv").exists() && context.path("out/demo/tests/test_demo.py").exists());
    // Nothing changed: the second run knows it.
    barrow_snapshot!(context, &mut bundle(&["--exclude", "demo:*.csv", "--exclude", "demo:*.so", "-o", "out"]), @"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
    Using function/requirements.txt
    Resolved 1 package for python3.14 on x86_64
    Nothing has changed since the last run
    warning: `--exclude demo:*.so` matches no file of a dependency
    Bundled 10 files (735 bytes) into out, without 4 bytes in 1 file
    ");
    context.succeed(&mut bundle(&["--slim", "-o", "out.zip"]));
    let zip = zip::ZipArchive::new(fs_err::File::open(context.path("out.zip")).unwrap()).unwrap();
    assert!(zip.file_names().all(|name| !name.unwrap().contains("tests")));
    let mut layer = context.barrow();
    layer.args(["layer", "demo", "--slim", "-o", "layer", "--index-url", &server.url()]);
    context.succeed(&mut layer);
    assert!(!context.path("layer/python/demo/tests").exists() && context.path("layer/python/demo/py.typed").exists());
    // The cache, and what else is linked to it, has everything.
    context.succeed(&mut bundle(&["-o", "whole"]));
    let record = fs_err::read_to_string(context.path("whole/demo-1.0.dist-info/RECORD")).unwrap();
    assert!(record.contains("demo/tests/test_demo.py") && context.path("whole/demo/tests/test_demo.py").exists());
}

#[test]
fn settings_and_mistakes() {
    let context = TestContext::new();
    let server = function(&context);
    let mut command = context.barrow();
    command.args(["bundle", "function", "-o", "out", "--index-url", &server.url()]);
    context.write("function/barrow.toml", "slim = [\"botocore=s3\"]\nexclude = [\"demo:*.csv\"]\n");
    barrow_snapshot!(context, &mut command, @"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
    Using function/requirements.txt
    Resolved 1 package for python3.14 on x86_64
    warning: `--slim botocore=…` matches nothing: botocore is not among the dependencies
    Left out 23 bytes of 573 bytes of dependencies: tests 12 bytes (1 file), stubs 7 bytes (1 file), demo:*.csv 4 bytes (1 file)
    left out: barrow.toml (settings of barrow); --include to take them
    Bundled 8 files (567 bytes) into out, without 23 bytes in 3 files
    ");
    context.write("function/barrow.toml", "slim = \"always\"\n");
    barrow_snapshot!(context, &mut command, @"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: invalid value for `slim`: `always` is neither on, off nor botocore=SERVICE,…
    ");
    context.write("function/barrow.toml", "");
    command.args(["--exclude", "demo:["]);
    barrow_snapshot!(context, &mut command, @"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    Using function/requirements.txt
    Resolved 1 package for python3.14 on x86_64
    error: `[` is not a pattern that `--exclude` understands
      because: error parsing glob '[': unclosed character class; missing ']'
    ");
}
