//! `docs/errors.md`: every message of a failed run. Each scene is played and its message put on the page as it is
//! printed; the texts of errors in the source that no scene meets are listed behind them, so that none is missing.
//!
//! The page is compared with what is made anew; `BARROW_WRITE_DOCS=1` writes it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;

use crate::support::told::joined;
use crate::support::{Fault, IndexServer, Listed, RunningIndex, SdistBuilder, TestContext, WheelBuilder, said};
use crate::wrap::{MOST_LINES, WIDEST, wrapped};

/// The scenes, by chapter.
#[derive(serde::Deserialize)]
struct Scenes {
    chapter: Vec<Chapter>,
}

#[derive(serde::Deserialize)]
struct Chapter {
    title: String,
    scene: Vec<Scene>,
}

/// One thing that goes wrong.
#[derive(serde::Deserialize)]
struct Scene {
    /// What has happened, in the words of who meets it.
    title: String,
    /// Command lines, as `scenes.toml` says.
    line: String,
    /// Files of the working folder.
    #[serde(default)]
    files: BTreeMap<String, String>,
}

const HEAD: &str = "\
# Every error message

What barrow says when a run fails, each message as it is printed: what failed, why (`because:`), and what you can do (`hint:`). No line is
wider than 100 columns but for a URL or a path, and no message has more than 12 lines; `-v` shows all of it, and with `--json` the message is
one object. Exit code 1: it could not be done; 2: the command line or an input is wrong; 130: you stopped it.

This page is written by a test that plays each scene (`tests/it/error_page/scenes.toml`); do not edit it by hand.
";

const REST: &str = "\
## Texts that are not shown above

They need what no scene can bring about: a full disk, a broken archive of a certain kind, a server in a special mood. An `…` stands for a
name, a number or a path. They are taken from the source, so none is missing. Many of them stand behind `because:`, below what failed.
";

fn index() -> RunningIndex {
    let wheel = WheelBuilder::new;
    let many = |mut index: IndexServer, version: &str, tags: &[&str]| {
        for tag in tags {
            index = index.file(wheel("old", version).tag(tag));
        }
        index
    };
    let old = ["pp39-pypy39_pp73-manylinux_2_17_x86_64", "cp38-cp38-win_amd64"];
    let linux =
        ["cp38-cp38-manylinux_2_17_x86_64", "cp39-cp39-manylinux_2_17_x86_64", "cp39-cp39-manylinux_2_17_aarch64"];
    let mut index = IndexServer::new();
    for version in ["1.0", "1.1", "1.2"] {
        index = many(many(index, version, &old), version, &linux);
    }
    index = many(index, "3.0", &["cp313-cp313-manylinux_2_17_x86_64"]);
    let later =
        Listed::new(wheel("tiny", "1.0").file("tiny/__init__.py", "x = 1\n").file("tiny/data.txt", "0".repeat(4000)));
    index
        .file(later.upload_time("2024-02-03T04:05:06Z"))
        .file(wheel("shared", "1.0").file("shared.py", ""))
        .file(wheel("shared", "2.0").file("shared.py", "x = 2\n"))
        .file(wheel("left", "1.0").requires("shared<2"))
        .file(wheel("right", "1.0").requires("shared>=2"))
        .file(SdistBuilder::new("source", "1.0"))
        .file(SdistBuilder::new("psycopg2", "2.9.9"))
        .file(wheel("desktop", "1.0").tag("cp313-cp313-macosx_11_0_arm64"))
        .file(wheel("desktop", "1.0").tag("cp313-cp313-win_amd64"))
        .file(wheel("modern", "2.0").tag("cp311-cp311-manylinux_2_28_x86_64"))
        .file(wheel("modern", "1.0").tag("cp310-cp310-manylinux_2_17_x86_64"))
        .file(wheel("limited", "1.0").requires_python("<3.10"))
        .file(Listed::new(wheel("withdrawn", "1.0")).yanked("it loses data"))
        .file(wheel("early", "1.0"))
        .file(wheel("early", "2.0rc1"))
        .file(wheel("gone", "1.0"))
        .fault("gone-1.0-py3-none-any.whl", Fault::Status(404))
        .file(wheel("changed", "1.0"))
        .fault("changed-1.0-py3-none-any.whl", Fault::WrongBytes)
        .file(wheel("short", "1.0"))
        .fault("/simple/short/", Fault::Truncated(9))
        .fault("/simple/trouble/", Fault::Status(500))
        .fault("/simple/forbidden/", Fault::Status(403))
        .fault("/simple/babble/", Fault::Answer("{\"files\": 3}".to_owned()))
        .fault("/simple/circle/", Fault::Redirect("/simple/circle/".to_owned()))
        .fault("/simple/nowhere/", Fault::Redirect("mailto:me@corp.example".to_owned()))
        .file(wheel("unlike", "1.0").file("unlike.py", "x = 1\n").wrong_in_record("unlike.py"))
        .file(wheel("unlisted", "1.0").file("unlisted.py", "x = 1\n").missing_in_record("unlisted.py"))
        .file(wheel("left-file", "1.0").file("common.py", "1"))
        .file(wheel("right-file", "1.0").file("common.py", "2"))
        .file(wheel("pointless", "1.0").entry_point("console_scripts", "run = no function"))
        .file(wheel("zeros", "1.0").file("zeros.bin", "0".repeat(3_000_000)))
        .file(wheel("indirect", "1.0").requires("source @ https://index.example/source-1.0.tar.gz"))
        .file(wheel("boto3", "1.0"))
        .start()
}

