//! What the manual tells people to type can be typed.

mod reference;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Parser as _;
use clap::error::ErrorKind;

use super::{Cli, understand};

/// Every Markdown file of the project that shows commands.
fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = Vec::new();
    let mut folders = vec![root.join("docs"), root.join("examples"), root.join("integrations")];
    while let Some(folder) = folders.pop() {
        for entry in fs_err::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("node_modules") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    pages.push(root.join("README.md"));
    pages
}

/// The lines of fenced blocks that begin with `barrow`, continued lines joined, without comments: what is typed, what
/// stands behind a prompt, and what files of other tools call.
fn commands(markdown: &str) -> Vec<String> {
    let blocks = markdown.split("```").skip(1).step_by(2);
    let lines = blocks.flat_map(|block| {
        let (head, text) = block.split_once('\n').unwrap_or_default();
        let before: &[&str] = match head.split(' ').next().unwrap_or_default() {
            "sh" => &[""],
            "console" | "text" => &["$ "],
            "yaml" | "make" => &["- run: ", "- ", "entry: ", ""],
            _ => &[],
        };
        let text = text.replace("\\\n", " ");
        let called = |line: &str| {
            let mut behind = before.iter().filter_map(|before| line.trim().strip_prefix(before));
            behind.find(|line| line.starts_with("barrow ")).map(str::to_owned)
        };
        text.lines().filter_map(called).collect::<Vec<_>>()
    });
    // What is the shell's own ends the line.
    let end = |line: String| {
        let at = [" #", " > ", " && "].iter().filter_map(|stop| line.find(stop)).min().unwrap_or(line.len());
        line[..at].trim().to_owned()
    };
    lines.map(end).collect()
}

/// The words of a line, as a shell would have them; nothing is expanded.
fn words(line: &str) -> Vec<OsString> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in line.chars() {
        match (c, quote) {
            ('\'' | '"', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            (' ', None) => words.push(String::new()),
            (c, _) => words.last_mut().unwrap().push(c),
        }
    }
    words.into_iter().filter(|word| !word.is_empty()).map(OsString::from).collect()
}

#[test]
fn every_command_of_the_manual_can_be_typed() {
    let mut count = 0;
    // What stands on the page of errors is wrong on purpose.
    for page in pages().into_iter().filter(|page| !page.ends_with("errors.md")) {
        for line in commands(&fs_err::read_to_string(&page).unwrap()) {
            count += 1;
            if let Err(error) = Cli::try_parse_from(understand(words(&line))) {
                let is_help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
                assert!(is_help, "{}: {line}\n{error}", page.display());
            }
        }
    }
    assert!(count > 100, "the manual shows commands; {count} were found");
}

#[test]
fn every_link_of_the_manual_leads_somewhere() {
    for page in pages() {
        let text = fs_err::read_to_string(&page).unwrap();
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.contains("://") && !target.contains(char::is_whitespace)) {
            let path = target.split('#').next().unwrap_or_default();
            let place = page.parent().unwrap().join(path);
            assert!(path.is_empty() || place.exists(), "{}: {target}", page.display());
        }
    }
}
