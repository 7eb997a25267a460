//! What is on disk between runs, and what it is called.
//!
//! ```text
//! ROOT/
//! ├── CACHEDIR.TAG
//! ├── pages-v1/HH/HASH          project pages, parsed, with their HTTP validators   (HASH: index URL, user, project)
//! ├── metadata-v1/HH/HASH       core metadata, as the bytes of the METADATA file    (HASH: file URL or digest)
//! ├── wheels-v1/HH/DIGEST.whl   wheels as downloaded                                (DIGEST: their sha256)
//! ├── installs-v1/HH/DIGEST/    the wheel's install plan and its unpacked tree; the plan is written last
//! └── bundles-v1/…              finished results by fingerprint
//! ```
//!
//! Every name carries a format version: an older or newer barrow uses other folders. Entries are written to a
//! temporary file beside their place and renamed, so a reader sees a whole entry or none. No name holds a credential.

use std::path::{Path, PathBuf};

use crate::spec::HashDigest;

/// The cache folder; dropping a temporary one removes it.
#[derive(Debug)]
pub struct Cache {
    root: PathBuf,
    _temporary: Option<tempfile::TempDir>,
}

/// A kind of entry, with a folder of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bucket {
    /// Project pages in parsed form.
    Pages,
    /// Core metadata.
    Metadata,
    /// Wheels as downloaded.
    Wheels,
    /// Install plans and unpacked trees.
    Installs,
    /// Finished results by fingerprint.
    Bundles,
}

/// The cache could not be used.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// The folder could not be made or written.
    #[error("failed to write the cache entry `{}`", path.display())]
    Write {
        /// The entry.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The folder could not be removed.
    #[error("failed to remove `{}` from the cache", path.display())]
    Remove {
        /// The entry.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl Cache {
    /// The cache in `root`, which is made when first written to.
    pub fn at(root: PathBuf) -> Self {
        Self { root, _temporary: None }
    }

    /// A cache in a fresh folder below `parent` that disappears with the value (`--no-cache`).
    pub fn temporary(parent: &Path) -> Result<Self, CacheError> {
        let folder = tempfile::Builder::new()
            .prefix("barrow-")
            .tempdir_in(parent)
            .map_err(|source| CacheError::Write { path: parent.to_owned(), source })?;
        Ok(Self { root: folder.path().to_owned(), _temporary: Some(folder) })
    }

    /// The cache folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The place of an entry whose key is the sha256 of `key`; it need not exist.
    pub fn entry(&self, _bucket: Bucket, _key: &str) -> PathBuf {
        todo!()
    }

    /// The place of a wheel with this sha256.
    pub fn wheel(&self, _digest: &HashDigest) -> PathBuf {
        todo!()
    }

    /// The folder of a wheel's install plan and unpacked tree.
    pub fn install(&self, _wheel: &HashDigest) -> PathBuf {
        todo!()
    }

    /// The bytes of an entry; `None` when it is absent or cannot be read: the cache is only a cache.
    pub fn read(&self, _entry: &Path) -> Option<Vec<u8>> {
        todo!()
    }

    /// Writes an entry whole or not at all.
    pub fn write(&self, _entry: &Path, _bytes: &[u8]) -> Result<(), CacheError> {
        todo!()
    }

    /// An empty temporary file in the cache, on the same file system as its entries, to be persisted as one.
    pub fn temporary_file(&self) -> Result<tempfile::NamedTempFile, CacheError> {
        todo!()
    }

    /// Removes everything; returns the number of files and bytes that went.
    pub fn clean(&self) -> Result<(u64, u64), CacheError> {
        todo!()
    }
}
