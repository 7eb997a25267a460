//! Git repositories in a mirror: each is one file among the others, with all its branches and tags.

use std::path::{Path, PathBuf};

use fs_err as fs;

use super::folder::copy_hashed;
use super::{Mirror, MirrorError};
use crate::index::MirroredRepository;
use crate::spec::SafeUrl;

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

    /// Files of which it is not known any more what repositories they hold, and that may be those of `url`.
    pub fn unknown_repositories(&self, url: &SafeUrl) -> Vec<(MirroredRepository, PathBuf)> {
        let filename = MirroredRepository::filename_of(url);
        let unknown = self.repositories().filter(|held| held.is_unknown() && held.filename == filename);
        let whole = unknown.filter_map(|held| self.repository(&held.name()?));
        whole.map(|(held, path)| (held.clone(), path)).collect()
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
        let mut temporary = self.temporary()?;
        let source = fs::File::open(file).map_err(unreadable)?;
        let expected = source.metadata().map_err(unreadable)?.len();
        let place = temporary.path().to_owned();
        let (sha256, size) = copy_hashed(source, expected, unreadable, &mut temporary, &place)?;
        let repository = MirroredRepository {
            url: MirroredRepository::url_of(url),
            filename: MirroredRepository::filename_of(url),
            sha256: sha256.hex(),
            size,
            submodules,
        };
        self.persist(temporary, &self.folder().join(repository.path()))?;
        Ok(repository)
    }

    /// Adds a placed repository to what the manifest lists; it replaces one of the same name, and `unknown`, whose file
    /// has all that it needed of it. Their files go when the mirror is published.
    pub fn list_repository(&mut self, repository: MirroredRepository, unknown: Option<&MirroredRepository>) {
        let Some(name) = repository.name() else { return };
        let path = repository.path();
        let unknown = unknown.and_then(|held| self.contents.repositories.remove(&held.name()?));
        let old = self.contents.repositories.insert(name, repository);
        let replaced = unknown.into_iter().chain(old).map(|old| old.path());
        self.replaced.extend(replaced.filter(|old| *old != path));
    }

    /// What is wrong with the file of a repository.
    pub(super) fn damage_of_repository(&self, repository: &MirroredRepository) -> Option<String> {
        self.damage_at(&repository.path(), &repository.sha256)
    }
}
