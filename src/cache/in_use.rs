//! Who uses a cache: any number of runs side by side, or the one that removes it.
//!
//! A run holds a lock on the cache folder that others may hold too, and who removes the cache holds one alone. While he
//! waits for that, or removes, his lock file lies in the folder, and a run that begins then waits for him: else runs
//! that follow one another would keep him waiting for ever. Where there are no locks, nobody waits.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use fs_err as fs;

use super::folder::{Cache, CacheError};
use crate::file_lock::{FileLock, FileLockError, named, telling, unless_held, wait};

/// The lock file of who removes the cache.
const TURN: &str = "clean.lock";

/// How long a run waits for one that removes the cache: removing takes less, and one that hangs stops nobody for long.
const RUN_WAITS: Duration = Duration::from_mins(1);

/// How long removing waits for runs.
const REMOVAL_WAITS: Duration = Duration::from_mins(10);

impl Cache {
    /// Says that a run uses the cache from now on, for as long as the value lives. Nobody removes it meanwhile, and who
    /// is about to do so is waited for; `waiting` is called once before that.
    pub(crate) fn begin_use(&self, cancel: &AtomicBool, waiting: impl FnMut()) {
        // A temporary one is nobody else's.
        if self.is_degraded() {
            return;
        }
        // Whoever was interrupted ends soon, and one that hangs is passed over.
        if let Ok(Some(lock)) = wait(RUN_WAITS, Some(cancel), telling(|| self.hold_together(), waiting)) {
            self.hold(lock);
        }
    }

    /// The lock of a run; `None` where there are no locks, or nothing can be written.
    fn hold_together(&self) -> Result<Option<FileLock>, PathBuf> {
        let Ok(root) = self.make_root().and_then(|()| real(self.root())) else { return Ok(None) };
        let turn = root.join(TURN);
        if FileLock::is_held(&turn) {
            return Err(turn);
        }
        unless_held(FileLock::on_folder_with_others(&root), root)
    }
}

/// The cache for one who removes it.
pub(super) struct HeldAlone {
    turn: Option<FileLock>,
    _lock: Option<FileLock>,
}

impl HeldAlone {
    /// Waits until no run uses the cache; `waiting` is called once before that.
    pub(super) fn wait_for(root: &Path, mut waiting: impl FnMut()) -> Result<Self, CacheError> {
        let Ok(root) = real(root) else { return Ok(Self { turn: None, _lock: None }) };
        let mut is_told = false;
        let mut wait_for = |lock: &dyn Fn() -> Result<Option<FileLock>, PathBuf>| {
            let attempt = || {
                let held = lock();
                if held.is_err() && !std::mem::replace(&mut is_told, true) {
                    waiting();
                }
                held
            };
            wait(REMOVAL_WAITS, None, attempt).map_err(|error| CacheError::InUse {
                path: root.clone(),
                source: match error {
                    FileLockError::Busy { process } => {
                        std::io::Error::other(format!("a run{} has used it for 10 minutes", named(process)))
                    }
                    FileLockError::Cancelled => std::io::ErrorKind::Interrupted.into(),
                },
            })
        };
        let turn = root.join(TURN);
        let turn = wait_for(&|| unless_held(FileLock::on_file(&turn), turn.clone()))?;
        let lock = wait_for(&|| unless_held(FileLock::on_folder(&root), root.clone()))?;
        Ok(Self { turn, _lock: lock })
    }

    /// Takes the lock file away. Runs still wait.
    pub(super) fn end_turn(&mut self) {
        self.turn = None;
    }
}

/// The folder itself, where a link leads to it.
fn real(root: &Path) -> Result<PathBuf, CacheError> {
    fs::canonicalize(root).map_err(|source| CacheError::Read { path: root.to_owned(), source })
}
