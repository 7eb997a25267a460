//! What a wheel is built from: an archive, a folder, a commit. Fetched, and known by its content.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::Error;
use super::building::{Builder, blocking};
use crate::archive::{Limits, SafePath, read_source};
use crate::build::{BuildError, check_out, folder_digest, is_commit, static_metadata};
use crate::fetch::{FetchedFile, Wanted};
use crate::requirements::DirectReference;
use crate::spec::{CoreMetadata, HashDigest, PackageName, SafeUrl};

/// Largest PKG-INFO or pyproject.toml that is read, bytes: descriptions with pictures in them reach a few megabytes.
const METADATA_MOST: u64 = 16 << 20;

/// A source that can be built.
#[derive(Clone, Debug)]
pub(super) struct Material {
    /// What messages call it.
    pub(super) label: String,
    pub(super) origin: Origin,
    /// The folder of the project, below the top of the source.
    pub(super) subdirectory: Option<SafePath>,
}

/// Where a source lies.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    /// In the cache, with the digest that was promised.
    Archive { file: FetchedFile },
    /// Where the user has it.
    Folder { path: PathBuf, digest: HashDigest },
    /// In a temporary folder, which goes with the session.
    Git { url: SafeUrl, commit: String, checkout: PathBuf },
}

/// Repositories that were fetched, by URL and revision.
pub(super) type Clones = tokio::sync::Mutex<HashMap<String, (Arc<tempfile::TempDir>, String)>>;

impl Material {
    pub(super) fn archive(filename: &str, file: FetchedFile, subdirectory: Option<SafePath>) -> Self {
        Self { label: filename.to_owned(), origin: Origin::Archive { file }, subdirectory }
    }

    /// Says by its content which source it is.
    pub(super) fn identity(&self) -> String {
        let below = self.subdirectory.as_ref().map_or("", SafePath::as_str);
        match &self.origin {
            Origin::Archive { file } => format!("archive {} {below}", file.digest),
            Origin::Folder { digest, .. } => format!("folder {digest} {below}"),
            Origin::Git { url, commit, .. } => {
                format!("git {} {commit} {below}", url.without_credentials().reveal())
            }
        }
    }

    /// What it says of itself for certain; `None` when it has to be built to know.
    pub(super) async fn static_metadata(&self, limits: Limits) -> Result<Option<CoreMetadata>, Error> {
        let (origin, label) = (self.origin.clone(), self.label.clone());
        let below = self.subdirectory.as_ref().map(|below| format!("{below}/")).unwrap_or_default();
        let reading = blocking(move || {
            let names = [format!("{below}PKG-INFO"), format!("{below}pyproject.toml")];
            let [info, pyproject] = match &origin {
                Origin::Archive { file } => {
                    let wanted = [names[0].as_str(), names[1].as_str()];
                    let mut kept = read_source(&file.path, &wanted, METADATA_MOST, &limits)
                        .map_err(|source| BuildError::Unpack { label: label.clone(), source })?;
                    names.map(|name| kept.remove(&name))
                }
                // A PKG-INFO that lies in a folder is left from something else.
                Origin::Folder { path, .. } | Origin::Git { checkout: path, .. } => {
                    [None, fs_err::read(path.join(&names[1])).ok()]
                }
            };
            static_metadata(info.as_deref(), pyproject.as_deref(), &label)
        });
        Ok(reading.await??)
    }

    /// The reference that leads to this source, now and later: the commit stands in the place of a branch.
    pub(super) fn pinned(&self, reference: &DirectReference) -> DirectReference {
        match (reference, &self.origin) {
            (DirectReference::Git { url, subdirectory, editable, .. }, Origin::Git { commit, .. }) => {
                let (url, subdirectory, editable) = (url.clone(), subdirectory.clone(), *editable);
                DirectReference::Git { url, revision: Some(commit.clone()), subdirectory, editable }
            }
            _ => reference.clone(),
        }
    }
}

impl Builder {
    /// Fetches what a reference leads to. An archive must have one of the digests, if there are any.
    pub(super) async fn material(
        &self,
        name: &PackageName,
        reference: &DirectReference,
        accepted: Vec<HashDigest>,
    ) -> Result<Material, Error> {
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
                (Origin::Folder { path: path.clone(), digest }, subdirectory.as_ref())
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
        Ok(Material { origin, subdirectory: subdirectory.map_err(failed)?, label })
    }

    async fn archive(&self, name: &PackageName, url: &SafeUrl, accepted: Vec<HashDigest>) -> Result<Origin, Error> {
        let wanted = Wanted {
            filename: url.file_name().unwrap_or_else(|| name.to_string()),
            url: url.clone(),
            accepted,
            listed: Vec::new(),
            size: None,
            hashes_from: None,
            index: url.without_credentials(),
        };
        Ok(Origin::Archive { file: self.fetcher.fetch_file(&wanted).await? })
    }

    async fn repository(&self, url: &SafeUrl, revision: Option<&str>) -> Result<Origin, Error> {
        let shown = url.without_credentials();
        let key = format!("{} {}", shown.reveal(), revision.unwrap_or_default());
        let mut clones = self.bench.clones.lock().await;
        let origin = |folder: &tempfile::TempDir, commit: &str| Origin::Git {
            url: url.clone(),
            commit: commit.to_owned(),
            checkout: folder.path().join("clone"),
        };
        if let Some((folder, commit)) = clones.get(&key) {
            return Ok(origin(folder, commit));
        }
        if self.offline && url.to_file_path().is_none() {
            return Err(Error::OfflineRepository(shown));
        }
        self.tell(&format!("Fetching {shown}"));
        let folder = Arc::new(self.cache.temporary_folder()?);
        let (url_there, revision_there) = (url.clone(), revision.map(str::to_owned));
        let (place, workshop) = (folder.path().join("clone"), self.workshop.clone());
        let fetching = blocking(move || check_out(&url_there, revision_there.as_deref(), &place, &workshop));
        let commit = fetching.await??.commit;
        clones.insert(key, (Arc::clone(&folder), commit.clone()));
        if !revision.is_some_and(is_commit) {
            // Asked for by its commit from here on.
            clones.insert(format!("{} {commit}", shown.reveal()), (Arc::clone(&folder), commit.clone()));
        }
        Ok(origin(&folder, &commit))
    }
}

/// What a reference leads to, for messages.
pub(super) fn describe(reference: &DirectReference) -> String {
    match reference {
        DirectReference::Wheel { url } => format!("the wheel {url}"),
        DirectReference::Sdist { url, .. } => format!("the source archive {url}"),
        DirectReference::Folder { path, .. } => format!("the folder `{}`", path.display()),
        DirectReference::Git { url, .. } => format!("the git repository {url}"),
    }
}
