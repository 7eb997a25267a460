//! What a version, or the user, requires: requirements read with markers, overrides and exclusions, as ranges.

use std::collections::BTreeMap;
use std::rc::Rc;

use pubgrub::Ranges;

use super::package::Package;
use super::provider::{self, Known, Provider};
use super::ranges;
use super::rivals::Rival;
use super::source::SourceError;
use super::sourced::{self, SourcedVersion};
use crate::requirements::{DirectReference, Origin};
use crate::resolution::Exclusion;
use crate::spec::{CoreMetadata, ExtraName, Operator, PackageName, Requirement, VersionOrUrl, push_new};

/// What one version of one package, or the user, requires.
#[derive(Default)]
pub(super) struct Needs {
    pub(super) ranges: BTreeMap<Package, Ranges<SourcedVersion>>,
}

/// A requirement that applies, after overrides.
pub(super) struct Applied {
    pub(super) requirement: Requirement,
    pub(super) direct: Option<DirectReference>,
    /// Where the user wrote it: the requirement itself or the override that replaces it.
    pub(super) origin: Option<Origin>,
}

impl Needs {
    /// What the user requires.
    pub(super) fn of_user(provider: &Provider<'_>) -> Result<Self, SourceError> {
        let mut needs = Self::default();
        for applied in user_requirements(provider) {
            needs.add(provider, None, &applied)?;
        }
        Ok(needs)
    }

    /// What a version of a project, or an extra of it, requires; or why it cannot be used.
    pub(super) fn of_dist(
        provider: &Provider<'_>,
        name: &PackageName,
        version: &SourcedVersion,
        extra: Option<&ExtraName>,
        metadata: &CoreMetadata,
    ) -> Result<Result<Self, Exclusion>, SourceError> {
        let mut needs = Self::default();
        if extra.is_some() {
            needs.ranges.insert(Package::Project(name.clone()), Ranges::singleton(version.clone()));
        }
        if !provider.follows(name) {
            return Ok(Ok(needs));
        }
        for applied in applied_of(provider, metadata, extra) {
            match needs.add(provider, Some((name, version)), &applied) {
                Err(error) if error.skippable => return Ok(Err(Exclusion::Metadata(error.to_string()))),
                added => added?,
            }
        }
        match needs.ranges.get(&Package::Project(name.clone())) {
            Some(own) if !own.contains(version) => {
                Ok(Err(Exclusion::Metadata("it requires another version of itself".to_owned())))
            }
            Some(_) if extra.is_none() => {
                needs.ranges.remove(&Package::Project(name.clone()));
                Ok(Ok(needs))
            }
            _ => Ok(Ok(needs)),
        }
    }

    fn add(
        &mut self,
        provider: &Provider<'_>,
        requirer: Option<(&PackageName, &SourcedVersion)>,
        applied: &Applied,
    ) -> Result<(), SourceError> {
        let name = &applied.requirement.name;
        let mut range = required_range(provider, applied)?;
        if let Some((requirer, version)) = requirer
            && requirer == name
            && range.contains(version)
        {
            range = Ranges::singleton(version.clone());
        }
        let packages = std::iter::once(Package::Project(name.clone()))
            .chain(applied.requirement.extras.iter().map(|extra| Package::Extra(name.clone(), extra.clone())));
        for package in packages {
            let known = self.ranges.entry(package).or_insert_with(Ranges::full);
            *known = known.intersection(&range);
        }
        Ok(())
    }
}

/// The first requirement of a version that cannot be met whatever else is chosen: no usable version meets it, or a
/// rival (see [`super::rivals`]) rules out all that do. Only pages that were fetched already are looked at.
pub(super) fn unmet(
    provider: &Provider<'_>,
    name: &PackageName,
    metadata: &CoreMetadata,
    rivals: &[Rc<Rival>],
) -> Result<Option<Exclusion>, SourceError> {
    for applied in applied_of(provider, metadata, None) {
        let required = &applied.requirement.name;
        let rules = provider.policy.rules(required);
        let is_direct = applied.direct.is_some()
            || rules.demand.is_some()
            || matches!(applied.requirement.version_or_url, Some(VersionOrUrl::Url(_)));
        if required == name || is_direct {
            continue;
        }
        let range = required_range(provider, &applied)?;
        let is_in_the_way =
            |rival: &&Rc<Rival>| rival.leaves.get(required).is_some_and(|left| left.is_disjoint(&range));
        if let Some(rival) = rivals.iter().find(is_in_the_way) {
            let requirement = Box::new(applied.requirement);
            return Ok(Some(Exclusion::Rivalled { requirement, by: rival.by.clone() }));
        }
        let is_unmet = match provider.project_if_known(required) {
            Some(Known::Unknown(_)) => true,
            Some(Known::Listed(listing)) => {
                listing.candidates(&provider.policy, rules, &range).next().is_none()
                    && !provider.has_direct_in(required, &range)
            }
            Some(Known::Offline) | None => false,
        };
        if is_unmet {
            return Ok(Some(Exclusion::Unmet(Box::new(applied.requirement))));
        }
    }
    Ok(None)
}