/// Servers that scenes name.
struct Servers {
    index: RunningIndex,
    locked: RunningIndex,
    nobody: String,
}

impl Servers {
    fn start() -> Self {
        let locked = IndexServer::new().file(WheelBuilder::new("tiny", "1.0")).credentials("me", "s3cret-word").start();
        let nobody = IndexServer::new().start().url();
        Self { index: index(), locked, nobody }
    }

    /// A word of a scene with the addresses of this run.
    fn placed(&self, word: &str) -> String {
        let url = self.index.url();
        let top = url.trim_end_matches("simple/").trim_end_matches('/');
        word.replace("INDEX/", &format!("{top}/"))
            .replace("FILES", &format!("{top}/files"))
            .replace("TLS", &url.replace("http:", "https:"))
            .replace("LOCKED", &self.locked.url())
            .replace("NOBODY", &self.nobody)
    }

    /// The same backwards: the addresses are not those of any two runs.
    fn unplaced(&self, text: &str) -> String {
        let top = |url: &str| url.trim_end_matches("simple/").trim_end_matches('/').to_owned();
        let (index, locked, nobody) = (top(&self.index.url()), top(&self.locked.url()), top(&self.nobody));
        text.replace(&index.replace("http:", "https:"), "https://index.example")
            .replace(&index, "http://index.example")
            .replace(&locked, "http://corp.example")
            .replace(&nobody, "http://nobody.example")
            .replace(index.trim_start_matches("http://"), "index.example")
            .replace(nobody.trim_start_matches("http://"), "nobody.example")
    }
}

/// Words of a command line; quotes keep one together.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut is_quoted, mut word) = (Vec::new(), false, String::new());
    for c in line.chars() {
        match c {
            '\'' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(std::mem::take(&mut word)),
            _ => word.push(c),
        }
    }
    words.push(word);
    words
}

