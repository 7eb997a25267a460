//! Building on machines that are no Linux with glibc: a Python that answers as one of theirs stands in for them.

use std::path::PathBuf;

use crate::building::{can_build, folder};
use crate::support::{BuiltFile, IndexServer, TestContext, WheelBuilder};

/// A Python of this machine, also where a link leads to it, that says of itself what a Python of another one would.
fn python_of(context: &TestContext, system: &str, machine: &str, macos: &str, libc: &str) -> PathBuf {
    let answer = format!(
        "{{'version': platform.python_version(), 'implementation': 'cpython', 'system': '{system}', \
         'machine': '{machine}', 'libc': {libc}, 'macos': '{macos}', 'executable': sys.argv[1]}}"
    );
    let path = context.write(
        "python-of-another",
        format!(
            "#!/bin/bash\ncase \"$*\" in\n*CS_GNU_LIBC_VERSION*) exec /usr/bin/python3 -c \
             \"import json, platform, sys; print(json.dumps({answer}))\" \"$0\" ;;\nesac\nexec -a \"$0\" /usr/bin/python3 \"$@\"\n"
        ),
    );
    context.chmod("python-of-another", 0o755);
    path
}

/// A build requirement with native code for one platform; `VERSION` tells which of its wheels was taken.
fn helper(platform: &str) -> BuiltFile {
    let wheel = WheelBuilder::new("helper", "7").tag(&format!("py3-none-{platform}")).root_is_purelib(false);
    wheel.file("helper.py", format!("VERSION = '{platform}'\n")).build()
}

/// What the build of a project that needs `helper` saw of it, else what the run said.
fn built_with(context: &TestContext, python: &std::path::Path, platforms: &[&str]) -> String {
    let server = platforms.iter().fold(IndexServer::new(), |server, platform| server.file(helper(platform))).start();
    folder(
        context,
        "mine",
        r#"{"name": "mine", "version": "0.1", "further": ["helper ; sys_platform != 'win32'"], "imports": ["helper"]}"#,
    );
    let mut command = context.barrow();
    command.args(["install", "./mine", "-t", "out", "--runtime", "python3.12", "--index-url", &server.url()]);
    command.arg("--build-python").arg(python).arg("--no-cache");
    let output = command.output().unwrap();
    fs_err::read_to_string(context.path("out/mine.py")).unwrap_or_else(|_| context.show(&output))
}

#[test]
fn a_build_on_a_mac_takes_its_tools_for_the_mac() {
    if !can_build() {
        return;
    }
    let context = TestContext::new();
    let python = python_of(&context, "Darwin", "arm64", "14.5", "None");
    let all = ["manylinux_2_17_aarch64", "macosx_11_0_arm64", "macosx_15_0_arm64", "macosx_11_0_x86_64"];
    let shown = built_with(&context, &python, &all);
    assert!(shown.contains("helper = 'macosx_11_0_arm64'"), "{shown}");

    let context = TestContext::new();
    let python = python_of(&context, "Darwin", "x86_64", "13.6", "None");
    let shown = built_with(&context, &python, &["macosx_10_9_universal2", "macosx_11_0_arm64"]);
    assert!(shown.contains("helper = 'macosx_10_9_universal2'"), "{shown}");

    // Under Rosetta a Python for Intel processors is one.
    let context = TestContext::new();
    let python = python_of(&context, "Darwin", "x86_64", "15.3", "None");
    let shown = built_with(&context, &python, &["macosx_11_0_arm64", "macosx_15_0_arm64", "macosx_10_12_x86_64"]);
    assert!(shown.contains("helper = 'macosx_10_12_x86_64'"), "{shown}");

    let context = TestContext::new();
    let python = python_of(&context, "Darwin", "arm64", "26.1", "None");
    let shown =
        built_with(&context, &python, &["macosx_10_9_universal2", "macosx_15_0_universal2", "macosx_27_0_arm64"]);
    assert!(shown.contains("helper = 'macosx_15_0_universal2'"), "{shown}");

    // One that does not say which system it is on gets what has no native code.
    let context = TestContext::new();
    let python = python_of(&context, "Darwin", "arm64", "", "None");
    let shown = built_with(&context, &python, &["macosx_11_0_arm64", "any"]);
    assert!(shown.contains("helper = 'any'"), "{shown}");

    let context = TestContext::new();
    let python = python_of(&context, "Darwin", "arm64", "14.5", "None");
    let shown = built_with(&context, &python, &["manylinux_2_17_aarch64", "win_arm64"]);
    assert!(shown.contains("helper") && shown.contains("what building"), "{shown}");
}

#[test]
fn a_build_beside_musl_takes_its_tools_for_musl() {
    if !can_build() {
        return;
    }
    let context = TestContext::new();
    let python = python_of(&context, "Linux", "x86_64", "", "'musl 1.2.4'");
    let shown =
        built_with(&context, &python, &["manylinux_2_17_x86_64", "musllinux_1_1_x86_64", "musllinux_1_3_x86_64"]);
    assert!(shown.contains("helper = 'musllinux_1_1_x86_64'"), "{shown}");
}

