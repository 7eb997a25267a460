//! Hashes of requirements files are enforced on what is shipped (pip documentation, "Secure installs").

use sha2::Digest as _;

use crate::support::{BuiltFile, IndexServer, Listed, RunningIndex, TestContext, WheelBuilder, has};

/// How many packages the large file has.
const MANY: usize = 200;

/// The name of one of many packages.
fn name(number: usize) -> String {
    format!("package-{number:03}")
}

/// An index of many packages, each of which requires the one after it.
fn many() -> RunningIndex {
    let wheel = |number: usize| {
        let wheel = WheelBuilder::new(&name(number), "1.0");
        if number + 1 < MANY { wheel.requires(&format!("{}>=1", name(number + 1))) } else { wheel }
    };
    (0..MANY).fold(IndexServer::new(), |server, number| server.file(wheel(number))).start()
}

/// Installs `requirements.txt` into `out`.
fn install(context: &TestContext, server: &RunningIndex, requirements: &str) -> String {
    context.write("requirements.txt", requirements);
    let mut command = context.barrow();
    command.args(["install", "-r", "requirements.txt", "-t", "out", "--index-url", &server.url()]);
    context.run(&mut command)
}

/// The digest of a file as `--hash` takes it.
fn digest(algorithm: &str, file: &BuiltFile) -> String {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let hex = match algorithm {
        "sha256" => hex(&sha2::Sha256::digest(&file.bytes)),
        "sha384" => hex(&sha2::Sha384::digest(&file.bytes)),
        _ => hex(&sha2::Sha512::digest(&file.bytes)),
    };
    format!("{algorithm}:{hex}")
}

/// The digest with another first digit.
fn flipped(digest: &str) -> String {
    let (algorithm, hex) = digest.split_once(':').unwrap();
    let first = if hex.starts_with('0') { "1" } else { "0" };
    format!("{algorithm}:{first}{}", &hex[1..])
}

#[test]
fn many_hashed_packages_install_and_one_flipped_hash_is_refused() {
    let (server, context) = (many(), TestContext::new());
    let mut lock = context.barrow();
    lock.args(["lock", &name(0), "--format", "requirements", "--generate-hashes", "-o", "locked.txt"]);
    context.succeed(lock.args(["--index-url", &server.url()]));
    let locked = fs_err::read_to_string(context.path("locked.txt")).unwrap();
    assert_eq!(locked.matches("--hash=sha256:").count(), MANY);

    has(&install(&context, &server, &locked), &["exit code: 0", "Installed 200 packages"]);

    let honest = locked.lines().filter_map(|line| line.trim().strip_prefix("--hash=")).nth(57).unwrap();
    let line = 1 + locked.lines().position(|line| line.starts_with("package-057==")).unwrap();
    let before = context.tree("out");
    let shown = install(&context, &server, &locked.replace(honest, &flipped(honest)));
    let place = format!("requirements.txt:{line}");
    has(&shown, &["exit code: 1", "package_057-1.0-py3-none-any.whl", honest, &flipped(honest), &place]);
    assert_eq!(before, context.tree("out"), "OUT is as it was");
}

#[test]
fn a_digest_that_the_index_does_not_know_is_compared_with_the_bytes() {
    for algorithm in ["sha256", "sha384", "sha512"] {
        let file = WheelBuilder::new("tiny", "1.0").build();
        let digest = digest(algorithm, &file);
        let server = IndexServer::new().file(Listed::new(file).unhashed()).start();
        let context = TestContext::new();
        let line = |digest: &str| format!("# first\ntiny==1.0 --hash={digest}\n");
        let shown = install(&context, &server, &line(&flipped(&digest)));
        let file = "`tiny-1.0-py3-none-any.whl`";
        has(&shown, &["exit code: 1", file, &digest, &flipped(&digest), "promised by requirements.txt:2"]);
        assert!(!context.path("out").exists(), "nothing half-made is left");
        has(&install(&context, &server, &line(&digest)), &["exit code: 0", "Installed 1 package"]);
    }
}

