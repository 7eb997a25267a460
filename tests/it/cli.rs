//! The command line itself: exit codes, streams, JSON, help, and what is not built yet.

use std::io::Read as _;
use std::process::{Command, Stdio};

use crate::support::{IndexServer, TestContext, WheelBuilder};

/// Exit code and standard error of a command line that is wrong; nothing may stand on standard output.
fn refused(context: &TestContext, arguments: &[&str]) -> String {
    let output = context.barrow().args(arguments).output().unwrap();
    assert!(output.stdout.is_empty(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stdout));
    let text = context.filter(&crate::support::said(&output));
    format!("{}\n{text}", output.status.code().unwrap())
}

#[test]
fn version_and_help_are_results() {
    let context = TestContext::new();
    for arguments in [&["--version"][..], &["--help"], &["-h"], &["bundle", "--help"], &["cache", "--help"]] {
        let output = context.barrow().args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert!(output.stderr.is_empty() && !output.stdout.is_empty(), "{arguments:?}");
    }
    let output = context.barrow().arg("--version").output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), concat!("barrow ", env!("CARGO_PKG_VERSION"), "\n"));
}

/// What a report of a fault has to name: the target, and how the program was made.
#[test]
fn the_version_tells_all_it_knows_where_that_is_asked_for() {
    let context = TestContext::new();
    for arguments in [&["--version", "--verbose"][..], &["-V", "-v"], &["-vV"], &["-Vv"]] {
        let output = context.barrow().args(arguments).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert!(text.starts_with(concat!("barrow ", env!("CARGO_PKG_VERSION"), "\n")), "{text}");
        let target = text.lines().find_map(|line| line.strip_prefix("target: ")).unwrap_or_default();
        assert!(target.starts_with(std::env::consts::ARCH) && target.split('-').count() >= 3, "{text}");
        assert!(text.contains("\nprofile: "), "{text}");
    }
}

/// One page for each command that help shows, and each has the command's options.
#[test]
fn manual_pages_are_there_for_every_command() {
    let context = TestContext::new();
    let folder = context.path("man/man1");
    let output = context.barrow().arg("manual").arg("-o").arg(&folder).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", crate::support::said(&output));
    let page = |name: &str| fs_err::read_to_string(folder.join(name)).unwrap();
    assert!(page("barrow.1").contains("barrow\\-bundle"), "{}", page("barrow.1"));
    for (name, says) in [
        ("barrow-bundle.1", "\\-\\-runtime"),
        ("barrow-lock.1", "\\-\\-upgrade"),
        ("barrow-cache-prune.1", "NAME"),
        ("barrow-check.1", "BARROW_RUNTIME"),
    ] {
        assert!(page(name).contains(says), "{name}:\n{}", page(name));
    }
    assert!(!folder.join("barrow-manual.1").exists(), "what help does not show has no page");

    fs_err::write(context.path("file"), "").unwrap();
    let output = context.barrow().arg("manual").arg("-o").arg(context.path("file")).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(crate::support::said(&output).contains("manual pages"), "a file is in the way");
}

