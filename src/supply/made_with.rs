//! What a wheel was built with, as far as that may change without anything of its source changing: wheels of folders
//! and files of this machine. What an index has of a backend is its own word, and a build is kept as pip and uv keep it.

use serde::{Deserialize, Serialize};

use super::SupplyError;
use super::building::SourceBuilder;
use crate::fetch::FetchedWheel;
use crate::resolution::ResolvedDist;
use crate::spec::{HashDigest, SafeUrl, lenient};
use crate::target::Target;

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

impl SourceBuilder {
    /// Whether the same wheels of this machine would be taken for a build now. Where that cannot be known, they would: a
    /// wheel that was built needs no backend any more.
    pub(super) async fn would_be_made_alike(&self, made_with: &MadeWith, platform: &Target, label: &str) -> bool {
        let is_url = |text: &String| lenient::requirement(text).is_ok_and(|it| it.version_or_url.is_some());
        let has_local = self.backends.asked.iter().any(SafeUrl::is_file) || made_with.requires.iter().any(is_url);
        if !has_local || made_with.requires.is_empty() {
            return true;
        }
        match self.local_tools(&made_with.requires, platform, label).await {
            Ok(local) => MadeWith::new(Vec::new(), local).local == made_with.local,
            Err(_) => true,
        }
    }

    async fn local_tools(
        &self,
        requires: &[String],
        platform: &Target,
        label: &str,
    ) -> Result<Vec<FetchedWheel>, SupplyError> {
        let mut dists = self.resolve_requirements(requires, platform, label).await?;
        dists.retain(is_local);
        let mut downloads = self.backend_wheels(&dists)?;
        let mut local = Vec::with_capacity(dists.len());
        while let Some(fetched) = downloads.next().await {
            local.push(fetched?);
        }
        Ok(local)
    }
}
