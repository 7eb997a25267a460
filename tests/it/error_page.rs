//! `docs/errors.md`: every message of a failed run. Each scene is played and its message put on the page as it is
//! printed. Texts of errors in the source that no scene meets stand in `error_page/not_played.toml` with the reason; a
//! text that has neither fails the test.
//!
//! The page is compared with what is made anew; `BARROW_WRITE_DOCS=1` writes it.

mod hostile;
mod texts;
mod world;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::told::{self, joined};
use crate::support::{TestContext, said};
use crate::wrap::{MOST_LINES, WIDEST, wrapped};
use texts::{Found, hold};
use world::{Servers, named};

/// Chapters in their order on the page; each is a file in `error_page/scenes/`.
const CHAPTERS: &[&str] = &[
    "command_line",
    "habits",
    "settings",
    "requirements",
    "versions",
    "network",
    "archives",
    "building",
    "outputs",
    "locks",
    "mirrors",
    "looking",
    "units",
    "sam",
];

/// What goes wrong, one scene each: files that lie there, and a command line that fails.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Chapter {
    title: String,
    /// What stands below the title.
    #[serde(default)]
    about: String,
    scene: Vec<Scene>,
}

/// One thing that goes wrong. Several commands are parted by ` && `; all but the last must succeed. `VARIABLE=value`
/// may stand before a command. `world.rs` says which words stand for servers.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Scene {
    /// What has happened, in the words of who meets it.
    title: String,
    line: String,
    /// Files of the working folder.
    #[serde(default)]
    files: BTreeMap<String, String>,
    /// Folders of it.
    #[serde(default)]
    folders: Vec<String>,
    /// Links in it, and where they lead.
    #[serde(default)]
    links: BTreeMap<String, String>,
    /// Files that are written before the last command.
    #[serde(default)]
    later: BTreeMap<String, String>,
    /// What the last command reads from standard input.
    input: Option<String>,
}

/// Texts that no scene can meet, and why.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct NotPlayed {
    reason: Vec<Reason>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Reason {
    because: String,
    /// Whether they stand on the page: what is no error of a run does not.
    #[serde(default = "yes")]
    shown: bool,
    texts: Vec<String>,
}

const fn yes() -> bool {
    true
}

const HEAD: &str = "\
# Every error message

What barrow says when a run fails, each message as it is printed: what failed, why (`because:`), and what you can do (`hint:`). No line is
wider than 100 columns but for a URL or a path, and no message has more than 12 lines; `-v` shows all of it, and with `--json` the message is
one object. Exit code 1: it could not be done; 2: the command line or an input is wrong; 130: you stopped it.

This page is written by a test that plays each scene (`tests/it/error_page/scenes/`); do not edit it by hand. The test fails where a text of
an error in the source has no scene, unless it is listed with a reason.
";

const REST: &str = "\
## Texts that are not shown above

No scene can bring them about, for the reasons that are given. An `…` stands for a name, a number or a path. Many of them stand behind
`because:`, below what failed.
";

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

