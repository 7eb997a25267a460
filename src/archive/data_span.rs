//! Where the data of an entry lies in an archive.

use serde::{Deserialize, Serialize};

/// Where the data of an entry is and what it must become.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataSpan {
    /// Offset of the data in the archive.
    pub offset: u64,
    /// Length of the data.
    pub compressed_size: u64,
    /// Length of the content.
    pub size: u64,
    /// CRC-32 of the content.
    pub crc32: u32,
    /// Deflated; otherwise stored.
    pub deflated: bool,
}
