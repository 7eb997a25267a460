//! A distribution whose files are all known.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::judgement::Agreement;
use crate::archive::{DataSpan, SafePath};
use crate::spec::{CoreMetadata, HashDigest, MetadataError, PackageName, Version, sha256};

/// A distribution whose files are all known, ready to be linked or spliced. Holding one proves that each has the digest that
/// the wheel's RECORD gives, or that the archive has the promised digest and `record` and `warnings` say what RECORD has not.
#[derive(Clone, Debug, PartialEq)]
pub struct InstalledDist {
    /// Normalized name.
    pub name: PackageName,
    /// Version.
    pub version: Version,
    /// The sha256 of the wheel.
    pub digest: HashDigest,
    /// The wheel file, for splicing.
    pub wheel: PathBuf,
    /// Its `.dist-info` folder below the bundle's root.
    pub dist_info: SafePath,
    /// Every file, sorted by path, generated ones (RECORD, INSTALLER, scripts) included.
    pub files: Vec<InstalledFile>,
    /// The fields of its METADATA, without the description.
    pub metadata: Vec<u8>,
    /// How far the wheel's own RECORD agreed with what is in it. The one among `files` was written anew.
    pub record: Agreement,
    /// What the user should know, one sentence fragment each.
    pub warnings: Vec<String>,
    /// The folder with the unpacked files, complete and checked; `None` until one was asked for.
    pub tree: Option<PathBuf>,
}

impl InstalledDist {
    /// The core metadata of the wheel itself, whatever an index said about it.
    pub fn core_metadata(&self) -> Result<CoreMetadata, MetadataError> {
        CoreMetadata::parse(&self.metadata)
    }

    /// Size of all its files, bytes.
    pub fn size(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }

    /// What messages call it.
    pub(super) fn label(&self) -> String {
        format!("{} {}", self.name, self.version)
    }
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

impl InstalledFile {
    /// A file made by the installer.
    pub(super) fn generated(path: SafePath, executable: bool, content: Vec<u8>) -> Self {
        let mut crc = flate2::Crc::new();
        crc.update(&content);
        Self {
            path,
            executable,
            size: content.len() as u64,
            sha256: sha256(&content),
            crc32: crc.sum(),
            content: FileContent::Generated(content),
        }
    }

    /// Where its data is in the wheel; `None` when it is generated.
    pub fn span(&self) -> Option<DataSpan> {
        match self.content {
            FileContent::WheelEntry { offset, compressed_size, deflated } => {
                Some(DataSpan { offset, compressed_size, size: self.size, crc32: self.crc32, deflated })
            }
            FileContent::Generated(_) => None,
        }
    }

    /// Its permissions.
    pub fn mode(&self) -> u32 {
        if self.executable { 0o755 } else { 0o644 }
    }
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
