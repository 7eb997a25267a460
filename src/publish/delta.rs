//! What differs between an output as it was written and what it is to become, so that the rest can stay where it is.
//!
//! Only an output that is file for file as it was written, with nothing beside, can be kept in parts: its mark says of
//! each file which content that is. What changed is told by as few names as possible: a folder that keeps none of its
//! files goes and comes as a whole.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use fs_err as fs;

use super::content_id::ContentId;
use super::inspection::{Alone, inspect};
use super::journal::{Exchange, Journal};
use super::mark::{Mark, MarkedFile, encoded};
use super::options::Steps;
use super::rename::{exchange, rename_to_absent};
use super::site::Site;
use super::stored::{FolderIdentity, StoredMark};
use super::workplace::Workplace;
use crate::archive::SafePath;
use crate::install::LinkMode;

/// Moves that one run makes in an output that others see, at most. A kill between two of them leaves some old and some new
/// names until the next run; this many take less than a millisecond. What takes more is put in OUT's place as a whole.
pub(super) const MOVES_MOST: usize = 32;

/// A file that stays where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct KeptFile {
    pub(super) size: u64,
    /// Nanoseconds since 1970.
    pub(super) modified: i64,
    pub(super) content: ContentId,
}

/// What changes when new content takes the place of old content in the same output.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Delta {
    /// For each file of the new content, what the old file looks like that stays in its place, where one does.
    pub(super) kept: Vec<Option<KeptFile>>,
    /// Files and folders that change places with new ones.
    pub(super) exchanges: Vec<PathBuf>,
    /// Files and folders that go.
    pub(super) removals: Vec<PathBuf>,
    /// Files and folders that come.
    pub(super) placements: Vec<PathBuf>,
}

/// The mark of an output that lies there exactly as it was written.
pub(super) struct ExactMark {
    /// As it lies on disk.
    bytes: Vec<u8>,
    mark: Mark,
}

impl ExactMark {
    /// Reads the mark of `out`, which was written by a run that placed files in this way. `None`: something is not as it
    /// was written.
    pub(super) fn read(state_folders: &[PathBuf], out: &Path, link_mode: LinkMode) -> Option<Self> {
        let is_exact = |stored: &StoredMark| {
            let is_usable = FolderIdentity::is_known(out, &stored.roots) && stored.link_mode == Some(link_mode as u8);
            is_usable && inspect(out, &stored.folders, Alone::Exactly, true)
        };
        let bytes = encoded(state_folders, out).next()?;
        let mark = StoredMark::decode(&bytes, out).filter(is_exact).and_then(|stored| Mark::of(&stored))?;
        Some(Self { bytes, mark })
    }

    pub(super) fn files(&self) -> &[MarkedFile] {
        &self.mark.files
    }

    /// The mark, if `out` is still the folder that it is of, published by nobody since.
    pub(super) fn if_still_there(self, state_folders: &[PathBuf], out: &Path) -> Option<Mark> {
        let is_same = encoded(state_folders, out).next().as_ref() == Some(&self.bytes);
        (is_same && FolderIdentity::is_known(out, &self.mark.roots)).then_some(self.mark)
    }
}

