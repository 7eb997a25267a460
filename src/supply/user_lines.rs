//! What the user's own lines say of the projects that are built.

use std::collections::HashMap;

use super::tied_sources::OwnTies;
use crate::requirements::{DirectReference, Manifest};
use crate::spec::{ExtraName, HashDigest, PackageName};

/// What the user's own lines say of a project.
#[derive(Clone, Debug, Default)]
pub(super) struct UserLine {
    pub(super) hashes: Vec<HashDigest>,
    pub(super) extras: Vec<ExtraName>,
    pub(super) config_settings: Vec<(String, String)>,
    pub(super) direct: Vec<DirectReference>,
}

/// What the user's own lines say, by project, and which names they tie to a place.
pub(super) fn said_of_projects(manifest: &Manifest) -> (HashMap<PackageName, UserLine>, OwnTies) {
    let mut words: HashMap<PackageName, UserLine> = HashMap::new();
    let mut own_ties = OwnTies::default();
    for entry in manifest.requirements.iter().chain(&manifest.constraints).chain(&manifest.overrides) {
        let word = words.entry(entry.requirement.name.clone()).or_default();
        word.hashes.extend(entry.hashes.iter().cloned());
        word.config_settings.extend(entry.config_settings.iter().cloned());
        word.extras.extend(entry.requirement.extras.iter().cloned());
        word.direct.extend(entry.direct.clone());
        if entry.direct.is_some() {
            own_ties.0.push((entry.requirement.name.clone(), entry.requirement.marker.clone()));
        }
    }
    own_ties.0.extend(manifest.pins.iter().map(|pin| (pin.name.clone(), pin.marker.clone())));
    (words, own_ties)
}