/// Plays a scene, and gives its message as it is printed.
fn play(scene: &Scene, servers: &Servers) -> Result<String, String> {
    let context = TestContext::new();
    for (file, content) in &scene.files {
        context.write(file, content.replace("FILES", &servers.placed("FILES")));
    }
    let lines: Vec<&str> = scene.line.split(" && ").collect();
    for (at, line) in lines.iter().enumerate() {
        let mut command = context.barrow();
        command.env("BARROW_INDEX_URL", servers.index.url()).env("BARROW_RETRIES", "0");
        // Of units and queries the runtime stands where they are written, and a variable would be stronger.
        if !["build", "sam", "terraform"].iter().any(|command| line.starts_with(command)) {
            command.env("BARROW_RUNTIME", "python3.13");
        }
        for word in words(line) {
            match word.split_once('=') {
                Some((name, value)) if name.chars().all(|c| c.is_ascii_uppercase() || c == '_') => {
                    command.env(name, value)
                }
                _ => command.arg(servers.placed(&word)),
            };
        }
        if let Ok(query) = fs_err::File::open(context.path("query.json")) {
            command.stdin(Stdio::from(query.into_parts().0));
        }
        let output = command.output().unwrap();
        if at + 1 < lines.len() {
            if !output.status.success() {
                return Err(format!("{}: {line} failed\n{}", scene.title, context.show(&output)));
            }
            continue;
        }
        let text = context.filter(&servers.unplaced(&said(&output)));
        let message = text.find("error: ").map(|at| &text[at..]);
        let Some(message) = message.filter(|_| !output.status.success()) else {
            return Err(format!("{}: {line} did not fail\n{}", scene.title, context.show(&output)));
        };
        if message.contains("bug in barrow") || message.contains("``") {
            return Err(format!("{}: a bug, or doubled backquotes\n{message}", scene.title));
        }
        let message =
            message.replace("[TEMP]/home", "/home/me").replace("[TEMP]", "/home/me").replace(" (os error 111)", "");
        // Broken anew: the folder and the ports of this run had other lengths.
        return rewrapped(&message);
    }
    unreachable!("a scene has a command line")
}

fn rewrapped(message: &str) -> Result<String, String> {
    let mut lines = Vec::new();
    for line in message.trim_end().lines() {
        lines.extend(wrapped(line, WIDEST, 0, 2));
    }
    if lines.len() > MOST_LINES {
        return Err(format!("{} lines:\n{message}", lines.len()));
    }
    Ok(lines.join("\n") + "\n")
}

/// The texts of errors in the source, by room: what stands in `#[error("…")]`.
fn texts() -> BTreeMap<String, Vec<String>> {
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![top.clone()];
    while let Some(folder) = folders.pop() {
        let mut entries: Vec<_> = fs_err::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let room = path.strip_prefix(&top).unwrap().iter().next().unwrap().to_string_lossy().into_owned();
                let text = fs_err::read_to_string(&path).unwrap();
                texts.entry(room.trim_end_matches(".rs").to_owned()).or_default().extend(texts_of(&text));
            }
        }
    }
    texts
}

fn texts_of(source: &str) -> Vec<String> {
    let mut texts = Vec::new();
    for part in source.split("#[error(").skip(1) {
        let Some(rest) = part.trim_start().strip_prefix('"') else { continue };
        let mut text = String::new();
        let mut characters = rest.chars();
        while let Some(c) = characters.next() {
            match c {
                '"' => break,
                '\\' => match characters.next() {
                    Some('\n') => {
                        let rest = characters.as_str().trim_start();
                        characters = rest.chars();
                    }
                    Some('n') => text.push('\n'),
                    Some(other) => text.push(other),
                    None => break,
                },
                _ => text.push(c),
            }
        }
        texts.push(text);
    }
    texts
}