/// A variable and its value, where a word sets one.
fn variable(word: &str) -> Option<(&str, &str)> {
    word.split_once('=')
        .filter(|(name, _)| name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'))
}

/// Plays a scene, and gives its message as it is printed.
fn play(scene: &Scene, servers: &Servers) -> Result<String, String> {
    // Where lines are broken depends on how long paths are, and that must not depend on $TMPDIR.
    let context = TestContext::below(Path::new("/tmp"));
    let write = |files: &BTreeMap<String, String>| {
        for (file, content) in files {
            context.write(file, content.replace("FILES", &servers.placed("FILES")));
        }
    };
    write(&scene.files);
    for folder in &scene.folders {
        fs_err::create_dir_all(context.path(folder)).unwrap();
    }
    for (link, target) in &scene.links {
        std::os::unix::fs::symlink(target, context.path(link)).unwrap();
    }
    let lines: Vec<&str> = scene.line.split(" && ").collect();
    for (at, line) in lines.iter().enumerate() {
        let is_last = at + 1 == lines.len();
        let mut command = context.barrow();
        command.env("BARROW_INDEX_URL", servers.index.url()).env("BARROW_RETRIES", "0");
        let words = words(line);
        let called = words.iter().find(|word| variable(word).is_none()).cloned().unwrap_or_default();
        // Of units and queries the runtime stands where they are written, and a variable would be stronger.
        if !["build", "sam", "terraform"].contains(&called.as_str()) {
            command.env("BARROW_RUNTIME", "python3.13");
        }
        let mut is_before = true;
        for word in words {
            if let Some((name, value)) = variable(&word).filter(|_| is_before) {
                command.env(name, servers.placed(value));
            } else {
                is_before = false;
                command.arg(servers.placed(&word));
            }
        }
        if is_last {
            write(&scene.later);
            if let Some(input) = &scene.input {
                let file = context.root().join("input");
                fs_err::write(&file, input).unwrap();
                command.stdin(Stdio::from(fs_err::File::open(file).unwrap().into_parts().0));
            }
        }
        let output = command.output().unwrap();
        if !is_last {
            if !output.status.success() {
                return Err(format!("{}: {line} failed\n{}", scene.title, context.show(&output)));
            }
            continue;
        }
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        let is_verbose = line.split(' ').any(|word| word == "-v");
        if std::panic::catch_unwind(|| told::check(&told, is_verbose)).is_err() {
            return Err(format!("{}: {line}: a message in another form\n{told}", scene.title));
        }
        let text = context.filter(&servers.unplaced(&said(&output)));
        let message = text.find("error: ").map(|at| &text[at..]);
        // What is served fails in its answer, and the server goes on.
        let Some(message) = message.filter(|_| !output.status.success() || called == "serve") else {
            return Err(format!("{}: {line} did not fail\n{}", scene.title, context.show(&output)));
        };
        if message.contains("bug in barrow") || message.contains("``") {
            return Err(format!("{}: a bug, or doubled backquotes\n{message}", scene.title));
        }
        let message = message.replace("[TEMP]/home", "/home/me").replace("[TEMP]", "/home/me");
        let message = with_digest(&message, "has the digest sha256:");
        let message = with_digest(&message, "main/claims/v1/bundles/");
        let message = with_python(&message, "it was built with Python ");
        let message = with_python(&message, "--build-python names Python ");
        // Broken anew: the folder and the ports of this run had other lengths.
        return rewrapped(&message);
    }
    unreachable!("a scene has a command line")
}

/// A message with another digest behind `before`: what is digested there has the address of a server in it.
fn with_digest(message: &str, before: &str) -> String {
    let is_digit = |c: char| c.is_ascii_hexdigit() || c == '/';
    let mut parts = message.split(before);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let digits = part.len() - part.trim_start_matches(is_digit).len();
        format!("{text}{before}{}{}", "2".repeat(digits.min(64)), &part[digits..])
    })
}

/// A message with another version behind `before`: the Python of this machine is not that of others.
fn with_python(message: &str, before: &str) -> String {
    let Some((first, rest)) = message.split_once(before) else { return message.to_owned() };
    format!("{first}{before}3.11.2{}", rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.'))
}

/// Lines as they are broken where names have the lengths that they have on the page.
fn rewrapped(message: &str) -> Result<String, String> {
    let mut lines = Vec::new();
    let mut step = 2;
    for line in message.trim_end().lines() {
        let bare = line.trim_start();
        if ["error: ", "hint: ", "warning: "].iter().any(|label| bare.starts_with(label)) {
            step = 2;
        } else if bare.starts_with("because: ") {
            step = 4;
        }
        // A cause goes on where its text begins, which its label stands before.
        let step = if bare.starts_with("because: ") { 2 } else { step };
        lines.extend(wrapped(line, WIDEST, 0, step));
    }
    if lines.len() > MOST_LINES {
        return Err(format!("{} lines:\n{message}", lines.len()));
    }
    Ok(lines.join("\n") + "\n")
}

/// The messages of all scenes, in their order. Several are played at a time.
fn played(scenes: &[&Scene]) -> Vec<Result<String, String>> {
    let servers = Servers::start();
    let (next, told) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(scene) = scenes.get(place) else { break };
                    let message = play(scene, &servers);
                    told.lock().unwrap().insert(place, message);
                }
            });
        }
    });
    told.into_inner().unwrap().into_values().collect()
}

