//! The unpacked files of a wheel in the cache: complete or absent, and as they were when they were checked.

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use fs_err as fs;
use rayon::prelude::*;

use super::error::{InstallError, WheelFault};
use super::installed::{FileContent, InstalledDist, InstalledFile, UnpackedTree};
use super::look::Viewer;
use super::stamps::{self, Stamp};
use super::unpack::{EntryJob, UnpackError, create, settle, unpack};
use crate::archive::{ArchiveError, SafePath, each_folder_of, folder_and_name};
use crate::cache::{Cache, CacheError};
use crate::regular;

/// Name of a tree in the folder of the wheel's digest.
const TREE: &str = "tree";
/// The files of a tree.
const FILES: &str = "files";
/// The stamps of a tree.
const STAMPS: &str = "stamps";
/// Stamps that one thread checks at a time: a check takes a microsecond.
const CHECKED_AT_ONCE: usize = 256;

/// Sees to it that `dist.tree` is a folder with every file of the distribution, as it was checked.
///
/// A tree that is there is compared with its stamps; files that someone changed, through a hard link in an output for
/// example, are replaced by new ones from the wheel, so that what is linked to the changed ones stays as it is.
pub(crate) fn ensure_tree(dist: &mut InstalledDist, cache: &Cache) -> Result<(), InstallError> {
    let was_degraded = cache.is_degraded();
    match find_or_build(dist, cache) {
        Err(InstallError::Unpack { .. }) if can_retry(cache, was_degraded) => find_or_build(dist, cache),
        other => other,
    }
}

