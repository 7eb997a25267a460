//! Patterns of `--exclude`, read as a `.gitignore` file would be (gitignore(5), "Pattern format").
//!
//! Relative to SOURCE; a pattern without a slash holds at any depth, one with a slash from the top; a trailing slash means
//! folders only; `!` takes back what an earlier pattern left out. A folder that is left out is not looked into.

use std::path::Path;

use globset::{GlobBuilder, GlobMatcher};

use super::BundleError;

/// The user's patterns, in the order given: the last that matches decides.
#[derive(Debug, Default)]
pub(super) struct Excludes {
    patterns: Vec<Pattern>,
}

#[derive(Debug)]
struct Pattern {
    matcher: GlobMatcher,
    takes_back: bool,
    folders_only: bool,
    anchored: bool,
}

impl Excludes {
    pub(super) fn new<S: AsRef<str>>(patterns: &[S]) -> Result<Self, BundleError> {
        let patterns = patterns.iter().map(|pattern| Pattern::parse(pattern.as_ref())).collect::<Result<_, _>>()?;
        Ok(Self { patterns })
    }

    /// Whether the entry at `path`, relative to SOURCE, is left out.
    pub(super) fn leave_out(&self, path: &Path, is_folder: bool) -> bool {
        let matching = self.patterns.iter().rev().find(|pattern| pattern.matches(path, is_folder));
        matching.is_some_and(|pattern| !pattern.takes_back)
    }
}

impl Pattern {
    fn parse(text: &str) -> Result<Self, BundleError> {
        let (takes_back, glob) = match text.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (folders_only, glob) = match glob.strip_suffix('/') {
            Some(rest) => (true, rest),
            None => (false, glob),
        };
        let glob = glob.strip_prefix("./").map_or_else(|| glob.to_owned(), |rest| format!("/{rest}"));
        let anchored = glob.contains('/');
        let glob = glob.strip_prefix('/').unwrap_or(&glob);
        if glob.is_empty() {
            return Err(BundleError::EmptyExclude(text.to_owned()));
        }
        let matcher = GlobBuilder::new(glob)
            .literal_separator(true)
            .backslash_escape(true)
            .build()
            .map_err(|source| BundleError::Exclude { glob: text.to_owned(), source })?
            .compile_matcher();
        Ok(Self { matcher, takes_back, folders_only, anchored })
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