fn read<T: serde::de::DeserializeOwned>(name: &str) -> T {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/error_page").join(name);
    let text = fs_err::read_to_string(path).unwrap();
    toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Texts of the operating system are those of Linux.
#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "the page has the words of Linux")]
#[expect(clippy::disallowed_methods, reason = "whoever runs the test says whether it writes")]
fn the_page_has_every_message() {
    let chapters: Vec<Chapter> = CHAPTERS.iter().map(|name| read(&format!("scenes/{name}.toml"))).collect();
    let scenes: Vec<&Scene> = chapters.iter().flat_map(|chapter| &chapter.scene).collect();
    let (messages, wrong): (Vec<_>, Vec<_>) = played(&scenes).into_iter().partition(Result::is_ok);
    let wrong: Vec<String> = wrong.into_iter().filter_map(Result::err).collect();
    assert!(wrong.is_empty(), "{} scenes:\n\n{}", wrong.len(), wrong.join("\n\n"));
    let messages: Vec<String> = messages.into_iter().filter_map(Result::ok).collect();
    let shown: Vec<String> = messages.iter().flat_map(|message| lines_of(message)).collect();

    let (mut page, mut at) = (HEAD.to_owned(), 0);
    for Chapter { title, about, scene: scenes } in &chapters {
        page += &format!("\n## {title}\n");
        if !about.is_empty() {
            page += &format!("\n{about}\n");
        }
        for Scene { title, line, input, .. } in scenes {
            let message = &messages[at];
            at += 1;
            page += &format!("\n**{title}**\n\n```text\n$ {}\n{message}```\n", shown_line(line, input.is_some()));
        }
    }
    let (listed, unlisted) = rest(&shown);
    page += &format!("\n{REST}{listed}");

    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/errors.md");
    if std::env::var_os("BARROW_WRITE_DOCS").is_some() {
        fs_err::write(&place, &page).unwrap();
    }
    assert!(unlisted.is_empty(), "{unlisted}");
    let written = fs_err::read_to_string(&place).unwrap_or_default();
    let differs = written.lines().zip(page.lines()).find(|(written, made)| written != made);
    assert!(
        written == page,
        "docs/errors.md is not what the program says: `BARROW_WRITE_DOCS=1 cargo test --test it error_page` writes it\n{differs:?}"
    );
}

/// The lines of a message, each whole; what a line ends with a colon for stands behind it too.
fn lines_of(message: &str) -> Vec<String> {
    let whole = joined(message);
    let mut lines: Vec<String> = whole.lines().map(str::to_owned).collect();
    let pairs = lines.windows(2).filter(|pair| pair[0].ends_with(':'));
    let with_next: Vec<String> = pairs.map(|pair| format!("{} {}", pair[0], pair[1].trim())).collect();
    lines.extend(with_next);
    lines
}

/// What no scene meets, by its reasons; and what is wrong with that list: a text that has neither a scene nor a reason,
/// and a reason for a text that is shown or that there is no more.
fn rest(shown: &[String]) -> (String, String) {
    let NotPlayed { reason: reasons } = read("not_played.toml");
    let unmet: Vec<Found> = texts::all().into_iter().filter(|text| !hold(shown, &text.text)).collect();
    let is_listed = |text: &str| reasons.iter().any(|reason| reason.texts.iter().any(|listed| listed == text));
    let open = unmet.iter().filter(|text| !is_listed(&text.text));
    let open: String =
        open.map(|text| format!("neither a scene nor a reason: {}: {}\n", text.place, text.text)).collect();
    let all = reasons.iter().flat_map(|reason| &reason.texts);
    let stale = all.filter(|listed| !unmet.iter().any(|text| text.text == **listed));
    let stale: String = stale.map(|text| format!("shown, or gone: {text}\n")).collect();
    let part = |reason: &Reason| {
        let mut texts = reason.texts.clone();
        texts.sort();
        format!("\n{}\n\n{}", reason.because, texts.iter().map(|text| format!("- {text}\n")).collect::<String>())
    };
    (reasons.iter().filter(|reason| reason.shown).map(part).collect(), open + &stale)
}

/// A command line as it is typed.
fn shown_line(line: &str, has_input: bool) -> String {
    let shown = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let rest = words.iter().position(|word| variable(word).is_none()).unwrap_or(words.len());
        let before: String = words[..rest].iter().map(|word| format!("{word} ")).collect();
        format!("{before}barrow {}", words[rest..].join(" "))
    };
    let line = line.split(" && ").map(shown).collect::<Vec<_>>().join(" && ");
    named(&line) + if has_input { " < input" } else { "" }
}
