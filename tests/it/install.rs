//! `barrow install`: requirements alone, into a folder that may hold other things.

use std::time::Duration;

use crate::support::{Fault, IndexServer, TestContext, WheelBuilder};

#[test]
fn every_part_of_a_wheel_finds_its_place() {
    let context = TestContext::new();
    let server = IndexServer::new()
        .file(
            WheelBuilder::new("Whole.Thing", "1.0+local.1")
                .extra("more", &["tiny>=1"])
                .file("whole/__init__.py", "")
                .file("whole/tool.sh", "#!/bin/sh\n")
                .mode(0o755)
                .file("whole/secret.txt", "")
                .mode(0o600)
                .data("purelib/pure.py", "")
                .data("platlib/plat.py", "")
                .data("scripts/run", "#!python\nprint()\n")
                .data("data/share/thing.txt", "data")
                .entry_point("console_scripts", "thing = whole:main"),
        )
        .file(WheelBuilder::new("tiny", "1.0"))
        .start();
    context.write("out/mine.txt", "stays");
    barrow_snapshot!(
        context,
        context.barrow().args(["install", "whole-thing[more]", "-t", "out", "--index-url", &server.url()]),
        @"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
    Resolved 2 packages for python3.14 on x86_64
    Installed 2 packages (1.8 KB) into out
    "
    );
    insta::assert_snapshot!(context.tree("out"), @"
    0755      -            -  bin/
    0755     31 9a076e18fc87  bin/run
    0755    107 5bbd3b4ee492  bin/thing
    0644      5 ab90b11836e7  mine.txt
    0644      0 e3b0c44298fc  plat.py
    0644      0 e3b0c44298fc  pure.py
    0755      -            -  share/
    0644      4 3a6eb0790f39  share/thing.txt
    0755      -            -  tiny-1.0.dist-info/
    0644      7 7f0b61dd0635  tiny-1.0.dist-info/INSTALLER
    0644     46 67d9ff214424  tiny-1.0.dist-info/METADATA
    0644    342 31a5fa818235  tiny-1.0.dist-info/RECORD
    0644     83 54f9ee5c0610  tiny-1.0.dist-info/WHEEL
    0755      -            -  tiny/
    0644     20 90ce79aaa852  tiny/__init__.py
    0755      -            -  whole/
    0644      0 e3b0c44298fc  whole/__init__.py
    0644      0 e3b0c44298fc  whole/secret.txt
    0755     10 a8076d3d28d2  whole/tool.sh
    0755      -            -  whole_thing-1.0+local.1.dist-info/
    0644      7 7f0b61dd0635  whole_thing-1.0+local.1.dist-info/INSTALLER
    0644    122 c15f798bd378  whole_thing-1.0+local.1.dist-info/METADATA
    0644    964 fbbcfadb45e5  whole_thing-1.0+local.1.dist-info/RECORD
    0644     83 54f9ee5c0610  whole_thing-1.0+local.1.dist-info/WHEEL
    0644     37 867f005f5df8  whole_thing-1.0+local.1.dist-info/entry_points.txt
    ");
    let record = fs_err::read_to_string(context.path("out/whole_thing-1.0+local.1.dist-info/RECORD")).unwrap();
    insta::assert_snapshot!(record, @"
    bin/run,sha256=mgduGPyH8972FVYCZu40BzzhUIlDmeVXVuIy2B-L4Hw,31
    bin/thing,sha256=W707TuSSQ-46B_kwAw0jUmsdMYfXXCzl6bZtR1QjluE,107
    plat.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0
    pure.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0
    share/thing.txt,sha256=Om6weQ85rIfJTzhWst0sXREOaBFgImGpqSPTuyOtyLc,4
    whole/__init__.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0
    whole/secret.txt,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0
    whole/tool.sh,sha256=qAdtPSjSHgIBKyDq99v3VAmmJ3E0Q5Al8oLjaOMwWr8,10
    whole_thing-1.0+local.1.dist-info/INSTALLER,sha256=fwth3QY1CN73SJFZ9jiEddWkD4Iyls5Sd_bLXJHtZ5E,7
    whole_thing-1.0+local.1.dist-info/METADATA,sha256=wV95i9N4iDigGHgxxvVl2BNFfpJ2141DKPzmiIzSfFU,122
    whole_thing-1.0+local.1.dist-info/RECORD,,
    whole_thing-1.0+local.1.dist-info/WHEEL,sha256=VPnuXAYQazBcnf0nphqiUZjRhjxeRlRfV7A2ae5n3gI,83
    whole_thing-1.0+local.1.dist-info/entry_points.txt,sha256=hn8AX134ME_uJLlybKJSeLAY5WuMOL1Ag6CT7157LaE,37
    ");
    insta::assert_snapshot!(fs_err::read_to_string(context.path("out/bin/thing")).unwrap(), @r#"
    #!/usr/bin/env python3
    import sys

    from whole import main

    if __name__ == "__main__":
        sys.exit(main())
    "#);
}

#[test]
fn another_version_replaces_the_first() {
    let context = TestContext::new();
    let server = IndexServer::new()
        .file(WheelBuilder::new("tiny", "1.0").file("tiny/old.py", "").file("tiny/both.py", "1"))
        .file(WheelBuilder::new("tiny", "2.0").file("tiny/new.py", "").file("tiny/both.py", "2"))
        .start();
    context.write("out/tiny/mine.py", "");
    for requirement in ["tiny==1.0", "tiny==2.0"] {
        context.succeed(context.barrow().args(["install", requirement, "-t", "out", "--index-url", &server.url()]));
    }
    insta::assert_snapshot!(context.tree("out"), @"
    0755      -            -  tiny-2.0.dist-info/
    0644      7 7f0b61dd0635  tiny-2.0.dist-info/INSTALLER
    0644     46 b22b6ed4ee20  tiny-2.0.dist-info/METADATA
    0644    402 46a5ca940edc  tiny-2.0.dist-info/RECORD
    0644     83 54f9ee5c0610  tiny-2.0.dist-info/WHEEL
    0755      -            -  tiny/
    0644      1 d4735e3a265e  tiny/both.py
    0644      0 e3b0c44298fc  tiny/mine.py
    0644      0 e3b0c44298fc  tiny/new.py
    ");
}

#[test]
fn no_deps_installs_what_was_named_and_nothing_else() {
    let context = TestContext::new();
    let server = IndexServer::new().file(WheelBuilder::new("tiny", "1.0").requires("missing")).start();
    context.succeed(context.barrow().args(["install", "tiny", "--no-deps", "-t", "out", "--index-url", &server.url()]));
    assert!(context.path("out/tiny/__init__.py").exists());
}

#[test]
fn a_second_run_asks_the_index_and_downloads_nothing() {
    let context = TestContext::new();
    let server = IndexServer::new().file(WheelBuilder::new("tiny", "1.0")).start();
    for out in ["first", "second"] {
        context.succeed(context.barrow().args(["install", "tiny", "-t", out, "--index-url", &server.url()]));
    }
    let wheels = server.requests().iter().filter(|request| request.path == "/files/tiny-1.0-py3-none-any.whl").count();
    assert_eq!(wheels, 1, "{}", server.log());
    assert_eq!(context.tree("first"), context.tree("second"));
}

#[test]
fn a_wheel_sets_out_while_the_rest_is_resolved() {
    let app = WheelBuilder::new("app", "1.0").requires("dep").file("app.py", "").build();
    let dep = WheelBuilder::new("dep", "1.0").file("dep.py", "").build();
    let slow = Fault::Slow(Duration::from_millis(700));
    let index = IndexServer::new().file(app).file(dep).fault("/simple/dep/", slow).start();
    let context = TestContext::new();
    context.succeed(context.barrow().args(["install", "app", "-t", "out", "--index-url", &index.url()]));
    let asked: Vec<String> = index.requests().into_iter().map(|request| request.path).collect();
    let place = |end: &str| asked.iter().position(|path| path.ends_with(end)).expect("it was asked for");
    assert!(place("app-1.0-py3-none-any.whl") < place("/simple/dep/"), "{asked:?}");
    assert_eq!(asked.len(), 6, "nothing is asked for twice: {asked:?}");
}
