//! The texts of errors as they stand in the source: what `#[error("…")]` has, what the command line says of its own,
//! and the reasons that files for errors give.

use std::path::{Path, PathBuf};

/// A text with `…` where something is put in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    /// Room of the source.
    pub(super) room: String,
    /// File and line, for whoever has to add a scene.
    pub(super) place: String,
    /// The text.
    pub(super) text: String,
}

/// Files of the command line whose texts are results, and files that carry things over from other tools and say what
/// they leave behind.
const RESULTS: &[&str] = &[
    "annotation.rs",
    "annotations.rs",
    "contents.rs",
    "drawing.rs",
    "explain.rs",
    "findings.rs",
    "last_word.rs",
    "listed.rs",
    "outline.rs",
    "progress.rs",
    "reference.rs",
    "init/python_requirements.rs",
    "init/sam.rs",
    "serverless.rs",
    "sarif.rs",
    "table.rs",
    "version.rs",
    "why.rs",
];

/// Files of the library whose texts are parts of errors, in whatever form they stand there.
const OF_ERRORS: &[&str] = &["error.rs", "left_out_error.rs", "problem.rs", "exclusion.rs"];

/// What stands before a text that is no error: it is a warning, a line about the run, a result, or for programmers
/// alone.
const OTHER_USES: &[&str] = &[
    "warn(",
    "warnings",
    "status(",
    "detail(",
    "Output::",
    "push_str(",
    "write!(",
    "writeln!(",
    "expect(",
    "reason =",
    ".contains(",
    "const TITLE",
    "join(",
    "let place =",
    "refuse_paths(",
];

/// The texts of errors in the whole source, each once in its room.
pub(super) fn all() -> Vec<Found> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut texts = Vec::new();
    for path in sources(&top) {
        let below = path.strip_prefix(&top).unwrap().to_string_lossy().into_owned();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if below.contains("/tests/") || name.ends_with("tests.rs") {
            continue;
        }
        let source = fs_err::read_to_string(&path).unwrap();
        let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let is_program = below.starts_with("bin/") && !RESULTS.iter().any(|end| below.ends_with(end));
        let room = if below.starts_with("bin/") { "bin" } else { below.split('/').next().unwrap_or_default() };
        for found in literals(source) {
            // A word is a name, and no text for people.
            let is_sentence = found.text.trim().contains(' ');
            let is_counted = match found.inside {
                Inside::Error => true,
                Inside::Attribute => false,
                Inside::Code => is_sentence && (is_program || OF_ERRORS.contains(&name.as_str())),
            };
            let text = with_gaps(&found.text);
            let least = if found.inside == Inside::Error { 1 } else { 3 };
            if is_counted && words(&text) >= least && !has_other_use(&source[..found.start]) {
                let line = source[..found.start].matches('\n').count() + 1;
                texts.push(Found { room: room.to_owned(), place: format!("src/{below}:{line}"), text });
            }
        }
    }
    texts.sort_by(|a, b| (&a.room, &a.text).cmp(&(&b.room, &b.text)));
    texts.dedup_by(|a, b| a.room == b.room && a.text == b.text);
    texts
}

