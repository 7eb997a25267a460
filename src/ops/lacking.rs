//! What a lock of Pipenv or of `pip lock` does not have: these lock what the machine needs that they run on, and what is
//! locked is deployed to another one.

use std::collections::BTreeSet;

use crate::install::{InstallError, InstalledDist, applying_requirements};
use crate::request::Locked;
use crate::requirements::Manifest;
use crate::resolution::Resolution;
use crate::spec::PackageName;

/// A warning for each project that a locked one requires on the target and that the lock does not have. Nothing is
/// added: what a lock has is what is installed.
pub(super) fn lacking(
    installed: &[InstalledDist],
    resolution: &Resolution,
    locked: &Locked,
    manifest: &Manifest,
) -> Result<Vec<String>, InstallError> {
    let Some((tool, place)) = locked.lock.made_for_its_machine() else { return Ok(Vec::new()) };
    let known: BTreeSet<&PackageName> = resolution.dists.iter().map(|dist| &dist.name).collect();
    let mut told: BTreeSet<PackageName> = BTreeSet::new();
    let mut warnings = Vec::new();
    for dist in installed {
        let extras = resolution.dists.iter().find(|it| it.name == dist.name).map(|it| it.extras.as_slice());
        for needed in applying_requirements(dist, extras.unwrap_or_default(), resolution.target.markers())? {
            let is_there = known.contains(&needed.name) || manifest.excludes(&needed.name);
            if is_there || !told.insert(needed.name.clone()) {
                continue;
            }
            let (name, needed, lock) = (&dist.name, &needed.name, locked.input.place.path.display());
            warnings.push(format!(
                "{name} requires {needed} on Linux with this Python, and `{lock}` does not have it, as {tool} locks \
                 for the machine that it runs on; lock on such a machine, or name {needed} {place}"
            ));
        }
    }
    Ok(warnings)
}
