//! What unpacked files looked like when they were written: a file that looks otherwise was changed by someone.

use std::os::unix::fs::MetadataExt as _;

use super::codec::{FieldReader, FieldWriter};
use super::look::Sight;

/// First line of a stamps file.
const FIRST_LINE: &str = "barrow stamps 1\n";

/// Size, time of the last change and inode of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    size: u64,
    modified_nanoseconds: i64,
    inode: u64,
}

impl Stamp {
    /// The stamp of a file as its metadata shows it now.
    pub(super) fn of(metadata: &std::fs::Metadata) -> Self {
        Self {
            size: metadata.len(),
            modified_nanoseconds: metadata.mtime().wrapping_mul(1_000_000_000).wrapping_add(metadata.mtime_nsec()),
            inode: metadata.ino(),
        }
    }

    /// Whether the file still looks like this, and has the size and the mode that it is to have.
    pub(super) fn matches(&self, seen: Sight, size: u64, executable: bool) -> bool {
        let now = Self { size: seen.size, modified_nanoseconds: seen.modified, inode: seen.inode };
        seen.is_file && now == *self && self.size == size && seen.read_only && seen.executable == Some(executable)
    }
}

pub(super) fn encode(stamps: &[Stamp]) -> Vec<u8> {
    let mut writer = FieldWriter::new(FIRST_LINE);
    writer.number(stamps.len() as u64);
    for stamp in stamps {
        writer.number(stamp.size);
        writer.number(stamp.modified_nanoseconds.cast_unsigned());
        writer.number(stamp.inode);
    }
    writer.finish()
}

/// Reads stamps; `None` when they are damaged or not as many as there are files.
pub(super) fn decode(bytes: &[u8], files: usize) -> Option<Vec<Stamp>> {
    let mut reader = FieldReader::new(FIRST_LINE, bytes)?;
    let count = reader.count().filter(|&count| count == files)?;
    let mut stamp = || {
        Some(Stamp {
            size: reader.number()?,
            modified_nanoseconds: reader.number()?.cast_signed(),
            inode: reader.number()?,
        })
    };
    (0..count).map(|_| stamp()).collect()
}