fn sources(top: &Path) -> Vec<PathBuf> {
    let (mut folders, mut files) = (vec![top.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs_err::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// Whether the statement that a text stands in is no error.
fn has_other_use(before: &str) -> bool {
    let mut from = before.len().saturating_sub(200);
    while !before.is_char_boundary(from) {
        from += 1;
    }
    let before = &before[from..];
    let statement = before.rfind([';', '{', '}']).map_or(before, |at| &before[at..]);
    OTHER_USES.iter().any(|use_| statement.contains(use_))
}

/// Words of two letters and more.
fn words(text: &str) -> usize {
    text.split(|c: char| !c.is_alphabetic()).filter(|word| word.chars().count() >= 2).count()
}

/// Where a literal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inside {
    /// In `#[error(…)]`.
    Error,
    /// In any other attribute.
    Attribute,
    Code,
}

#[derive(Debug)]
struct Literal {
    start: usize,
    text: String,
    inside: Inside,
}

/// The string literals of a Rust source, without those in comments.
fn literals(source: &str) -> Vec<Literal> {
    let (mut found, mut at) = (Vec::new(), 0);
    // How deep in brackets of an attribute.
    let (mut depth, mut inside) = (0, Inside::Code);
    while let Some(c) = source[at..].chars().next() {
        let rest = &source[at..];
        if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if let Some((text, length)) = raw(rest).or_else(|| rest.starts_with('"').then(|| quoted(rest))) {
            found.push(Literal { start: at, text, inside });
            at += length;
        } else if c == '\'' {
            at += character(rest);
        } else {
            if depth == 0 && (rest.starts_with("#[") || rest.starts_with("#![")) {
                inside = if rest.starts_with("#[error(") { Inside::Error } else { Inside::Attribute };
                depth = 1;
                at += rest.find('[').unwrap_or(0) + 1;
                continue;
            }
            match c {
                '[' if depth > 0 => depth += 1,
                ']' if depth > 0 => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                inside = Inside::Code;
            }
            at += c.len_utf8();
        }
    }
    found
}

/// A raw literal at the beginning, and its length.
fn raw(rest: &str) -> Option<(String, usize)> {
    let after = rest.strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    let body = after[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let length = body.find(&end)?;
    Some((body[..length].to_owned(), 1 + hashes + 1 + length + end.len()))
}

/// A literal at the beginning, and its length.
fn quoted(rest: &str) -> (String, usize) {
    let mut text = String::new();
    let mut characters = rest[1..].chars();
    loop {
        match characters.next() {
            None | Some('"') => break,
            Some('\\') => match characters.next() {
                Some('\n') => characters = characters.as_str().trim_start().chars(),
                Some('n') => text.push('\n'),
                Some(other) => text.push(other),
                None => break,
            },
            Some(c) => text.push(c),
        }
    }
    (text, rest.len() - characters.as_str().len())
}

/// The length of a character literal at the beginning, or of the sign of a lifetime.
fn character(rest: &str) -> usize {
    let mut characters = rest[1..].chars();
    let first = characters.next();
    if first == Some('\\') {
        characters.next();
        let end = characters.as_str().find('\'').map_or(0, |at| at + 1);
        return rest.len() - characters.as_str().len() + end;
    }
    if characters.next() == Some('\'') { rest.len() - characters.as_str().len() } else { 1 }
}

/// A text with `…` where something is put in.
pub(super) fn with_gaps(text: &str) -> String {
    let text = text.replace("{{", "\u{1}").replace("}}", "\u{2}");
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
            '\u{1}' => out.push('{'),
            '\u{2}' => out.push('}'),
            _ if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out
}

/// Whether lines hold a text, with anything in its gaps.
pub(super) fn hold(lines: &[String], text: &str) -> bool {
    let parts: Vec<&str> = text.split('…').map(str::trim).filter(|part| !part.is_empty()).collect();
    lines.iter().any(|line| {
        let mut rest = line.as_str();
        parts.iter().all(|part| match rest.find(part) {
            Some(at) => {
                rest = &rest[at + part.len()..];
                true
            }
            None => false,
        })
    })
}

#[test]
fn texts_of_errors_are_found_in_a_source() {
    let source = "#[error(\"`{file}` is {}\", x)]\nA,\n#[error(\n    \"one \\\n     two: {0}\"\n)]\nB,\n#[error(transparent)]\nC\n\
                  // \"no text\"\nlet a = '\"'; let b: &'static str = r#\"raw \"text\"\"#;\n#[arg(long = \"word\")] x(\"say {{it}}\")";
    let found: Vec<(String, Inside)> = literals(source).into_iter().map(|found| (found.text, found.inside)).collect();
    let expected = [
        ("`{file}` is {}", Inside::Error),
        ("one two: {0}", Inside::Error),
        ("raw \"text\"", Inside::Code),
        ("word", Inside::Attribute),
        ("say {{it}}", Inside::Code),
    ];
    assert_eq!(found, expected.map(|(text, inside)| (text.to_owned(), inside)));
    assert_eq!(with_gaps("`{file}` is {}, {{so}}"), "`…` is …, {so}");
    let lines = ["error: `a` is b".to_owned()];
    assert!(hold(&lines, "`…` is …") && !hold(&lines, "`…` was …"));
    assert!(has_other_use("a();\nrun.output.warn(&format!(") && !has_other_use("warn(x);\nErr(format!("));
}
