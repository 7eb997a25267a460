//! What a run reads: requirements, or a lock that has answered everything already.

use std::path::{Path, PathBuf};

use super::{Error, RequestOptions};
use crate::lock::pylock::{PylockInput, is_pylock};
use crate::requirements::{ManifestInputs, PyprojectInput};

/// Files that state what a folder needs, best first: locks, then requirements, then the project's own statement.
const CANDIDATES: &[&str] =
    &["pylock.toml", "uv.lock", "poetry.lock", "Pipfile.lock", "requirements.txt", "pyproject.toml"];

/// The first file of `folder` that states what it needs.
pub fn detect_input(folder: &Path) -> Result<PathBuf, Error> {
    let found = CANDIDATES.iter().map(|name| folder.join(name)).find(|path| path.is_file());
    found.ok_or_else(|| Error::Usage {
        message: format!("`{}` has none of {}", folder.display(), CANDIDATES.join(", ")),
        hint: Some("name a requirements file with -r".to_owned()),
    })
}

/// What a run reads.
pub(super) enum Inputs {
    /// Requirements, to be resolved.
    Requirements(Box<ManifestInputs>),
    /// A lock, to be taken as it is.
    Lock(PylockInput),
}

impl Inputs {
    /// Sorts out what the user named.
    pub(super) fn of(request: &RequestOptions) -> Result<Self, Error> {
        let files = &request.inputs.requirement_files;
        for file in files {
            check_readable(file)?;
        }
        if let Some(lock) = files.iter().find(|file| is_pylock(file)) {
            return lock_alone(request, lock).map(Self::Lock);
        }
        let mut inputs = request.inputs.clone();
        if !(request.extras.is_empty() && request.groups.is_empty()) {
            let is_project = |path: &PathBuf| path.file_name().is_some_and(|name| name == "pyproject.toml");
            let place = inputs.requirement_files.iter().position(is_project);
            let Some(path) = place.map(|at| inputs.requirement_files.remove(at)) else {
                return Err(Error::Usage {
                    message: "--extra and --group select from a pyproject.toml or a lock, and there is none".to_owned(),
                    hint: Some("name one with -r".to_owned()),
                });
            };
            let (extras, groups) = (request.extras.clone(), request.groups.clone());
            inputs.pyproject = Some(PyprojectInput { path, extras, groups, only_groups: false });
        }
        Ok(Self::Requirements(Box::new(inputs)))
    }
}

/// A lock stands for a whole resolution, so nothing can be added to it.
fn lock_alone(request: &RequestOptions, lock: &Path) -> Result<PylockInput, Error> {
    let ManifestInputs { requirement_files, constraint_files, override_files, positional, .. } = &request.inputs;
    let others = requirement_files.len() - 1 + constraint_files.len() + override_files.len() + positional.len();
    if others > 0 {
        return Err(Error::Usage {
            message: format!("`{}` is a lock: no other requirements can be given beside it", lock.display()),
            hint: None,
        });
    }
    let absolute = request.inputs.working_folder.join(lock);
    Ok(PylockInput {
        path: lock.to_owned(),
        folder: absolute.parent().unwrap_or(Path::new("/")).to_owned(),
        extras: request.extras.clone(),
        groups: request.groups.clone(),
        allow_build: request.resolve.allow_build.clone(),
        no_build: request.build.forbidden,
    })
}

/// Refuses the files that this version cannot read, with the way out.
fn check_readable(path: &Path) -> Result<(), Error> {
    let shown = path.display();
    let export = match path.file_name().and_then(|name| name.to_str()) {
        Some("uv.lock") => "uv export --frozen -o requirements.txt",
        Some("poetry.lock") => "poetry export -o requirements.txt",
        Some("Pipfile.lock") => "pipenv requirements --hash > requirements.txt",
        _ => return Ok(()),
    };
    Err(Error::Usage {
        message: format!("`{shown}` cannot be read yet: this version of barrow does not know its form"),
        hint: Some(format!("`{export}` writes a file that can, then name it with -r")),
    })
}
