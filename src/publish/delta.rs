//! What differs between an output as it was written and what it is to become, so that the rest can stay where it is.
//!
//! Only an output that is file for file as it was written, with nothing beside, can be kept in parts: its mark says of
//! each file which content that is. What changed is told by as few names as possible: a folder that keeps none of its
//! files goes and comes as a whole.

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use fs_err as fs;

use super::content_id::ContentId;
use super::inspection::{Alone, inspect};
use super::journal::{Exchange, Journal};
use super::mark::{Mark, MarkedFile};
use super::options::Steps;
use super::rename::{exchange, rename_to_absent};
use super::site::Site;
use super::stored::FolderIdentity;
use super::workplace::Workplace;
use crate::archive::{SafePath, each_folder_of};
use crate::install::LinkMode;

/// What changes when new content takes the place of old content in the same output.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Delta {
    /// For each file of the new content, the old file that stays in its place, where one does.
    pub(super) kept: Vec<Option<MarkedFile>>,
    /// Files and folders that change places with new ones.
    pub(super) exchanges: Vec<PathBuf>,
    /// Files and folders that go.
    pub(super) removals: Vec<PathBuf>,
    /// Files and folders that come.
    pub(super) placements: Vec<PathBuf>,
}

/// Whether an output lies there exactly as it was written, by a run that placed files in this way.
pub(super) fn is_exactly_as_marked(mark: &Mark, out: &Path, link_mode: LinkMode) -> bool {
    let is_this_folder = FolderIdentity::is_known(out, &mark.roots);
    let is_usable = is_this_folder && mark.link_mode == Some(link_mode as u8);
    is_usable && inspect(out, &mark.folders(), Alone::Exactly)
}

impl Delta {
    /// Compares the files of a mark with new content: paths, sorted, each with what identifies its content. `None` when
    /// nothing stays.
    pub(super) fn between(old: &[MarkedFile], new: &[(&SafePath, ContentId)]) -> Option<Self> {
        let mut delta = Self::default();
        let mut changed: Vec<&str> = Vec::new();
        let mut before = old.iter().peekable();
        for (path, content) in new {
            while let Some(gone) = before.next_if(|file| file.path < **path) {
                changed.push(gone.path.as_str());
            }
            let same_name = before.next_if(|file| file.path == **path);
            let kept = same_name.filter(|file| file.content == *content).cloned();
            if kept.is_none() {
                changed.push(path.as_str());
            }
            delta.kept.push(kept);
        }
        changed.extend(before.map(|file| file.path.as_str()));

        let keeping = folders_around(delta.kept.iter().flatten().map(|file| file.path.as_str()));
        if keeping.is_empty() {
            return None;
        }
        let old_names = names(old.iter().map(|file| file.path.as_str()));
        let new_names = names(new.iter().map(|(path, _)| path.as_str()));
        let units: BTreeSet<&str> = changed.into_iter().map(|path| outermost_without(&keeping, path)).collect();
        for unit in units {
            let list = match (old_names.contains(unit), new_names.contains(unit)) {
                (true, true) => &mut delta.exchanges,
                (true, false) => &mut delta.removals,
                (false, _) => &mut delta.placements,
            };
            list.push(PathBuf::from(unit));
        }
        Some(delta)
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
        self.exchanges.len() + self.removals.len() + self.placements.len() <= 1
    }
}

/// The outermost folder on the way to a path that is not among those that keep something; else the path itself.
fn outermost_without<'a>(keeping: &HashSet<&str>, path: &'a str) -> &'a str {
    let outer = path.match_indices('/').map(|(at, _)| &path[..at]).find(|folder| !keeping.contains(folder));
    outer.unwrap_or(path)
}

/// The folders that paths lie in, the root among them.
fn folders_around<'a>(paths: impl Iterator<Item = &'a str>) -> HashSet<&'a str> {
    let mut folders = HashSet::new();
    for path in paths {
        folders.insert("");
        each_folder_of(path, |folder| folders.insert(folder));
    }
    folders
}

/// Paths and the folders that they lie in.
fn names<'a>(paths: impl Iterator<Item = &'a str> + Clone) -> HashSet<&'a str> {
    let mut names = folders_around(paths.clone());
    names.extend(paths);
    names
}
