//! Downloading distribution files into the cache, hashing bytes as they pass.

use std::path::PathBuf;

use crate::spec::{HashDigest, PackageName, Version, WheelFilename};

/// A wheel in the cache. Holding one proves that its bytes have `digest` and that this is one of the digests that
/// were promised; it says nothing about what is in the archive.
#[derive(Clone, Debug)]
pub struct FetchedWheel {
    /// Normalized name, from the resolution.
    pub name: PackageName,
    /// Version, from the resolution.
    pub version: Version,
    /// File name.
    pub filename: WheelFilename,
    /// Its sha256.
    pub digest: HashDigest,
    /// Where it lies: in the cache, or a local folder of the user's (then its bytes were hashed in this run).
    pub path: PathBuf,
    /// Size, bytes.
    pub size: u64,
}