/// The user's requirements that apply on the target, overrides in place of what they replace.
pub(super) fn user_requirements(provider: &Provider<'_>) -> Vec<Applied> {
    let entries = provider.manifest.requirements.iter();
    entries
        .filter(|entry| provider.policy.applies(&entry.requirement))
        .flat_map(|entry| with_overrides(provider, &entry.requirement, entry.direct.as_ref(), Some(&entry.origin)))
        .collect()
}

/// The requirements in metadata that apply on the target: those of the extra alone, or those without any.
pub(super) fn requirements_of<'m>(
    provider: &Provider<'_>,
    metadata: &'m CoreMetadata,
    extra: Option<&ExtraName>,
) -> impl Iterator<Item = &'m Requirement> {
    let markers = provider.policy.target.markers();
    metadata.requires_dist.iter().filter(move |requirement| {
        let always = requirement.marker.evaluate(markers, &[]);
        match extra {
            None => always,
            Some(extra) => !always && requirement.marker.evaluate(markers, std::slice::from_ref(extra)),
        }
    })
}

/// The same, with overrides in place of what they replace.
pub(super) fn applied_of(
    provider: &Provider<'_>,
    metadata: &CoreMetadata,
    extra: Option<&ExtraName>,
) -> impl Iterator<Item = Applied> {
    requirements_of(provider, metadata, extra).flat_map(|it| with_overrides(provider, it, None, None))
}

/// A requirement that applies, or the overrides that stand in its place; nothing for an excluded project.
///
/// An override whose marker is false takes the requirement away. The extras that were asked for stay.
pub(super) fn with_overrides(
    provider: &Provider<'_>,
    requirement: &Requirement,
    direct: Option<&DirectReference>,
    origin: Option<&Origin>,
) -> Vec<Applied> {
    if provider.manifest.excludes(&requirement.name) {
        return Vec::new();
    }
    let overrides: Vec<_> =
        provider.manifest.overrides.iter().filter(|entry| entry.requirement.name == requirement.name).collect();
    if overrides.is_empty() {
        return vec![Applied { requirement: requirement.clone(), direct: direct.cloned(), origin: origin.cloned() }];
    }
    let applying = overrides.into_iter().filter(|entry| provider.policy.applies(&entry.requirement));
    applying
        .map(|entry| {
            let mut replaced = entry.requirement.clone();
            for extra in &requirement.extras {
                push_new(&mut replaced.extras, extra.clone());
            }
            Applied { requirement: replaced, direct: entry.direct.clone(), origin: Some(entry.origin.clone()) }
        })
        .collect()
}

/// The versions that a requirement takes.
pub(super) fn required_range(
    provider: &Provider<'_>,
    applied: &Applied,
) -> Result<Ranges<SourcedVersion>, SourceError> {
    let name = &applied.requirement.name;
    if let Some(reference) = &applied.direct {
        return Ok(Ranges::singleton(provider.direct(name, reference)?));
    }
    match &applied.requirement.version_or_url {
        None => Ok(Ranges::full()),
        Some(VersionOrUrl::Url(url)) => Ok(Ranges::singleton(provider.direct(name, &DirectReference::of_url(url))?)),
        Some(VersionOrUrl::VersionSpecifier(specifiers)) => {
            for specifier in specifiers.iter().filter(|specifier| *specifier.operator() == Operator::ExactEqual) {
                // `===` compares texts, and only the page says how a version is written.
                if let Known::Listed(listing) = provider.project(name)?
                    && provider::is_kept_out_by_text(&listing, specifier.version())
                {
                    return Ok(Ranges::empty());
                }
            }
            Ok(sourced::from_any_source(&ranges::specifiers_range(specifiers)))
        }
    }
}
