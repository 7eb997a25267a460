//! Projects that are not bundled: by patterns of names, because the runtime has them, because a layer or lock brings
//! them.

use std::process::Output;

use crate::support::{IndexServer, RunningIndex, TestContext, WheelBuilder};

fn index() -> RunningIndex {
    let wheel = |name: &str, version: &str| WheelBuilder::new(name, version).file(&format!("{name}.py"), version);
    IndexServer::new()
        .file(wheel("app_lib", "1.0").requires("common>=1").requires("otel-api").requires("otel-sdk"))
        .file(wheel("common", "1.0"))
        .file(wheel("common", "1.5"))
        .file(wheel("common", "2.0"))
        .file(wheel("otel_api", "1.0"))
        .file(wheel("otel_sdk", "1.0").requires("otel-api"))
        .file(wheel("requests", "2.0").requires("urllib3"))
        .file(wheel("urllib3", "1.26.20"))
        .file(wheel("urllib3", "2.5.0"))
        .file(wheel("boto3", "1.40.0").requires("botocore>=1.40").requires("s3transfer"))
        .file(wheel("botocore", "1.40.0").requires("urllib3"))
        .file(wheel("s3transfer", "0.14.0").requires("botocore"))
        .start()
}

fn run(context: &TestContext, index: &RunningIndex, arguments: &[&str]) -> Output {
    let mut command = context.barrow();
    command.args(arguments).args(["--index-url", &index.url()]).env("BARROW_RUNTIME", "python3.13");
    command.output().unwrap()
}

