//! `barrow lock --format requirements`: the resolution alone, and what it costs in requests.

use crate::support::{IndexServer, Listed, Ranges, RunningIndex, SdistBuilder, TestContext, WheelBuilder, sha256_hex};

/// Locks these requirements and returns standard output.
fn lock(context: &TestContext, server_url: &str, requirements: &str, more: &[&str]) -> String {
    context.write("requirements.txt", requirements);
    let mut command = context.barrow();
    command.args(["lock", "-r", "requirements.txt", "--format", "requirements", "-o", "-", "--index-url", server_url]);
    let output = command.args(more).output().unwrap();
    assert!(output.status.success(), "{}", context.show(&output));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn versions_are_chosen_by_the_rules() {
    let server = IndexServer::new()
        .file(WheelBuilder::new("plain", "1.9").requires("dep<3"))
        .file(WheelBuilder::new("plain", "1.10").requires("dep<3").requires("linux-only; sys_platform == 'linux'"))
        .file(WheelBuilder::new("dep", "2.5"))
        .file(WheelBuilder::new("dep", "3.0"))
        .file(WheelBuilder::new("linux-only", "1"))
        .file(WheelBuilder::new("early", "1.0"))
        .file(WheelBuilder::new("early", "2.0b1"))
        .file(WheelBuilder::new("withdrawn", "1.0"))
        .file(Listed::new(WheelBuilder::new("withdrawn", "1.1")).yanked("oops"))
        .file(WheelBuilder::new("modern", "1.0").requires_python(">=3.8"))
        .file(WheelBuilder::new("modern", "2.0").requires_python(">=3.13"))
        .file(WheelBuilder::new("native", "1.0").tag("cp312-cp312-manylinux_2_17_aarch64"))
        .file(WheelBuilder::new("native", "2.0").tag("cp312-cp312-manylinux_2_17_x86_64"))
        .file(WheelBuilder::new("native", "3.0").tag("cp312-cp312-musllinux_1_2_aarch64"))
        .start();
    let context = TestContext::new();
    let target = ["--runtime", "python3.12", "--arch", "arm64"];
    let all = "plain\nearly\nwithdrawn\nmodern\nnative\nwindows-only; sys_platform == 'win32'\n";
    insta::assert_snapshot!(lock(&context, &server.url(), all, &target), @"
    # Locked by barrow for python3.12 on arm64 (glibc 2.34).
    dep==2.5
        # via plain
    early==1.0
        # via -r requirements.txt
    linux-only==1
        # via plain
    modern==1.0
        # via -r requirements.txt
    native==1.0
        # via -r requirements.txt
    plain==1.10
        # via -r requirements.txt
    withdrawn==1.0
        # via -r requirements.txt
    ");
    insta::assert_snapshot!(lock(&context, &server.url(), "withdrawn==1.1\nearly>=2.0b1\n", &target), @"
    # Locked by barrow for python3.12 on arm64 (glibc 2.34).
    early==2.0b1
        # via -r requirements.txt
    withdrawn==1.1
        # via -r requirements.txt
    ");
}

#[test]
#[cfg(unix)]
fn a_pipe_takes_the_lock_and_stays_a_pipe() {
    use std::os::unix::fs::FileTypeExt as _;
    use std::process::{Command, Stdio};
    let server = IndexServer::new().file(WheelBuilder::new("plain", "1.0")).start();
    let context = TestContext::new();
    let pipe = context.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = Command::new("cat").arg(&pipe).stdout(Stdio::piped()).spawn().unwrap();
    let mut barrow = context.barrow();
    barrow.args(["lock", "plain", "--format", "requirements", "-o", "pipe", "--index-url", &server.url()]);
    context.succeed(&mut barrow);
    let read = String::from_utf8(reader.wait_with_output().unwrap().stdout).unwrap();
    assert!(read.contains("plain==1.0"), "{read}");
    assert!(fs_err::metadata(&pipe).unwrap().file_type().is_fifo());
}

#[test]
fn metadata_files_make_wheels_unnecessary() {
    let server = IndexServer::new()
        .file(WheelBuilder::new("tiny", "1.0").requires("dep"))
        .file(WheelBuilder::new("dep", "1.0"))
        .start();
    let context = TestContext::new();
    lock(&context, &server.url(), "tiny\n", &[]);
    insta::assert_snapshot!(server.log(), @"
    200 /files/dep-1.0-py3-none-any.whl.metadata
    200 /files/tiny-1.0-py3-none-any.whl.metadata
    200 /simple/dep/
    200 /simple/tiny/
    ");
}

/// A wheel that is large enough for a range to be worth it, as noise does not compress.
fn large() -> WheelBuilder {
    let mut state = 1_u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    })
    .take(3 << 20)
    .collect();
    WheelBuilder::new("large", "1.0").requires("dep").file("large/noise.bin", noise).stored()
}

/// How often the whole of `large` was sent.
fn whole_downloads(server: &RunningIndex) -> usize {
    let wheel = "/files/large-1.0-py3-none-any.whl";
    server.requests().iter().filter(|request| request.path == wheel && request.status == 200).count()
}

fn index_of_large(ranges: Ranges) -> RunningIndex {
    IndexServer::new().file(large()).file(WheelBuilder::new("dep", "1.0")).without_metadata().ranges(ranges).start()
}

#[test]
fn without_metadata_files_a_part_of_the_wheel_is_enough() {
    for ranges in [Ranges::Honoured, Ranges::NoSuffix] {
        let server = index_of_large(ranges);
        lock(&TestContext::new(), &server.url(), "large\n", &[]);
        assert_eq!(whole_downloads(&server), 0, "{ranges:?}:\n{}", server.log());
    }
}

#[test]
fn without_ranges_the_wheel_is_downloaded_once_and_kept() {
    for ranges in [Ranges::Ignored, Ranges::Refused] {
        let server = index_of_large(ranges);
        let context = TestContext::new();
        lock(&context, &server.url(), "large\n", &[]);
        context.succeed(context.barrow().args(["install", "large", "-t", "out", "--index-url", &server.url()]));
        assert_eq!(whole_downloads(&server), 1, "{ranges:?}:\n{}", server.log());
    }
}

/// Writes a lock of `requirements.txt` to `locked.txt`.
fn lock_to_file(context: &TestContext, server: &RunningIndex, more: &[&str]) -> String {
    let mut command = context.barrow();
    command.args(["lock", "-r", "requirements.txt", "--format", "requirements", "-o", "locked.txt"]);
    context.run(command.args(["--index-url", &server.url()]).args(more))
}

fn locked(context: &TestContext) -> String {
    fs_err::read_to_string(context.path("locked.txt")).unwrap()
}

#[test]
fn an_existing_lock_is_kept_until_it_is_upgraded() {
    let server = IndexServer::new()
        .file(WheelBuilder::new("top", "1.0").requires("dep<3"))
        .file(WheelBuilder::new("top", "2.0").requires("dep<3"))
        .file(WheelBuilder::new("dep", "1.0"))
        .file(WheelBuilder::new("dep", "2.0"))
        .start();
    let context = TestContext::new();
    context.write("requirements.txt", "top\n");
    // As another tool wrote it, with a hash that nothing has any more.
    let before = format!("dep==1.0 \\\n    --hash=sha256:{}\ntop==1.0\n    # via -r x.in\n", "0".repeat(64));
    context.write("locked.txt", &before);

    let check = |more: &[&str]| lock_to_file(&context, &server, &[more, &["--check"]].concat());
    let shown = check(&[]);
    assert!(shown.starts_with("exit code: 1") && shown.contains("`locked.txt` is not up to date"), "{shown}");
    assert_eq!(locked(&context), before, "--check writes nothing");

    lock_to_file(&context, &server, &["--no-annotate"]);
    let first = "# Locked by barrow for python3.14 on x86_64 (glibc 2.34).\ndep==1.0\ntop==1.0\n";
    assert_eq!(locked(&context), first);
    assert!(check(&["--no-annotate"]).starts_with("exit code: 0"));
    assert!(check(&["--no-annotate", "--upgrade-package", "dep"]).starts_with("exit code: 1"));

    lock_to_file(&context, &server, &["--no-annotate", "--upgrade-package", "dep"]);
    assert_eq!(locked(&context), first.replace("dep==1.0", "dep==2.0"));
    lock_to_file(&context, &server, &["--no-annotate", "--upgrade"]);
    assert_eq!(locked(&context), first.replace("==1.0", "==2.0"));

    // A version that the requirements no longer take is let go.
    context.write("requirements.txt", "top<2\ndep!=2.0\n");
    lock_to_file(&context, &server, &["--no-annotate"]);
    assert_eq!(locked(&context), first);
    fs_err::remove_file(context.path("locked.txt")).unwrap();
    assert!(check(&[]).starts_with("exit code: 1"), "a lock that is not there is not up to date");
}

#[test]
fn a_hashed_lock_is_read_back() {
    let direct = WheelBuilder::new("direct", "1.0").requires("dep").build();
    let server = IndexServer::new()
        .file(WheelBuilder::new("top", "1.0").extra("more", &["dep"]))
        .file(WheelBuilder::new("dep", "1.0"))
        .file(WheelBuilder::new("dep", "1.0").tag("cp311-cp311-manylinux_2_17_x86_64"))
        .file(SdistBuilder::new("dep", "1.0"))
        .file(direct)
        .start();
    let context = TestContext::new();
    let url = server.url().replace("/simple/", "/files/direct-1.0-py3-none-any.whl");
    context.write("requirements.txt", format!("top[more] ; python_version > '3'\ndirect @ {url}\n"));
    lock_to_file(&context, &server, &["--generate-hashes"]);
    let text = locked(&context);
    assert_eq!(text.matches("--hash=").count(), 5, "every file of a version has its hash:\n{text}");
    let shape: Vec<&str> = text.lines().filter(|line| !line.contains("--hash=")).collect();
    insta::assert_snapshot!(context.filter(&shape.join("\n")), @r"
    # Locked by barrow for python3.14 on x86_64 (glibc 2.34).
    dep==1.0 \
        # via
        #   direct
        #   top
    direct @ http://127.0.0.1:[PORT]/files/direct-1.0-py3-none-any.whl \
        # via -r requirements.txt
    top[more]==1.0 \
        # via -r requirements.txt
    ");
    // Without hashes a digest that the user's own URL demands stays in it.
    let digest = sha256_hex(&WheelBuilder::new("direct", "1.0").requires("dep").build().bytes);
    let pinned = format!("direct @ {url}#sha256={digest}");
    let plain = lock(&TestContext::new(), &server.url(), &format!("{pinned}\n"), &[]);
    assert!(plain.lines().any(|line| line == pinned), "{plain}");
    let mut install = context.barrow();
    context.succeed(install.args(["install", "-r", "locked.txt", "-t", "out", "--index-url", &server.url()]));
    let mut again = context.barrow();
    again.args(["lock", "-r", "locked.txt", "--format", "requirements", "--generate-hashes", "-o", "-"]);
    let output = again.args(["--no-annotate", "--index-url", &server.url()]).output().unwrap();
    let without_comments: String =
        text.lines().filter(|line| !line.starts_with("    #")).map(|line| format!("{line}\n")).collect();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), without_comments);
}

#[test]
fn tree_and_why() {
    let server = IndexServer::new()
        .file(WheelBuilder::new("top", "1.0").requires("middle"))
        .file(WheelBuilder::new("middle", "1.0").requires("low>=1"))
        .file(WheelBuilder::new("low", "1.5"))
        .start();
    let context = TestContext::new();
    context.write("requirements.txt", "top\nlow<2\n");
    let run = |arguments: &[&str]| {
        let mut command = context.barrow();
        context.run(command.args(arguments).args(["-r", "requirements.txt", "-q", "--index-url", &server.url()]))
    };
    let tree = run(&["tree"]);
    assert!(tree.contains("└── middle 1.0"), "{tree}");
    assert!(tree.contains("    └── low 1.5"), "{tree}");
    let why = run(&["why", "low"]);
    assert!(why.contains("you: low<2 (requirements.txt:2)"), "{why}");
    assert!(why.contains("middle 1.0: low>=1\n    which came by top → middle"), "{why}");
    let json = run(&["why", "low", "--json"]);
    assert!(json.contains("\"requirement\": \"low>=1\"") && json.contains("\"schema\": 1"), "{json}");
    assert!(run(&["tree", "--json"]).contains("\"packages\": ["));
    assert!(run(&["why", "absent"]).starts_with("exit code: 1"));
}

#[test]
fn hashes_that_no_index_gives_are_computed() {
    let (wheel, sdist) = (WheelBuilder::new("plain", "1.0").build(), SdistBuilder::new("plain", "1.0").build());
    let digests = [&wheel, &sdist].map(|file| format!("--hash=sha256:{}", sha256_hex(&file.bytes)));
    let context = TestContext::new();
    context.write("links/plain-1.0-py3-none-any.whl", &wheel.bytes);
    context.write(&format!("links/{}", sdist.filename), &sdist.bytes);
    let server = IndexServer::new().file(Listed::new(wheel).unhashed()).file(Listed::new(sdist).unhashed()).start();
    let url = server.url();
    for from in [&["--no-index", "--find-links=links"][..], &[]] {
        let text = lock(&context, &url, "plain\n", &[from, &["--generate-hashes"]].concat());
        assert!(digests.iter().all(|digest| text.contains(digest)), "{text}");
    }
}

#[test]
fn a_form_that_could_not_be_read_back_is_refused() {
    let server = IndexServer::new().file(WheelBuilder::new("tiny", "1.0")).start();
    let context = TestContext::new();
    let run = |out: &str, format: &str| {
        let mut command = context.barrow();
        command.args(["lock", "tiny", "-o", out, "--format", format, "--index-url", &server.url()]);
        command.output().unwrap().status.code()
    };
    for (out, format) in
        [("x.toml", "pylock"), ("x.txt", "pylock"), ("pylock.toml", "requirements"), ("x.json", "pylock")]
    {
        assert_eq!(run(out, format), Some(2), "{out} {format}");
        assert!(!context.path(out).exists());
    }
    for (out, format) in [("pylock.x.toml", "pylock"), ("x.lock", "requirements"), ("plain", "json"), ("-", "pylock")] {
        assert_eq!(run(out, format), Some(0), "{out} {format}");
    }
}
