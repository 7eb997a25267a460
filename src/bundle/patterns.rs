//! Patterns of files, read as a `.gitignore` file has them (gitignore(5), "Pattern format").
//!
//! Relative to the source, or for dependencies to the folder of packages; a pattern without a slash holds at any depth,
//! one with a slash from the top; a trailing slash means folders only; `!` takes back what an earlier pattern chose. A
//! folder that is left out is not looked into.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use globset::{GlobBuilder, GlobMatcher};

use super::BundleError;
use crate::archive::{composed, composed_path};

/// The user's patterns, in the order given: the last that matches decides.
#[derive(Debug, Default)]
pub(super) struct Patterns {
    patterns: Vec<Pattern>,
}

/// What the deciding pattern says of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    Chosen,
    /// By a pattern that begins with `!`.
    TakenBack,
}

#[derive(Debug)]
struct Pattern {
    matcher: GlobMatcher,
    /// What folders a path has to lead through to be matched: the first component, the first two, and so on.
    leading: Vec<GlobMatcher>,
    takes_back: bool,
    folders_only: bool,
    anchored: bool,
    text: String,
    was_used: AtomicBool,
}

impl Patterns {
    /// Reads patterns; `option` is where they come from, for messages.
    pub(super) fn new<S: AsRef<str>>(patterns: &[S], option: &'static str) -> Result<Self, BundleError> {
        let patterns =
            patterns.iter().map(|pattern| Pattern::parse(pattern.as_ref(), option)).collect::<Result<_, _>>()?;
        Ok(Self { patterns })
    }

    /// Whether the entry at `path` is chosen.
    pub(super) fn choose(&self, path: &Path, is_folder: bool) -> bool {
        self.chosen_by(path, is_folder).is_some()
    }

    /// The pattern that chooses the entry at `path`.
    pub(super) fn chosen_by(&self, path: &Path, is_folder: bool) -> Option<&str> {
        let matching = self.deciding(path, is_folder)?;
        (!matching.takes_back).then_some(matching.text.as_str())
    }

    /// Whether the entry at `path` is chosen or taken back; `None`: no pattern matches it.
    pub(super) fn verdict(&self, path: &Path, is_folder: bool) -> Option<Choice> {
        let matching = self.deciding(path, is_folder)?;
        Some(if matching.takes_back { Choice::TakenBack } else { Choice::Chosen })
    }

    fn deciding(&self, path: &Path, is_folder: bool) -> Option<&Pattern> {
        // As people type names: HFS+ gives them back taken apart.
        let path = composed_path(path);
        let matching = self.patterns.iter().rev().find(|pattern| pattern.matches(&path, is_folder))?;
        matching.was_used.store(true, Ordering::Relaxed);
        Some(matching)
    }

    /// Whether there is no pattern.
    pub(super) fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Whether the file at `path` is chosen, or a folder that it lies in.
    pub(super) fn choose_below(&self, path: &Path) -> bool {
        way_to(path).into_iter().any(|(entry, is_folder)| self.choose(entry, is_folder))
    }

    /// Whether any pattern has matched anything so far.
    pub(super) fn was_used(&self) -> bool {
        self.patterns.iter().any(|pattern| pattern.was_used.load(Ordering::Relaxed))
    }

    /// The patterns that have matched nothing so far; those that only take back are none.
    pub(super) fn unused(&self) -> impl Iterator<Item = &str> {
        let is_unused = |pattern: &&Pattern| !pattern.takes_back && !pattern.was_used.load(Ordering::Relaxed);
        self.patterns.iter().filter(is_unused).map(|pattern| pattern.text.as_str())
    }

    /// Whether a pattern names the folder at `path` on the way to something inside it.
    pub(super) fn lead_through(&self, path: &Path) -> bool {
        let path = composed_path(path);
        let leads = |pattern: &Pattern| pattern.leading.iter().any(|leading| leading.is_match(&path));
        self.patterns.iter().any(|pattern| !pattern.takes_back && leads(pattern))
    }
}

/// The folders that lead to the file at `path`, outermost first, and the file itself, each with whether it is a folder.
pub(super) fn way_to(path: &Path) -> Vec<(&Path, bool)> {
    let folders = path.ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty());
    let mut way: Vec<(&Path, bool)> = folders.map(|folder| (folder, true)).collect();
    way.reverse();
    way.push((path, false));
    way
}

impl Pattern {
    fn parse(text: &str, option: &'static str) -> Result<Self, BundleError> {
        let (takes_back, glob) = text.strip_prefix('!').map_or((false, text), |rest| (true, rest));
        let (folders_only, glob) = glob.strip_suffix('/').map_or((false, glob), |rest| (true, rest));
        let glob = glob.strip_prefix("./").map_or_else(|| glob.to_owned(), |rest| format!("/{rest}"));
        let glob = composed(&glob).into_owned();
        let anchored = glob.contains('/');
        let glob = glob.strip_prefix('/').unwrap_or(&glob);
        if glob.is_empty() {
            return Err(BundleError::EmptyPattern { pattern: text.to_owned(), option });
        }
        let compile = |glob: &str| {
            GlobBuilder::new(glob)
                .literal_separator(true)
                .backslash_escape(true)
                .build()
                .map(|glob| glob.compile_matcher())
        };
        let matcher =
            compile(glob).map_err(|source| BundleError::Pattern { pattern: text.to_owned(), option, source })?;
        let folders = glob.match_indices('/').map(|(at, _)| &glob[..at]);
        // A part of a pattern may be none, when the slash stands in braces: then nothing leads there.
        let leading = folders.filter(|folder| !folder.ends_with("**")).filter_map(|folder| compile(folder).ok());
        let (leading, text) = (leading.collect(), text.to_owned());
        Ok(Self { leading, matcher, takes_back, folders_only, anchored, text, was_used: AtomicBool::new(false) })
    }

    fn matches(&self, path: &Path, is_folder: bool) -> bool {
        if self.folders_only && !is_folder {
            return false;
        }
        if self.anchored {
            return self.matcher.is_match(path);
        }
        path.file_name().is_some_and(|name| self.matcher.is_match(Path::new(name)))
    }
}
