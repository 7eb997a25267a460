//! Installing a wheel, by the binary distribution format's steps: from a verified file to files in their places.
//!
//! A wheel is read once into a plan: every file that the installed distribution has, where it goes, its mode, size and
//! digest, and where its bytes are (an entry of the wheel, or generated). The plan is kept in the cache, and is
//! written only after every byte was checked against RECORD. A directory links files from the unpacked tree beside the
//! plan; a zip takes the wheel's compressed bytes and needs no tree.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::archive::SafePath;
use crate::spec::{HashDigest, PackageName, Version};

/// A distribution whose files are all known and proved against RECORD, ready to be linked or spliced.
#[derive(Clone, Debug)]
pub struct InstalledDist {
    /// Normalized name.
    pub name: PackageName,
    /// Version.
    pub version: Version,
    /// The sha256 of the wheel.
    pub digest: HashDigest,
    /// The wheel file, for splicing.
    pub wheel: PathBuf,
    /// Every file, sorted by path, generated ones (RECORD, INSTALLER, scripts) included.
    pub files: Vec<InstalledFile>,
    /// The folder with the unpacked files, complete and checked; `None` until one was asked for.
    pub tree: Option<PathBuf>,
}

/// One file of an installed distribution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InstalledFile {
    /// Path below the bundle's root.
    pub path: SafePath,
    /// Mode 0755 instead of 0644.
    pub executable: bool,
    /// Size, bytes.
    pub size: u64,
    /// sha256 of the content.
    pub sha256: HashDigest,
    /// CRC-32 of the content, for zips.
    pub crc32: u32,
    /// Where the bytes are.
    pub content: FileContent,
}

/// Where the bytes of an installed file are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum FileContent {
    /// In the wheel.
    WheelEntry {
        /// Offset of the (compressed) data in the wheel.
        offset: u64,
        /// Length of the (compressed) data.
        compressed_size: u64,
        /// Deflated; otherwise stored.
        deflated: bool,
    },
    /// Made by the installer: RECORD, INSTALLER, entry-point scripts, scripts with a rewritten first line.
    Generated(Vec<u8>),
}
