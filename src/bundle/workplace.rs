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

use std::ffi::OsStr;
use std::fs::TryLockError;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fs_err as fs;
use rayon::prelude::*;

use super::journal::Journal;
use crate::cache::spread_subfolders;
use crate::install::where_modes_are_kept;

const PREFIX: &str = ".barrow-";
const SUFFIX: &str = ".tmp";

/// How long another process may hold a lock, which it needs for a few renames, before it is taken for stuck.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// A folder in which an output is prepared; it is removed with everything in it when the value is dropped.
#[derive(Debug)]
pub(super) struct Workplace {
    folder: PathBuf,
    /// Held for as long as the process lives; `None` where the file system has no locks.
    _lock: Option<FolderLock>,
}

impl Workplace {
    /// Makes one in `parent`, whose lock the caller holds, so that no one takes it for an abandoned one.
    pub(super) fn create(parent: &Path) -> io::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix(PREFIX)
            .suffix(SUFFIX)
            .permissions(std::fs::Permissions::from_mode(0o700))
            .tempdir_in(parent)?
            .keep();
        let lock = FolderLock::try_acquire(&folder).unwrap_or_default();
        Ok(Self { folder, _lock: lock })
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
        // While a journal exists the user's old files may lie here alone; after a panic no one knows. The next run looks.
        if !std::thread::panicking() && !self.folder.join("journal").exists() {
            let _ = remove_tree(&self.folder);
        }
    }
}

/// Whether an entry with this name is a workplace.
pub(super) fn is_name(name: &OsStr) -> bool {
    let name = name.as_bytes();
    name.starts_with(PREFIX.as_bytes()) && name.ends_with(SUFFIX.as_bytes())
}

/// Puts in order what processes that died have left in `parent`, whose lock the caller holds. `out` is where a journal
/// inside OUT itself would lead. What cannot be put in order stays, for a person to look at.
pub(super) fn recover(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten().filter(|entry| is_name(&entry.file_name())) {
        let folder = entry.path();
        if !is_our_own(&folder) {
            continue;
        }
        // Without locks no one can tell an abandoned folder from one in use: it stays.
        let Ok(Some(_lock)) = FolderLock::try_acquire(&folder) else { continue };
        if Journal::read(&folder).is_none_or(|journal| journal.recover(&folder, parent).is_ok()) {
            let _ = remove_tree(&folder);
        }
    }
}

/// Does the same where there is something to do and no process holds the lock of `parent`.
pub(super) fn recover_unless_busy(parent: &Path) {
    let Ok(mut entries) = fs::read_dir(parent) else { return };
    if entries.any(|entry| entry.is_ok_and(|entry| is_name(&entry.file_name())))
        && let Ok(Some(_lock)) = FolderLock::try_acquire(parent)
    {
        recover(parent);
    }
}

/// Made by this user and closed to others: a journal is obeyed, so it must be our own.
fn is_our_own(folder: &Path) -> bool {
    let Ok(metadata) = fs::symlink_metadata(folder) else { return false };
    metadata.is_dir() && metadata.mode() & 0o777 == 0o700 && metadata.uid() == rustix::process::geteuid().as_raw()
}

/// An exclusive lock on a folder itself: no lock file lies anywhere, and the system releases it when the process ends.
#[derive(Debug)]
pub(super) struct FolderLock {
    _file: std::fs::File,
}

impl FolderLock {
    /// Waits until no other process holds it. `None` where the folder cannot be locked.
    pub(super) fn acquire(folder: &Path, cancel: Option<&AtomicBool>) -> Result<Option<Self>, LockError> {
        let mut pause = Duration::from_millis(1);
        let mut waited = Duration::ZERO;
        loop {
            match Self::try_acquire(folder) {
                Ok(Some(lock)) => return Ok(Some(lock)),
                Err(_) => return Ok(None),
                Ok(None) => {}
            }
            if cancel.is_some_and(|cancel| cancel.load(Ordering::Relaxed)) {
                return Err(LockError::Cancelled);
            }
            if waited > LONGEST_WAIT {
                return Err(LockError::Busy);
            }
            std::thread::sleep(pause);
            waited += pause;
            pause = (pause * 2).min(Duration::from_millis(50));
        }
    }

    /// `None` when another process holds it, `Err` where the folder cannot be locked.
    fn try_acquire(folder: &Path) -> io::Result<Option<Self>> {
        let file = fs::File::open(folder)?.into_parts().0;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

/// A lock was not got.
pub(super) enum LockError {
    /// The user interrupted.
    Cancelled,
    /// Another process has held it for too long.
    Busy,
}

/// Removes a folder with everything in it, its subfolders in parallel. Links are removed, not followed.
pub(super) fn remove_tree(folder: &Path) -> io::Result<()> {
    let entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.par_iter().try_for_each(|entry| {
        if entry.file_type()?.is_dir() { remove_tree(&entry.path()) } else { fs::remove_file(entry.path()) }
    })?;
    fs::remove_dir(folder)
}