impl Delta {
    /// Compares the files of a mark with new content: paths, sorted, each with what identifies its content. `None` when
    /// nothing stays, or too much changes.
    pub(super) fn between(old: &[MarkedFile], new: &[(&SafePath, ContentId)]) -> Option<Self> {
        let mut delta = Self::default();
        let mut changed: Vec<&str> = Vec::new();
        let mut before = old.iter().peekable();
        for (path, content) in new {
            while let Some(gone) = before.next_if(|file| file.path < **path) {
                changed.push(gone.path.as_str());
            }
            let same_name = before.next_if(|file| file.path == **path);
            let kept = same_name.filter(|file| file.content == *content);
            if kept.is_none() {
                changed.push(path.as_str());
            }
            delta.kept.push(kept.map(|&MarkedFile { size, modified, content, .. }| KeptFile {
                size,
                modified,
                content,
            }));
        }
        changed.extend(before.map(|file| file.path.as_str()));

        let kept = new.iter().zip(&delta.kept).filter(|(_, kept)| kept.is_some());
        let kept: Vec<&str> = kept.map(|((path, _), _)| path.as_str()).collect();
        if kept.is_empty() {
            return None;
        }
        let is_old = |name: &str| is_there(old, |file| file.path.as_str(), name);
        let is_new = |name: &str| is_there(new, |(path, _)| path.as_str(), name);
        let mut units: BTreeSet<&str> = BTreeSet::new();
        let mut outer: Option<&str> = None;
        for path in changed {
            // Most of a folder that goes as a whole comes one after the other.
            if outer.is_some_and(|unit| path.strip_prefix(unit).is_some_and(|rest| rest.starts_with('/'))) {
                continue;
            }
            let unit = outermost_without(&kept, path);
            units.insert(unit);
            outer = Some(unit);
        }
        for unit in units {
            let list = match (is_old(unit), is_new(unit)) {
                (true, true) => &mut delta.exchanges,
                (true, false) => &mut delta.removals,
                (false, _) => &mut delta.placements,
            };
            list.push(PathBuf::from(unit));
        }
        (delta.moves() <= MOVES_MOST).then_some(delta)
    }

    /// Lets what differs change places, come and go. The new content lies in the workplace.
    pub(super) fn perform(&self, workplace: &Workplace, site: &Site, out: &Path, steps: Steps) -> io::Result<()> {
        let new = workplace.new_tree();
        if self.is_one_step() {
            let step = match (self.exchanges.first(), self.removals.first(), self.placements.first()) {
                (Some(path), ..) => exchange(&new.join(path), &out.join(path)),
                (_, Some(path), _) => fs::rename(out.join(path), workplace.folder().join("gone")),
                (.., Some(path)) => rename_to_absent(&new.join(path), &out.join(path)),
                _ => Ok(()),
            };
            if step.is_ok() {
                return step;
            }
        }
        let exchanges = self.exchanges.iter().map(|path| Exchange::with(&new, path.clone()));
        let journal = Journal {
            out_name: site.out_name(out).map(OsStr::to_owned),
            exchanges: exchanges.collect::<io::Result<_>>()?,
            removals: self.removals.clone(),
            placements: self.placements.clone(),
        };
        let perform = |journal: &Journal| journal.perform(workplace.folder(), out, steps);
        // Where entries cannot be exchanged, the old ones go and the new ones come.
        perform(&journal).or_else(|_| perform(&journal.without_exchanges()))
    }

    /// Whether one system call makes the old output the new one.
    fn is_one_step(&self) -> bool {
        self.moves() <= 1
    }

    fn moves(&self) -> usize {
        self.exchanges.len() + self.removals.len() + self.placements.len()
    }
}

/// The outermost folder on the way to a path in which nothing is kept; else the path itself.
fn outermost_without<'a>(kept: &[&str], path: &'a str) -> &'a str {
    let mut outer = path.match_indices('/').map(|(at, _)| &path[..at]);
    outer.find(|folder| !is_folder_of(kept, |kept| kept, folder)).unwrap_or(path)
}

/// Whether something has this path among files that are sorted by theirs, or lies below it.
fn is_there<T>(sorted: &[T], path: impl Fn(&T) -> &str, name: &str) -> bool {
    sorted.binary_search_by(|file| path(file).cmp(name)).is_ok() || is_folder_of(sorted, path, name)
}

/// Whether something lies below a folder among files that are sorted by path.
fn is_folder_of<T>(sorted: &[T], path: impl Fn(&T) -> &str, folder: &str) -> bool {
    let below = |path: &str| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    // Compared as if a slash stood behind the folder.
    let is_before = |file: &T| path(file).bytes().lt(folder.bytes().chain([b'/']));
    sorted.get(sorted.partition_point(is_before)).is_some_and(|file| below(path(file)))
}
