//! Which distributions the last run with an output has bundled, so that this one can say what has changed.
//!
//! Beside what `unchanged.rs` remembers, which is found by the inputs, this is found by OUT alone: it is there when the
//! inputs have changed. It lies in the cache; without it nothing is said, and nothing else depends on it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::published::{BundledDist, DistChange};
use crate::cache::{Bucket, Cache};
use crate::request::{BundleKind, BundleOptions};
use crate::spec::{PackageName, Version};

/// The versions of a run, by name.
type Versions = BTreeMap<PackageName, Version>;

/// What differs from the last run with this output; `None`: no last run is known.
pub(crate) fn changes(dists: &[BundledDist], options: &BundleOptions, cache: &Cache) -> Option<Vec<DistChange>> {
    let before = remembered(options, cache)?;
    Some(between(&before, &there_now(&before, dists, options)))
}

/// Notes what this run has bundled. Where that fails, the next run tells no changes.
pub(crate) fn remember(dists: &[BundledDist], options: &BundleOptions, cache: &Cache) {
    let now = there_now(&remembered(options, cache).unwrap_or_default(), dists, options);
    cache.keep(&place(cache, options), &now);
}

fn remembered(options: &BundleOptions, cache: &Cache) -> Option<Versions> {
    cache.recall(&place(cache, options))
}

/// What OUT holds after a run: what it has brought, and where packages are put beside others, what was there.
fn there_now(before: &Versions, dists: &[BundledDist], options: &BundleOptions) -> Versions {
    let stays = options.assembly.kind == BundleKind::Packages;
    let mut now = if stays { before.clone() } else { Versions::new() };
    now.extend(dists.iter().map(|dist| (dist.name.clone(), dist.version.clone())));
    now
}

/// The distributions that came, went or have another version, sorted by name.
fn between(before: &Versions, now: &Versions) -> Vec<DistChange> {
    let names: std::collections::BTreeSet<&PackageName> = before.keys().chain(now.keys()).collect();
    let change = |name: &PackageName| DistChange {
        name: name.clone(),
        before: before.get(name).cloned(),
        now: now.get(name).cloned(),
    };
    names.into_iter().map(change).filter(|change| change.before != change.now).collect()
}

/// The absolute path of OUT, by which all that is remembered of an output is found: several projects may share a cache
/// and call their outputs alike.
pub(super) fn place_of(options: &BundleOptions) -> PathBuf {
    options.request.inputs.working_folder.join(&options.publish.out)
}

fn place(cache: &Cache, options: &BundleOptions) -> PathBuf {
    cache.entry(Bucket::Bundles, &format!("distributions of\n{}", place_of(options).display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Versions {
        let dists = text.split_whitespace().map(|dist| dist.split_once('=').unwrap());
        dists.map(|(name, version)| (name.parse().unwrap(), version.parse().unwrap())).collect()
    }

    #[test]
    fn what_came_went_and_changed_is_told_by_name() {
        let told = |before: &str, now: &str| {
            between(&of(before), &of(now)).iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        };
        assert_eq!(told("b=1 c=1 d=1", "a=1 b=2 d=1"), "+ a 1; ~ b 1 → 2; - c 1");
        assert_eq!(told("a=1.0", "a=1"), "", "1.0 and 1 are one version");
        assert_eq!(told("", "a=1"), "+ a 1");
    }
}