fn find_or_build(dist: &mut InstalledDist, cache: &Cache) -> Result<(), InstallError> {
    let place = cache.install(&dist.digest);
    for place in BTreeSet::from([cache.redirected(&place), place]) {
        let tree = place.join(TREE);
        if !tree.join(FILES).is_dir() {
            continue;
        }
        match check_and_heal(dist, &tree, cache) {
            Ok(stamps) => {
                dist.tree = Some(UnpackedTree { folder: tree.join(FILES), stamps });
                return Ok(());
            }
            // It can neither be used nor mended where it is: a new one takes its place, if it is ours to replace.
            Err(InstallError::Unpack { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    build(dist, cache)
}

/// The tree of a distribution as the cache has it. Its files are not looked at: that is for whoever places them.
pub(super) fn known_tree(dist: &InstalledDist, cache: &Cache) -> Option<UnpackedTree> {
    let tree = cache.install(&dist.digest).join(TREE);
    let stamps = stamps::decode(&regular::read(&tree.join(STAMPS)).ok()?, dist.files.len())?;
    Some(UnpackedTree { folder: tree.join(FILES), stamps })
}

/// Unpacks every file anew.
fn build(dist: &mut InstalledDist, cache: &Cache) -> Result<(), InstallError> {
    let label = dist.label();
    let builder = TreeBuilder::begin(cache, &label)?;
    builder.make_folders(dist.files.iter().map(|file| &file.path))?;
    let files: Vec<(&InstalledFile, PathBuf)> =
        dist.files.iter().map(|file| (file, builder.path_of(&file.path))).collect();
    let stamps = write_files(dist, &files)?;
    builder.finish(dist, stamps, cache)
}

/// Compares a tree with its stamps and replaces what differs.
fn check_and_heal(dist: &InstalledDist, tree: &Path, cache: &Cache) -> Result<Vec<Stamp>, InstallError> {
    let files = tree.join(FILES);
    let stamps = regular::read(&tree.join(STAMPS)).ok();
    let stamps = stamps.and_then(|bytes| stamps::decode(&bytes, dist.files.len()));
    let changed: Vec<usize> = match &stamps {
        Some(stamps) => (0..dist.files.len())
            .into_par_iter()
            .step_by(CHECKED_AT_ONCE)
            .flat_map_iter(|start| {
                let mut viewer = Viewer::new(&files).ok();
                let end = dist.files.len().min(start + CHECKED_AT_ONCE);
                (start..end).filter(move |&index| {
                    let (file, stamp) = (&dist.files[index], &stamps[index]);
                    let seen = viewer.as_mut().and_then(|viewer| viewer.look(&file.path).ok());
                    seen.is_none_or(|seen| !stamp.matches(seen, file.size, file.executable))
                })
            })
            .collect(),
        None => (0..dist.files.len()).collect(),
    };
    let stamps = match stamps {
        Some(stamps) if changed.is_empty() => return Ok(stamps),
        stamps => stamps,
    };
    let failed = |path: &Path, source| InstallError::Unpack { wheel: dist.label(), path: path.to_owned(), source };
    let staging = cache.temporary_folder().map_err(|error| unwritable(&dist.label(), error))?;
    let staged: Vec<(&InstalledFile, PathBuf)> =
        changed.iter().map(|&index| (&dist.files[index], staging.path().join(index.to_string()))).collect();
    let fresh = write_files(dist, &staged)?;
    for (file, staged) in &staged {
        let place = file.path.below(&files);
        replace(staged, &place).map_err(|error| failed(&place, error))?;
    }
    let stamps = match stamps {
        Some(mut stamps) => {
            changed.iter().zip(fresh).for_each(|(&index, stamp)| stamps[index] = stamp);
            stamps
        }
        None => fresh,
    };
    let written = staging.path().join(STAMPS);
    fs::write(&written, stamps::encode(&stamps))
        .and_then(|()| fs::rename(&written, tree.join(STAMPS)))
        .map_err(|error| failed(&written, error))?;
    Ok(stamps)
}

/// Renames a new file over whatever lies in its place.
fn replace(new: &Path, place: &Path) -> io::Result<()> {
    if place.symlink_metadata().is_ok_and(|metadata| metadata.is_dir()) {
        fs::remove_dir_all(place)?;
    }
    if let Some(parent) = place.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::rename(new, place)
}

/// Writes files of a distribution to the given paths, checked against their digests; gives their stamps.
fn write_files(dist: &InstalledDist, files: &[(&InstalledFile, PathBuf)]) -> Result<Vec<Stamp>, InstallError> {
    let label = || dist.label();
    let mut stamps: Vec<Option<Stamp>> = vec![None; files.len()];
    let mut jobs = Vec::with_capacity(files.len());
    let mut indices = Vec::with_capacity(files.len());
    for (index, (file, path)) in files.iter().enumerate() {
        match (&file.content, file.span()) {
            (FileContent::Generated(content), _) => {
                let stamp = write_content(path, file.tree_mode(), content)
                    .map_err(|source| InstallError::unpack(&label(), path.clone(), source))?;
                stamps[index] = Some(stamp);
            }
            (FileContent::WheelEntry { .. }, span) => {
                indices.push(index);
                jobs.push(EntryJob {
                    name: file.path.as_str(),
                    span: span.expect("a wheel entry has a span"),
                    promised: Some(&file.sha256),
                    target: Some((path.clone(), file.tree_mode())),
                });
            }
        }
    }
    let wheel = fs::File::open(&dist.wheel)
        .map_err(|error| InstallError::Reread { wheel: label(), fault: ArchiveError::Read(error).into() })?;
    let unpacked = unpack(wheel.file(), &jobs).map_err(|error| match error {
        UnpackError::Fault(fault) => InstallError::Reread { wheel: label(), fault },
        UnpackError::Write { path, source } => InstallError::unpack(&label(), path, source),
    })?;
    for (index, unpacked) in indices.into_iter().zip(unpacked) {
        if !unpacked.is_as_promised {
            return Err(InstallError::Reread { wheel: label(), fault: WheelFault::Damaged });
        }
        stamps[index] = unpacked.stamp;
    }
    Ok(stamps.into_iter().flatten().collect())
}

fn write_content(path: &Path, mode: u32, content: &[u8]) -> io::Result<Stamp> {
    let mut file = create(path, mode)?;
    file.write_all(content)?;
    settle(&file, mode)
}

/// A tree that is being written, in a temporary folder of the cache; dropping it removes it.
pub(super) struct TreeBuilder {
    folder: tempfile::TempDir,
    files: PathBuf,
    label: String,
}

impl TreeBuilder {
    /// Makes the temporary folder; `label` names the wheel in messages.
    pub(super) fn begin(cache: &Cache, label: &str) -> Result<Self, InstallError> {
        let folder = cache.temporary_folder().map_err(|error| unwritable(label, error))?;
        let files = folder.path().join(FILES);
        let builder = Self { folder, label: label.to_owned(), files };
        fs::create_dir(&builder.files).map_err(|source| builder.failed(&builder.files, source))?;
        Ok(builder)
    }

    /// Where a file is to be written.
    pub(super) fn path_of(&self, path: &SafePath) -> PathBuf {
        path.below(&self.files)
    }

    /// Makes every folder that these files need.
    pub(super) fn make_folders<'a>(&self, paths: impl Iterator<Item = &'a SafePath>) -> Result<(), InstallError> {
        for folder in folders_of(paths) {
            let folder = self.files.join(folder);
            fs::create_dir(&folder).map_err(|source| self.failed(&folder, source))?;
        }
        Ok(())
    }

    /// Writes a file that the installer made.
    pub(super) fn write_generated(&self, file: &InstalledFile) -> Result<Stamp, InstallError> {
        let path = self.path_of(&file.path);
        let FileContent::Generated(content) = &file.content else { unreachable!("called for generated files only") };
        write_content(&path, file.tree_mode(), content).map_err(|source| self.failed(&path, source))
    }

    /// Puts the tree in its place. A tree that another process put there meanwhile is as good, and is checked.
    pub(super) fn finish(
        self,
        dist: &mut InstalledDist,
        mut stamps: Vec<Stamp>,
        cache: &Cache,
    ) -> Result<(), InstallError> {
        let written = self.folder.path().join(STAMPS);
        fs::write(&written, stamps::encode(&stamps)).map_err(|source| self.failed(&written, source))?;
        let tree = cache.redirected(&cache.install(&dist.digest)).join(TREE);
        cache.make_parent(&tree).map_err(|error| unwritable(&self.label, error))?;
        if fs::rename(self.folder.path(), &tree).is_err() {
            let other = if tree.join(FILES).is_dir() { check_and_heal(dist, &tree, cache).ok() } else { None };
            if let Some(theirs) = other {
                stamps = theirs;
            } else {
                let away = cache.temporary_folder().map_err(|error| unwritable(&self.label, error))?;
                let _ = fs::rename(&tree, away.path().join(TREE));
                fs::rename(self.folder.path(), &tree).map_err(|source| self.failed(&tree, source))?;
            }
        }
        dist.tree = Some(UnpackedTree { folder: tree.join(FILES), stamps });
        Ok(())
    }

    fn failed(&self, path: &Path, source: io::Error) -> InstallError {
        InstallError::unpack(&self.label, path.to_owned(), source)
    }
}

fn unwritable(label: &str, error: CacheError) -> InstallError {
    let (CacheError::Write { path, source }
    | CacheError::Read { path, source }
    | CacheError::Remove { path, source }
    | CacheError::InUse { path, source }) = error;
    InstallError::Unpack { wheel: label.to_owned(), path, source }
}

/// The folders that files are in, parents before children.
pub(super) fn folders_of<'a>(paths: impl Iterator<Item = &'a SafePath>) -> BTreeSet<&'a str> {
    let mut folders = BTreeSet::new();
    let mut before = "";
    for path in paths {
        // Most files of a folder come one after the other.
        let folder = folder_and_name(path.as_str()).0;
        if folder != before {
            each_folder_of(path.as_str(), |folder| folders.insert(folder));
            before = folder;
        }
    }
    folders
}

/// Whether the cache, which could not be written, has found another place to write to since.
pub(super) fn can_retry(cache: &Cache, was_degraded: bool) -> bool {
    cache.degrade(was_degraded).unwrap_or(false)
}
