//! How much an archive may hold.

use std::fmt;

/// Bounds that are checked before anything is unpacked. The defaults refuse bombs and nothing that is on PyPI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Number of entries.
    pub entries: u64,
    /// Size of the central directory, bytes: it is the only part that is held in memory whole.
    pub directory_size: u64,
    /// Size of all entries together when unpacked, bytes.
    pub unpacked_size: u64,
    /// Unpacked size divided by the size of the archive, checked above [`Limits::RATIO_FREE_SIZE`].
    pub ratio: u64,
}

impl Limits {
    /// Unpacked size up to which any ratio is accepted, bytes.
    ///
    /// Source: PyPI's upload check (`warehouse/utils/zipfiles` and `forklift/legacy.py`), read 2026-11: ratios above 50
    /// are refused once an archive unpacks to more than 64 MiB.
    pub const RATIO_FREE_SIZE: u64 = 64 << 20;
}

/// What an archive can have too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Bound {
    Entries,
    /// Files and folders, those that names only imply included.
    FilesAndFolders,
    /// Bytes of its central directory.
    DirectoryBytes,
    /// Bytes of names.
    NameBytes,
    /// Names that differ only in case or at their ends.
    AlikeNames,
    /// Names that are there twice.
    RepeatedNames,
    /// Bytes of an extended header of tar.
    HeaderBytes,
    /// Bytes of a file that has to be held in memory.
    WholeFileBytes,
    /// Bytes when unpacked: [`Limits::unpacked_size`], which a user may move.
    UnpackedBytes,
    /// Its size when unpacked, divided by its own: [`Limits::ratio`], which a user may move.
    Ratio,
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Entries => "entries",
            Self::FilesAndFolders => "files and folders",
            Self::DirectoryBytes => "bytes of central directory",
            Self::NameBytes => "bytes of names",
            Self::AlikeNames => "names that differ only in case or at their ends",
            Self::RepeatedNames => "names that are there twice",
            Self::HeaderBytes => "bytes in an extended header",
            Self::WholeFileBytes => "bytes in a file that is read whole",
            Self::UnpackedBytes => "bytes when unpacked",
            Self::Ratio => "times its size when unpacked",
        })
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // The largest wheels on PyPI by number of files (machine-made cloud SDKs) have some 60,000.
            entries: 250_000,
            // 250,000 entries with names of 200 bytes.
            directory_size: 64 << 20,
            // The largest wheels on PyPI (GPU builds) unpack to about 4 GiB; Lambda takes 250 MiB.
            unpacked_size: 8 << 30,
            ratio: 50,
        }
    }
}
