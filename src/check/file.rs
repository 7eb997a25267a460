//! One file of a function, and where its bytes are.

use std::io::{self, Read as _};
use std::path::PathBuf;

use super::stamp::CheckStamp;

/// One file of a function.
pub(super) struct CheckedFile {
    /// Where the runtime sees it.
    pub(super) path: String,
    /// What the user would call it.
    pub(super) label: String,
    /// Unpacked size, bytes.
    pub(super) size: u64,
    /// Permissions; `None` where an archive says nothing about them.
    pub(super) mode: Option<u32>,
    /// Whether it is a symbolic link: another name of a file of the bundle.
    pub(super) is_link: bool,
    /// Where its bytes are.
    pub(super) content: BytesAt,
}

impl CheckedFile {
    /// The room that it takes unpacked, bytes: what is linked is there once.
    pub(super) fn room(&self) -> u64 {
        if self.is_link { 0 } else { self.size }
    }
}

/// Where the bytes of a file are.
pub(super) enum BytesAt {
    Disk(PathBuf, CheckStamp),
    /// Number of the archive, number of the entry.
    Zip(usize, usize),
}

/// The first bytes of something, at most so many.
pub(super) fn start_of(from: impl io::Read, length: u64) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    from.take(length).read_to_end(&mut start)?;
    Ok(start)
}
