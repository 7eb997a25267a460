//! What an index says about a project (PEP 503, 592, 629, 658, 691, 700, 714, 740, 792).
//!
//! This file holds the values; `simple_json` and `simple_html` read the two shapes in which servers send them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{DistFilename, HashDigest, SafeUrl, Version, VersionSpecifiers};

/// A file of the page that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedFile {
    /// The name as listed.
    pub filename: String,
    /// Why, as a lowercase fragment.
    pub reason: String,
}

/// One distribution file that an index, a folder or a URL requirement offers. Nothing about its bytes is proved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DistFile {
    /// Parsed file name.
    pub filename: DistFilename,
    /// Where its bytes are: `http`, `https` or `file`. The fragment is a `WeakDigest` or nothing.
    pub url: SafeUrl,
    /// Digests that the index promises, strongest first; empty when it gives none that count.
    pub hashes: Vec<HashDigest>,
    /// Size in bytes (PEP 700).
    pub size: Option<u64>,
    /// Target Python versions; `None` when absent, or when malformed beyond repair.
    pub requires_python: Option<VersionSpecifiers>,
    /// Withdrawn (PEP 592).
    pub yanked: Yanked,
    /// Whether the METADATA can be had without the wheel (PEP 658, PEP 714).
    pub metadata: MetadataOffer,
    /// Upload time (PEP 700), in microseconds since 1970-01-01T00:00:00Z.
    pub upload_time: Option<i64>,
    /// Where the index has the attestations of who published it (PEP 740); they are kept in locks, and not verified.
    pub provenance: Option<SafeUrl>,
    /// The index, folder or page that listed it.
    pub origin: Arc<IndexOrigin>,
}

impl DistFile {
    /// A file that no index lists: nothing is known of it but its name and where it is.
    pub fn unlisted(filename: DistFilename, url: SafeUrl) -> Self {
        Self {
            filename,
            origin: Arc::new(IndexOrigin { name: None, url: url.without_credentials() }),
            url,
            hashes: Vec::new(),
            size: None,
            requires_python: None,
            yanked: Yanked::No,
            metadata: MetadataOffer::None,
            upload_time: None,
            provenance: None,
        }
    }

    /// Version of the file.
    pub fn version(&self) -> &Version {
        self.filename.version()
    }
}

/// Whether and why a file is withdrawn (PEP 592).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Yanked {
    /// Not withdrawn.
    #[default]
    No,
    /// Withdrawn, with the publisher's reason (may be empty).
    Yes(String),
}

impl Yanked {
    /// Whether the file is withdrawn.
    pub fn is_yanked(&self) -> bool {
        matches!(self, Self::Yes(_))
    }
}

/// Whether an index offers METADATA as a file of its own, at the file's URL plus `.metadata` (PEP 658, PEP 714).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum MetadataOffer {
    /// Not offered.
    #[default]
    None,
    /// Offered, with the digests that were given for it (may be empty).
    Offered(Vec<HashDigest>),
}

/// What an index says about a project as a whole (PEP 792).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectStatus {
    /// `active`, `archived`, `deprecated`, `quarantined`, or what later versions of the API add; empty: active.
    pub word: String,
    /// Why, where the index says it.
    pub reason: Option<String>,
}

impl ProjectStatus {
    /// Whether no file of the project may be used.
    pub fn is_quarantined(&self) -> bool {
        self.word == "quarantined"
    }

    /// Whether whoever uses the project should know about it.
    pub fn is_telling(&self) -> bool {
        matches!(self.word.as_str(), "archived" | "deprecated" | "quarantined")
    }
}

/// The end of a sentence that begins with the project.
impl std::fmt::Display for ProjectStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.word.as_str() {
            "quarantined" => f.write_str("is quarantined, so that none of its files is offered")?,
            "archived" => f.write_str("is archived: its keepers do not expect to update it again")?,
            "deprecated" => f.write_str("is deprecated by its keepers")?,
            word => write!(f, "is {word}")?,
        }
        self.reason.as_ref().map_or(Ok(()), |reason| write!(f, " ({})", reason.trim()))
    }
}

/// Where a file was listed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct IndexOrigin {
    /// The name that the user gave the index, if any.
    pub name: Option<String>,
    /// The index's base URL, the find-links page or folder, or the URL requirement itself; shown without credentials.
    pub url: SafeUrl,
}
