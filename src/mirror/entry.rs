//! What a mirror knows of one of its files.

use std::str::FromStr as _;

use serde::{Deserialize, Serialize};

use crate::index::{UNKNOWN_PLACE, is_sha256, mirrored_path, source_of};
use crate::spec::{DistFile, DistFilename, HashAlgorithm, HashDigest, PackageName, SafeUrl, Yanked};

/// One file of a mirror. Its strings are shaped as its fields say: what the manifest claims is checked when it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct MirrorFile {
    /// Its name.
    pub filename: String,
    /// The normalized name of its project.
    pub project: String,
    pub version: String,
    /// Its sha256, hexadecimal.
    pub sha256: String,
    /// Its size, bytes.
    pub size: u64,
    /// Whether its size was measured: its index does not tell it, and neither do locks that are written from that
    /// index.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub measured: bool,
    /// sha256 of its METADATA, hexadecimal; none for a source archive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata_sha256: Option<String>,
    /// The Python versions that it is for, as its index says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requires_python: Option<String>,
    /// Why it was withdrawn, when it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yanked: Option<String>,
    /// When it was uploaded to its index (PEP 700).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload_time: Option<String>,
    /// The index that it came from, without credentials.
    pub index: String,
    /// Where its bytes came from, without credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Where its index has the attestations of who published it (PEP 740).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provenance: Option<String>,
    /// Its licence, as its METADATA says; none where that says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
}

/// What an index says of a file and may say otherwise later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// Its sha256, hexadecimal, where the index has it.
    pub sha256: Option<String>,
    requires_python: Option<String>,
    yanked: Option<String>,
    upload_time: Option<String>,
}

impl Upstream {
    /// What the index that lists `file` says of it now.
    pub fn of(file: &DistFile) -> Self {
        let yanked = match &file.yanked {
            Yanked::No => None,
            Yanked::Yes(reason) => Some(reason.clone()),
        };
        let upload_time = file.upload_time.and_then(|time| jiff::Timestamp::from_microsecond(time).ok());
        let sha256 = file.hashes.iter().find(|digest| digest.algorithm() == HashAlgorithm::Sha256);
        Self {
            sha256: sha256.map(HashDigest::hex),
            requires_python: file.requires_python.as_ref().map(ToString::to_string),
            yanked,
            upload_time: upload_time.map(|time| format!("{time:.6}")),
        }
    }
}

impl MirrorFile {
    /// What is known of a file before its METADATA was read.
    pub(super) fn of(file: &DistFile, sha256: &HashDigest, size: u64) -> Self {
        let Upstream { sha256: _, requires_python, yanked, upload_time } = Upstream::of(file);
        Self {
            filename: file.filename.as_str().to_owned(),
            project: file.filename.name().to_string(),
            version: file.version().to_string(),
            sha256: sha256.hex(),
            size,
            measured: file.size.is_none(),
            metadata_sha256: None,
            requires_python,
            yanked,
            upload_time,
            index: file.origin.url.without_credentials().to_string(),
            source: source_of(&file.url),
            provenance: file.provenance.as_ref().and_then(SafeUrl::for_others),
            license: None,
        }
    }

    /// A file as a page of the mirror lists it, when all else that was known of it is lost.
    pub(super) fn unknown(filename: String, project: String, version: String, sha256: String, size: u64) -> Self {
        let index = UNKNOWN_PLACE.to_owned();
        Self { filename, project, version, sha256, size, index, ..Self::default() }
    }

    /// Whether it is not known where it came from.
    pub fn is_unknown(&self) -> bool {
        self.index == UNKNOWN_PLACE
    }

    /// Fills in what an index says of the file, where that was lost.
    pub(super) fn complete(&mut self, file: &DistFile) {
        if let Some(digest) = self.digest().filter(|digest| self.is_unknown() && file.hashes.contains(digest)) {
            let (metadata_sha256, license) = (self.metadata_sha256.take(), self.license.take());
            *self = Self { metadata_sha256, license, ..Self::of(file, &digest, self.size) };
        }
    }

    /// Takes what its index says of it now; whether it was withdrawn since.
    pub(super) fn refresh(&mut self, upstream: &Upstream) -> bool {
        let Upstream { sha256: _, requires_python, yanked, upload_time } = upstream.clone();
        let is_news = yanked.is_some() && yanked != self.yanked;
        (self.requires_python, self.yanked, self.upload_time) = (requires_python, yanked, upload_time);
        is_news
    }

    /// Path below the mirror, with slashes.
    pub(super) fn path(&self) -> String {
        mirrored_path(&self.sha256, &self.filename)
    }

    /// Path of its METADATA below the mirror, if it has any.
    pub(super) fn metadata_path(&self) -> Option<String> {
        self.metadata_sha256.as_ref().map(|_| format!("{}.metadata", self.path()))
    }

    /// The digest of its bytes; never `None` for a file in which `problem` finds nothing.
    pub fn digest(&self) -> Option<HashDigest> {
        HashDigest::from_hex(HashAlgorithm::Sha256, &self.sha256).ok()
    }

    /// The digest of its METADATA, if it has any.
    pub(super) fn metadata_digest(&self) -> Option<HashDigest> {
        HashDigest::from_hex(HashAlgorithm::Sha256, self.metadata_sha256.as_deref()?).ok()
    }

    /// What is wrong with a file of a manifest, so that no path leads out of the mirror and pages can be trusted.
    pub(super) fn problem(&self) -> Option<&'static str> {
        if !is_sha256(&self.sha256) || !self.metadata_sha256.as_deref().is_none_or(is_sha256) {
            return Some("a digest that is no sha256");
        }
        // Later questions about the file go to this index alone.
        if SafeUrl::parse(&self.index).is_err() {
            return Some("an index that is no URL");
        }
        if self.filename.contains(['/', '\\']) {
            return Some("a file name with a folder in it");
        }
        let Ok(name) = PackageName::from_str(&self.project) else { return Some("a project name that is none") };
        match DistFilename::parse(&self.filename, &name) {
            Ok(filename) if filename.as_str() == self.filename && filename.name().as_ref() == self.project => None,
            _ => Some("a file name that is none of its project"),
        }
    }
}
