//! From the solver's choice of versions to the [`Resolution`]: files, extras, who requires whom, what was passed over.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pubgrub::Ranges;

use super::needs::{self, Applied, Needs};
use super::package::Package;
use super::policy::PrereleaseUse;
use super::provider::{Known, Provider};
use super::source::{SourceError, Unfit};
use super::sourced::SourcedVersion;
use crate::resolution::Exclusion;
use crate::resolution::{PassedOver, Requirer, Resolution, ResolvedDist};
use crate::spec::{ExtraName, PackageName, Requirement, Yanked};

/// A project of the answer while it is put together.
struct Chosen {
    version: SourcedVersion,
    extras: BTreeSet<ExtraName>,
    dependencies: BTreeSet<PackageName>,
    required_by: Vec<Requirer>,
    requires_dist: Vec<Requirement>,
    /// The versions that all requirements on it together allow.
    range: Ranges<SourcedVersion>,
    /// Extras that somebody asked of it and that it does not have, for warnings.
    missing_extras: BTreeSet<ExtraName>,
}

/// Makes the resolution of a choice of versions.
pub(super) fn conclude(
    provider: &Provider<'_>,
    versions: impl IntoIterator<Item = (Package, SourcedVersion)>,
    siblings: bool,
) -> Result<Resolution, SourceError> {
    let mut chosen: BTreeMap<PackageName, Chosen> = BTreeMap::new();
    let mut extras: Vec<(PackageName, ExtraName)> = Vec::new();
    for (package, version) in versions {
        match package {
            Package::Root => {}
            Package::Project(name) => {
                chosen.insert(name, Chosen::new(version));
            }
            Package::Extra(name, extra) => extras.push((name, extra)),
        }
    }
    for (name, extra) in extras {
        if let Some(chosen) = chosen.get_mut(&name) {
            chosen.extras.insert(extra);
        }
    }
    link(provider, &mut chosen)?;
    keep_reachable(&mut chosen);

    let mut resolution = Resolution {
        target: provider.policy.target.clone(),
        dists: Vec::with_capacity(chosen.len()),
        warnings: Vec::new(),
        passed_over: Vec::new(),
    };
    for (name, project) in &chosen {
        passed_over(provider, &chosen, name, project, &mut resolution.passed_over)?;
    }
    for (name, project) in chosen {
        let dist = resolved_dist(provider, name, project, siblings, &mut resolution.warnings)?;
        resolution.dists.push(dist);
    }
    Ok(resolution)
}

impl Chosen {
    fn new(version: SourcedVersion) -> Self {
        Self {
            version,
            extras: BTreeSet::new(),
            dependencies: BTreeSet::new(),
            required_by: Vec::new(),
            requires_dist: Vec::new(),
            range: Ranges::full(),
            missing_extras: BTreeSet::new(),
        }
    }
}

/// Fills in who requires whom.
fn link(provider: &Provider<'_>, chosen: &mut BTreeMap<PackageName, Chosen>) -> Result<(), SourceError> {
    for applied in needs::user_requirements(provider) {
        let range = needs::required_range(provider, &applied)?;
        if let (Some(project), Some(origin)) = (chosen.get_mut(&applied.requirement.name), applied.origin) {
            project.range = project.range.intersection(&range);
            project.required_by.push(Requirer::User { origin, requirement: Arc::new(applied.requirement) });
        }
    }
    let names: Vec<PackageName> = chosen.keys().cloned().collect();
    for name in names {
        let (version, extras) = {
            let project = &chosen[&name];
            (project.version.clone(), project.extras.clone())
        };
        let Ok(metadata) = provider.metadata(&name, &version)? else { continue };
        let missing = extras.iter().filter(|extra| !metadata.provides_extras.contains(extra)).cloned().collect();
        let mut requires: Vec<Applied> = Vec::new();
        let mut requires_dist: Vec<Requirement> = Vec::new();
        for extra in std::iter::once(None).chain(extras.iter().map(Some)) {
            for requirement in needs::requirements_of(provider, &metadata, extra) {
                if !requires_dist.contains(requirement) {
                    requires_dist.push(requirement.clone());
                    if provider.follows(&name) {
                        requires.extend(needs::with_overrides(provider, requirement, None, None));
                    }
                }
            }
        }
        let mut dependencies = BTreeSet::new();
        for applied in requires {
            let wanted = applied.requirement.name.clone();
            let range = needs::required_range(provider, &applied)?;
            if wanted == name {
                continue;
            }
            if let Some(project) = chosen.get_mut(&wanted) {
                dependencies.insert(wanted);
                project.range = project.range.intersection(&range);
                let requirement = Arc::new(applied.requirement);
                project.required_by.push(Requirer::Dist { name: name.clone(), requirement });
            }
        }
        let project = chosen.get_mut(&name).expect("its name comes from the map");
        project.dependencies = dependencies;
        project.requires_dist = requires_dist;
        project.missing_extras = missing;
    }
    Ok(())
}

/// Drops what nothing requires any more.
fn keep_reachable(chosen: &mut BTreeMap<PackageName, Chosen>) {
    let asked_by_user = |project: &Chosen| project.required_by.iter().any(|by| matches!(by, Requirer::User { .. }));
    let mut reached: BTreeSet<PackageName> = BTreeSet::new();
    let mut queue: Vec<PackageName> =
        chosen.iter().filter(|(_, project)| asked_by_user(project)).map(|(name, _)| name.clone()).collect();
    while let Some(name) = queue.pop() {
        if reached.insert(name.clone()) {
            queue.extend(chosen[&name].dependencies.iter().cloned());
        }
    }
    chosen.retain(|name, _| reached.contains(name));
    for project in chosen.values_mut() {
        project.required_by.retain(|by| match by {
            Requirer::User { .. } => true,
            Requirer::Dist { name, .. } => reached.contains(name),
        });
    }
}

