//! `barrow lock --format requirements`: the resolution alone, and what it costs in requests.

use crate::support::{IndexServer, Listed, Ranges, RunningIndex, TestContext, WheelBuilder};

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
