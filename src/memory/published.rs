//! What a run has made.

use std::path::PathBuf;

use crate::publish::PublishedZip;
use crate::resolution::ResolvedDist;
use crate::spec::{HashDigest, IndexOrigin, PackageName, SafeUrl, Version};
use crate::target::Target;

/// What was published.
#[derive(Clone, Debug)]
pub struct Published {
    /// OUT.
    pub path: PathBuf,
    /// What it is for.
    pub target: Target,
    /// Number of files.
    pub files: usize,
    /// Unzipped size, bytes.
    pub size_bytes: u64,
    /// The zip, if it is one.
    pub zip: Option<PublishedZip>,
    /// The distributions, sorted by name.
    pub dists: Vec<BundledDist>,
    /// Projects that were left to the runtime, sorted.
    pub excluded: Vec<PackageName>,
    /// It lay there already, made of the same, and was left alone.
    pub is_unchanged: bool,
}

/// One distribution of a bundle.
#[derive(Clone, Debug)]
pub struct BundledDist {
    /// Name.
    pub name: PackageName,
    /// Version.
    pub version: Version,
    /// Name of the wheel.
    pub filename: String,
    /// Where the wheel came from.
    pub url: SafeUrl,
    /// The index that listed it.
    pub index: IndexOrigin,
    /// Digest of the wheel.
    pub sha256: HashDigest,
    /// Unpacked size, bytes.
    pub size_bytes: u64,
}

impl BundledDist {
    /// What is said of a distribution of which these bytes were chosen.
    pub(crate) fn of(resolved: &ResolvedDist, sha256: HashDigest, size_bytes: u64) -> Self {
        Self {
            name: resolved.name.clone(),
            version: resolved.version.clone(),
            filename: resolved.file.filename.to_string(),
            url: resolved.file.url.without_credentials(),
            index: (*resolved.file.origin).clone(),
            sha256,
            size_bytes,
        }
    }
}