fn resolved_dist(
    provider: &Provider<'_>,
    name: PackageName,
    project: Chosen,
    with_siblings: bool,
    warnings: &mut Vec<String>,
) -> Result<ResolvedDist, SourceError> {
    let version = &project.version;
    let rules = provider.policy.rules(&name);
    let file = provider.file_of(&name, version).ok_or_else(|| {
        SourceError::new(Unfit::NoLongerListed { name: name.clone(), version: version.to_string() }, false)
    })?;
    for extra in &project.missing_extras {
        warnings.push(format!("{name} {version} has no extra `{extra}`"));
    }
    if let Yanked::Yes(reason) = &file.yanked {
        let reason = reason.trim();
        let reason = if reason.is_empty() { String::new() } else { format!(": {reason}") };
        warnings.push(format!("{name} {version} is yanked{reason}"));
    }
    let direct = provider.direct_of(version);
    let siblings = match (&direct, provider.project_if_known(&name)) {
        _ if !with_siblings => Vec::new(),
        (None, Some(Known::Listed(listing))) => listing
            .release(&version.version)
            .map(|release| listing.files(release).cloned().collect())
            .unwrap_or_default(),
        _ => vec![file.clone()],
    };
    let (accepted_hashes, hashes_from) = match &rules.hashes {
        Some(hashes) => (hashes.digests.clone(), Some(hashes.origin.clone())),
        None => (file.hashes.clone(), None),
    };
    Ok(ResolvedDist {
        version: version.version.clone(),
        accepted_hashes,
        hashes_from,
        siblings,
        extras: project.extras.into_iter().collect(),
        dependencies: project.dependencies.into_iter().collect(),
        required_by: project.required_by,
        requires_dist: project.requires_dist,
        is_direct: direct.is_some(),
        built_from: direct.and_then(|direct| direct.dist.built_from.clone()),
        file: Box::new(file),
        name,
    })
}

/// Notes the versions that the requirements allow and that are better than the chosen one, with what stands against
/// each.
fn passed_over(
    provider: &Provider<'_>,
    chosen: &BTreeMap<PackageName, Chosen>,
    name: &PackageName,
    project: &Chosen,
    notes: &mut Vec<PassedOver>,
) -> Result<(), SourceError> {
    let Some(Known::Listed(listing)) = provider.project_if_known(name) else { return Ok(()) };
    if provider.direct_of(&project.version).is_some() {
        return Ok(());
    }
    let rules = provider.policy.rules(name);
    let lowest = provider.policy.takes_lowest(rules);
    for release in listing.releases_beyond(&project.version, !lowest) {
        if !project.range.contains(&release.version) {
            continue;
        }
        let version = &release.version.version;
        let mut reason = listing.exclusion(&provider.policy, rules, release);
        if reason.is_none() {
            reason = match provider.known_metadata(name, &release.version) {
                Some(Err(reason)) => Some(reason),
                Some(Ok(metadata)) => match Needs::of_dist(provider, name, &release.version, None, &metadata)? {
                    Err(reason) => Some(reason),
                    Ok(_) => match conflict(provider, chosen, name, project, &metadata)? {
                        Some(reason) => Some(reason),
                        None => needs::unmet(provider, name, &metadata, &[])?,
                    },
                },
                None => None,
            };
        }
        if reason.is_none()
            && version.any_prerelease()
            && provider.policy.prerelease_use(rules) == PrereleaseUse::AfterFinals
        {
            reason = Some(Exclusion::Prerelease);
        }
        let is_sdist = |version| provider.file_of(name, version).is_some_and(|file| file.filename.as_wheel().is_none());
        if reason.is_none() && is_sdist(&release.version) && !is_sdist(&project.version) {
            reason = Some(Exclusion::WheelPreferred);
        }
        match reason {
            None | Some(Exclusion::Constraint { .. }) => {}
            Some(exclusion) => notes.push(PassedOver {
                name: name.clone(),
                version: version.clone(),
                exclusion,
                target: target_name(provider),
            }),
        }
    }
    Ok(())
}

/// The first requirement of a version that the rest of the answer does not meet.
fn conflict(
    provider: &Provider<'_>,
    chosen: &BTreeMap<PackageName, Chosen>,
    name: &PackageName,
    project: &Chosen,
    metadata: &crate::spec::CoreMetadata,
) -> Result<Option<Exclusion>, SourceError> {
    for extra in std::iter::once(None).chain(project.extras.iter().map(Some)) {
        for applied in needs::applied_of(provider, metadata, extra) {
            let Some(other) = chosen.get(&applied.requirement.name) else { continue };
            if applied.requirement.name != *name && !needs::required_range(provider, &applied)?.contains(&other.version)
            {
                let (requirement, chosen) = (Box::new(applied.requirement), other.version.version.clone());
                return Ok(Some(Exclusion::Conflict { requirement, chosen }));
            }
        }
    }
    Ok(None)
}

/// The target as messages name it.
pub(super) fn target_name(provider: &Provider<'_>) -> String {
    let target = &provider.policy.target;
    format!("{}/{}", target.runtime(), target.architecture())
}
