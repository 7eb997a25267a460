//! Whatever comes from outside, a run ends with an exit code of the contract, without a panic, and prints nothing that
//! a terminal would obey.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Output, Stdio};

use crate::support::raw_server::{Asked, RawServer, answer};
use crate::support::{BuiltFile, IndexServer, TestContext, WheelBuilder, program, sha256_hex};

/// What would colour the terminal, turn the direction of writing around, or pass for lines of our own.
const EVIL: &str = "\u{1b}[31m\u{9b}2J\u{7}\u{202e}\u{2066}\u{200b}\r\nerror: fake\nhint: fake";

fn is_harmful(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Checks what a run printed, and how it ended; gives both streams.
fn check(what: &str, output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    let code = output.status.code();
    assert!(matches!(code, Some(0..=2)), "{what}: {code:?}, signal {:?}\n{text}", output.status.signal());
    assert!(!text.contains("bug in barrow") && !text.contains("panicked"), "{what}: {text}");
    assert!(!text.contains(is_harmful), "{what}: {text:?}");
    let is_fake = |line: &str| line.starts_with("error: fake") || line.starts_with("hint: fake");
    assert!(!text.lines().any(is_fake), "{what}: {text}");
    text
}

fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// An index whose page lists a wheel with these further keys, and answers with its METADATA.
fn index(wheel: BuiltFile, keys: String) -> RawServer {
    RawServer::start(move |asked| {
        let digest = sha256_hex(&wheel.bytes);
        match asked.path.rsplit('/').next() {
            Some("") => answer(
                200,
                &[("content-type", "application/json")],
                format!(
                    r#"{{"meta":{{"api-version":"1.0"}},"files":[{{"filename":"{0}","url":"/{0}","hashes":{{"sha256":"{digest}"}}{keys}}}]}}"#,
                    wheel.filename
                ),
            ),
            Some(name) if name == wheel.filename => answer(200, &[], &wheel.bytes),
            _ => answer(404, &[], ""),
        }
    })
}

/// Every command that says something about a resolution.
const COMMANDS: &[&[&str]] = &[
    &["tree"],
    &["why", "tiny"],
    &["why", "tiny", "--json"],
    &["why", "dep"],
    &["lock", "-o", "-"],
    &["lock", "-o", "-", "--format", "requirements"],
    &["lock", "-o", "-", "--format", "json"],
    &["install", "-t", "out"],
    &["install", "-t", "out", "--json"],
    &["install", "-t", "out", "-vv"],
];

fn try_all(what: &str, server_url: &str, requirement: &str) {
    let context = TestContext::new();
    context.write("requirements.txt", requirement);
    for command in COMMANDS {
        let output = context
            .barrow()
            .args(*command)
            .args(["-r", "requirements.txt", "--index-url", server_url, "--retries", "0"])
            .output()
            .unwrap();
        check(&format!("{what}: {command:?}"), &output);
    }
}

#[test]
fn texts_of_an_index_are_harmless() {
    let tiny = || WheelBuilder::new("tiny", "1.0");
    let one_line = EVIL.replace(['\r', '\n'], " ");
    let yanked = index(tiny().build(), format!(",\"yanked\":{}", json(EVIL)));
    try_all("the reason of a yanked version", &yanked.url("/"), "tiny==1.0\n");
    try_all("the reason of the only version", &yanked.url("/"), "tiny\n");
    let python = index(tiny().build(), format!(",\"requires-python\":{}", json(&format!(">=9,{EVIL}"))));
    try_all("the Python that a file requires", &python.url("/"), "tiny\n");
    let skipped =
        index(tiny().build(), format!("}},{{\"filename\":{},\"url\":\"x\"", json(&format!("tiny-{EVIL}.whl"))));
    try_all("the name of a file that is skipped", &skipped.url("/"), "tiny\n");
    let elsewhere = index(tiny().build(), format!(",\"url\":{}", json(&format!("https://[{EVIL}"))));
    try_all("a URL", &elsewhere.url("/"), "tiny\n");
    let marker = tiny().requires(&format!("dep; platform_release != '{one_line}'")).build();
    try_all("a marker", &index(marker, String::new()).url("/"), "tiny\n");
    let broken = tiny().requires(&format!("dep {one_line}")).build();
    try_all("a requirement that is none", &index(broken, String::new()).url("/"), "tiny\n");
    let named = tiny().metadata_line(&format!("Name: {one_line}")).build();
    try_all("a second name", &index(named, String::new()).url("/"), "tiny\n");
    let entry = tiny().file(&format!("tiny/{EVIL}.py"), "").build();
    try_all("a name in a wheel", &index(entry, String::new()).url("/"), "tiny\n");
    let script = tiny().entry_point("console_scripts", &format!("run{one_line} = tiny:main")).build();
    try_all("the name of a script", &index(script, String::new()).url("/"), "tiny\n");

    let says = |answer: fn(&Asked) -> _| RawServer::start(answer);
    let version = says(|_| answer(200, &[], format!("{{\"meta\":{{\"api-version\":{}}},\"files\":[]}}", json(EVIL))));
    try_all("a version of the API", &version.url("/"), "tiny\n");
    let html = says(|_| answer(200, &[], format!("<meta name='pypi:repository-version' content='{EVIL}'>")));
    try_all("a version of the API in HTML", &html.url("/"), "tiny\n");
    let kind = says(|_| answer(200, &[("content-type", "x\u{9b}2J\u{202e}")], "hello"));
    try_all("a type", &kind.url("/"), "tiny\n");
    let location = says(|_| answer(302, &[("location", "http://[\u{9b}2J\u{202e}\u{7}")], ""));
    try_all("a place to go to", &location.url("/"), "tiny\n");
    let page = says(|_| answer(200, &[], format!("{{\"files\":{}}}", json(EVIL))));
    try_all("JSON of the wrong kind", &page.url("/"), "tiny\n");
}

#[test]
fn the_users_own_texts_are_harmless_too() {
    let server = IndexServer::new().file(WheelBuilder::new("tiny", "1.0")).start();
    let one_line = EVIL.replace(['\r', '\n'], " ");
    for line in [
        one_line.clone(),
        format!("tiny=={one_line}"),
        format!("tiny; python_version < '{one_line}'"),
        format!("tiny; platform_release != '{one_line}'"),
        format!("tiny[{one_line}]"),
        format!("tiny @ https://example.invalid/{one_line}"),
        format!("-r {one_line}.txt"),
        format!("--{one_line}"),
        format!("tiny --hash={one_line}"),
        format!("--index-url https://u:{one_line}@[x"),
    ] {
        try_all("a line", &server.url(), &format!("{line}\n"));
    }
    let context = TestContext::new();
    let name = format!("{one_line}.txt").replace('/', "");
    for (file, text) in [
        (name.as_str(), "tiny =="),
        ("pylock.toml", "lock-version = \"\u{1b}\""),
        (
            "pyproject.toml",
            "[project]\nname = \"\\u001b[31m\\nerror: fake\"\ndependencies = [\"\\u001b[31m\\nerror: fake\"]",
        ),
    ] {
        context.write(file, text);
        check(file, &context.barrow().args(["lock", "-o", "-", "-r", file]).output().unwrap());
    }
    for option in ["--runtime", "--index-url", "--find-links", "--color", "--exclude-newer", "--no-such-option", "-o"] {
        let output = context.barrow().args(["lock", option, &one_line, "tiny"]).output().unwrap();
        check(option, &output);
        check(option, &context.barrow().args(["lock", option, &one_line, "tiny", "--json"]).output().unwrap());
    }
    check("a command", &context.barrow().arg(&one_line).output().unwrap());
    check("a requirement", &context.barrow().args(["install", "-t", "out", &one_line]).output().unwrap());
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let context = TestContext::new();
    let server = IndexServer::new().file(WheelBuilder::new("tiny", "1.0")).start();
    let barrow = program();
    let barrow = barrow.to_str().expect("the program has a plain path");
    let tree = format!("{barrow} tree -v tiny --index-url {}", server.url());
    for line in [
        format!("{tree} | head -c 0"),
        format!("{tree} 2>&1 | head -c 0"),
        format!("{tree} >&-"),
        format!("{tree} 2>&-"),
        format!("{tree} <&- >&- 2>&-"),
        format!("{barrow} --help | head -c 0"),
        format!("{barrow} completions bash | head -c 0"),
        format!("{barrow} config --json | head -c 0"),
        format!("{barrow} no-such-command 2>&1 | head -c 0"),
    ] {
        // The exit code of the first command of the pipe.
        let script = format!("set -o pipefail; {line}");
        let mut shell = Command::new("/bin/bash");
        shell.args(["-c", &script]).current_dir(context.path("")).env_clear().env("HOME", context.home());
        let output = shell.env("BARROW_CACHE_DIR", context.cache()).stdin(Stdio::null()).output().unwrap();
        let text = check(&line, &output);
        let expected = if line.contains("no-such") { 2 } else { 0 };
        assert_eq!(output.status.code(), Some(expected), "{line}: {text}");
        assert!(!text.contains("pipe"), "{line}: {text}");
    }
}

/// Values that nobody means.
fn junk() -> Vec<OsString> {
    let long = "x".repeat(100_000);
    let texts =
        ["", "-", "--", "=", "/", "../..", "\u{1f4a5}", "0", "-1", "99999999999999999999", "https://", "[", "{", &long];
    texts.iter().map(OsString::from).chain([OsString::from_vec(vec![0xff, 0xfe, b'x'])]).collect()
}

/// Options of a command that take a value, from its own help.
fn options(context: &TestContext, command: &str) -> Vec<String> {
    let output = context.barrow().args([command, "--help"]).output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let options = help.lines().filter_map(|line| {
        let option = line.trim_start().split(", ").last()?.strip_prefix("--")?;
        let (name, value) = option.split_once([' ', '='])?;
        value.trim_start().starts_with('<').then(|| format!("--{name}"))
    });
    options.collect()
}

#[test]
fn no_argument_makes_it_panic() {
    let context = TestContext::new();
    // Two folders deep, so that `../..` is the working folder of this test and never the machine's own temporary files.
    context.write("empty/below/handler.py", "");
    let barrow = || {
        let mut barrow = context.barrow();
        barrow.current_dir(context.path("empty/below"));
        barrow
    };
    let (junk, mut turn) = (junk(), 0);
    for command in ["bundle", "install", "layer", "lock", "mirror", "tree", "why", "fingerprint", "config", "cache"] {
        let options = options(&context, command);
        assert!(command == "cache" || options.len() > 10, "{command}: {options:?}");
        for option in options {
            turn += 1;
            let value = &junk[turn % junk.len()];
            let output =
                barrow().arg(command).arg(&option).arg(value).args(["--offline", "--no-cache"]).output().unwrap();
            check(&format!("{command} {option} {:?}", value.to_string_lossy().get(..20)), &output);
        }
        for value in &junk {
            let output = barrow().arg(command).arg(value).args(["--offline", "--no-index"]).output().unwrap();
            check(&format!("{command} {:?}", value.to_string_lossy().get(..20)), &output);
        }
    }
}

#[test]
fn no_file_makes_it_panic() {
    let context = TestContext::new();
    let noise: Vec<u8> = (0..5000_u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let files: [(&str, Vec<u8>); 8] = [
        ("nothing", Vec::new()),
        ("noise", noise),
        ("zeros", vec![0; 1000]),
        ("brackets", format!("a; {}", "(".repeat(100_000)).into_bytes()),
        ("lists", format!("x = {}", "[".repeat(100_000)).into_bytes()),
        ("tables", format!("x = {}", "{a=".repeat(30_000)).into_bytes()),
        ("one-line", vec![b'a'; 1 << 20]),
        ("quotes", vec![b'"'; 100_001]),
    ];
    for (name, bytes) in &files {
        for file in
            ["r.txt", "pylock.toml", "pyproject.toml", "barrow.toml", "requirements.in", "function/requirements.txt"]
        {
            context.write(&format!("{name}/{file}"), bytes);
        }
        let run = |arguments: &[&str]| {
            let mut barrow = context.barrow();
            barrow.current_dir(context.path(name)).args(arguments).args([
                "--offline",
                "--index-url",
                "http://127.0.0.1:9/",
            ]);
            check(&format!("{name}: {arguments:?}"), &barrow.output().unwrap());
        };
        run(&["lock", "-o", "-", "-r", "r.txt", "--no-config"]);
        run(&["lock", "-o", "-", "-r", "pyproject.toml", "--no-config"]);
        run(&["install", "-t", "out", "-r", "pylock.toml", "--no-config"]);
        run(&["lock", "-o", "-", "-c", "r.txt", "tiny", "--no-config"]);
        run(&["lock", "-o", "-", "--override", "r.txt", "tiny", "--no-config"]);
        run(&["config", "--config-file", "barrow.toml"]);
        run(&["config", "--netrc-file", "r.txt", "--no-config"]);
        run(&["tree", "tiny", "--cert", "r.txt", "--no-config"]);
        run(&["bundle", "function", "-o", "out", "--no-config"]);
        run(&["lock", "tiny", "-o", "pylock.toml", "--no-config"]);
        let mut barrow = context.barrow();
        barrow.env("PIP_CONFIG_FILE", context.path(name).join("r.txt")).arg("config");
        check(&format!("{name}: pip.conf"), &barrow.output().unwrap());
    }
}
