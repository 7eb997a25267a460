//! Keeps processes from publishing at one OUT at the same time, and from nothing else.
//!
//! OUT is locked twice: by its name, through an empty file `.barrow-DIGEST.tmp` beside it, because OUT may be absent
//! and becomes another folder when it is replaced; and as a folder, because another process may see it as a mount
//! point, with nothing beside it. The file is there for as long as the lock is held, and one that a process left when
//! it died is removed by the next run. Runs with other OUTs have locks of their own: one that is stopped is in nobody
//! else's way.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::cache::{WORKPLACE_PREFIX as PREFIX, WORKPLACE_SUFFIX as SUFFIX};
use crate::file_lock::{FileLock, FileLockError, unless_held, wait};
use crate::spec::sha256;

/// How long another process may hold a lock, which it needs for a few renames, before it is taken for stuck.
pub(super) const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// Hexadecimal digits of the digest in the name of a lock file.
const DIGEST_LENGTH: usize = 32;

/// The right to change OUT, held until it is dropped. A part of it is missing where the file system has no locks.
#[derive(Debug)]
pub(super) struct OutLock {
    _by_name: Option<FileLock>,
    _folder: Option<FileLock>,
}

impl OutLock {
    /// Waits until no other process holds it. Without a place beside OUT, OUT is locked as a folder alone.
    pub(super) fn acquire(out: &Path, has_beside: bool, cancel: Option<&AtomicBool>) -> Result<Self, FileLockError> {
        wait(LONGEST_WAIT, cancel, || Self::attempt(out, has_beside))
    }

    /// `None` when another process holds it.
    pub(super) fn try_acquire(out: &Path, has_beside: bool) -> Option<Self> {
        Self::attempt(out, has_beside).ok()
    }

    /// Fails with the path of what another process has locked.
    fn attempt(out: &Path, has_beside: bool) -> Result<Self, PathBuf> {
        let file = out.file_name().filter(|_| has_beside).map(|name| out.with_file_name(lock_name(name)));
        let by_name = file.map(|file| unless_held(FileLock::on_file(&file), file)).transpose()?.flatten();
        let folder = unless_held(FileLock::on_folder(out), out.to_owned())?;
        Ok(Self { _by_name: by_name, _folder: folder })
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
