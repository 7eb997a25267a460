//! The mark of OUT while OUT changes: it names old and new together, so that a kill leaves no OUT that belongs to no
//! one.

use std::io;
use std::path::{Path, PathBuf};

use super::mark::Mark;

/// A mark that names both, to be taken back or finished.
pub(super) struct Marking<'a> {
    new: Mark,
    old: Option<Mark>,
    state_folders: &'a [PathBuf],
    begun: io::Result<()>,
}

impl<'a> Marking<'a> {
    /// Marks what lies in OUT and what will. Without a place for marks OUT is published all the same.
    pub(super) fn begin(new: Mark, old: Option<Mark>, out: &Path, state_folders: &'a [PathBuf]) -> Self {
        let begun = match &old {
            Some(old) => new.write_with(old, state_folders, out),
            None => new.write(state_folders, out),
        };
        Self { new, old, state_folders, begun }
    }

    /// OUT is as it was.
    pub(super) fn take_back(self, out: &Path) {
        match self.old {
            Some(old) => drop(old.write(self.state_folders, out)),
            None => Mark::remove(self.state_folders, out),
        }
    }

    /// OUT is new; gives what the user should know.
    pub(super) fn finish(mut self, out: &Path) -> Option<String> {
        // Taking its place has changed the inode of a zip.
        self.new.zips.iter_mut().for_each(|zip| zip.moved_to(out));
        // Without an older mark the first one named the new content alone.
        let is_noted = self.old.is_none() && self.new.zips.is_empty();
        let done = self.begun.and_then(|()| if is_noted { Ok(()) } else { self.new.write(self.state_folders, out) });
        done.err().map(|error| not_noted(out, &error))
    }
}

/// The warning that the mark of `out` could not be written.
pub(super) fn not_noted(out: &Path, error: &io::Error) -> String {
    let out = out.display();
    format!("could not note that barrow made `{out}`, so the next run will ask for `--force`: {error}")
}
