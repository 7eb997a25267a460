//! Packages in a folder that holds other things: what goes, what comes, and what is in the way.

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use fs_err as fs;

use super::PublishError;
use super::installed_before::InstalledBefore;
use super::mark::{Mark, MarkedFile};
use super::names_on_disk::{NamesOnDisk, listed_name};
use super::options::PublishOptions;
use super::standing::{Occupant, refuse_foreign};
use crate::archive::SafePath;
use crate::bundle::Bundle;
use crate::regular::same_content;
use crate::spec::PackageName;

/// What is to be moved where.
#[derive(Default)]
pub(super) struct PackageMoves {
    pub(super) removals: Vec<PathBuf>,
    pub(super) placements: Vec<PathBuf>,
    pub(super) warnings: Vec<String>,
}

impl PackageMoves {
    pub(super) fn new(
        bundle: &Bundle,
        out: &Path,
        new: &Path,
        mark: Option<&Mark>,
        options: &PublishOptions,
    ) -> Result<Self, PublishError> {
        let failed = |source| PublishError::Publish { action: "look into", out: out.to_owned(), source };
        let names: HashSet<&PackageName> = bundle.dists.iter().map(|dist| &dist.name).collect();
        let prefix = bundle.layout.prefix.as_ref();
        let folder = prefix.map_or_else(|| out.to_owned(), |prefix| prefix.below(out));
        let before = match InstalledBefore::read(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => InstalledBefore::default(),
            result => result.map_err(failed)?,
        };
        let mut removals: BTreeSet<PathBuf> = BTreeSet::new();
        let mut on_disk = NamesOnDisk::of(out);
        let below = prefix.map_or_else(PathBuf::new, |prefix| PathBuf::from(prefix.as_str()));
        if folder.is_dir() {
            for path in before.removals(&folder, &names).map_err(failed)? {
                removals.insert(on_disk.real(&below.join(path)).map_err(failed)?);
            }
        }
        let marked: HashSet<&SafePath> =
            mark.into_iter().flat_map(|mark| mark.own_files(out)).map(|file| &file.path).collect();
        let mut placing =
            Placing { out, new, on_disk, removals, placements: Vec::new(), in_the_way: Vec::new(), respelled: None };
        placing.folder(Path::new("")).map_err(failed)?;
        if let Some((there, new)) = placing.respelled {
            return Err(PublishError::Respelled { there, new, out: options.out.to_owned() });
        }

        let mut warnings = Vec::new();
        let mut foreign = Vec::new();
        for (path, there) in &placing.in_the_way {
            let safe = |path: &Path| path.to_str().and_then(|path| SafePath::new(path).ok());
            let owner = there.strip_prefix(&below).ok().and_then(safe).and_then(|path| before.owner(&path, &names));
            let is_same = || same_content(&out.join(path), &new.join(path)).unwrap_or(false);
            match owner {
                _ if is_same() => {}
                Some(owner) => warnings.push(format!("`{}` of {owner} is replaced", there.display())),
                None if safe(there).is_some_and(|path| marked.contains(&path)) => {}
                None => foreign.push(there.to_string_lossy().into_owned()),
            }
        }
        if !foreign.is_empty() {
            refuse_foreign(out, &Occupant::Foreign(foreign), options)?;
        }
        let mut removals = placing.removals;
        removals.extend(placing.in_the_way.into_iter().map(|(_, there)| there));
        Ok(Self { removals: outermost(removals), placements: placing.placements, warnings })
    }

    /// Files of the older mark that are there and neither removed nor replaced.
    pub(super) fn still_marked(&self, out: &Path, old: Option<&Mark>, new: &[MarkedFile]) -> Vec<MarkedFile> {
        let new: HashSet<&SafePath> = new.iter().map(|file| &file.path).collect();
        let is_removed =
            |file: &MarkedFile| self.removals.iter().any(|removed| Path::new(file.path.as_str()).starts_with(removed));
        let old = old.into_iter().flat_map(|mark| &mark.files);
        let is_there = |file: &MarkedFile| fs::symlink_metadata(file.path.below(out)).is_ok();
        old.filter(|file| !new.contains(&file.path) && !is_removed(file) && is_there(file)).cloned().collect()
    }
}

/// Finds the largest parts of the new tree that can be moved in as a whole.
struct Placing<'a> {
    out: &'a Path,
    new: &'a Path,
    on_disk: NamesOnDisk<'a>,
    removals: BTreeSet<PathBuf>,
    placements: Vec<PathBuf>,
    /// New entries whose place is taken, other than by a folder that they can be put into; each with the spelling of
    /// what is there.
    in_the_way: Vec<(PathBuf, PathBuf)>,
    /// A folder that stays and a new one whose names are one to the file system, and two to Python, which would not
    /// find what is new.
    respelled: Option<(PathBuf, PathBuf)>,
}

impl Placing<'_> {
    fn folder(&mut self, path: &Path) -> io::Result<()> {
        let mut names =
            fs::read_dir(self.new.join(path))?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>()?;
        names.sort();
        for name in names {
            let path = path.join(listed_name(&self.new.join(path), &name).map_or(name, OsString::from));
            let is_folder = fs::symlink_metadata(self.new.join(&path))?.is_dir();
            let there = fs::symlink_metadata(self.out.join(&path)).ok();
            let real = if there.is_some() { self.on_disk.real(&path)? } else { path.clone() };
            match there.filter(|_| !self.removals.contains(&real)) {
                // A link to a folder is no folder: nothing is written through it.
                Some(there) if is_folder && there.is_dir() && real == path => self.folder(&path)?,
                Some(there) if is_folder && there.is_dir() => {
                    self.respelled.get_or_insert((real, path));
                }
                Some(_) => {
                    self.in_the_way.push((path.clone(), real));
                    self.placements.push(path);
                }
                None => self.placements.push(path),
            }
        }
        Ok(())
    }
}

/// Without the paths that lie below others.
fn outermost(paths: BTreeSet<PathBuf>) -> Vec<PathBuf> {
    // Component by component, as paths are ordered, what lies below a path comes right behind it.
    let mut outermost: Vec<PathBuf> = Vec::new();
    for path in paths {
        if outermost.last().is_none_or(|last| !path.starts_with(last)) {
            outermost.push(path);
        }
    }
    outermost
}

/// Removes folders that removals have left empty.
pub(super) fn remove_empty_folders(out: &Path, removals: &[PathBuf]) {
    let mut folders: BTreeSet<&Path> = BTreeSet::new();
    for path in removals {
        folders.extend(path.ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty()));
    }
    for folder in folders.iter().rev() {
        let _ = fs::remove_dir(out.join(folder));
    }
}