/// Whatever a help text names can be typed, and whatever cannot be used is not in it.
#[test]
fn help_names_what_is_built() {
    let context = TestContext::new();
    let help = |arguments: &[&str]| {
        let output = context.barrow().args(arguments).arg("--help").output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let commands = help(&[]);
    for command in [
        "bundle",
        "install",
        "layer",
        "lock",
        "mirror",
        "tree",
        "why",
        "fingerprint",
        "cache",
        "config",
        "completions",
        "check",
        "explain",
    ] {
        assert!(commands.contains(&format!("  {command} ")), "{command}:\n{commands}");
    }
    let bundle = help(&["bundle"]);
    for heading in ["Target:", "Inputs:", "Indexes:", "Resolution:", "Output:", "General:"] {
        assert!(bundle.contains(heading), "{heading}\n{bundle}");
    }
    assert!(!bundle.contains("--all-groups"), "{bundle}");
}

#[test]
fn what_there_is_not_is_refused_and_never_ignored() {
    let context = TestContext::new();
    context.write("requirements.txt", "");
    let shown = refused(&context, &["bundle", "-o", "out", "--all-groups"]);
    assert!(shown.starts_with("2\n") && shown.contains("name each group with --group"), "{shown}");
    // What the parser takes for similar is another thing.
    assert!(!shown.contains("similar") && !shown.contains("Usage"), "{shown}");
    assert!(!context.path("out").exists());
}

#[test]
fn a_place_that_is_missing_is_shown() {
    let context = TestContext::new();
    assert!(refused(&context, &["bundle"]).contains("`-o function.zip` a zip"));
    assert!(refused(&context, &["install", "tiny"]).contains("`-t build`"));
}

#[test]
fn processors_are_understood_in_any_case() {
    let context = TestContext::new();
    for word in ["ARM64", "ARM_64", "AArch64"] {
        let shown = context.run(context.barrow().args(["config", "--arch", word]));
        assert!(shown.contains("arch = arm64"), "{word}: {shown}");
    }
}

#[test]
fn wrong_usage_is_told_apart_from_failure() {
    let context = TestContext::new();
    let index = IndexServer::new().start();
    context.write("bad.txt", "requests\nflask=2\n");
    context.write("ok.txt", "missing\n");
    let check = |arguments: &[&str], code: &str, part: &str| {
        let shown = refused(&context, arguments);
        assert!(shown.starts_with(&format!("{code}\n")) && shown.contains(part), "{arguments:?}: {shown}");
    };
    check(&["frob"], "2", "unrecognized subcommand 'frob'");
    check(&["bundle"], "2", "--output <OUT>");
    check(&["bundle", "nowhere", "-o", "out"], "2", "there is no folder `nowhere`");
    check(&["bundle", "--no-source", "-o", "out"], "2", "has none of pylock.toml");
    check(&["install", "-t", "out"], "2", "nothing is required");
    check(&["install", "-r", "bad.txt", "-t", "out"], "2", "bad.txt:2");
    check(&["install", "-r", "absent.txt", "-t", "out"], "2", "absent.txt");
    check(&["install", "x", "-t", "out", "--runtime", "python3.99"], "2", "unknown runtime `python3.99`");
    check(&["install", "x", "-t", "out", "--runtime", "python3.12", "--runtime", "python3.13"], "2", "only one");
    check(&["install", "-r", "ok.txt", "-t", "out", "--index-url", &index.url()], "1", "missing");
    check(&["lock", "-r", "ok.txt", "--generate-hashes"], "2", "--format requirements");
    check(&["lock", "-r", "ok.txt", "--check", "-o", "-"], "2", "--check needs a file");
    assert!(!context.path("out").exists());
}

#[test]
fn an_error_is_one_object_under_json() {
    let context = TestContext::new();
    for arguments in [&["install", "--json"][..], &["install", "-t", "x", "--json"], &["bundle", "--json", "-o", "x"]] {
        let output = context.barrow().args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        let error: serde_json::Value = serde_json::from_slice(&output.stderr).unwrap();
        assert_eq!(error["schema"], 1, "{error}");
        assert_eq!(error["error"]["exit_code"], 2, "{error}");
        assert!(!error["error"]["message"].as_str().unwrap().is_empty(), "{error}");
    }
}

#[test]
fn results_stand_on_standard_output_and_nothing_else_does() {
    let context = TestContext::new();
    let index = IndexServer::new().file(WheelBuilder::new("tiny", "1.0").file("tiny.py", "x = 1\n")).start();
    context.write("function/handler.py", "import tiny\n");
    context.write("function/requirements.txt", "tiny\n");
    let bundle = |more: &[&str]| {
        let mut command = context.barrow();
        command.args(["bundle", "function", "-o", "out", "--index-url", &index.url()]).args(more);
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", context.show(&output));
        (String::from_utf8_lossy(&output.stdout).into_owned(), crate::support::said(&output))
    };
    let (stdout, stderr) = bundle(&[]);
    assert_eq!(stdout, "");
    assert!(stderr.contains("Using function/requirements.txt"), "{stderr}");
    assert_eq!(bundle(&["-q"]), (String::new(), String::new()));
    assert_eq!(bundle(&["-qq"]), (String::new(), String::new()));
    let (_, details) = bundle(&["-v"]);
    assert!(details.contains("chose tiny-1.0-py3-none-any.whl"), "{details}");

    let (stdout, _) = bundle(&["--json"]);
    let result: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(result["schema"], 1);
    assert_eq!(result["path"], "out");
    assert_eq!(result["kind"], "folder");
    assert_eq!(result["dists"][0]["name"], "tiny");
    let (same, _) = bundle(&["--format", "json"]);
    assert_eq!(same, stdout);
}

#[test]
fn a_zip_tells_the_digest_that_terraform_wants() {
    let context = TestContext::new();
    context.write("function/handler.py", "pass\n");
    context.write("function/requirements.txt", "");
    let mut command = context.barrow();
    let output = command.args(["bundle", "function", "-o", "f.zip", "--json", "--no-index"]).output().unwrap();
    let result: serde_json::Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", context.show(&output)));
    let bytes = fs_err::read(context.path("f.zip")).unwrap();
    let digest = barrow::spec::sha256(&bytes);
    assert_eq!(result["kind"], "zip");
    assert_eq!(result["sha256"], digest.hex());
    assert_eq!(result["zip_size_bytes"], bytes.len());
    let base64 = Command::new("python3")
        .args(["-c", "import base64,sys;print(base64.b64encode(bytes.fromhex(sys.argv[1])).decode())", &digest.hex()])
        .output();
    if let Ok(output) = base64 {
        assert_eq!(result["sha256_base64"], String::from_utf8(output.stdout).unwrap().trim());
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let context = TestContext::new();
    let mut command = context.barrow();
    let mut child =
        command.args(["completions", "bash"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(stderr, "");
}

#[test]
fn completions_are_there_for_every_shell() {
    let context = TestContext::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = context.barrow().args(["completions", shell]).output().unwrap();
        assert!(output.status.success() && output.stdout.len() > 1000, "{shell}");
    }
}

#[test]
fn the_cache_is_measured_and_cleared() {
    let context = TestContext::new();
    barrow_snapshot!(context, context.barrow().args(["cache", "dir"]), @r"
    exit code: 0
    ----- stdout -----
    [TEMP]/cache
    ----- stderr -----
    ");
    let index = IndexServer::new().file(WheelBuilder::new("tiny", "1.0")).start();
    let install = ["install", "tiny", "-t", "out", "--index-url", &index.url()];
    context.succeed(context.barrow().args(install));
    let size = |context: &TestContext| {
        let output = context.barrow().args(["cache", "size", "-q"]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().parse::<u64>().unwrap()
    };
    assert!(size(&context) > 0);
    context.succeed(context.barrow().args(["cache", "prune"]));
    assert!(size(&context) > 0, "what this version uses stays");
    context.succeed(context.barrow().args(["cache", "clean"]));
    assert_eq!(size(&context), 0);
    context.succeed(context.barrow().args(install).args(["--no-cache", "--force"]));
    assert_eq!(size(&context), 0, "--no-cache leaves nothing");
}

#[test]
fn settings_are_shown_with_their_sources_and_without_secrets() {
    let context = TestContext::new();
    context.write("barrow.toml", "runtime = \"python3.12\"\n");
    let mut command = context.barrow();
    command.env("PIP_CONFIG_FILE", "/dev/null").env("PIP_INDEX_URL", "https://aws:hunter2@corp.example/simple");
    command.args(["config", "--arch", "arm64"]);
    barrow_snapshot!(context, &mut command, @r"
    exit code: 0
    ----- stdout -----
    runtime = python3.12  # [TEMP]/work/barrow.toml:1
    arch = arm64  # --arch
    index-url = https://aws:****@corp.example/simple  # $PIP_INDEX_URL
    index-strategy = first-index  # default
    keyring-provider = disabled  # default
    timeout = 30  # default
    retries = 3  # default
    concurrent-requests = 50  # default
    concurrent-downloads = 24  # default
    prerelease = if-necessary  # default
    resolution = highest  # default
    prefer-binary = true  # default
    link-mode = auto  # default
    cache-dir = [TEMP]/cache  # $BARROW_CACHE_DIR
    ----- stderr -----
    ");
}

/// What people type who know pip and uv works where it means the same, and is answered where it does not.
#[test]
fn habits_of_others_are_understood_or_answered() {
    let context = TestContext::new();
    let index = IndexServer::new()
        .file(WheelBuilder::new("tiny", "1.0"))
        .file(WheelBuilder::new("native", "1.0").tag("cp312-cp312-manylinux_2_17_aarch64"))
        .file(WheelBuilder::new("native", "2.0").tag("cp312-cp312-manylinux_2_28_aarch64"))
        .start();
    context.write("requirements.txt", "tiny\n");
    let url = index.url();
    let words = ["pip", "install", "--no-input", "--upgrade", "-r", "requirements.txt", "-t", "out", "-i", &url];
    let output = context.barrow().args(words).output().unwrap();
    assert!(output.status.success(), "{}", crate::support::said(&output));
    assert!(context.path("out/tiny-1.0.dist-info").is_dir());

    let platform = ["--platform", "manylinux2014_aarch64", "--python-version", "312", "--only-binary=:all:"];
    let words = [&["install", "native", "--target", "old", "-i", &url][..], &platform].concat();
    let output = context.barrow().args(words).output().unwrap();
    assert!(output.status.success(), "{}", crate::support::said(&output));
    assert!(context.path("old/native-1.0.dist-info").is_dir());

    let check = |arguments: &[&str], part: &str| {
        let shown = refused(&context, arguments);
        assert!(shown.starts_with("2\n") && shown.contains(part), "{arguments:?}: {shown}");
    };
    check(&["install", "tiny", "-t", "x", "--dry-run"], "barrow lock -o -");
    check(&["install", "tiny", "-t", "x", "--platform", "win_amd64"], "--arch");
    check(&["bundle", "-o", "x", "--index-strategy", "first-match"], "first-index");
    check(&["self", "update"], "does not replace itself");
    check(&["pip", "download", "tiny"], "barrow mirror");
}

/// Help says of every setting which variable gives it, and which words it takes.
#[test]
fn help_tells_variables_and_values() {
    let context = TestContext::new();
    let help = |arguments: &[&str]| {
        let output = context.barrow().args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        // However the lines are broken.
        String::from_utf8(output.stdout).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let bundle = help(&["help", "bundle"]);
    assert_eq!(bundle, help(&["bundle", "--help"]));
    for part in ["[env: BARROW_RUNTIME=]", "[env: BARROW_INDEX_URL=]", "unsafe-best-match", "hardlink"] {
        assert!(bundle.contains(part), "{part}\n{bundle}");
    }
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = help(&["completions", shell]);
        assert!(script.contains("python3.13") && script.contains("arm64"), "{shell}");
    }
}