/// What a run that succeeds tells.
fn succeed(context: &TestContext, index: &RunningIndex, arguments: &[&str]) -> String {
    let output = run(context, index, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", context.show(&output));
    context.filter(&crate::support::said(&output))
}

fn fail(context: &TestContext, index: &RunningIndex, code: i32, arguments: &[&str]) -> String {
    let output = run(context, index, arguments);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", context.show(&output));
    context.filter(&crate::support::said(&output))
}

fn has(context: &TestContext, out: &str, module: &str) -> bool {
    context.path(&format!("{out}/{module}.py")).is_file()
}

#[test]
fn patterns_of_names() {
    let (context, index) = (TestContext::new(), index());
    let told = succeed(&context, &index, &["install", "app-lib", "-t", "out", "--exclude-package", "OTEL_*"]);
    assert!(!told.contains("matches nothing"), "{told}");
    assert!(has(&context, "out", "common") && !has(&context, "out", "otel_api") && !has(&context, "out", "otel_sdk"));
    let told = succeed(&context, &index, &["install", "app-lib", "-t", "out2", "--exclude-package", "otel-sdk,grpc*"]);
    assert!(told.contains("warning: `--exclude-package grpc*` matches nothing that is required"), "{told}");
    assert!(has(&context, "out2", "otel_api") && !has(&context, "out2", "otel_sdk"));
    let told =
        succeed(&context, &index, &["install", "app-lib", "-t", "out2", "--exclude-package", "Otel_sdk,otel-skd"]);
    assert!(told.contains("warning: `--exclude-package otel-skd` matches nothing that is required"), "{told}");
    assert!(!told.contains("`--exclude-package otel-sdk` matches"), "{told}");
    succeed(&context, &index, &["lock", "app-lib", "-o", "pylock.toml", "--runtime", "python3.13"]);
    let locked = ["install", "-r", "pylock.toml", "-t", "out5", "--exclude-package", "app-lib,otel-sdk"];
    let told = succeed(&context, &index, &locked);
    assert!(!told.contains("matches nothing") && !has(&context, "out5", "app_lib"), "{told}");
    // What stands in a file may be for many, of which some do not require it.
    context.write("barrow.toml", "exclude-package = [\"otel-*\", \"pywin32\"]\n");
    let told = succeed(&context, &index, &["install", "app-lib", "-t", "out3"]);
    assert!(!told.contains("matches nothing"), "{told}");
    assert!(!has(&context, "out3", "otel_api"));
    let told = fail(&context, &index, 2, &["install", "app-lib", "-t", "out4", "--exclude-package", "[otel"]);
    assert!(told.contains("invalid value for `exclude-package`"), "{told}");
}

#[test]
fn what_the_runtime_has_is_named_and_pins_are_refused() {
    let (context, index) = (TestContext::new(), index());
    let told = succeed(&context, &index, &["install", "boto3>=1.30", "requests", "-t", "out", "--exclude-runtime"]);
    assert!(told.contains("Left 4 packages to python3.13: boto3, botocore, s3transfer, urllib3"), "{told}");
    assert!(has(&context, "out", "requests") && !has(&context, "out", "boto3") && !has(&context, "out", "urllib3"));
    context
        .write("pinned.txt", "requests\nboto3==1.40.0\nurllib3<2 ; python_version < '3.9'\nbotocore<2\nurllib3<2.6\n");
    let told = fail(&context, &index, 2, &["install", "-r", "pinned.txt", "-t", "out2", "--exclude-runtime"]);
    for part in [
        "error: these would be left to python3.13, whose versions differ by region and date",
        "\n  boto3==1.40.0 (pinned.txt:2)\n  urllib3<2.6 (pinned.txt:5)\n",
        "with `--exclude-package boto3,urllib3`",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
    assert!(!context.path("out2").exists());
    let arguments =
        ["install", "-r", "pinned.txt", "-t", "out2", "--exclude-runtime", "--exclude-package", "boto3,urllib3"];
    succeed(&context, &index, &arguments);
    assert!(has(&context, "out2", "requests") && !has(&context, "out2", "boto3"));
}

#[test]
fn half_of_what_belongs_together_is_told() {
    let (context, index) = (TestContext::new(), index());
    let python39 = |words: &[&str]| {
        let arguments: Vec<&str> =
            ["install", "-t", "out", "--runtime", "python3.9"].iter().chain(words).copied().collect();
        succeed(&context, &index, &arguments)
    };
    let told = python39(&["requests"]);
    let expected = "warning: urllib3 2.5.0 is bundled and botocore is not: the botocore of python3.9 needs urllib3<1.27,>=1.25.4, \
                    so it will fail when the function imports it; require botocore too, or limit urllib3";
    assert!(told.contains(expected), "{told}");
    assert!(!python39(&["requests", "urllib3<2"]).contains("is bundled and"));
    assert!(!python39(&["requests", "botocore"]).contains("is bundled and"));
    let told = succeed(&context, &index, &["install", "requests", "-t", "out"]);
    assert!(!told.contains("is bundled and"), "{told}");
    let told = succeed(&context, &index, &["install", "boto3", "-t", "out2", "--exclude-package", "botocore"]);
    assert!(
        told.contains("boto3 1.40.0 is bundled and botocore is not")
            || told.contains("s3transfer 0.14.0 is bundled and botocore is not"),
        "{told}"
    );
    // What a layer brings is not the runtime's.
    succeed(&context, &index, &["layer", "botocore", "-o", "sdk.zip"]);
    let told = succeed(&context, &index, &["layer", "boto3", "-o", "rest.zip", "--without", "sdk.zip"]);
    assert!(!told.contains("is bundled and"), "{told}");
}

#[test]
fn what_a_layer_brings_is_left_out_and_agreed_with() {
    let (context, index) = (TestContext::new(), index());
    context.write("function/requirements.txt", "app-lib\n");
    context.write("function/handler.py", "import app_lib\n");
    succeed(&context, &index, &["layer", "common==1.5", "otel-api", "-o", "layer"]);
    succeed(&context, &index, &["layer", "common==1.5", "otel-api", "-o", "layer.zip"]);
    succeed(&context, &index, &["lock", "-o", "pylock.toml", "--runtime", "python3.13", "common==1.5", "otel-api"]);
    context.write(
        "pins.txt",
        "common==1.5\notel-api==1.0 ; python_version >= '3.9'\nnothing==1.0 ; python_version < '3.9'\n",
    );
    for (at, by) in ["layer", "layer.zip", "pylock.toml", "pins.txt"].iter().enumerate() {
        let out = format!("out{at}");
        let told = succeed(&context, &index, &["bundle", "function", "-o", &out, "--without", by]);
        assert!(told.contains(&format!("Left 2 packages to {by}: common, otel-api")), "{told}");
        assert!(has(&context, &out, "app_lib") && has(&context, &out, "otel_sdk") && has(&context, &out, "handler"));
        assert!(!has(&context, &out, "common") && !has(&context, &out, "otel_api"), "{by}");
        let again = succeed(&context, &index, &["bundle", "function", "-o", &out, "--without", by, "-v"]);
        assert!(again.contains("Nothing has changed"), "{again}");
    }
    // Versions agree: what the function needs must be what the layer has.
    let told = fail(&context, &index, 1, &["install", "app-lib", "common>=2", "-t", "out", "--without", "layer"]);
    assert!(told.contains("common==1.5") && told.contains("what `layer` brings"), "{told}");
    succeed(&context, &index, &["lock", "-o", "function/pylock.toml", "--runtime", "python3.13", "common==2.0"]);
    let told = fail(
        &context,
        &index,
        2,
        &["bundle", "function", "-r", "function/pylock.toml", "-o", "out", "--without", "layer"],
    );
    assert!(told.contains("common 2.0 is locked, and `layer`, which is to bring it, has 1.5"), "{told}");
    fs_err::remove_file(context.path("function/pylock.toml")).unwrap();
    // A layer that changed counts.
    succeed(&context, &index, &["layer", "otel-api", "-o", "layer"]);
    let told = succeed(&context, &index, &["bundle", "function", "-o", "out0", "--without", "layer", "-v"]);
    assert!(told.contains("not unchanged since the last run: "), "{told}");
    assert!(has(&context, "out0", "common"));
}

#[test]
fn what_is_locked_or_listed_agrees_with_a_layer_too() {
    let (context, index) = (TestContext::new(), index());
    context.write("requirements.txt", "app-lib\n");
    context.write("layer.txt", "common==1.5\n");
    let (from, without) = (["-r", "requirements.txt"], ["--without", "layer.txt"]);
    for (command, expected) in [
        (&["lock", "-o", "-", "--format", "requirements"][..], "common==1.5"),
        (&["lock", "-o", "-", "--format", "requirements", "--runtime", "python3.12", "--arch", "arm64"], "common==1.5"),
        (&["tree"], "common 1.5"),
        (&["why", "common"], "common 1.5"),
    ] {
        let output = run(&context, &index, &[command, &from, &without].concat());
        let shown = String::from_utf8(output.stdout).unwrap();
        assert!(shown.contains(expected), "{command:?}: {shown}");
    }
    succeed(&context, &index, &[&["mirror", "-o", "m"][..], &from, &without].concat());
    assert!(context.tree("m").contains("common-1.5") && !context.tree("m").contains("common-2.0"));
    // The lock is one that fits the layer.
    succeed(&context, &index, &[&["lock", "-o", "pylock.toml"][..], &from, &without].concat());
    succeed(&context, &index, &[&["install", "--lock", "pylock.toml", "-t", "out"][..], &without].concat());
    assert!(has(&context, "out", "app_lib") && !has(&context, "out", "common"));
    let told = fail(&context, &index, 2, &["lock", "-r", "requirements.txt", "-o", "-", "--without", "nowhere"]);
    assert!(told.contains("what `nowhere` brings cannot be read"), "{told}");
}

#[test]
fn what_brings_nothing_is_refused() {
    let (context, index) = (TestContext::new(), index());
    context.write("empty/readme.txt", "");
    context.write("loose.txt", "common>=1\n");
    let refuse = |by: &[&str]| {
        let arguments: Vec<&str> = ["install", "app-lib", "-t", "out"].iter().chain(by).copied().collect();
        fail(&context, &index, 2, &arguments)
    };
    assert!(
        refuse(&["--without", "nowhere"]).contains("what `nowhere` brings cannot be read"),
        "{}",
        refuse(&["--without", "nowhere"])
    );
    assert!(refuse(&["--without", "empty"]).contains("`empty` brings nothing"));
    assert!(refuse(&["--without", "loose.txt"]).contains("`loose.txt` has no exact version of common (loose.txt:1)"));
    for version in ["1.0", "1.5"] {
        succeed(&context, &index, &["layer", &format!("common=={version}"), "-o", &format!("layer-{version}")]);
    }
    let told = refuse(&["--without", "layer-1.0", "--without", "layer-1.5"]);
    assert!(told.contains("`layer-1.0` brings common 1.0, and `layer-1.5` brings 1.5"), "{told}");
}

#[test]
fn what_is_left_out_is_known_to_the_check() {
    let (context, index) = (TestContext::new(), index());
    context.write("function/requirements.txt", "app-lib\n");
    context.write("function/handler.py", "import app_lib, common\n\ndef call(event, context): pass\n");
    succeed(&context, &index, &["layer", "common==1.5", "-o", "lay.zip"]);
    succeed(&context, &index, &["layer", "common==1.5", "-o", "lay"]);
    succeed(&context, &index, &["lock", "-o", "pylock.toml", "--runtime", "python3.13", "common==1.5"]);
    let check = |by: &'static str| {
        ["bundle", "function", "-o", "out.zip", "--without", by, "--check", "--handler", "handler.call", "-v"]
    };
    for by in ["lay.zip", "lay", "pylock.toml"] {
        let told = succeed(&context, &index, &check(by));
        assert!(told.contains("Left 1 package to") && !told.contains("BAR012") && !told.contains("BAR025"), "{told}");
        let noted = "note[BAR050]: `common` is imported, and common 1.5 of `pylock.toml` is not looked at";
        assert_eq!(told.contains(noted), by == "pylock.toml", "{by}: {told}");
    }
    // A lock brings its own boto3, which is not that of the runtime.
    let lock = ["lock", "-o", "pylock.sdk.toml", "--runtime", "python3.13", "common==1.5", "boto3"];
    succeed(&context, &index, &lock);
    context.write("function/handler.py", "import app_lib, boto3\n\ndef call(event, context): pass\n");
    context.write("function/requirements.txt", "app-lib\nboto3\n");
    let told = succeed(&context, &index, &check("pylock.sdk.toml"));
    assert!(told.contains("note[BAR050]: `boto3` is imported") && !told.contains("BAR019"), "{told}");
    context.write("function/handler.py", "import app_lib, common\n\ndef call(event, context): pass\n");
    context.write("function/requirements.txt", "app-lib\n");
    context.write("function/barrow.toml", "without = [\"../lay.zip\"]\n");
    let unit =
        "[[function]]\nsource = \"function\"\noutput = \"built\"\nhandler = \"handler.call\"\nwithout = [\"lay\"]\n";
    context.write("barrow.toml", unit);
    fs_err::remove_file(context.path("function/barrow.toml")).unwrap();
    let build = || {
        let mut command = context.barrow();
        command.args(["build", "--check"]).env("BARROW_INDEX_URL", index.url()).env("BARROW_RUNTIME", "python3.13");
        command.output().unwrap()
    };
    let output = build();
    assert!(output.status.success(), "{}", context.show(&output));
    // What nobody has is missing as before; a lock may bring it under any name.
    context.write("function/handler.py", "import app_lib, gone\n\ndef call(event, context): pass\n");
    let told = fail(&context, &index, 1, &check("lay.zip"));
    assert!(told.contains("error[BAR012]: `gone` is imported, and is nowhere to be found"), "{told}");
    let told = succeed(&context, &index, &check("pylock.toml"));
    assert!(told.contains("warning[BAR012]: `gone`") && told.contains("if nothing that is left out has it"), "{told}");
    let output = build();
    assert!(
        !output.status.success() && context.show(&output).contains("error[BAR012]: `gone`"),
        "{}",
        context.show(&output)
    );
}

#[test]
fn a_native_layer_of_another_target_is_refused() {
    let native = |tag: &str| WheelBuilder::new("native", "1.0").tag(tag).file("native.py", "");
    let index = IndexServer::new()
        .file(native("cp313-cp313-manylinux_2_17_x86_64"))
        .file(native("cp313-cp313-manylinux_2_17_aarch64"))
        .file(native("cp312-cp312-manylinux_2_17_x86_64"))
        .start();
    let context = TestContext::new();
    context.write("function/requirements.txt", "native\n");
    context.write("function/handler.py", "");
    for (target, about) in [
        (["--arch", "arm64"], "it is made for another processor: manylinux_2_17_aarch64"),
        (["--runtime", "python3.12"], "it is made for another Python: cp312"),
    ] {
        for layer in ["layer", "layer.zip"] {
            let made = [&["layer", "native", "-o", layer, "--force"][..], &target].concat();
            succeed(&context, &index, &made);
            let told = fail(&context, &index, 2, &["bundle", "function", "-o", "out", "--without", layer]);
            let brings = format!("`{layer}` brings native 1.0 for another target than python3.13 on x86_64: ");
            assert!(told.contains(&brings) && told.contains(about), "{told}");
            assert!(!context.path("out").exists());
            let bundle = ["bundle", "function", "-o", "other", "--without", layer];
            succeed(&context, &index, &[&bundle[..], &target].concat());
        }
    }
}
