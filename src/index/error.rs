//! Why an index could not answer.

use std::fmt;
use std::path::PathBuf;

use crate::archive::PartialZipError;
use crate::fetch::FetchError;
use crate::http;
use crate::spec::{HashDigest, MetadataError, PackageName, PageError, SafeUrl, Version};

/// A question that an index could not answer. `index` is shown without credentials.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The request for a page failed. Whether another index knows the project is not looked into.
    #[error("failed to ask {index} for `{project}`")]
    Ask { index: String, project: PackageName, source: http::Error },
    /// The answer is not a page.
    #[error("{index} did not answer with a project page for `{project}`")]
    Page { index: String, project: PackageName, source: PageError },
    /// The URL of an index is not that of its project pages, which lie below it.
    #[error("{index} has no project pages: did you mean {meant}?")]
    Misspelled { index: String, meant: SafeUrl },
    /// A page of `--find-links` could not be had.
    #[error("failed to read the find-links page {url}")]
    FindLinks { url: SafeUrl, source: http::Error },
    /// A page of `--find-links` is none.
    #[error("{url} is not a page of links")]
    FindLinksPage { url: SafeUrl, source: PageError },
    /// A page of `--find-links` is not there.
    #[error("the find-links page {url} was not found (status {status})")]
    FindLinksGone { url: SafeUrl, status: u16 },
    /// A folder or file could not be read.
    #[error("failed to read the {what} `{}`", path.display())]
    Folder { what: LocalPlace, path: PathBuf, source: std::io::Error },
    /// The manifest of a mirror could not be had.
    #[error("failed to read the manifest of the mirror, {url}")]
    Manifest { url: Box<SafeUrl>, source: http::Error },
    /// The manifest of a mirror is none that this version reads.
    #[error("the manifest of the mirror, {url}, cannot be read")]
    ManifestContent { url: Box<SafeUrl>, source: serde_json::Error },
    /// Another version of barrow wrote the manifest of a mirror.
    #[error("the manifest of the mirror, {url}, has the form {found}, and this version of barrow knows {known}")]
    ManifestForm { url: Box<SafeUrl>, found: u32, known: u32 },
    /// A pin names an index that is not configured.
    #[error("`{project}` is pinned to the index `{index}`, but no index has this name")]
    UnknownIndex { project: PackageName, index: String },
    /// A pin names an index, and none may be asked.
    #[error("`{project}` comes from the index `{index}` alone, and no index may be asked")]
    ClosedIndex { project: PackageName, index: String },
    /// A request for metadata failed.
    #[error("failed to fetch the metadata of `{file}`")]
    MetadataRequest { file: String, source: http::Error },
    /// The file is listed and not there.
    #[error("`{file}` is listed, but {url} answered with status {status}")]
    Gone { file: String, url: Box<SafeUrl>, status: u16 },
    /// The metadata file is not what the index promised.
    #[error("the metadata of `{file}` from {url} has digest {actual}, but {expected} was promised by the index")]
    MetadataDigest { file: String, url: SafeUrl, expected: HashDigest, actual: HashDigest },
    /// The metadata cannot be used.
    #[error("the metadata of `{file}` cannot be used")]
    Metadata { file: String, source: MetadataError },
    /// The metadata is that of something else.
    #[error("`{file}` holds the metadata of {name} {version}")]
    MetadataMismatch { file: String, name: PackageName, version: Version },
    /// The METADATA cannot be found in the wheel.
    #[error("failed to read METADATA in `{file}`")]
    Wheel { file: String, source: PartialZipError },
    /// A source distribution says nothing that can be used without building it.
    #[error("`{file}` is a source distribution without static metadata")]
    Sdist { file: String },
    /// The metadata is not in the cache, and the run is offline.
    #[error("the metadata of `{file}` is not in the cache, and the run is offline")]
    Offline { file: String },
    /// The whole file was needed and could not be had.
    #[error(transparent)]
    Fetch(#[from] FetchError),
}

impl IndexError {
    /// Whether only this file is affected, so that another version may do.
    pub fn is_skippable(&self) -> bool {
        matches!(
            self,
            Self::Metadata { .. }
                | Self::MetadataMismatch { .. }
                | Self::Wheel { .. }
                | Self::Sdist { .. }
                | Self::Offline { .. }
        )
    }
}

/// What a folder or file of this machine is for an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalPlace {
    /// A folder that stands for an index.
    Index,
    /// A folder of `--find-links`.
    FindLinks,
    /// A page of `--find-links`.
    FindLinksPage,
    /// The manifest of a mirror.
    Manifest,
    /// A wheel.
    Wheel,
}

impl LocalPlace {
    /// Whether the user named it, and not an index or a page.
    pub fn is_named(self) -> bool {
        matches!(self, Self::Index | Self::FindLinks)
    }
}

impl fmt::Display for LocalPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Index => "index folder",
            Self::FindLinks => "find-links folder",
            Self::FindLinksPage => "find-links page",
            Self::Manifest => "manifest of the mirror",
            Self::Wheel => "wheel",
        })
    }
}
