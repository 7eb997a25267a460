//! Fetching what a reference leads to, so that a wheel can be built of it.

use std::sync::Arc;

use super::SupplyError;
use super::bench::blocking;
use super::building::SourceBuilder;
use super::indexes::is_private_reference;
use super::material::{BuildSource, Whereabouts, describe};
use crate::archive::SafePath;
use crate::build::{BuildError, check_out, folder_digest, is_commit};
use crate::fetch::WantedFile;
use crate::requirements::DirectReference;
use crate::spec::{HashDigest, PackageName, SafeUrl};

impl SourceBuilder {
    /// Fetches what a reference leads to. An archive must have one of the digests, if there are any.
    pub(super) async fn material(
        &self,
        name: &PackageName,
        reference: &DirectReference,
        accepted: Vec<HashDigest>,
    ) -> Result<BuildSource, SupplyError> {
        let label = describe(reference);
        let (origin, subdirectory) = match reference {
            DirectReference::Wheel { url } | DirectReference::Sdist { url, subdirectory: None } => {
                (self.archive(name, url, accepted).await?, None)
            }
            DirectReference::Sdist { url, subdirectory } => {
                (self.archive(name, url, accepted).await?, subdirectory.as_ref())
            }
            DirectReference::Folder { path, subdirectory, .. } => {
                let (folder, shown) = (path.clone(), label.clone());
                let digest = blocking(move || folder_digest(&folder, &shown)).await??;
                (Whereabouts::Folder { path: path.clone(), digest }, subdirectory.as_ref())
            }
            DirectReference::Git { url, revision, subdirectory, .. } => {
                (self.repository(url, revision.as_deref()).await?, subdirectory.as_ref())
            }
        };
        let subdirectory = subdirectory.map(|text| SafePath::new(text.trim_matches('/'))).transpose();
        let failed = |error: crate::archive::SafePathError| BuildError::Metadata {
            label: label.clone(),
            reason: format!("its subdirectory: {error}"),
        };
        Ok(BuildSource {
            origin,
            subdirectory: subdirectory.map_err(failed)?,
            label,
            is_private: is_private_reference(reference),
        })
    }

    async fn archive(
        &self,
        name: &PackageName,
        url: &SafeUrl,
        accepted: Vec<HashDigest>,
    ) -> Result<Whereabouts, SupplyError> {
        let wanted = WantedFile {
            filename: url.file_name().unwrap_or_else(|| name.to_string()),
            project: name.clone(),
            url: url.clone(),
            accepted,
            listed: Vec::new(),
            size: None,
            hashes_from: None,
            index: url.without_credentials(),
        };
        Ok(Whereabouts::Archive { file: self.fetcher.fetch_file(&wanted).await? })
    }

    async fn repository(&self, url: &SafeUrl, revision: Option<&str>) -> Result<Whereabouts, SupplyError> {
        let shown = url.without_credentials();
        let key = format!("{} {}", shown.reveal(), revision.unwrap_or_default());
        let mut clones = self.bench.clones.lock().await;
        if let Some((_, checkout)) = clones.get(&key) {
            return Ok(Whereabouts::Git(checkout.clone()));
        }
        if self.offline && url.to_file_path().is_none() {
            return Err(SupplyError::OfflineRepository(shown));
        }
        if self.has_mirror && url.to_file_path().is_none() {
            return Err(SupplyError::RepositoryBeyondMirror(shown));
        }
        self.tell(&format!("Fetching {shown}"));
        let folder = Arc::new(self.cache.temporary_folder()?);
        let (url_there, revision_there) = (url.clone(), revision.map(str::to_owned));
        let (place, workshop) = (folder.path().join("clone"), self.workshop.clone());
        let fetching = blocking(move || check_out(&url_there, revision_there.as_deref(), &place, &workshop));
        let checkout = fetching.await??;
        clones.insert(key, (Arc::clone(&folder), checkout.clone()));
        if !revision.is_some_and(is_commit) {
            // Asked for by its commit from here on.
            let key = format!("{} {}", shown.reveal(), checkout.commit);
            clones.insert(key, (Arc::clone(&folder), checkout.clone()));
        }
        Ok(Whereabouts::Git(checkout))
    }
}
