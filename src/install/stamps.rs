//! What unpacked files looked like when they were written: a file that looks otherwise was changed by someone.

use std::os::unix::fs::MetadataExt as _;

use super::codec::{FieldReader, FieldWriter};
use super::look::Sight;

/// First line of a stamps file.
const FIRST_LINE: &str = "barrow stamps 1\n";

/// In the number of a size: the file system keeps no modes, so that none says that a file was changed.
const WITHOUT_MODE: u64 = 1 << 63;

/// Size, time of the last change and inode of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    size: u64,
    modified_nanoseconds: i64,
    inode: u64,
    /// Whether it has the mode that it was given: FAT and some network file systems have one mode for all.
    has_mode: bool,
}

impl Stamp {
    /// The stamp of a file that was given a mode, as its metadata shows it now.
    pub(super) fn of(metadata: &std::fs::Metadata, mode: u32) -> Self {
        Self {
            has_mode: metadata.mode() & 0o7777 == mode,
            size: metadata.len(),
            modified_nanoseconds: metadata.mtime().wrapping_mul(1_000_000_000).wrapping_add(metadata.mtime_nsec()),
            inode: metadata.ino(),
        }
    }

    /// Whether the file still looks like this, and has the size and the mode that it is to have.
    pub(super) fn matches(&self, seen: Sight, size: u64, executable: bool) -> bool {
        let now =
            Self { size: seen.size, modified_nanoseconds: seen.modified, inode: seen.inode, has_mode: self.has_mode };
        let is_mode = || seen.read_only && seen.executable == Some(executable);
        seen.is_file && now == *self && self.size == size && (!self.has_mode || is_mode())
    }
}

pub(super) fn encode(stamps: &[Stamp]) -> Vec<u8> {
    let mut writer = FieldWriter::new(FIRST_LINE);
    writer.number(stamps.len() as u64);
    for stamp in stamps {
        writer.number(stamp.size | if stamp.has_mode { 0 } else { WITHOUT_MODE });
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
        let size = reader.number()?;
        Some(Stamp {
            size: size & !WITHOUT_MODE,
            has_mode: size & WITHOUT_MODE == 0,
            modified_nanoseconds: reader.number()?.cast_signed(),
            inode: reader.number()?,
        })
    };
    (0..count).map(|_| stamp()).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_mode_tells_of_a_change_where_modes_are_kept() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let chmod = |mode| {
            fs_err::set_permissions(file.path(), std::fs::Permissions::from_mode(mode)).unwrap();
            (fs_err::metadata(file.path()).unwrap(), Sight::at(file.path()).unwrap())
        };
        let (kept, seen) = chmod(0o444);
        let kept = Stamp::of(&kept, 0o444);
        assert!(kept.matches(seen, 0, false) && !kept.matches(seen, 0, true) && !kept.matches(seen, 1, false));
        let (lost, seen) = chmod(0o777);
        let lost = Stamp::of(&lost, 0o444);
        assert!(!kept.matches(seen, 0, false), "someone made it writable");
        assert!(lost.matches(seen, 0, false) && lost.matches(seen, 0, true) && !lost.matches(seen, 1, false));
        assert_eq!(decode(&encode(&[kept, lost]), 2), Some(vec![kept, lost]));
    }
}
