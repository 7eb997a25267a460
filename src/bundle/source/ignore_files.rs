//! What a source's own files say that stays out: `.barrowignore`, and `.gitignore` where the user wants that.
//!
//! Both are read as gitignore(5) says. In each folder `.barrowignore` counts, and where there is none, `.gitignore`; a
//! file further down has the last word. As in git, `.gitignore` files above the source count up to the top of its
//! repository; `.git/info/exclude` and the ignore file of the user do not: they are of one machine.

use std::path::{Path, PathBuf};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::left_out::Why;
use crate::archive::{composed, composed_path};
use crate::bundle::BundleError;

/// The file of ours.
pub(super) const BARROWIGNORE: &str = ".barrowignore";
/// The one of git.
const GITIGNORE: &str = ".gitignore";

/// The files that count for the folder that is being walked, outermost first.
pub(super) struct IgnoreFiles {
    gitignore: bool,
    levels: Vec<IgnoreLevel>,
}

/// What one file says.
struct IgnoreLevel {
    rules: Gitignore,
    /// What messages call it.
    file: PathBuf,
    /// How a path below the source becomes one below the folder of the file.
    place: FoundAt,
}

enum FoundAt {
    /// The folder lies above the source: this leads from it to there.
    Above(PathBuf),
    /// The folder is this one of the source.
    Inside(PathBuf),
}

impl IgnoreFiles {
    /// The files above the source `root`, a folder without links, that count for it.
    pub(super) fn above(root: &Path, gitignore: bool) -> Result<Self, BundleError> {
        let mut files = Self { gitignore, levels: Vec::new() };
        let top = root.ancestors().find(|folder| folder.join(".git").exists());
        if let Some(top) = top.filter(|_| gitignore) {
            let between: Vec<&Path> = root.ancestors().skip(1).take_while(|folder| folder.starts_with(top)).collect();
            for folder in between.into_iter().rev() {
                let below = root.strip_prefix(folder).unwrap_or(root).to_owned();
                files.read(&folder.join(GITIGNORE), folder.join(GITIGNORE), FoundAt::Above(below))?;
            }
        }
        Ok(files)
    }

    /// Reads the file of a folder that appears at `shown`, if it has one; to be left again by [`Self::leave`].
    pub(super) fn enter(&mut self, real: &Path, shown: &Path) -> Result<(), BundleError> {
        let has_own = real.join(BARROWIGNORE).is_file();
        let name = if has_own { BARROWIGNORE } else { GITIGNORE };
        if !has_own && !self.gitignore {
            return Ok(());
        }
        self.read(&real.join(name), shown.join(name), FoundAt::Inside(shown.to_owned()))
    }

    /// Forgets what [`Self::enter`] has read.
    pub(super) fn leave(&mut self, shown: &Path) {
        self.levels.pop_if(|level| matches!(&level.place, FoundAt::Inside(folder) if folder == shown));
    }

    /// Why the entry at `shown` stays out; `None`: no file says so.
    pub(super) fn reason(&self, shown: &Path, is_folder: bool) -> Option<Why> {
        self.levels.iter().rev().find_map(|level| match level.matched(shown, is_folder) {
            Match::None => None,
            Match::Whitelist(_) => Some(None),
            Match::Ignore(glob) => {
                let (pattern, file) = (glob.original().to_owned(), level.file.display().to_string());
                Some(Some(Why::Ignored { pattern, file }))
            }
        })?
    }

    fn read(&mut self, path: &Path, file: PathBuf, place: FoundAt) -> Result<(), BundleError> {
        if !path.is_file() {
            return Ok(());
        }
        let read_error = |source| BundleError::ReadSource { path: path.to_owned(), source };
        let text = fs_err::read_to_string(path).map_err(read_error)?;
        // Paths are given as they are seen from the folder of the file.
        let mut builder = GitignoreBuilder::new(".");
        for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let wrong = |source| BundleError::IgnoreLine { path: path.to_owned(), line: number + 1, source };
            builder.add_line(None, &composed(line)).map_err(wrong)?;
        }
        let wrong = |source| BundleError::IgnoreLine { path: path.to_owned(), line: 1, source };
        let rules = builder.build().map_err(wrong)?;
        if !rules.is_empty() {
            self.levels.push(IgnoreLevel { rules, file, place });
        }
        Ok(())
    }
}

impl IgnoreLevel {
    fn matched(&self, shown: &Path, is_folder: bool) -> Match<&ignore::gitignore::Glob> {
        let path = match &self.place {
            FoundAt::Above(below) => &below.join(shown),
            FoundAt::Inside(folder) => shown.strip_prefix(folder).unwrap_or(shown),
        };
        self.rules.matched(composed_path(path), is_folder)
    }
}
