//! Projects that are required and not bundled, because they are there already: in the runtime (`--exclude-runtime`), or
//! in a layer or lock (`--without`). And what may go wrong when only a part of those that belong together is.

use std::collections::BTreeMap;

use super::{Error, LeftOutError};
use crate::context::Context;
use crate::install::InstalledDist;
use crate::reporter::counted;
use crate::request::{BundleOptions, Locked};
use crate::requirements::{Manifest, RequirementEntry};
use crate::resolution::Resolution;
use crate::resolve::contains;
use crate::spec::{Operator, PackageName, VersionOrUrl, VersionSpecifiers};
use crate::target::{Runtime, SdkNeed};

/// Projects that need not be fetched, whatever is chosen.
pub(super) fn known_before(options: &BundleOptions) -> Vec<PackageName> {
    let runtime = options.assembly.exclude_runtime.then(|| options.target.runtime().provided_projects());
    let of_runtime = runtime.into_iter().flatten().filter_map(|name| name.parse().ok());
    of_runtime.chain(options.request.inputs.brought.iter().map(|brought| brought.name.clone())).collect()
}

/// The projects of a resolution that are not bundled, sorted. What else needs one of them gets the version that is
/// there, which may be another: that is told.
///
/// # Errors
/// The user's own words demand a version that the runtime or the layer may not have.
pub(super) fn choose(
    resolution: &Resolution,
    manifest: &Manifest,
    options: &BundleOptions,
    context: &Context,
) -> Result<Vec<PackageName>, Error> {
    let mut places: BTreeMap<String, Vec<&PackageName>> = BTreeMap::new();
    let runtime = options.target.runtime();
    let of_runtime = options.assembly.exclude_runtime;
    for dist in &resolution.dists {
        if let Some(brought) = options.request.inputs.brought.iter().find(|brought| brought.name == dist.name) {
            if brought.version != dist.version {
                let (name, locked) = (dist.name.clone(), dist.version.clone());
                let (by, brought) = (brought.by.clone(), brought.version.clone());
                return Err(LeftOutError::OtherVersion { name, locked, by, brought }.into());
            }
            places.entry(brought.by.display().to_string()).or_default().push(&dist.name);
        } else if of_runtime && runtime.provides(&dist.name) {
            places.entry(runtime.to_string()).or_default().push(&dist.name);
        }
    }
    if of_runtime {
        let left = places.get(&runtime.to_string()).map_or(&[][..], Vec::as_slice);
        refuse_pins(manifest, left, runtime, options)?;
    }
    for (place, names) in &places {
        let listed: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
        context.status(&format!("Left {} to {place}: {}", counted(names.len(), "package"), listed.join(", ")));
    }
    let mut excluded: Vec<PackageName> = places.into_values().flatten().cloned().collect();
    excluded.sort();
    for dist in resolution.dists.iter().filter(|dist| !excluded.contains(&dist.name)) {
        for name in dist.dependencies.iter().filter(|name| excluded.contains(name)) {
            context.detail(&format!("{} will use the {name} that is there", dist.name));
        }
    }
    Ok(excluded)
}

/// Refuses to leave to the runtime what the user has pinned: its versions differ by region and date.
fn refuse_pins(
    manifest: &Manifest,
    left: &[&PackageName],
    runtime: Runtime,
    options: &BundleOptions,
) -> Result<(), Error> {
    let markers = options.target.markers();
    let pinned: Vec<&RequirementEntry> = manifest
        .requirements
        .iter()
        .filter(|entry| left.contains(&&entry.requirement.name) && entry.requirement.marker.evaluate(markers, &[]))
        .filter(|entry| may_not_be_met(entry))
        .collect();
    if pinned.is_empty() {
        return Ok(());
    }
    let lines = pinned.iter().map(|entry| format!("{} ({})", entry.text, entry.origin)).collect();
    let mut names: Vec<PackageName> = pinned.iter().map(|entry| entry.requirement.name.clone()).collect();
    names.dedup();
    Err(LeftOutError::Pinned { runtime, lines, names }.into())
}

