//! A file that is to be fetched, and what was promised of it.

use crate::requirements::Origin;
use crate::resolution::ResolvedDist;
use crate::spec::{DistFile, HashAlgorithm, HashDigest, PackageName, SafeUrl};

/// A file to fetch.
#[derive(Clone, Debug)]
pub struct WantedFile {
    /// File name: for messages, and by which a mirror may know it.
    pub filename: String,
    /// The project that it is of.
    pub project: PackageName,
    /// Where it is.
    pub url: SafeUrl,
    /// Digests of which its bytes must have one; empty: any bytes.
    pub accepted: Vec<HashDigest>,
    /// Digests that the index lists, by which the cache may know it even where `accepted` has no sha256.
    pub listed: Vec<HashDigest>,
    /// Size that the index says.
    pub size: Option<u64>,
    /// The line that promised the digests.
    pub hashes_from: Option<Origin>,
    /// The index that lists it, for messages.
    pub index: SafeUrl,
}

impl WantedFile {
    /// A file as the index lists it.
    pub fn listed(file: &DistFile) -> Self {
        Self {
            filename: file.filename.as_str().to_owned(),
            project: file.filename.name().clone(),
            url: file.url.clone(),
            accepted: file.hashes.clone(),
            listed: file.hashes.clone(),
            size: file.size,
            hashes_from: None,
            index: file.origin.url.clone(),
        }
    }

    /// A file as the resolution chose it.
    pub fn resolved(dist: &ResolvedDist) -> Self {
        Self {
            accepted: dist.accepted_hashes.clone(),
            hashes_from: dist.hashes_from.clone(),
            ..Self::listed(&dist.file)
        }
    }

    /// This wanted file at the URL of `file`. Digests that were promised before still count; without any, those of
    /// `file` do.
    pub(crate) fn at(&self, file: &DistFile) -> Self {
        let or_those_of_file =
            |digests: &Vec<HashDigest>| if digests.is_empty() { file.hashes.clone() } else { digests.clone() };
        Self {
            url: file.url.clone(),
            accepted: or_those_of_file(&self.accepted),
            listed: or_those_of_file(&self.listed),
            size: file.size,
            index: file.origin.url.clone(),
            ..self.clone()
        }
    }

    /// Whether a file that is known to have this sha256, and of which no other digest is known, will do.
    pub(super) fn accepts_as_known(&self, sha256: &HashDigest) -> bool {
        self.accepted.is_empty() || self.accepted.contains(sha256)
    }

    /// The sha256 that it has to have, where it is known.
    pub(super) fn sha256(&self) -> Option<HashDigest> {
        only_sha256(&self.listed, &self.accepted)
    }

    /// Whether the index says which bytes this file is.
    pub(super) fn is_told_by_index(&self) -> bool {
        self.listed.iter().any(|digest| digest.algorithm() == HashAlgorithm::Sha256)
    }
}

/// The sha256 that a file has to have, where there is one alone, by what its index lists and what the user accepts.
pub(crate) fn only_sha256(listed: &[HashDigest], accepted: &[HashDigest]) -> Option<HashDigest> {
    let is_sha256 = |digest: &&HashDigest| digest.algorithm() == HashAlgorithm::Sha256;
    let known = match (listed.iter().find(is_sha256), accepted) {
        (Some(listed), accepted) => Some(listed).filter(|listed| accepted.is_empty() || accepted.contains(listed)),
        (None, [only]) => Some(only).filter(is_sha256),
        (None, _) => None,
    };
    known.cloned()
}
