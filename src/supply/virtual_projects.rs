//! Projects that are no packages: what they require is taken, and nothing of them is built or installed.

use crate::requirements::{DirectReference, is_virtual_project};
use crate::resolution::{Resolution, ResolvedDist};
use crate::spec::PackageName;

/// Whether a reference leads to the folder of such a project.
pub(super) fn is_virtual(reference: &DirectReference) -> bool {
    let DirectReference::Folder { path, subdirectory, .. } = reference else { return false };
    is_virtual_project(&subdirectory.as_ref().map_or_else(|| path.clone(), |below| path.join(below)))
}

/// Takes them out of what was chosen, because their part is done: what they require is in it.
pub(super) fn leave_out(resolution: &mut Resolution) {
    let is_gone = |dist: &ResolvedDist| dist.built_from.as_ref().is_some_and(is_virtual);
    let gone: Vec<PackageName> =
        resolution.dists.iter().filter(|dist| is_gone(dist)).map(|dist| dist.name.clone()).collect();
    if gone.is_empty() {
        return;
    }
    resolution.dists.retain(|dist| !gone.contains(&dist.name));
    for dist in &mut resolution.dists {
        dist.dependencies.retain(|name| !gone.contains(name));
    }
}
