//! What tells a file that nobody has touched from any other, and one folder from another.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

use fs_err as fs;
use serde::{Deserialize, Serialize};

/// What a file looked like. Whoever writes to it or puts another one in its place changes that: no program can set the
/// time of the last change of the inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileStamp {
    inode: u64,
    size: u64,
    /// Time of the last change of the content, seconds and nanoseconds.
    modified: (i64, i64),
    /// Time of the last change of the inode, likewise.
    changed: (i64, i64),
    /// When it was made, after 1970, where the file system says so.
    #[serde(default)]
    born: Option<Duration>,
}

impl FileStamp {
    /// Looks at what lies at `path`. A link is not followed.
    pub(crate) fn at(path: &Path) -> io::Result<Self> {
        Ok(Self::of(&fs::symlink_metadata(path)?, inode_and_birth(path)))
    }

    /// Looks at an opened file.
    pub(crate) fn of_file(file: &File) -> io::Result<Self> {
        Ok(Self::of(&file.metadata()?, inode_and_birth_of(file)))
    }

    fn of(found: &Metadata, known: Option<(u64, Duration)>) -> Self {
        let born = known.filter(|(inode, _)| *inode == found.ino()).map(|(_, born)| born);
        Self {
            inode: found.ino(),
            size: found.len(),
            modified: (found.mtime(), found.mtime_nsec()),
            changed: (found.ctime(), found.ctime_nsec()),
            born,
        }
    }

    /// Whether it is the same but for the time of the last change of the inode, as after a rename.
    pub(crate) fn is_same_content(&self, before: &Self) -> bool {
        *self == Self { changed: self.changed, ..*before }
    }

    /// Whether the last change was made at least `apart` before a moment that the same file system has told, seconds and
    /// nanoseconds: two changes within one tick of its clock cannot be told apart. Where it counts whole seconds, that
    /// is never certain.
    pub(crate) fn is_older_than(&self, (seconds, nanoseconds): (i64, i64), apart: Duration) -> bool {
        let (changed, after) = self.changed;
        let elapsed = i128::from(seconds - changed) * 1_000_000_000 + i128::from(nanoseconds - after);
        after != 0 && u128::try_from(elapsed).is_ok_and(|elapsed| elapsed >= apart.as_nanos())
    }
}

/// The number of what lies at a path, and how long after 1970 it was made. `None` where the file system does not say it.
pub(crate) fn inode_and_birth(path: &Path) -> Option<(u64, Duration)> {
    #[cfg(target_os = "linux")]
    return look(rustix::fs::CWD, path, rustix::fs::AtFlags::empty());
    #[cfg(not(target_os = "linux"))]
    return look(&fs::metadata(path).ok()?);
}

fn inode_and_birth_of(file: &File) -> Option<(u64, Duration)> {
    #[cfg(target_os = "linux")]
    return look(file, Path::new(""), rustix::fs::AtFlags::EMPTY_PATH);
    #[cfg(not(target_os = "linux"))]
    return look(&file.metadata().ok()?);
}

/// The standard library asks Linux for the time of birth with glibc alone, and released programs are built with musl.
#[cfg(target_os = "linux")]
fn look(at: impl std::os::fd::AsFd, path: &Path, flags: rustix::fs::AtFlags) -> Option<(u64, Duration)> {
    use rustix::fs::{StatxFlags, statx};

    let found = statx(at, path, flags, StatxFlags::INO | StatxFlags::BTIME).ok()?;
    let is_known = found.stx_mask & StatxFlags::BTIME.bits() != 0;
    let born = Duration::new(u64::try_from(found.stx_btime.tv_sec).ok()?, found.stx_btime.tv_nsec);
    is_known.then_some((found.stx_ino, born))
}

#[cfg(not(target_os = "linux"))]
fn look(found: &Metadata) -> Option<(u64, Duration)> {
    #[expect(clippy::disallowed_methods, reason = "the standard library knows it on macOS")]
    let born = found.created().ok()?;
    Some((found.ino(), born.duration_since(std::time::UNIX_EPOCH).ok()?))
}
