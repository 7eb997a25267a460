//! Fetching what a reference leads to, so that a wheel can be built of it.

use std::path::PathBuf;
use std::sync::Arc;

use super::SupplyError;
use super::bench::Cloned;
use super::building::SourceBuilder;
use super::indexes::is_private_reference;
use super::material::{BuildSource, Whereabouts, describe};
use crate::archive::SafePath;
use crate::blocking::blocking;
use crate::build::{BuildError, Checkout, RepositoryStandIn, check_out, folder_digest, is_commit, kept_checkout};
use crate::cache::Bucket;
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
                let digest = blocking(move || folder_digest(&folder, &shown)).await?;
                (Whereabouts::Folder { path: path.clone(), digest }, subdirectory.as_ref())
            }
            DirectReference::Git { url, revision, subdirectory, .. } => {
                (self.repository(name, url, revision.as_deref()).await?, subdirectory.as_ref())
            }
        };
        let parts = |text: &String| -> Vec<String> {
            text.split('/').filter(|part| !matches!(*part, "" | ".")).map(str::to_owned).collect()
        };
        let subdirectory = subdirectory.map(parts).filter(|parts| !parts.is_empty());
        let subdirectory = subdirectory.map(|parts| SafePath::new(&parts.join("/"))).transpose();
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

    async fn repository(
        &self,
        name: &PackageName,
        url: &SafeUrl,
        revision: Option<&str>,
    ) -> Result<Whereabouts, SupplyError> {
        let shown = url.without_credentials();
        let key = format!("{} {}", shown.reveal(), revision.unwrap_or_default());
        let mut known = self.bench.clones.lock().await;
        if let Some(cloned) = known.get(&key) {
            return Ok(Whereabouts::Git(cloned.checkout.clone()));
        }
        if let Some(cloned) = self.kept_repository(url, revision).await? {
            let checkout = cloned.checkout.clone();
            known.insert(key, cloned);
            return Ok(Whereabouts::Git(checkout));
        }
        let stand_ins = self.stand_ins(name, url).await?;
        let is_asked = stand_ins.is_empty() && url.to_file_path().is_none();
        if self.offline && is_asked {
            return Err(SupplyError::OfflineRepository(shown));
        }
        self.tell(&format!("Fetching {shown}"));
        let room = Arc::new(self.cache.temporary_folder()?);
        let (url_there, revision_there) = (url.clone(), revision.map(str::to_owned));
        let (place, workshop, is_mirrored) = (room.path().join("clone"), self.workshop.clone(), !stand_ins.is_empty());
        let fetching =
            blocking(move || check_out(&url_there, revision_there.as_deref(), &place, &stand_ins, &workshop));
        let checkout = fetching.await.map_err(|source| match revision {
            Some(revision) if is_mirrored => {
                let (revision, source) = (revision.to_owned(), Box::new(source));
                SupplyError::RevisionBeyondMirror { url: shown.clone(), revision, source }
            }
            _ => source.into(),
        });
        let checkout = self.keep_repository(url, checkout?);
        let cloned = Cloned::new(url, revision, checkout.clone(), Some(room));
        if !revision.is_some_and(is_commit) {
            // Asked for by its commit from here on.
            let by_commit = format!("{} {}", shown.reveal(), checkout.commit);
            // Somebody may be reading the checkout that was known under this name before.
            known.entry(by_commit).or_insert_with(|| cloned.clone());
        }
        known.insert(key, cloned);
        Ok(Whereabouts::Git(checkout))
    }

    /// What an earlier run has fetched of a commit: that never means another, so nobody is asked for it again. A mirror
    /// has its own word on what it holds.
    async fn kept_repository(&self, url: &SafeUrl, revision: Option<&str>) -> Result<Option<Cloned>, SupplyError> {
        let Some(commit) = revision.filter(|revision| is_commit(revision) && !self.has_mirror) else { return Ok(None) };
        let place = self.place_of(url, commit);
        let (there, wanted, workshop) = (url.clone(), commit.to_ascii_lowercase(), self.workshop.clone());
        let looking = blocking(move || Ok::<_, BuildError>(kept_checkout(&there, &wanted, &place, &workshop)));
        let kept = looking.await?;
        if kept.is_none()
            && let Ok(room) = self.cache.temporary_folder()
        {
            // What is damaged there makes room for what is fetched now.
            let _ = fs_err::rename(self.place_of(url, commit), room.path().join("damaged"));
        }
        Ok(kept.map(|checkout| Cloned::new(url, revision, checkout, None)))
    }

    /// Keeps what was fetched for later runs; where that cannot be, it goes with this one.
    fn keep_repository(&self, url: &SafeUrl, checkout: Checkout) -> Checkout {
        let place = self.place_of(url, &checkout.commit);
        let is_kept = !self.has_mirror
            && self.cache.make_parent(&place).is_ok()
            && fs_err::rename(&checkout.folder, &place).is_ok();
        if is_kept { Checkout { folder: place, ..checkout } } else { checkout }
    }

    /// Where the checkout of a commit is kept. Not everybody who knows a commit may have the repository.
    fn place_of(&self, url: &SafeUrl, commit: &str) -> PathBuf {
        let key = format!("{} {}", url.without_credentials().reveal(), commit.to_ascii_lowercase());
        self.cache.entry(Bucket::Repositories, &key)
    }

    /// Files of the mirror that stand for a repository and its submodules; none where no mirror stands for everything.
    async fn stand_ins(&self, name: &PackageName, url: &SafeUrl) -> Result<Vec<RepositoryStandIn>, SupplyError> {
        if !self.has_mirror || url.to_file_path().is_some() {
            return Ok(Vec::new());
        }
        let mut stand_ins = Vec::new();
        for (url, wanted) in self.live.index().repository_files(url, name).await? {
            let file = self.fetcher.fetch_file(&wanted).await?.path;
            stand_ins.push(RepositoryStandIn { url, file });
        }
        if !stand_ins.is_empty() {
            return Ok(stand_ins);
        }
        // Nobody knows what a mirror has that may not be asked.
        let is_told = !self.offline || self.live.index().mirror_manifest().await?.is_some();
        let beyond = if is_told { SupplyError::RepositoryBeyondMirror } else { SupplyError::OfflineRepository };
        Err(beyond(url.without_credentials()))
    }
}
