//! Repositories that a run has fetched, each as one file: for a mirror.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;

use super::SupplyError;
use super::bench::Cloned;
use super::inquiry::Inquiry;
use crate::blocking::blocking;
use crate::build::{BuildError, Checkout, bundle, is_of, submodules};
use crate::index::MirroredRepository;
use crate::spec::SafeUrl;

/// A repository that has to be in a mirror.
pub(crate) struct NeededRepository {
    /// Its URL.
    pub(crate) url: SafeUrl,
    /// Revisions that were asked for, and what these are.
    asked: Vec<(Option<String>, Checkout)>,
    /// URLs of its submodules, without credentials.
    pub(crate) submodules: BTreeSet<String>,
}

/// A repository as one file, which lasts as long as this value.
pub(crate) struct RepositoryFile {
    pub(crate) path: PathBuf,
    _room: Arc<TempDir>,
}

impl Inquiry {
    /// What has to be in a mirror so that the repository behind `url` can be checked out as this run has done it: itself,
    /// and the repositories of its submodules; by the names that a mirror gives them.
    pub(crate) async fn needed_repositories(
        &self,
        url: &SafeUrl,
    ) -> Result<BTreeMap<String, NeededRepository>, SupplyError> {
        let name = MirroredRepository::name_of(url);
        let known = self.session.bench.clones.lock().await;
        let is_of_it = |cloned: &&Cloned| MirroredRepository::name_of(&cloned.url) == name;
        // One that was asked for by a branch is known by its commit too.
        let clones = known.values().filter(is_of_it).map(|cloned| (cloned.checkout.folder.clone(), cloned.clone()));
        let clones: BTreeMap<PathBuf, Cloned> = clones.collect();
        drop(known);
        let mut needed = BTreeMap::from([(name.clone(), NeededRepository::new(url))]);
        for cloned in clones.into_values() {
            let (own, workshop) = (cloned.clone(), self.builder.workshop.clone());
            let parts = blocking(move || submodules(&own.url, &own.checkout.folder, &workshop)).await?;
            for (address, checkout) in parts {
                let part = SafeUrl::parse(&address).map_err(|_| BuildError::Metadata {
                    label: url.without_credentials().to_string(),
                    reason: "the address of a submodule is no URL, so a mirror cannot hold it".to_owned(),
                })?;
                let part = part.with_credentials_of(url);
                let plain = part.without_credentials().reveal().to_string();
                let own = needed.entry(MirroredRepository::name_of(&part));
                own.or_insert_with(|| NeededRepository::new(&part))
                    .asked
                    .push((Some(checkout.commit.clone()), checkout));
                needed.get_mut(&name).expect("it was put there").submodules.insert(plain);
            }
            let asked = (cloned.revision, cloned.checkout.clone());
            needed.get_mut(&name).expect("it was put there").asked.push(asked);
        }
        Ok(needed)
    }

    /// A repository as one file; `None`: `earlier`, such a file of an earlier run, will do.
    pub(crate) async fn repository_file(
        &self,
        needed: &NeededRepository,
        earlier: Option<&Path>,
    ) -> Result<Option<RepositoryFile>, SupplyError> {
        let room = Arc::new(self.session.cache.temporary_folder()?);
        let (url, asked, earlier) = (needed.url.clone(), needed.asked.clone(), earlier.map(Path::to_owned));
        let (place, workshop) = (room.path().to_owned(), self.builder.workshop.clone());
        let path = blocking(move || bundle(&url, &asked, earlier.as_deref(), &place, &workshop)).await?;
        Ok(path.map(|path| RepositoryFile { path, _room: room }))
    }

    /// Whether a file of an earlier run holds the repository that is needed.
    pub(crate) async fn is_file_of(&self, needed: &NeededRepository, file: &Path) -> Result<bool, SupplyError> {
        let (url, asked, file) = (needed.url.clone(), needed.asked.clone(), file.to_owned());
        let workshop = self.builder.workshop.clone();
        Ok(blocking(move || is_of(&url, &asked, &file, &workshop)).await?)
    }
}

impl NeededRepository {
    fn new(url: &SafeUrl) -> Self {
        Self { url: url.clone(), asked: Vec::new(), submodules: BTreeSet::new() }
    }

    /// Adds what somebody else needs of the same repository.
    pub(crate) fn add(&mut self, other: Self) {
        self.asked.extend(other.asked);
        self.submodules.extend(other.submodules);
    }
}