/// A backend's tools are chosen for the machine, what it makes is for Lambda: a wheel for the machine is refused.
#[test]
fn a_wheel_that_a_mac_built_for_itself_is_refused() {
    if !can_build() {
        return;
    }
    let context = TestContext::new();
    let python = python_of(&context, "Darwin", "arm64", "14.5", "None");
    let server = IndexServer::new().start();
    folder(&context, "mine", r#"{"name": "mine", "version": "0.1", "tag": "cp312-cp312-macosx_11_0_arm64"}"#);
    let mut command = context.barrow();
    command.args(["install", "./mine", "-t", "out", "--runtime", "python3.12", "--index-url", &server.url()]);
    let output = command.arg("--build-python").arg(&python).output().unwrap();
    let shown = context.show(&output);
    assert!(shown.contains("macosx_11_0_arm64") && !context.path("out/mine.py").exists(), "{shown}");

    // One that calls itself pure and holds such code all the same.
    for magic in ["cffaedfe0c000001", "cafebabe00000002"] {
        let own = format!(r#"{{"name": "mine", "version": "0.1", "native": "{magic}"}}"#);
        folder(&context, "mine", &own);
        let mut command = context.barrow();
        command.args(["install", "./mine", "-t", "out", "--runtime", "python3.12", "--index-url", &server.url()]);
        let output = command.output().unwrap();
        let shown = context.show(&output);
        assert!(shown.contains("native code for macOS"), "{shown}");
        assert!(!context.path("out/mine.py").exists());
    }
}

/// Before Xcode's command line tools are installed, `python3` and `git` in a Mac's `/usr/bin` open a dialog: they are
/// not started.
#[test]
fn stubs_of_apple_are_passed_over() {
    if !can_build() {
        return;
    }
    let context = TestContext::new();
    let started = context.path("started");
    for name in ["python3.12", "python3", "python", "git"] {
        context.write(&format!("stubs/{name}"), format!("#!/bin/sh\necho {name} >> '{}'\nexit 1\n", started.display()));
        context.chmod(&format!("stubs/{name}"), 0o755);
    }
    let has_tools = |has: bool| {
        context.write("stubs/xcode-select", format!("#!/bin/sh\nexit {}\n", if has { 0 } else { 2 }));
        context.chmod("stubs/xcode-select", 0o755);
    };
    has_tools(false);
    folder(&context, "mine", r#"{"name": "mine", "version": "0.1"}"#);
    let stubs = context.path("stubs").display().to_string();
    let install = |what: &str, path: &str| {
        let mut command = context.barrow();
        command.args(["install", what, "-t", "out", "--runtime", "python3.12", "--no-index", "--no-cache"]);
        context.show(&command.env("PATH", path).output().unwrap())
    };

    let shown = install("./mine", &format!("{stubs}:/usr/bin:/bin"));
    assert!(shown.contains("exit code: 0"), "{shown}");
    let shown = install("./mine", &stubs);
    assert!(shown.contains("exit code: 1") && shown.contains("command line tools of Xcode"), "{shown}");
    let shown = install("mine @ git+file:///nowhere/mine.git", &stubs);
    assert!(shown.contains("exit code: 1") && shown.contains("command line tools of Xcode"), "{shown}");
    assert!(!started.exists(), "{:?}", fs_err::read_to_string(&started));

    // With the tools they are what they are called.
    has_tools(true);
    let shown = install("./mine", &stubs);
    assert!(shown.contains("exit code: 1") && started.exists(), "{shown}");
}

/// What a `pip install -t .` on a Mac leaves in SOURCE is bundled, as the user has it, and named.
#[test]
fn native_files_of_a_mac_in_the_source_are_named() {
    let context = TestContext::new();
    let thin = |processor: u32| {
        let words = [0xfeed_facf, processor, 0, 6, 0, 0, 0, 0];
        words.iter().flat_map(|word: &u32| word.to_le_bytes()).collect::<Vec<u8>>()
    };
    let universal = |magic: u32| {
        let words = [magic, 2, 0x0100_0007, 3, 4096, 32, 12, 0x0100_000c, 0, 8192, 32, 14];
        words.iter().flat_map(|word: &u32| word.to_be_bytes()).collect::<Vec<u8>>()
    };
    context.write("own/handler.py", "");
    context.write("own/lib/both.cpython-313-darwin.so", universal(0xcafe_babe));
    context.write("own/lib/Large.DYLIB", universal(0xcafe_babf));
    context.write("own/lib/arm.so", thin(0x0100_000c));
    context.write("own/bin/tool", thin(0x0100_0007));
    // A class of Java begins like a universal file, and what is no native file by its name is not looked into.
    context.write("own/Main", b"\xca\xfe\xba\xbe\x00\x00\x00\x41 and so on");
    context.write("own/notes.txt", thin(0x0100_000c));
    for form in ["out", "out.zip"] {
        let mut command = context.barrow();
        let output = command.args(["bundle", "own", "--no-index", "-o", form]).output().unwrap();
        let shown = context.show(&output);
        assert!(output.status.success(), "{shown}");
        for name in ["bin/tool", "lib/Large.DYLIB", "lib/arm.so", "lib/both.cpython-313-darwin.so"] {
            assert!(shown.contains(&format!("{name} (macOS)")), "{name}: {shown}");
        }
        assert!(!shown.contains("Main") && !shown.contains("notes.txt"), "{shown}");
    }
    assert!(context.path("out/lib/arm.so").exists());
}
