//! The versions of Python that projects take, beside the target.

use std::path::{Path, PathBuf};

use super::{PythonRefused, SupplyError};
use crate::requirements::{PythonLimit, python_limit};
use crate::resolve::contains;
use crate::spec::Version;
use crate::target::{Runtime, Target};

/// Refuses a target that a project of the user's does not take, with the runtimes that it does.
pub(super) fn check(limits: &[PythonLimit], target: &Target) -> Result<(), SupplyError> {
    let python = target.python_full_version();
    let Some(limit) = limits.iter().find(|limit| !takes(limit, python)) else { return Ok(()) };
    let (limit, fitting) = (limit.clone(), fitting(limits).collect());
    let refused = PythonRefused { limit, runtime: target.runtime(), python: python.clone(), fitting };
    Err(SupplyError::PythonLimit(Box::new(refused)))
}

/// The newest runtime that the projects in these folders take, and the file that says so; `None` when none of them says
/// anything, or what they say leaves no runtime. `working_folder` is absolute.
pub fn newest_runtime_for(folders: &[PathBuf], working_folder: &Path) -> Option<(Runtime, PythonLimit)> {
    let limits: Vec<PythonLimit> = folders.iter().filter_map(|folder| python_limit(folder, working_folder)).collect();
    let newest = fitting(&limits).last()?;
    Some((newest, limits.into_iter().next()?))
}

fn fitting(limits: &[PythonLimit]) -> impl Iterator<Item = Runtime> {
    let released = Runtime::all().filter(|runtime| !runtime.is_preview());
    released.filter(|runtime| limits.iter().all(|limit| takes(limit, &runtime.python_full_version())))
}

fn takes(limit: &PythonLimit, python: &Version) -> bool {
    limit.alternatives.is_empty() || limit.alternatives.iter().any(|specifiers| contains(specifiers, python))
}
