//! A distribution whose files are all known.

use std::io;
use std::path::PathBuf;

use fs_err as fs;
use serde::{Deserialize, Serialize};

use super::judgement::Agreement;
use super::stamps::Stamp;
use crate::archive::{DataSpan, Inflater, SafePath, crc32};
use crate::regular;
use crate::spec::{CoreMetadata, HashDigest, MetadataError, PackageName, Version, sha256};

/// A distribution whose files are all known, ready to be linked or spliced. Holding one proves that each has the digest
/// that the wheel's RECORD gives, or that the archive has the promised digest and `record` and `warnings` say what
/// RECORD has not.
#[derive(Clone, Debug, PartialEq)]
pub struct InstalledDist {
    /// Normalized name.
    pub name: PackageName,
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
    /// The unpacked files; `None` until they were asked for.
    pub tree: Option<UnpackedTree>,
    /// Files that are others here than in the tree, because of what this bundle leaves out or adds.
    pub rewritten: Vec<SafePath>,
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

    /// Its RECORD.
    pub fn record(&self) -> Option<&[u8]> {
        let path = self.record_path();
        match &self.files.iter().find(|file| file.path == path)?.content {
            FileContent::Generated(content) => Some(content),
            FileContent::WheelEntry { .. } => None,
        }
    }

    /// Where its RECORD lies.
    ///
    /// # Panics
    /// Never: the name is a safe one.
    pub fn record_path(&self) -> SafePath {
        SafePath::new("RECORD").expect("the path is safe").prefixed(&self.dist_info)
    }

    /// Gives a file other content for this bundle; the tree in the cache stays as it is.
    pub fn rewrite(&mut self, path: &SafePath, content: Vec<u8>) {
        if let Some(file) = self.files.iter_mut().find(|file| file.path == *path) {
            *file = InstalledFile::generated(path.clone(), file.executable, content);
            self.rewritten.push(path.clone());
        }
    }

    /// Takes files out of this bundle; the tree in the cache stays as it is.
    pub fn leave_out(&mut self, is_gone: impl Fn(&InstalledFile) -> bool) {
        if let Some(tree) = &mut self.tree {
            let mut files = self.files.iter();
            tree.stamps.retain(|_| files.next().is_none_or(|file| !is_gone(file)));
        }
        self.files.retain(|file| !is_gone(file));
    }

    /// The bytes of a file, from the wheel; where that is gone, as they were unpacked.
    pub(crate) fn read(&self, file: &InstalledFile) -> io::Result<Vec<u8>> {
        let span = match (&file.content, file.span()) {
            (FileContent::Generated(bytes), _) => return Ok(bytes.clone()),
            (FileContent::WheelEntry { .. }, span) => span.expect("an entry of a wheel has a place in it"),
        };
        let wheel = match (fs::File::open(&self.wheel), &self.tree) {
            (Ok(wheel), _) => wheel,
            (Err(_), Some(tree)) => return regular::read(&file.path.below(&tree.folder)),
            (Err(error), None) => return Err(error),
        };
        let mut bytes = Vec::with_capacity(usize::try_from(file.size).unwrap_or_default());
        let mut take = |piece: &[u8]| {
            bytes.extend_from_slice(piece);
            Ok(())
        };
        let read = Inflater::default().read(wheel.file(), file.path.as_str(), &span, &mut take);
        read.map(|()| bytes).map_err(io::Error::other)
    }

    /// What messages call it.
    pub(super) fn label(&self) -> String {
        format!("{} {}", self.name, self.version)
    }
}

/// The unpacked files of a distribution in the cache, and what they looked like when they were checked. Whoever places
/// one in an output compares it with that first.
#[derive(Clone, Debug, PartialEq)]
pub struct UnpackedTree {
    /// The folder with every file in its place.
    pub folder: PathBuf,
    /// How each file looked, in the order of the files of the distribution.
    pub(super) stamps: Vec<Stamp>,
}

#[cfg(test)]
impl UnpackedTree {
    /// A tree that was made by hand.
    pub(crate) fn look(folder: PathBuf, files: &[InstalledFile]) -> Self {
        let stamp =
            |file: &InstalledFile| Stamp::of(&fs_err::metadata(file.path.below(&folder)).unwrap(), file.tree_mode());
        let stamps = files.iter().map(stamp).collect();
        Self { folder, stamps }
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
        Self {
            path,
            executable,
            size: content.len() as u64,
            sha256: sha256(&content),
            crc32: crc32(&content),
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

    /// Its permissions in copies and zips.
    pub fn mode(&self) -> u32 {
        if self.executable { 0o755 } else { 0o644 }
    }

    /// Its permissions in the cache, and so in every output that is linked to it.
    pub fn tree_mode(&self) -> u32 {
        tree_mode(self.executable)
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

/// Permissions of an unpacked file in the cache. Nobody may write to it: outputs are other names of the same file, and
/// what is written into one of them would be in all.
pub(super) fn tree_mode(executable: bool) -> u32 {
    if executable { 0o555 } else { 0o444 }
}
