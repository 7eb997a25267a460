//! Where the hidden folder of a run lies, and the lock that goes with it.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use fs_err as fs;

use super::PublishError;
use super::options::PublishOptions;
use super::out_lock::OutLock;
use super::workplace::{self, Workplace};
use crate::file_lock::FileLockError;

/// Where the hidden folder lies.
pub(super) enum Site {
    /// In this folder, beside OUT.
    Beside(PathBuf),
    /// In OUT itself: nothing can be renamed from beside it.
    Inside,
}

impl Site {
    /// Finds a place for the hidden folder, puts in order what killed runs have left there, refuses by `check` what
    /// lies at OUT where it must be, and makes the folder.
    pub(super) fn prepare(
        out: &Path,
        options: &PublishOptions,
        same_mount: fn(&Path, &Path) -> bool,
        check: impl FnOnce() -> Result<(), PublishError>,
    ) -> Result<(Self, Workplace), PublishError> {
        let failed = |action, source| PublishError::Publish { action, out: out.to_owned(), source };
        let parent = out.parent().ok_or_else(|| failed("use", io::ErrorKind::InvalidInput.into()))?;
        let is_folder = fs::metadata(out).is_ok_and(|metadata| metadata.is_dir());
        let may_be_beside = !is_folder || same_mount(out, parent);
        let site = if may_be_beside { Self::Beside(parent.to_owned()) } else { Self::Inside };
        let _lock = site.lock(out, options)?;
        check()?;
        if may_be_beside {
            match Workplace::create(parent) {
                Ok(workplace) => return Ok((site, workplace)),
                Err(error) if !is_folder => return Err(failed("make", error)),
                Err(_) => {}
            }
        }
        let workplace = Workplace::create(out).map_err(|source| failed("write to", source))?;
        Ok((Self::Inside, workplace))
    }

    /// Keeps other processes from publishing at the same OUT, and puts in order what killed ones have left there.
    pub(super) fn lock(&self, out: &Path, options: &PublishOptions) -> Result<OutLock, PublishError> {
        let locked = || {
            let lock = OutLock::acquire(out, matches!(self, Self::Beside(_)), options.cancel)?;
            if let Self::Beside(parent) = self {
                workplace::recover(parent, out, options.cancel)?;
            }
            workplace::recover(out, out, options.cancel)?;
            Ok(lock)
        };
        locked().map_err(|error| match error {
            FileLockError::Cancelled => PublishError::Cancelled,
            FileLockError::Busy { process } => PublishError::Busy { out: out.to_owned(), process },
        })
    }

    /// The name by which a journal finds OUT again.
    pub(super) fn out_name<'a>(&self, out: &'a Path) -> Option<&'a OsStr> {
        match self {
            Self::Beside(_) => out.file_name(),
            Self::Inside => None,
        }
    }
}
