//! From a lock file of any tool to a [`Lock`]: which kind it is, and who reads that.

use std::path::Path;
use std::sync::Arc;

use super::model::{Lock, LockKind, LockPlace};
use super::words::FileText;
use super::{LockError, pdm, pipfile, poetry, pylock, uv};
use crate::spec::line_at;

impl LockKind {
    /// The kind of a file by its name; `None`: it is no lock.
    pub fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?;
        let usual = Self::ALL.into_iter().find(|kind| name == kind.file_name());
        usual.or_else(|| pylock::is_pylock(path).then_some(Self::Pylock))
    }
}

impl Lock {
    /// Reads a lock of any kind.
    ///
    /// # Errors
    /// A file that is not what its name says, or of a version that is not known.
    pub fn read(bytes: &[u8], place: &LockPlace) -> Result<Self, LockError> {
        Self::read_as(kind_of(place)?, bytes, place)
    }

    /// The same for a text, which the lock shares.
    ///
    /// # Errors
    /// As [`Lock::read`].
    pub fn read_text(text: Arc<String>, place: &LockPlace) -> Result<Self, LockError> {
        Self::of_text(kind_of(place)?, text, place)
    }

    /// The same for a file of any name.
    ///
    /// # Errors
    /// As [`Lock::read`].
    pub fn read_as(kind: LockKind, bytes: &[u8], place: &LockPlace) -> Result<Self, LockError> {
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let line = line_at(bytes, error.valid_up_to());
            LockError::Malformed { path: place.path.clone(), line, reason: "it is not UTF-8".to_owned() }
        })?;
        Self::of_text(kind, Arc::new(text.to_owned()), place)
    }

    fn of_text(kind: LockKind, text: Arc<String>, place: &LockPlace) -> Result<Self, LockError> {
        let text = match text.strip_prefix('\u{feff}') {
            Some(text) => Arc::new(text.to_owned()),
            None => text,
        };
        if text.len() > FileText::MOST {
            let reason = "it is larger than 2 GB".to_owned();
            return Err(LockError::Malformed { path: place.path.clone(), line: 1, reason });
        }
        match kind {
            LockKind::Pylock => pylock::read(&text, place),
            LockKind::Uv => uv::read(&text, place),
            LockKind::Poetry => poetry::read(&text, place),
            LockKind::Pdm => pdm::read(&text, place),
            LockKind::Pipfile => pipfile::read(&text, place),
        }
    }
}

/// The kind of lock that a file is by its name.
fn kind_of(place: &LockPlace) -> Result<LockKind, LockError> {
    LockKind::of(&place.path).ok_or_else(|| {
        let reason = "its name is not that of a lock: `pylock.toml`, `uv.lock`, …".to_owned();
        LockError::Malformed { path: place.path.clone(), line: 1, reason }
    })
}
