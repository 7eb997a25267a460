//! Git repositories that a mirror holds: each as one file, which `git` clones as it clones the repository.

use super::mirrored::MirroredRepository;
use super::static_pages::MIRROR_MANIFEST;
use super::{IndexClient, IndexError};
use crate::fetch::WantedFile;
use crate::spec::{HashDigest, PackageName, SafeUrl};

impl IndexClient {
    /// The file of the repository behind `url`, and those of its submodules, where the mirror that stands for
    /// everything has them: each with its URL. `project` is for whose sake they are asked for.
    ///
    /// # Errors
    /// The manifest of the mirror could not be read.
    pub(crate) async fn repository_files(
        &self,
        url: &SafeUrl,
        project: &PackageName,
    ) -> Result<Vec<(SafeUrl, WantedFile)>, IndexError> {
        let held = &self.outline().await?.repositories;
        let of = |url: &SafeUrl| {
            let name = MirroredRepository::name_of(url);
            held.iter().find(|held| held.problem().is_none() && held.name().as_ref() == Some(&name))
        };
        let Some(own) = of(url) else { return Ok(Vec::new()) };
        let submodules = own.submodules.iter().filter_map(|url| SafeUrl::parse(url).ok());
        let wanted = [url.clone()].into_iter().chain(submodules).filter_map(|url| {
            let file = of(&url)?;
            let digests: Vec<HashDigest> = file.digest().into_iter().collect();
            let wanted = WantedFile {
                filename: file.filename.clone(),
                project: project.clone(),
                url: self.beside_pages(&file.path())?,
                accepted: digests.clone(),
                listed: digests,
                size: Some(file.size),
                hashes_from: None,
                index: self.indexes.first()?.location.url.without_credentials().without_fragment(),
            };
            Some((url, wanted))
        });
        Ok(wanted.collect())
    }

    /// The URL of a file of the mirror that is the only index; `path` is below the mirror. `None`: a folder is no
    /// mirror.
    pub(super) fn beside_pages(&self, path: &str) -> Option<SafeUrl> {
        let [index] = self.indexes.as_slice() else { return None };
        let url = &index.location.url;
        let Some(folder) = url.to_file_path() else {
            return url.without_fragment().below(&[""]).join(&format!("../{path}")).ok();
        };
        let places = [Some(folder.as_path()), folder.parent()];
        let mirror = places.into_iter().flatten().find(|folder| folder.join(MIRROR_MANIFEST).is_file())?;
        SafeUrl::from_path(&mirror.join(path), false).ok()
    }
}