/// A text with `…` where something is put in.
fn with_gaps(text: &str) -> String {
    let (mut out, mut depth) = (String::new(), 0);
    for c in text.chars() {
        match c {
            '{' => {
                if depth == 0 {
                    out.push('…');
                }
                depth += 1;
            }
            '}' => depth -= 1,
            '\n' if depth == 0 => out.push(' '),
            _ if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out
}

/// Whether a page holds a text, with anything in its gaps.
fn holds(lines: &[String], text: &str) -> bool {
    let gapped = with_gaps(text);
    let parts: Vec<&str> = gapped.split('…').filter(|part| !part.trim().is_empty()).collect();
    lines.iter().any(|line| {
        let mut rest = line.as_str();
        parts.iter().all(|part| match rest.find(part.trim()) {
            Some(at) => {
                rest = &rest[at + part.trim().len()..];
                true
            }
            None => false,
        })
    })
}

/// Texts of the operating system are those of Linux.
#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "the page has the words of Linux")]
#[expect(clippy::disallowed_methods, reason = "whoever runs the test says whether it writes")]
fn the_page_has_every_message() {
    let servers = Servers::start();
    let mut page = HEAD.to_owned();
    let mut shown: Vec<String> = Vec::new();
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scenes = fs_err::read_to_string(top.join("tests/it/error_page/scenes.toml")).unwrap();
    let scenes: Scenes = toml::from_str(&scenes).unwrap();
    let mut wrong = Vec::new();
    for Chapter { title, scene: scenes } in &scenes.chapter {
        page += &format!("\n## {title}\n");
        for scene in scenes {
            let message = play(scene, &servers).unwrap_or_else(|error| {
                wrong.push(error);
                String::new()
            });
            shown.extend(joined(&message).lines().map(str::to_owned));
            page += &format!("\n**{}**\n\n```text\n$ {}\n{message}```\n", scene.title, shown_line(&scene.line));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    page += &format!("\n{REST}");
    let mut missing = 0;
    for (room, texts) in texts() {
        let words = |text: &str| with_gaps(text).chars().filter(|c| c.is_alphabetic()).count();
        let mut rest: Vec<String> =
            texts.iter().filter(|text| words(text) > 0 && !holds(&shown, text)).map(|text| with_gaps(text)).collect();
        rest.sort();
        rest.dedup();
        if !rest.is_empty() {
            page += &format!("\n### `{room}`\n\n");
            page += &rest.iter().map(|text| format!("- {text}\n")).collect::<String>();
            missing += rest.len();
        }
    }
    assert!(shown.len() > 300 && missing > 20, "{} lines are shown, {missing} texts are not", shown.len());
    let place = top.join("docs/errors.md");
    if std::env::var_os("BARROW_WRITE_DOCS").is_some() {
        fs_err::write(&place, &page).unwrap();
    }
    let written = fs_err::read_to_string(&place).unwrap_or_default();
    let differs = written.lines().zip(page.lines()).find(|(written, made)| written != made);
    assert!(
        written == page,
        "docs/errors.md is not what the program says: `BARROW_WRITE_DOCS=1 cargo test --test it error_page` writes it\n{differs:?}"
    );
}

/// A command line as it is typed.
fn shown_line(line: &str) -> String {
    let shown = |line: &str| {
        let variables = line.split(' ').take_while(|word| {
            word.split_once('=').is_some_and(|(name, _)| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
        });
        let variables: Vec<&str> = variables.collect();
        let rest = line.split(' ').skip(variables.len()).collect::<Vec<_>>().join(" ");
        let before = variables.iter().map(|word| format!("{word} ")).collect::<String>();
        let input = if rest.starts_with("terraform") { " < query.json" } else { "" };
        format!("{before}barrow {rest}{input}")
    };
    let line = line.split(" && ").map(shown).collect::<Vec<_>>().join(" && ");
    line.replace("LOCKED", "http://corp.example/simple/")
        .replace("NOBODY", "http://nobody.example/simple/")
        .replace("TLS", "https://index.example/simple/")
        .replace("INDEX/", "http://index.example/")
}

#[test]
fn texts_of_errors_are_found_in_a_source() {
    let source = "#[error(\"`{file}` is {}\", x)]\nA,\n#[error(\n    \"one \\\n     two: {0}\"\n)]\nB,\n#[error(transparent)]\nC";
    assert_eq!(texts_of(source), ["`{file}` is {}", "one two: {0}"]);
    assert_eq!(with_gaps("`{file}` is {}"), "`…` is …");
    let lines = ["error: `a` is b".to_owned()];
    assert!(holds(&lines, "`{file}` is {}") && !holds(&lines, "`{file}` was {}"));
}
