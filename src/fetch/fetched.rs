//! Files that are in the cache, and what holding one proves.

use std::path::PathBuf;

use super::wanted::WantedFile;
use crate::spec::{HashDigest, PackageName, Version, WheelFilename};

/// Who vouches for the bytes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// They have one of the digests that an index, a lock or the requirements promised.
    Promised,
    /// They were made on this machine and never left it, or came from a shared cache with the digest of a claim that
    /// may be taken.
    Built,
    /// Nobody: they are what came.
    Nothing,
}

impl Proof {
    /// Whether the bytes are certain to be those that were meant.
    pub fn vouches(self) -> bool {
        self != Self::Nothing
    }
}

/// A wheel in the cache. Holding one proves that its bytes had `digest` when they came and that this was one of the
/// digests that were promised, if any were, which `proof` tells; it says nothing about what is in the archive.
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
    /// Who vouches for its bytes.
    pub proof: Proof,
    /// Where it lies in the cache.
    pub path: PathBuf,
    /// Size, bytes.
    pub size: u64,
    /// Whether it came in this run: then nothing has happened to the cached bytes since they were hashed.
    pub is_fresh: bool,
}

impl FetchedWheel {
    /// The wheel that was fetched for `wanted`, one that an index lists or a user has given digests of.
    pub(crate) fn of(filename: &WheelFilename, wanted: &WantedFile, file: FetchedFile) -> Self {
        Self {
            name: filename.name.clone(),
            version: filename.version.clone(),
            filename: filename.clone(),
            digest: file.digest,
            proof: if wanted.accepted.is_empty() { Proof::Nothing } else { Proof::Promised },
            path: file.path,
            size: file.size,
            is_fresh: file.is_fresh,
        }
    }
}

/// Any distribution file in the cache, with the proof of [`FetchedWheel`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedFile {
    /// Its sha256.
    pub digest: HashDigest,
    /// Where it lies in the cache.
    pub path: PathBuf,
    /// Size, bytes.
    pub size: u64,
    /// Whether it came in this run: then nothing has happened to the cached bytes since they were hashed.
    pub is_fresh: bool,
}
