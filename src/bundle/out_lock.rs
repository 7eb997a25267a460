//! Keeps processes from publishing at one OUT at the same time, and from nothing else.
//!
//! OUT is locked twice: by its name, through an empty file `.barrow-DIGEST.tmp` beside it, because OUT may be absent and
//! becomes another folder when it is replaced; and as a folder, because another process may see it as a mount point, with
//! nothing beside it. The file is there for as long as the lock is held, and one that a process left when it died is removed
//! by the next run. Runs with other OUTs have locks of their own: one that is stopped is in nobody else's way.

use std::ffi::OsStr;
use std::fs::TryLockError;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fs_err as fs;
use fs_err::os::unix::fs::OpenOptionsExt as _;
use rustix::fs::OFlags;

use super::workplace::{PREFIX, SUFFIX};
use crate::spec::sha256;

/// How long another process may hold a lock, which it needs for a few renames, before it is taken for stuck.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// Hexadecimal digits of the digest in the name of a lock file.
const DIGEST_LENGTH: usize = 32;

/// The right to change OUT, held until it is dropped. A part of it is missing where the file system has no locks.
#[derive(Debug)]
pub(super) struct OutLock {
    _by_name: Option<Lock>,
    _folder: Option<Lock>,
}

impl OutLock {
    /// Waits until no other process holds it. Without a place beside OUT, OUT is locked as a folder alone.
    pub(super) fn acquire(out: &Path, has_beside: bool, cancel: Option<&AtomicBool>) -> Result<Self, LockError> {
        wait(cancel, || Self::attempt(out, has_beside))
    }

    /// `None` when another process holds it.
    pub(super) fn try_acquire(out: &Path, has_beside: bool) -> Option<Self> {
        Self::attempt(out, has_beside).ok()
    }

    /// Fails with the path of what another process has locked.
    fn attempt(out: &Path, has_beside: bool) -> Result<Self, PathBuf> {
        let file = out.file_name().filter(|_| has_beside).map(|name| out.with_file_name(lock_name(name)));
        let by_name = file.map(|file| unless_held(Lock::on_file(&file), file)).transpose()?.flatten();
        let folder = unless_held(Lock::on_folder(out), out.to_owned())?;
        Ok(Self { _by_name: by_name, _folder: folder })
    }
}

/// A lock was not got.
#[derive(Debug)]
pub(super) enum LockError {
    /// The user interrupted.
    Cancelled,
    /// Another process has held it for too long; its number, where the system tells.
    Busy { process: Option<u32> },
}

/// Tries until it succeeds; an attempt fails with the path of what another process has locked.
pub(super) fn wait<T>(
    cancel: Option<&AtomicBool>,
    mut attempt: impl FnMut() -> Result<T, PathBuf>,
) -> Result<T, LockError> {
    let mut pause = Duration::from_millis(1);
    let mut waited = Duration::ZERO;
    loop {
        let held = match attempt() {
            Ok(got) => return Ok(got),
            Err(held) => held,
        };
        if cancel.is_some_and(|cancel| cancel.load(Ordering::Relaxed)) {
            return Err(LockError::Cancelled);
        }
        if waited > LONGEST_WAIT {
            return Err(LockError::Busy { process: holder(&held) });
        }
        std::thread::sleep(pause);
        waited += pause;
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

/// The lock, or `None` where there are no locks; fails with `path` when another process holds it.
pub(super) fn unless_held(lock: io::Result<Option<Lock>>, path: PathBuf) -> Result<Option<Lock>, PathBuf> {
    match lock {
        Ok(None) => Err(path),
        Ok(lock) => Ok(lock),
        Err(_) => Ok(None),
    }
}

/// An exclusive lock on what lies at a path. The system releases it when the process ends, however it ends.
///
/// Only who holds it may remove what is locked. So it counts only while the locked thing is what lies at the path: between
/// opening and locking it another process may have had it, removed it, and made another one.
#[derive(Debug)]
pub(super) struct Lock {
    file: std::fs::File,
    /// A lock file, which goes with the lock.
    made: Option<PathBuf>,
}

impl Lock {
    /// `None` when another process holds it, or has just removed the folder; `Err` where it cannot be locked.
    pub(super) fn on_folder(folder: &Path) -> io::Result<Option<Self>> {
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW;
        let file = fs::OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(folder)?;
        Self::on(file, folder, None)
    }

    /// The same for a file, which is made when it is absent.
    pub(super) fn on_file(path: &Path) -> io::Result<Option<Self>> {
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
        let locked = file.metadata()?;
        let is_there =
            fs::symlink_metadata(path).is_ok_and(|there| (there.dev(), there.ino()) == (locked.dev(), locked.ino()));
        Ok(is_there.then_some(Self { file, made }))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let Some(made) = &self.made {
            let _ = fs::remove_file(made);
        }
        // A child process that has not become its program yet shares the open file.
        let _ = self.file.unlock();
    }
}

/// The lock file of an OUT with this name.
pub(super) fn lock_name(out_name: &OsStr) -> String {
    format!("{PREFIX}{}{SUFFIX}", &sha256(out_name.as_bytes()).hex()[..DIGEST_LENGTH])
}

/// Whether an entry with this name is a lock file.
pub(super) fn is_lock_name(name: &OsStr) -> bool {
    let digest = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX));
    digest.is_some_and(|digest| {
        digest.len() == DIGEST_LENGTH && digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

/// The process that has locked what lies at a path, where the system has a list of locks, as Linux does:
/// `3: FLOCK  ADVISORY  WRITE 4711 fe:00:131 0 EOF`, with device and inode.
pub(super) fn holder(path: &Path) -> Option<u32> {
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
