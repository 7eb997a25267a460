//! Folders in which outputs are prepared: hidden, beside OUT or, where that cannot be, inside it.
//!
//! ```text
//! .barrow-RANDOM.tmp/   mode 0700, locked as long as its process lives
//! ├── new/ or new.zip   the output as it will be
//! ├── old/              what lay in OUT, while it is being replaced
//! ├── journal           what is to be moved; exists while OUT may be neither old nor new
//! └── placing           exists from the moment when everything old was moved away
//! ```
//!
//! A folder that no process has locked was left by one that died: the next run puts OUT in order and removes it.

use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use fs_err as fs;
use rayon::prelude::*;

use super::journal::Journal;
use super::out_lock::{LONGEST_WAIT, OutLock, is_lock_name};
use crate::cache::{WORKPLACE_PREFIX as PREFIX, WORKPLACE_SUFFIX as SUFFIX, is_workplace_name, spread_subfolders};
use crate::file_lock::{FileLock, FileLockError, unless_held, wait};
use crate::modes::where_modes_are_kept;

/// How many workplaces are made, at most, until no other run removes one before it is locked.
const ATTEMPTS: usize = 100;

/// A folder in which an output is prepared; it is removed with everything in it when the value is dropped.
#[derive(Debug)]
pub(super) struct Workplace {
    folder: PathBuf,
    /// Held for as long as the process lives; `None` where the file system has no locks.
    _lock: Option<FileLock>,
}

impl Workplace {
    /// Makes one in `parent`.
    pub(super) fn create(parent: &Path) -> io::Result<Self> {
        for _ in 0..ATTEMPTS {
            let folder = tempfile::Builder::new()
                .prefix(PREFIX)
                .suffix(SUFFIX)
                .permissions(std::fs::Permissions::from_mode(0o700))
                .tempdir_in(parent)?
                .keep();
            match FileLock::on_folder(&folder) {
                Ok(Some(lock)) => return Ok(Self { folder, _lock: Some(lock) }),
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Ok(Self { folder, _lock: None }),
                // Until it was locked it looked like an abandoned one, and another run has taken it away.
                _ => {}
            }
        }
        Err(io::ErrorKind::ResourceBusy.into())
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes the folder of the output as it will be, with the mode that all folders of a bundle have.
    pub(super) fn make_new_tree(&self) -> io::Result<PathBuf> {
        spread_subfolders(&self.folder);
        // The place on the disk is chosen by the name, and is to be another one each time.
        let made = tempfile::Builder::new()
            .permissions(std::fs::Permissions::from_mode(0o755))
            .tempdir_in(&self.folder)?
            .keep();
        // The umask may have narrowed the mode.
        where_modes_are_kept(fs::set_permissions(&made, std::fs::Permissions::from_mode(0o755)))?;
        let tree = self.new_tree();
        fs::rename(&made, &tree)?;
        Ok(tree)
    }

    /// The output as it will be.
    pub(super) fn new_tree(&self) -> PathBuf {
        self.folder.join("new")
    }

    pub(super) fn new_zip(&self) -> PathBuf {
        self.folder.join("new.zip")
    }
}

impl Drop for Workplace {
    fn drop(&mut self) {
        // While a journal exists the user's old files may lie here alone; after a panic no one knows. The next run
        // looks.
        if !std::thread::panicking() && !self.folder.join("journal").exists() {
            let _ = remove_tree(&self.folder);
        }
    }
}

/// Puts in order what processes that died have left in `folder`, which is OUT or the folder around it; the caller holds
/// the lock of `out`. What cannot be put in order stays, for a person to look at.
///
/// A journal belongs to an OUT, and is obeyed under the lock of that OUT, which is taken first: what another run has
/// left at another OUT is left to that one while it is busy there.
///
/// # Errors
/// A journal of `out` is in the hands of another process, which does not let it go.
pub(super) fn recover(folder: &Path, out: &Path, cancel: Option<&AtomicBool>) -> Result<(), FileLockError> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries.flatten().filter(|entry| is_workplace_name(&entry.file_name())) {
        let workplace = entry.path();
        if is_lock_name(&entry.file_name()) {
            // Where no process holds the lock, taking it and letting it go removes the file.
            let _ = FileLock::on_file(&workplace);
            continue;
        }
        if !is_our_own(&workplace) {
            continue;
        }
        let journal = Journal::read(&workplace);
        let journaled = journal.as_ref().map(|journal| journal.out(folder));
        let is_here = journaled.as_deref() == Some(out);
        let _there = match &journaled {
            Some(there) if !is_here => match OutLock::try_acquire(there, there != folder) {
                Some(lock) => Some(lock),
                None => continue,
            },
            _ => None,
        };
        let attempt = || unless_held(FileLock::on_folder(&workplace), workplace.clone());
        let lock = if is_here { wait(LONGEST_WAIT, cancel, attempt)? } else { attempt().unwrap_or_default() };
        // Without locks no one can tell an abandoned folder from one in use: it stays.
        let Some(_lock) = lock else { continue };
        // Its process may have lived, and written a journal, until a moment ago.
        if Journal::read(&workplace) != journal {
            continue;
        }
        if journal.is_none_or(|journal| journal.recover(&workplace, folder).is_ok()) {
            let _ = remove_tree(&workplace);
        }
    }
    Ok(())
}

/// Whether something lies in `folder` that [`recover`] has to look at.
pub(super) fn has_leftovers(folder: &Path) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.flatten().any(|entry| is_workplace_name(&entry.file_name()))
}

/// Made by this user and closed to others: a journal is obeyed, so it must be our own.
fn is_our_own(folder: &Path) -> bool {
    let Ok(metadata) = fs::symlink_metadata(folder) else { return false };
    metadata.is_dir() && metadata.mode() & 0o777 == 0o700 && metadata.uid() == rustix::process::geteuid().as_raw()
}

/// Removes a folder with everything in it, its subfolders in parallel. Links are removed, not followed.
pub(super) fn remove_tree(folder: &Path) -> io::Result<()> {
    let entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.par_iter().try_for_each(|entry| {
        if entry.file_type()?.is_dir() { remove_tree(&entry.path()) } else { fs::remove_file(entry.path()) }
    })?;
    fs::remove_dir(folder)
}
