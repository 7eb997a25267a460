//! What a file looked like, by which it is known again.

use std::os::unix::fs::MetadataExt as _;

/// What a file looked like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CheckStamp {
    size: u64,
    inode: u64,
    modified: (i64, i64),
    /// Zero for a file with several names.
    changed: (i64, i64),
}

impl CheckStamp {
    /// What a file looks like.
    pub(super) fn of(metadata: &std::fs::Metadata) -> Self {
        let changed = if metadata.nlink() > 1 { (0, 0) } else { (metadata.ctime(), metadata.ctime_nsec()) };
        let modified = (metadata.mtime(), metadata.mtime_nsec());
        Self { size: metadata.len(), inode: metadata.ino(), modified, changed }
    }

    /// Whether the file has further names: it may be found again by another one.
    pub(super) fn has_other_names(&self) -> bool {
        self.changed == (0, 0)
    }

    /// As numbers, for the cache.
    pub(super) fn numbers(&self) -> [u64; 6] {
        let (modified, changed) = (self.modified, self.changed);
        let times = [modified.0, modified.1, changed.0, changed.1].map(i64::cast_unsigned);
        [self.size, self.inode, times[0], times[1], times[2], times[3]]
    }

    /// The stamp that was written as these numbers.
    pub(super) fn from_numbers([size, inode, times @ ..]: [u64; 6]) -> Self {
        let times = times.map(u64::cast_signed);
        Self { size, inode, modified: (times[0], times[1]), changed: (times[2], times[3]) }
    }
}
