//! What the cache keeps of a build, and how others know it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::made_with::MadeWith;
use super::placed::PlacedRequirement;
use crate::build::NotedVariables;
use crate::cache::{Bucket, Cache};
use crate::fetch::FetchedWheel;
use crate::shared::{ClaimKind, Offer};
use crate::spec::{HashDigest, sha256};

/// Changes when what is shared of a build does.
const FORMAT: &str = "shared build 3";

/// What the cache keeps of a build.
#[derive(Serialize, Deserialize)]
pub(super) struct KeptBuild {
    pub(super) filename: String,
    pub(super) sha256: HashDigest,
    /// How long it took, milliseconds.
    #[serde(default)]
    took: u64,
    /// Its source comes from a private index, as far as is known.
    #[serde(default = "yes")]
    is_private: bool,
    /// The variables that its source reads, as they were: with others, something else may be built.
    pub(super) variables: NotedVariables,
    pub(super) made_with: MadeWith,
    /// Requirements that it tied to places of this machine.
    pub(super) placed: Vec<PlacedRequirement>,
}

/// What is known of a wheel that was built, beside its bytes.
#[derive(Clone)]
pub(super) struct BuiltWheel {
    pub(super) wheel: FetchedWheel,
    pub(super) placed: Vec<PlacedRequirement>,
}

/// What a claim about a build says beside its digest.
#[derive(Serialize, Deserialize)]
pub(super) struct BuildDetails {
    pub(super) variables: NotedVariables,
    pub(super) made_with: MadeWith,
}

fn yes() -> bool {
    true
}

impl KeptBuild {
    pub(super) fn of(built: &BuiltWheel, took: Duration, is_private: bool, details: BuildDetails) -> Self {
        let BuildDetails { variables, made_with } = details;
        Self {
            filename: built.wheel.filename.to_string(),
            sha256: built.wheel.digest.clone(),
            took: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            is_private,
            variables,
            made_with,
            placed: built.placed.clone(),
        }
    }

    /// What others may have of it; `None`: it leads to places of this machine.
    pub(super) fn offer(&self, key: HashDigest, cache: &Cache, size: u64) -> Option<Offer> {
        let details = BuildDetails { variables: self.variables.clone(), made_with: self.made_with.clone() };
        self.placed.is_empty().then(|| Offer {
            about: Some((ClaimKind::Builds, key)),
            name: self.filename.clone(),
            path: cache.wheel(&self.sha256),
            digest: self.sha256.clone(),
            size,
            took: Duration::from_millis(self.took),
            // Texts and digests can always be written.
            details: serde_json::to_value(details).unwrap_or_default(),
            is_private: self.is_private,
        })
    }
}

/// The key of a build for others: the inputs that decide here, by the name of their entry in the cache, and the kind of
/// machine that builds.
pub(super) fn shared_key(entry: &Path) -> Option<HashDigest> {
    let name = entry.file_name()?.to_str()?;
    let (system, processor) = (std::env::consts::OS, std::env::consts::ARCH);
    Some(sha256(format!("{FORMAT}\n{name}\n{system} {processor}").as_bytes()))
}

/// Every wheel that was built here and is still in the cache, to be offered to others.
pub(crate) fn kept_builds(cache: &Cache) -> Vec<Offer> {
    let below = |folder: &Path| {
        let entries = fs_err::read_dir(folder).into_iter().flatten().flatten();
        let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
        paths.sort();
        paths
    };
    let entries = below(&cache.root().join(Bucket::Builds.folder())).into_iter().flat_map(|folder| below(&folder));
    let offer = |entry: PathBuf| {
        let kept: KeptBuild = serde_json::from_slice(&cache.read(&entry)?).ok()?;
        let size = fs_err::metadata(cache.wheel(&kept.sha256)).ok()?.len();
        kept.offer(shared_key(&entry)?, cache, size)
    };
    entries.filter_map(offer).collect()
}
