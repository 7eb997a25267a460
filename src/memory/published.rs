//! What a run has made.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::inventory::{Inventory, InventoryError, Reading, Requested, WheelOrigin, read_finished, requested_by};
use crate::publish::PublishedZip;
use crate::resolution::ResolvedDist;
use crate::spec::{ExtraName, HashDigest, IndexOrigin, PackageName, SafeUrl, Version};
use crate::target::Target;

/// An output that lies in its place.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Published {
    /// The path of the output, as the user named it.
    pub path: PathBuf,
    /// The target that it was made for.
    pub target: Target,
    /// Number of files.
    pub files: usize,
    /// Unzipped size, bytes.
    pub size_bytes: u64,
    /// The zip, if it is one.
    pub zip: Option<PublishedZip>,
    /// The distributions, sorted by name.
    pub dists: Vec<BundledDist>,
    /// Projects that were left to the runtime, or to what brings them already, sorted.
    pub excluded: Vec<PackageName>,
    /// The layers that it was split into, in order; empty: it is one output, at `path`.
    pub layers: Vec<PublishedLayer>,
    /// Versions better than the chosen ones that were passed over, and why, as the end of a sentence; of a lock, none
    /// are known.
    pub passed_over: Vec<(PackageName, Version, String)>,
    /// Files of distributions that were left out.
    pub left_out: LeftOutFiles,
    /// What differs from the last run with this output, by name; `None`: no last run is known.
    pub changes: Option<Vec<DistChange>>,
    /// Whether the output lay there already, made of the same, and was left alone.
    pub is_unchanged: bool,
}

/// One of several layers that were published together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PublishedLayer {
    /// Its place.
    #[serde(skip)]
    pub path: PathBuf,
    /// Number of files.
    pub files: usize,
    /// Unzipped size, bytes.
    pub size_bytes: u64,
    /// The zip, if it is one.
    pub zip: Option<PublishedZip>,
    /// The distributions in it, sorted.
    pub dists: Vec<PackageName>,
}

/// Files of distributions that were left out, by `--slim` or `--exclude NAME:GLOB`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOutFiles {
    /// Number of files.
    pub files: usize,
    /// Their size, bytes.
    pub bytes: u64,
}

/// A distribution that came, went, or has another version than in the last run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistChange {
    /// The project, by its normalized name.
    pub name: PackageName,
    /// The version of the last run; `None`: it was not there.
    pub before: Option<Version>,
    /// The version of this run; `None`: it is not there any more.
    pub now: Option<Version>,
}

/// `+ numpy 2.5.5`, `- six 1.17.0` or `~ boto3 1.44.7 → 1.44.8`.
impl fmt::Display for DistChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match (&self.before, &self.now) {
            (None, Some(now)) => write!(f, "+ {name} {now}"),
            (Some(before), None) => write!(f, "- {name} {before}"),
            (Some(before), Some(now)) => write!(f, "~ {name} {before} → {now}"),
            (None, None) => f.write_str(name.as_ref()),
        }
    }
}

/// One distribution of a bundle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BundledDist {
    /// The project, by its normalized name.
    pub name: PackageName,
    /// The version of the wheel, local part included.
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
    /// The extras of it that are in use.
    pub extras: Vec<ExtraName>,
    /// Who asked for it.
    pub requested_by: Vec<Requested>,
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
            extras: resolved.extras.clone(),
            requested_by: requested_by(resolved),
        }
    }
}

impl Published {
    /// The paths at which the output lies: that of OUT, or those of its layers.
    pub fn places(&self) -> Vec<PathBuf> {
        match self.layers.as_slice() {
            [] => vec![self.path.clone()],
            layers => layers.iter().map(|layer| layer.path.clone()).collect(),
        }
    }

    /// What lies in the output now, with what this run knows of its distributions. `path` is where it lies, as seen
    /// from here.
    ///
    /// # Errors
    /// What cannot be read.
    pub fn inventory(&self, path: &Path, reading: Reading) -> Result<Inventory, InventoryError> {
        let origin = |dist: &BundledDist| WheelOrigin {
            filename: Some(dist.filename.clone()),
            url: Some(dist.url.clone()),
            index: Some(dist.index.clone()),
            sha256: Some(dist.sha256.clone()),
            wheel_bytes: None,
        };
        let origins =
            self.dists.iter().map(|dist| (&dist.name, origin(dist), dist.extras.clone(), dist.requested_by.clone()));
        Ok(read_finished(path, &self.target, reading)?.with_origins(origins))
    }
}
