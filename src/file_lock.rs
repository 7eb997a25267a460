//! Locks between processes, on folders and on files that are there for nothing else. They are exclusive, but for those
//! of many who use a folder together.
//!
//! The system releases them when the process ends, however it ends. A process that is stopped keeps them, so nobody
//! waits for ever, and who has waited in vain is told whom to end.

use std::fs::TryLockError;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fs_err as fs;
use fs_err::os::unix::fs::OpenOptionsExt as _;
use rustix::fs::OFlags;

/// A lock was not got.
#[derive(Debug)]
pub(crate) enum FileLockError {
    /// The user interrupted.
    Cancelled,
    /// Another process has held it for too long; its number, where the system tells.
    Busy { process: Option<u32> },
}

/// Tries until it succeeds; an attempt fails with the path of what another process has locked.
pub(crate) fn wait<T>(
    longest: Duration,
    cancel: Option<&AtomicBool>,
    mut attempt: impl FnMut() -> Result<T, PathBuf>,
) -> Result<T, FileLockError> {
    let mut pause = Duration::from_millis(1);
    let mut waited = Duration::ZERO;
    loop {
        let held = match attempt() {
            Ok(got) => return Ok(got),
            Err(held) => held,
        };
        if cancel.is_some_and(|cancel| cancel.load(Ordering::Relaxed)) {
            return Err(FileLockError::Cancelled);
        }
        if waited > longest {
            return Err(FileLockError::Busy { process: holder(&held) });
        }
        std::thread::sleep(pause);
        waited += pause;
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

/// The same attempt, which tells once that somebody else holds the lock.
pub(crate) fn telling<T>(
    mut attempt: impl FnMut() -> Result<T, PathBuf>,
    mut tell: impl FnMut(),
) -> impl FnMut() -> Result<T, PathBuf> {
    let mut is_told = false;
    move || {
        let held = attempt();
        if held.is_err() && !std::mem::replace(&mut is_told, true) {
            tell();
        }
        held
    }
}

/// The lock, or `None` where there are no locks; fails with `path` when another process holds it.
pub(crate) fn unless_held(lock: io::Result<Option<FileLock>>, path: PathBuf) -> Result<Option<FileLock>, PathBuf> {
    match lock {
        Ok(None) => Err(path),
        Ok(lock) => Ok(lock),
        Err(_) => Ok(None),
    }
}

/// An exclusive lock on what lies at a path.
///
/// Only who holds it may remove what is locked. So it counts only while the locked thing is what lies at the path:
/// between opening and locking it another process may have had it, removed it, and made another one.
#[derive(Debug)]
pub(crate) struct FileLock {
    file: std::fs::File,
    /// A lock file, which goes with the lock.
    made: Option<PathBuf>,
}

impl FileLock {
    /// Locks a folder. `None` when another process holds the lock, or has just removed the folder; `Err` where folders
    /// cannot be locked.
    pub(crate) fn on_folder(folder: &Path) -> io::Result<Option<Self>> {
        Self::on(open_folder(folder)?, folder, None)
    }

    /// Locks a folder together with all who do the same. Answers as [`FileLock::on_folder`] does: `None` when a process
    /// holds it alone.
    pub(crate) fn on_folder_with_others(folder: &Path) -> io::Result<Option<Self>> {
        let file = open_folder(folder)?;
        match file.file().try_lock_shared() {
            Ok(()) => Ok(lies_at(file.file(), folder).then(|| Self { file: file.into_parts().0, made: None })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Whether another process holds the lock on a file that is there.
    pub(crate) fn is_held(path: &Path) -> bool {
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
        let file = fs::OpenOptions::new().read(true).custom_flags(flags).open(path);
        // What is locked here goes with the value.
        file.is_ok_and(|file| matches!(file.file().try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// Locks a file, which is made when it is absent. Answers as [`FileLock::on_folder`] does.
    pub(crate) fn on_file(path: &Path) -> io::Result<Option<Self>> {
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
        let open = |is_own: bool| {
            fs::OpenOptions::new().read(true).write(is_own).create(is_own).custom_flags(flags).open(path)
        };
        let file = match open(true) {
            // Another user's.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => open(false)?,
            result => result?,
        };
        let metadata = file.metadata()?;
        if !metadata.is_file() || metadata.len() > 0 {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        Self::on(file, path, Some(path.to_owned()))
    }

    fn on(file: fs::File, path: &Path, made: Option<PathBuf>) -> io::Result<Option<Self>> {
        let file = file.into_parts().0;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => {
                // No process can have locked it.
                made.map(fs::remove_file).transpose()?;
                return Err(error);
            }
        }
        Ok(lies_at(&file, path).then(|| Self { file, made }))
    }
}

fn open_folder(folder: &Path) -> io::Result<fs::File> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW;
    fs::OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(folder)
}

/// Whether an open file or folder is what lies at a path.
fn lies_at(file: &std::fs::File, path: &Path) -> bool {
    let (Ok(opened), Ok(there)) = (file.metadata(), fs::symlink_metadata(path)) else { return false };
    (there.dev(), there.ino()) == (opened.dev(), opened.ino())
}

impl Drop for FileLock {
    fn drop(&mut self) {
        // Never the lock of another one, even if somebody else has removed this one's file.
        if let Some(made) = self.made.as_ref().filter(|made| lies_at(&self.file, made)) {
            let _ = fs::remove_file(made);
        }
        // A child between fork and exec shares the open file, so that closing it here would not release the lock.
        let _ = self.file.unlock();
    }
}

/// The process that has locked what lies at a path, where the system has a list of locks, as Linux does:
/// `3: FLOCK  ADVISORY  WRITE 4711 fe:00:131 0 EOF`, with device and inode.
pub(crate) fn holder(path: &Path) -> Option<u32> {
    let inode = fs::symlink_metadata(path).ok()?.ino().to_string();
    let locks = fs::read_to_string("/proc/locks").ok()?;
    let mut holders = locks.lines().filter_map(|line| {
        let mut fields = line.split_whitespace().skip(1);
        let (kind, process) = (fields.next()?, fields.nth(2)?);
        let is_it = kind == "FLOCK" && fields.next()?.rsplit(':').next()? == inode;
        process.parse().ok().filter(|_| is_it)
    });
    // Inodes of two file systems may have one number.
    holders.next().filter(|_| holders.next().is_none())
}

/// How a message names the holder of a lock, behind a noun.
pub(crate) fn named(process: Option<u32>) -> String {
    process.map(|process| format!(" (process {process})")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use fs_err as fs;

    use crate::file_lock::FileLock;

    #[test]
    fn a_lock_on_a_file_that_was_replaced_does_not_count_and_removes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let first = FileLock::on_file(&path).unwrap().unwrap();
        let late = fs::File::open(&path).unwrap();
        drop(first);
        assert!(!path.exists());
        let second = FileLock::on_file(&path).unwrap().unwrap();
        assert!(FileLock::on(late, &path, Some(path.clone())).unwrap().is_none());
        assert!(path.exists(), "it is the lock of another one");
        assert!(FileLock::on_file(&path).unwrap().is_none());
        drop(second);
        assert!(!path.exists());
    }
}
