//! What was chosen, with what the cache knows of its wheels.

use super::Inventory;
use super::component::{Component, FileEntry, Requested, WheelOrigin};
use crate::cache::Cache;
use crate::install::planned;
use crate::resolution::{Requirer, Resolution, ResolvedDist};
use crate::spec::{HashAlgorithm, HashDigest, Requirement, metadata_fields};

/// Lists what was chosen. Sizes, files and licences are those of wheels that were installed on this machine before; of
/// others they are not known.
pub(crate) fn of_resolution(resolution: &Resolution, cache: &Cache) -> Inventory {
    let dists = resolution.dists.iter().map(|dist| of_dist(dist, cache)).collect();
    let mut inventory =
        Inventory { subject: String::new(), target: resolution.target.clone(), dists, own_files: Vec::new() };
    inventory.dists.sort_by(|a: &Component, b| a.name.cmp(&b.name));
    for dist in &mut inventory.dists {
        dist.dependencies.retain(|name| resolution.dists.iter().any(|other| other.name == *name));
    }
    inventory
}

fn of_dist(dist: &ResolvedDist, cache: &Cache) -> Component {
    let mut component = Component::new(dist.name.clone(), dist.version.clone());
    let mut digests = dist.file.hashes.iter().chain(&dist.accepted_hashes);
    let sha256 = digests.find(|digest| digest.algorithm() == HashAlgorithm::Sha256).cloned();
    let wheel = dist.file.filename.as_wheel();
    if let Some(installed) = sha256.as_ref().filter(|_| wheel.is_some()).and_then(|digest| planned(cache, digest)) {
        component.describe(&metadata_fields(&installed.metadata));
        component.size_bytes = Some(installed.size());
        let file = |path: String, size, sha256: &HashDigest| FileEntry {
            path,
            size,
            sha256: Some(sha256.clone()),
            sha1: None,
        };
        component.files =
            installed.files.iter().map(|it| file(it.path.as_str().to_owned(), it.size, &it.sha256)).collect();
    }
    component.tags = wheel.map(|wheel| wheel.tags().map(|tag| tag.to_string()).collect()).unwrap_or_default();
    component.origin = WheelOrigin {
        filename: Some(dist.file.filename.as_str().to_owned()),
        url: Some(dist.file.url.without_credentials()),
        index: Some((*dist.file.origin).clone()),
        sha256,
        wheel_bytes: dist.file.size,
    };
    component.extras.clone_from(&dist.extras);
    component.dependencies.clone_from(&dist.dependencies);
    component.requested_by = requested_by(dist);
    component
}

/// Who asked for a distribution.
pub(crate) fn requested_by(dist: &ResolvedDist) -> Vec<Requested> {
    let requested = |requirer: &Requirer| match requirer {
        Requirer::User { requirement, .. } => Requested { by: None, requirement: requirement.to_string() },
        Requirer::Dist { name, requirement } => {
            let mut plain = Requirement::clone(requirement);
            plain.marker = crate::spec::MarkerTree::default();
            Requested { by: Some(name.clone()), requirement: plain.to_string() }
        }
    };
    let mut all: Vec<Requested> = dist.required_by.iter().map(requested).collect();
    all.sort_unstable();
    all.dedup();
    all
}
