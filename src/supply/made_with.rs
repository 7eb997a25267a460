//! What a wheel was built with, as far as that may change without anything of its source changing: wheels of folders
//! and files of this machine. What an index has of a backend is its own word, and a build is kept as pip and uv keep it.

use serde::{Deserialize, Serialize};

use crate::fetch::FetchedWheel;
use crate::resolution::ResolvedDist;
use crate::spec::HashDigest;

/// What a wheel was built with.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct MadeWith {
    /// All that its backend required.
    pub(super) requires: Vec<String>,
    /// The wheels of this machine that were taken for it, in order.
    pub(super) local: Vec<(String, HashDigest)>,
}

impl MadeWith {
    pub(super) fn new(requires: Vec<String>, mut local: Vec<FetchedWheel>) -> Self {
        local.sort_by(|one, other| one.name.cmp(&other.name));
        Self { requires, local: local.into_iter().map(|wheel| (wheel.filename.to_string(), wheel.digest)).collect() }
    }
}

/// Whether a distribution lies on this machine.
pub(super) fn is_local(dist: &ResolvedDist) -> bool {
    dist.file.url.is_file()
}
