//! A lock that stands for a whole resolution, and what is wanted of it.

use std::path::PathBuf;
use std::sync::Arc;

use super::{RequestError, disguised};
use crate::lock::{LocalInput, Lock, LockPlace, LockRequest, LockedProject, read_file};
use crate::regular::FileBytes;
use crate::requirements::{DirectReference, ProjectSet};
use crate::spec::SafeUrl;

/// Which lock, and what is wanted of it.
#[derive(Clone, Debug)]
pub(crate) struct LockInput {
    /// The lock.
    pub place: LockPlace,
    /// What of it.
    pub wanted: LockRequest,
    /// Whether the project may have changed since is not asked.
    pub frozen: bool,
    /// Constraint files of the environment or of settings, which concern no lock.
    pub left_aside: Vec<PathBuf>,
}

/// A lock as it was read.
#[derive(Clone, Debug)]
pub(crate) struct Locked {
    /// What it says.
    pub lock: Lock,
    /// The file as it was read.
    pub(super) bytes: FileBytes,
    /// What is wanted of it.
    pub input: LockInput,
    /// The user's own project, when its folder is what is bundled.
    pub project: Option<LockedProject>,
}

impl Locked {
    /// Reads the lock that the user named.
    pub(super) fn read(mut input: LockInput) -> Result<Self, RequestError> {
        let failed = |source| RequestError::ReadInput { path: input.place.path.clone(), source };
        let bytes = read_file(&input.place.file()).map_err(failed)?;
        let (text, lock) = match String::from_utf8(bytes).map(Arc::new) {
            Ok(text) => (Arc::clone(&text), Lock::read_text(text, &input.place)),
            Err(error) => {
                let bytes = error.as_bytes();
                (Arc::new(String::from_utf8_lossy(bytes).into_owned()), Lock::read(bytes, &input.place))
            }
        };
        let lock = match lock {
            Ok(lock) => lock,
            Err(error) => {
                disguised::refuse_list(&input.place.path, &text)?;
                return Err(error.into());
            }
        };
        let project = input.wanted.folder.as_deref().and_then(|folder| lock.project_in(folder));
        // A part of a project is bundled as it lies there, and so is a project of which only groups are wanted.
        input.wanted.with_project &= project.as_ref().is_some_and(|project| project.is_built);
        input.wanted.with_project &= input.wanted.only_groups.is_empty();
        Ok(Self { lock, bytes: text.into(), input, project })
    }

    /// Whether the lock decides about every byte that comes from elsewhere: each file that may be taken has a digest in
    /// it, and nothing is built, for which indexes would be asked for names that no lock has.
    pub(super) fn decides_alone(&self) -> bool {
        let wanted = &self.input.wanted;
        let may_build = wanted.allow_build != ProjectSet::None && !wanted.no_build;
        let own = self.project.as_ref().filter(|_| !wanted.with_project).map(|project| &project.name);
        !may_build && self.lock.has_every_digest(own)
    }

    /// Folders and files of this machine that it leads to, whatever the target.
    pub(super) fn references(&self) -> Vec<DirectReference> {
        let reference = |reached| match reached {
            LocalInput::Folder(path) => Some(DirectReference::Folder { path, editable: false, subdirectory: None }),
            LocalInput::Repository(url, commit) => {
                Some(DirectReference::Git { url, revision: Some(commit), subdirectory: None, editable: false })
            }
            LocalInput::File(path) => SafeUrl::from_path(&path, false).ok().map(|url| DirectReference::Wheel { url }),
        };
        self.lock.reached().into_iter().filter_map(reference).collect()
    }
}
