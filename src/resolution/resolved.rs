//! What was chosen, and who asked for it.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Exclusion;
use crate::requirements::{DirectReference, Origin};
use crate::spec::{DistFile, ExtraName, HashDigest, PackageName, Requirement, Version};
use crate::target::Target;

/// One distribution file for every project that is needed on one target, sorted by name.
#[derive(Clone, Debug)]
pub struct Resolution {
    /// The runtime and architecture that it is the answer for.
    pub target: Target,
    /// The distributions, sorted by name.
    pub dists: Vec<ResolvedDist>,
    /// What the user should know: extras that do not exist, yanked pins…
    pub warnings: Vec<String>,
    /// Versions better than the chosen one that were passed over, sorted by name and version; `Display` is a sentence.
    pub passed_over: Vec<PassedOver>,
}

/// A version that would have been preferred but for one reason. It is not the version that was chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PassedOver {
    /// The project, by its normalized name.
    pub name: PackageName,
    /// The version that was passed over.
    pub version: Version,
    /// Why it could not be used.
    pub exclusion: Exclusion,
    /// The target it was judged for, such as `python3.11/x86_64`.
    pub target: String,
}

impl fmt::Display for PassedOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} passed over for {}: {}", self.name, self.version, self.target, self.exclusion)
    }
}

/// One chosen distribution. Its requirements are met by the others; nothing about its bytes is proved.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ResolvedDist {
    /// Normalized name.
    pub name: PackageName,
    /// The chosen version.
    pub version: Version,
    /// The file to use on the target.
    pub file: Box<DistFile>,
    /// Digests of which the file must match one: of the user's `--hash` where given, else of the index. Empty: none
    /// known.
    pub accepted_hashes: Vec<HashDigest>,
    /// The digests come from the user's file (`--hash`), from here; for messages.
    pub hashes_from: Option<Origin>,
    /// Every file of this version that the index lists, for locks with all hashes; empty when nobody asked for them.
    pub siblings: Vec<DistFile>,
    /// Extras that are in use, sorted.
    pub extras: Vec<ExtraName>,
    /// Projects of the resolution that it requires on this target, sorted.
    pub dependencies: Vec<PackageName>,
    /// Who asked for it.
    pub required_by: Vec<Requirer>,
    /// Requirements from its metadata that apply on the target, for checking against the installed wheel.
    pub requires_dist: Vec<Requirement>,
    /// Whether a URL or path of the user leads to it, rather than an index.
    pub is_direct: bool,
    /// What a wheel of it has to be built from, where that is not a source distribution of an index.
    #[serde(skip)] // What has to be built is not remembered.
    pub built_from: Option<DirectReference>,
}

impl ResolvedDist {
    /// Whether its file has one digest, as folders and repositories have not.
    pub fn has_digest(&self) -> bool {
        !matches!(self.built_from, Some(DirectReference::Folder { .. } | DirectReference::Git { .. }))
    }
}

/// Who asked for a distribution, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Requirer {
    /// The user.
    User {
        /// The line of a file, or the command line.
        origin: Origin,
        /// The requirement.
        requirement: Arc<Requirement>,
    },
    /// Another distribution of the resolution.
    Dist {
        /// Its name.
        name: PackageName,
        /// The requirement.
        requirement: Arc<Requirement>,
    },
}
