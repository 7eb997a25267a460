//! The versions of Python that projects take, beside the target.

use std::path::{Path, PathBuf};

use super::{PythonRefused, SupplyError};
use crate::lock::{LockKind, pipfile_python};
use crate::requirements::{PythonLimit, python_limit};
use crate::resolve::contains;
use crate::spec::Version;
use crate::target::{Runtime, Target};

/// Refuses a target that a project of the user's does not take, with the runtimes that it does.
pub(super) fn check(limits: &[PythonLimit], target: &Target) -> Result<(), SupplyError> {
    let python = target.python_full_version();
    let Some(limit) = limits.iter().find(|limit| !takes(limit, python)) else { return Ok(()) };
    let fitting = Runtime::fitting(|python| limits.iter().all(|limit| takes(limit, python)));
    let release = if fitting.is_empty() { release_taken(limits) } else { None };
    let (limit, runtime) = (limit.clone(), target.runtime());
    Err(SupplyError::PythonLimit(Box::new(PythonRefused { limit, runtime, python: python.clone(), fitting, release })))
}

/// A release of a runtime's Python that is taken: `==3.11` takes 3.11.0 alone.
fn release_taken(limits: &[PythonLimit]) -> Option<Version> {
    let named = limits.iter().flat_map(|limit| &limit.alternatives).flat_map(|specifiers| specifiers.iter());
    let releases = named.map(|specifier| {
        let parts = specifier.version().release().iter().copied().chain([0, 0]);
        Version::new(parts.take(3))
    });
    let mut of_runtimes = releases.filter(|release| Runtime::of_python(release).is_ok());
    of_runtimes.find(|release| limits.iter().all(|limit| takes(limit, release)))
}

/// The newest runtime that these scripts, pyproject.toml files and locks of Pipenv take, and the file that says so; `None` when none of them says
/// anything, or what they say leaves no runtime. `working_folder` is absolute.
pub fn newest_runtime_for(files: &[PathBuf], working_folder: &Path) -> Option<(Runtime, PythonLimit)> {
    let limit = |file: &PathBuf| match LockKind::of(file) {
        Some(_) => pipfile_python(file, working_folder),
        None => python_limit(file, working_folder),
    };
    let limits: Vec<PythonLimit> = files.iter().filter_map(limit).collect();
    let fitting = Runtime::fitting(|python| limits.iter().all(|limit| takes(limit, python)));
    let newest = fitting.into_iter().rev().find(|runtime| !runtime.is_preview())?;
    Some((newest, limits.into_iter().next()?))
}

fn takes(limit: &PythonLimit, python: &Version) -> bool {
    limit.alternatives.is_empty() || limit.alternatives.iter().any(|specifiers| contains(specifiers, python))
}
