//! Who requires whom, by the metadata of what is installed.

use std::collections::{BTreeMap, BTreeSet};

use super::component::{Component, Requested};
use crate::spec::{CoreMetadata, ExtraName, MarkerEnvironment, PackageName};

/// Fills in who asked for whom. Requirements of an extra count where something asks for that extra; of the user's own
/// wishes nothing is known here.
pub(super) fn connect(dists: &mut [Component], metadata: &[CoreMetadata], markers: &MarkerEnvironment) {
    let known: BTreeSet<PackageName> = dists.iter().map(|dist| dist.name.clone()).collect();
    let mut extras: BTreeMap<PackageName, BTreeSet<ExtraName>> = BTreeMap::new();
    // An extra can bring a requirement that asks for another extra; each turn finds at least one, or is the last.
    loop {
        let before: usize = extras.values().map(BTreeSet::len).sum();
        for of_dist in metadata {
            let own: Vec<ExtraName> = extras.get(&of_dist.name).into_iter().flatten().cloned().collect();
            for requirement in of_dist.requires_dist.iter().filter(|it| it.marker.evaluate(markers, &own)) {
                extras.entry(requirement.name.clone()).or_default().extend(requirement.extras.iter().cloned());
            }
        }
        if extras.values().map(BTreeSet::len).sum::<usize>() == before {
            break;
        }
    }
    let mut requested: BTreeMap<PackageName, BTreeSet<Requested>> = BTreeMap::new();
    let mut edges: BTreeMap<PackageName, BTreeSet<PackageName>> = BTreeMap::new();
    for of_dist in metadata {
        let own: Vec<ExtraName> = extras.get(&of_dist.name).into_iter().flatten().cloned().collect();
        let holds = |name: &PackageName| known.contains(name) && *name != of_dist.name;
        let applying = of_dist.requires_dist.iter().filter(|it| it.marker.evaluate(markers, &own));
        for requirement in applying.filter(|it| holds(&it.name)) {
            let mut plain = requirement.clone();
            plain.marker = crate::spec::MarkerTree::default();
            let by = Requested { by: Some(of_dist.name.clone()), requirement: plain.to_string() };
            requested.entry(requirement.name.clone()).or_default().insert(by);
            edges.entry(of_dist.name.clone()).or_default().insert(requirement.name.clone());
        }
    }
    for dist in dists {
        dist.requested_by.extend(requested.remove(&dist.name).into_iter().flatten());
        dist.dependencies = edges.remove(&dist.name).into_iter().flatten().collect();
        dist.extras = extras.remove(&dist.name).into_iter().flatten().collect();
    }
}