#[test]
fn one_of_several_hashes_is_enough() {
    let file = WheelBuilder::new("tiny", "1.0").build();
    let digest = digest("sha256", &file);
    let server = IndexServer::new().file(file).start();
    let requirements = format!("tiny==1.0 --hash={} \\\n    --hash={digest}\n", flipped(&digest));
    has(&install(&TestContext::new(), &server, &requirements), &["exit code: 0"]);
}

/// `uv pip compile --generate-hashes` writes the digests of all files of a version: what lies in the cache for one
/// platform has an accepted digest for the other one too, and must not be taken for it.
#[test]
fn a_cached_file_of_another_platform_is_not_taken_for_the_wanted_one() {
    let wheels = ["x86_64", "aarch64"].map(|machine| {
        let wheel = WheelBuilder::new("native", "1.0").tag(&format!("cp312-cp312-manylinux_2_17_{machine}"));
        wheel.file("native/machine.txt", machine).build()
    });
    let hashes: String = wheels.iter().map(|wheel| format!(" --hash={}", digest("sha256", wheel))).collect();
    for is_listed in [true, false] {
        let list = |wheel: &BuiltFile| {
            let listed = Listed::new(wheel.clone());
            if is_listed { listed } else { listed.unhashed() }
        };
        let server = IndexServer::new().file(list(&wheels[0])).file(list(&wheels[1])).start();
        let context = TestContext::new();
        context.write("requirements.txt", format!("native==1.0{hashes}\n"));
        let install = |arch: &str, out: &str, more: Option<&str>| {
            let arguments = ["install", "-r", "requirements.txt", "--runtime", "python3.12", "--arch", arch, "-t", out];
            context.succeed(context.barrow().args(arguments).args(["--index-url", &server.url()]).args(more));
            fs_err::read_to_string(context.path(out).join("native/machine.txt")).unwrap()
        };
        assert_eq!(install("arm64", "arm64", None), "aarch64", "{is_listed}");
        assert_eq!(install("x86_64", "x86_64", None), "x86_64", "{is_listed}");
        assert_eq!(install("arm64", "arm64-offline", Some("--offline")), "aarch64", "{is_listed}");
        assert_eq!(install("x86_64", "x86_64-offline", Some("--offline")), "x86_64", "{is_listed}");

        let mirror =
            ["mirror", "-r", "requirements.txt", "-o", "mirror", "--runtime", "python3.12", "--arch", "x86_64"];
        let more = ["--arch", "arm64", "--index-url", &server.url()];
        context.succeed(context.barrow().args(mirror).args(more));
        for wheel in &wheels {
            let digest = &digest("sha256", wheel)["sha256:".len()..];
            let path = format!("mirror/files/{}/{digest}/{}", &digest[..2], wheel.filename);
            assert!(context.path(&path).exists(), "{path}");
        }
    }
}

