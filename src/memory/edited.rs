//! What is remembered of an output for a run that finds the user's own files edited, and nothing else.

use serde::{Deserialize, Serialize};

use super::published::{BundledDist, LeftOutFiles};
use crate::index::Freshness;
use crate::spec::{PackageName, Version};

/// Warnings by the part of the run that gave them: choosing, unpacking, putting together.
pub(super) type Warnings = [Vec<String>; 3];

/// The user's own files in an output, and what was said of it that holds for other contents of them as well.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct OwnPart {
    /// Bytes of the user's own files.
    pub(crate) bytes: u64,
    /// Warnings that were given about the distributions when they were put together.
    pub(crate) warnings: Vec<String>,
    /// The largest distributions, where the output is larger than Lambda accepts.
    pub(crate) largest: Option<Vec<String>>,
    /// Sentences that say what would make the output smaller, where it is larger than Lambda accepts.
    pub(crate) ways: Vec<String>,
}

/// The last result with an output, for a run that finds the contents of the user's own files changed and nothing else.
pub(crate) struct Edited {
    /// The identity of its inputs and distributions, as the mark of OUT names it.
    pub(crate) made_of: String,
    /// How long the result holds without any server being asked; `None`: what it was made of can change unseen.
    pub(crate) freshness: Option<Freshness>,
    /// Size of all files, bytes.
    pub(crate) size_bytes: u64,
    pub(crate) dists: Vec<BundledDist>,
    pub(crate) excluded: Vec<PackageName>,
    pub(crate) passed_over: Vec<(PackageName, Version, String)>,
    pub(crate) left_out: LeftOutFiles,
    pub(crate) own: OwnPart,
    /// The warnings of each part of the run.
    pub(crate) warnings: Warnings,
}
