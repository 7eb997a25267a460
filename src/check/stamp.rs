//! What a file looked like, by which it is known again.

use std::os::unix::fs::MetadataExt as _;

use serde::{Deserialize, Serialize};

/// What a file looked like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    size: u64,
    inode: u64,
    modified: (i64, i64),
    /// Zero for a file with several names.
    changed: (i64, i64),
}

impl Stamp {
    /// What a file looks like.
    pub(super) fn of(metadata: &std::fs::Metadata) -> Self {
        let changed = if metadata.nlink() > 1 { (0, 0) } else { (metadata.ctime(), metadata.ctime_nsec()) };
        let modified = (metadata.mtime(), metadata.mtime_nsec());
        Self { size: metadata.len(), inode: metadata.ino(), modified, changed }
    }
}