#[test]
fn everything_without_pin_or_hash_is_named_at_once() {
    let file = WheelBuilder::new("tiny", "1.0").build();
    let digest = digest("sha256", &file);
    let server = IndexServer::new().file(file).start();
    let requirements = format!("tiny==1.0 --hash={digest}\nloose\nranged>=1\nbare==1.0\nstarred==1.*\n");
    let shown = install(&TestContext::new(), &server, &requirements);
    insta::assert_snapshot!(shown, @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    error: hashes are required, so every requirement must be pinned with `==`, but these are not:
      loose (requirements.txt:2)
      ranged>=1 (requirements.txt:3)
      starred==1.* (requirements.txt:5)
    hashes are required, but these requirements have none:
      bare==1.0 (requirements.txt:4)
    hint: `barrow lock -o requirements.txt --generate-hashes` writes every version with its hashes
    ");
}

#[test]
fn dependencies_must_be_pinned_and_hashed_too() {
    let top = WheelBuilder::new("top", "1.0").requires("one>=1").requires("two").build();
    let one = WheelBuilder::new("one", "1.5").build();
    let line = format!("top==1.0 --hash={}\n", digest("sha256", &top));
    let two = WheelBuilder::new("two", "2.0").build();
    let missing = [
        (format!("one==1.5 --hash={}", digest("sha256", &one)), "(`one>=1`, required by top)"),
        (format!("two==2.0 --hash={}", digest("sha256", &two)), "(`two`, required by top)"),
    ];
    let server = IndexServer::new().file(top).file(one).file(two).start();
    let context = TestContext::new();
    let shown = install(&context, &server, &line);
    has(&shown, &["exit code: 1"]);
    // Each line can be copied as it stands, and behind it, or on the next line, is said why it is needed.
    let words: Vec<&str> = shown.split_whitespace().collect();
    for (line, reason) in &missing {
        assert!(shown.contains(line), "{line} is not in one piece in\n{shown}");
        let expected = format!("{line} {reason}");
        let expected: Vec<&str> = expected.split_whitespace().collect();
        assert!(words.windows(expected.len()).any(|part| part == expected), "{line} {reason} is not in\n{shown}");
    }
    // The same rule without any hash, asked for by an option line or by a flag.
    has(
        &install(&context, &server, "--require-hashes\ntop==1.0\n"),
        &["exit code: 1", "these requirements have none:\n  top==1.0 (requirements.txt:2)"],
    );
    let mut command = context.barrow();
    command.args(["install", "top==1.0", "-t", "out", "--require-hashes", "--index-url", &server.url()]);
    has(&context.run(&mut command), &["exit code: 1", "top==1.0 (command line)"]);
}

#[test]
fn a_constraint_may_pin_and_hash() {
    let top = WheelBuilder::new("top", "1.0").requires("one>=1").build();
    let one = WheelBuilder::new("one", "1.5").build();
    let constraints =
        format!("top==1.0 --hash={}\none==1.5 --hash={}\n", digest("sha256", &top), digest("sha256", &one));
    let server = IndexServer::new().file(top).file(one).file(WheelBuilder::new("one", "2.0")).start();
    let context = TestContext::new();
    context.write("constraints.txt", &constraints);
    has(&install(&context, &server, "-c constraints.txt\ntop\n"), &["exit code: 0", "Installed 2 packages"]);
    context.write("constraints.txt", constraints.lines().next().unwrap());
    has(&install(&context, &server, "-c constraints.txt\ntop\n"), &["exit code: 1", "required by top"]);
}

#[test]
fn the_digest_of_a_url_is_enforced() {
    let file = WheelBuilder::new("tiny", "1.0").build();
    let digest = digest("sha256", &file);
    let server = IndexServer::new().file(file.clone()).start();
    let url = server.url().replace("/simple/", "/files/tiny-1.0-py3-none-any.whl");
    let context = TestContext::new();
    context.write("wheels/tiny-1.0-py3-none-any.whl", &file.bytes);
    let wrong = flipped(&digest);
    for place in [format!("tiny @ {url}"), url, "./wheels/tiny-1.0-py3-none-any.whl".to_owned()] {
        let honest = format!("{place} --hash={digest}\n");
        has(&install(&context, &server, &honest), &["exit code: 0"]);
        let mut lines = vec![format!("{place} --hash={wrong}\n")];
        if place.contains("://") {
            lines.push(format!("{place}#{}\n", wrong.replace(':', "=")));
        }
        for line in lines {
            has(&install(&context, &server, &line), &["exit code: 1", &digest, &wrong, "requirements.txt:1"]);
        }
    }
    has(
        &install(&context, &server, "--require-hashes\n./wheels/tiny-1.0-py3-none-any.whl\n"),
        &["exit code: 1", "these requirements have none:"],
    );
}

#[test]
fn weak_digests_are_refused_where_they_stand() {
    let server = IndexServer::new().start();
    let shown = install(&TestContext::new(), &server, "tiny==1.0 --hash=md5:00\nother==1 --hash=sha256:12\n");
    has(
        &shown,
        &["exit code: 2", "requirements.txt:1:18: `md5`", "requirements.txt:2:17: `12` is not a sha256 digest"],
    );
}
