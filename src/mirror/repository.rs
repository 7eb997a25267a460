//! Git repositories in a mirror: each is one file among the others, with all its branches and tags.

use std::path::{Path, PathBuf};

use fs_err as fs;

use super::{Mirror, MirrorError};
use crate::fetch::digest_of_file;
use crate::index::MirroredRepository;
use crate::spec::{HashAlgorithm, SafeUrl};

impl Mirror {
    /// Every repository, by the name that applications call it.
    pub fn repositories(&self) -> impl Iterator<Item = &MirroredRepository> {
        self.contents.repositories.values()
    }

    /// The repository of this name, and where its file is, if that is whole.
    pub fn repository(&self, name: &str) -> Option<(&MirroredRepository, PathBuf)> {
        let held = self.contents.repositories.get(name)?;
        let path = std::path::absolute(self.folder().join(held.path())).ok()?;
        self.damage_of_repository(held).is_none().then_some((held, path))
    }

    /// The repository of this name, as the manifest has it.
    pub fn repository_listed(&self, name: &str) -> Option<&MirroredRepository> {
        self.contents.repositories.get(name)
    }

    /// Copies the file of a repository to its place; [`Mirror::list_repository`] makes it known.
    ///
    /// # Errors
    /// It cannot be read or written.
    pub fn place_repository(
        &self,
        url: &SafeUrl,
        submodules: Vec<String>,
        file: &Path,
    ) -> Result<MirroredRepository, MirrorError> {
        let unreadable = |source| MirrorError::Read { path: file.to_owned(), source };
        let sha256 = digest_of_file(file, HashAlgorithm::Sha256).map_err(unreadable)?.hex();
        let mut repository = MirroredRepository {
            url: url.without_credentials().without_fragment().reveal().to_string(),
            filename: MirroredRepository::filename_of(url),
            sha256,
            size: 0,
            submodules,
        };
        let place = self.folder().join(repository.path());
        let mut temporary = self.temporary()?;
        let mut source = fs::File::open(file).map_err(unreadable)?;
        let copied = std::io::copy(source.file_mut(), temporary.as_file_mut());
        repository.size = copied.map_err(|source| MirrorError::Write { path: place.clone(), source })?;
        self.persist(temporary, &place)?;
        Ok(repository)
    }

    /// Adds a placed repository to what the manifest lists; it replaces one of the same name, whose file goes when the
    /// mirror is published.
    pub fn list_repository(&mut self, repository: MirroredRepository) {
        let Some(name) = repository.name() else { return };
        let path = repository.path();
        let old = self.contents.repositories.insert(name, repository);
        self.replaced.extend(old.map(|old| old.path()).filter(|old| *old != path));
    }

    /// What is wrong with the file of a repository.
    pub(super) fn damage_of_repository(&self, repository: &MirroredRepository) -> Option<String> {
        let path = repository.path();
        match digest_of_file(&self.folder().join(&path), HashAlgorithm::Sha256).map(|digest| digest.hex()) {
            Ok(actual) if actual == repository.sha256 => None,
            Ok(actual) => Some(format!("{path} has the sha256 {actual}")),
            Err(error) => Some(format!("{path} cannot be read: {}", error.kind())),
        }
    }
}