/// Whether a requirement takes only some of the versions that a runtime may have: a pin, an upper bound below all that
/// is expected, an own place. A lower bound is met by what AWS keeps up to date.
fn may_not_be_met(entry: &RequirementEntry) -> bool {
    match &entry.requirement.version_or_url {
        None => false,
        Some(VersionOrUrl::Url(_)) => true,
        Some(VersionOrUrl::VersionSpecifier(specifiers)) => specifiers.iter().any(|specifier| {
            let major = specifier.version().release().first().copied().unwrap_or_default();
            match specifier.operator() {
                Operator::LessThan | Operator::LessThanEqual => {
                    SdkNeed::next_major(entry.requirement.name.as_ref()).is_none_or(|next| major < next)
                }
                Operator::GreaterThan | Operator::GreaterThanEqual | Operator::NotEqual | Operator::NotEqualStar => {
                    false
                }
                _ => true,
            }
        }),
    }
}

/// Warnings about parts of the AWS SDK that are bundled beside other parts that are not: Python takes the bundled copy
/// of each first, so the runtime's own parts meet versions that were never tried with them. A part that a layer brings
/// was resolved with them.
pub(super) fn clashes(
    installed: &[InstalledDist],
    excluded: &[PackageName],
    manifest: &Manifest,
    options: &BundleOptions,
) -> Vec<String> {
    let (runtime, brought) = (options.target.runtime(), &options.request.inputs.brought);
    let bundled = |name: &str| installed.iter().find(|dist| dist.name.as_ref() == name);
    let is_left_out = |name: &str| {
        let Ok(name) = name.parse::<PackageName>() else { return false };
        excluded.contains(&name) || manifest.excludes(&name)
    };
    let mut warnings = Vec::new();
    for need in SdkNeed::of(runtime) {
        let SdkNeed { by, of, specifiers } = need;
        let of_runtime = |name: &str| name.parse().is_ok_and(|name| runtime.provides(&name));
        if brought.iter().any(|brought| brought.name.as_ref() == by) {
            continue;
        }
        let Some(dist) = bundled(of).filter(|_| bundled(by).is_none() && of_runtime(by)) else { continue };
        match specifiers {
            Some(text) => {
                let fits = text.parse::<VersionSpecifiers>().is_ok_and(|takes| contains(&takes, &dist.version));
                if !fits {
                    warnings.push(format!(
                        "{of} {} is bundled and {by} is not: the {by} of {runtime} needs {of}{text}, so it will fail when the \
                         function imports it; require {by} too, or limit {of}",
                        dist.version
                    ));
                }
            }
            None if is_left_out(by) => warnings.push(format!(
                "{of} {} is bundled and {by} is not: the {by} of {runtime} was made for another {of}, and may fail with this one; \
                 bundle both or neither",
                dist.version
            )),
            None => {}
        }
    }
    warnings
}

/// Patterns and flags of `--exclude-package` that no requirement has met.
pub(super) fn unmatched_patterns(
    installed: &[InstalledDist],
    manifest: &Manifest,
    locked: Option<&Locked>,
) -> Vec<String> {
    if manifest.excluded_patterns.is_empty() {
        return Vec::new();
    }
    let of_dists = installed.iter().filter_map(|dist| dist.core_metadata().ok());
    let mut names: Vec<PackageName> =
        of_dists.flat_map(|metadata| metadata.requires_dist.into_iter().map(|needed| needed.name)).collect();
    names.extend(manifest.requirements.iter().map(|entry| entry.requirement.name.clone()));
    names.extend(locked.iter().flat_map(|locked| &locked.lock.packages).map(|package| package.name.clone()));
    let unmatched = manifest.excluded_patterns.iter().filter(|pattern| !names.iter().any(|name| pattern.matches(name)));
    unmatched.map(|pattern| format!("`--exclude-package {pattern}` matches nothing that is required")).collect()
}
