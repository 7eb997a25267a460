//! What the user's own lines and options say about each project, worked out once before solving.

use std::collections::HashMap;
use std::ops::Bound;

use pubgrub::Ranges;

use super::ranges;
use super::{PrereleaseMode, ResolutionMode, ResolveOptions, WheelRoom};
use crate::requirements::{
    DirectReference, FileOptions, FormatControl, Manifest, Origin, ProjectSet, ReleaseControl, RequirementEntry,
};
use crate::resolution::{Barrier, Exclusion};
use crate::spec::{HashDigest, PackageName, Requirement, Version, VersionOrUrl, VersionSpecifier};
use crate::target::Target;

/// Everything that choosing among the versions and files of a project depends on, but for the requirements of others.
///
/// It never changes while solving, so threads that fetch ahead may choose with it.
#[derive(Debug)]
pub(super) struct Policy {
    pub(super) target: Target,
    exclude_newer: Option<i64>,
    exclude_newer_package: HashMap<PackageName, Option<i64>>,
    pub(super) prerelease: PrereleaseMode,
    pub(super) resolution: ResolutionMode,
    /// Wheels of any version come before source distributions of any version.
    pub(super) prefer_binary: bool,
    /// The user forbids all building.
    pub(super) forbids_building: bool,
    /// Where the user could put wheels.
    pub(super) wheel_room: WheelRoom,
    rules: HashMap<PackageName, ProjectRules>,
    /// For projects of which the user says nothing.
    unnamed: ProjectRules,
}

/// What the user says about one project.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, none of which is a state")]
pub(super) struct ProjectRules {
    /// A requirement of the user's names it.
    pub(super) is_direct: bool,
    /// A requirement of the user's says where it comes from.
    pub(super) is_placed: bool,
    /// No wheel may be used.
    pub(super) no_binary: bool,
    /// Its source distributions may be built.
    pub(super) may_build: bool,
    /// Why nothing can be taken of it if another project requires it: the user wants its sources alone, which may not be
    /// built.
    pub(super) unbuilt: Option<Barrier>,
    /// What `--all-releases` and `--only-final` say about it.
    prereleases: Option<PrereleaseUse>,
    /// Digests of which the file must have one.
    pub(super) hashes: Option<UserHashes>,
    /// Limits that constraints put on its versions.
    pub(super) limits: Vec<Limit>,
    /// The direct reference that a constraint demands.
    pub(super) demand: Option<Demand>,
    /// Why it cannot be had from where a table ties it to.
    pub(super) refusal: Option<String>,
    /// The version of an existing lock.
    pub(super) preference: Option<Version>,
    /// A line of the user's takes exactly one version.
    pub(super) is_pinned: bool,
    /// A line of the user's has an upper bound.
    pub(super) is_limited: bool,
    /// `==` and `===` of the user's own.
    exact_pins: Vec<VersionSpecifier>,
    /// A specifier of the user's names a pre-release.
    names_prerelease: bool,
}

/// Digests from `--hash`.
#[derive(Clone, Debug)]
pub(super) struct UserHashes {
    pub(super) digests: Vec<HashDigest>,
    pub(super) origin: Origin,
    /// A line that accepts none of the digests that those before it accept.
    pub(super) disjoint_with: Option<Origin>,
}

/// A constraint on versions.
#[derive(Clone, Debug)]
pub(super) struct Limit {
    pub(super) range: Ranges<Version>,
    pub(super) text: String,
    pub(super) origin: Origin,
}

/// A constraint that demands a direct reference.
#[derive(Clone, Debug)]
pub(super) struct Demand {
    pub(super) reference: DirectReference,
    pub(super) text: String,
    pub(super) origin: Origin,
}

/// How pre-releases of a project stand beside its final versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PrereleaseUse {
    Never,
    AfterFinals,
    LikeFinals,
}

impl Policy {
    /// The time from which on files of a project do not exist, microseconds since 1970.
    pub(super) fn exclude_newer(&self, name: &PackageName) -> Option<i64> {
        self.exclude_newer_package.get(name).copied().unwrap_or(self.exclude_newer)
    }

    pub(super) fn new(manifest: &Manifest, target: &Target, options: &ResolveOptions) -> Self {
        let mut policy = Self {
            target: target.clone(),
            exclude_newer: options.exclude_newer,
            exclude_newer_package: options.exclude_newer_package.iter().cloned().collect(),
            prerelease: if manifest.options.pre && options.prerelease == PrereleaseMode::IfNecessary {
                PrereleaseMode::Allow
            } else {
                options.prerelease
            },
            resolution: options.resolution,
            prefer_binary: options.prefer_binary,
            forbids_building: options.forbids_building,
            wheel_room: options.wheel_room,
            rules: HashMap::new(),
            unnamed: ProjectRules {
                no_binary: manifest.options.format_control.no_binary == ProjectSet::All,
                may_build: options.allow_build == ProjectSet::All
                    && manifest.options.format_control.only_binary != ProjectSet::All,
                prereleases: prereleases_of_all(&manifest.options),
                ..ProjectRules::default()
            },
        };
        policy.learn_from_lines(manifest);
        for (name, version) in &options.preferences {
            policy.rules_mut(name, &manifest.options).preference = Some(version.clone());
        }
        policy.learn_from_options(&manifest.options, &options.allow_build);
        policy
    }

    /// What requirements, overrides and constraints say, and which ties cannot be honoured.
    fn learn_from_lines(&mut self, manifest: &Manifest) {
        for entry in manifest.requirements.iter().chain(&manifest.overrides) {
            if self.applies(&entry.requirement) {
                let rules = self.learn(entry, &manifest.options);
                rules.is_direct = true;
                rules.is_placed |= entry.direct.is_some();
            }
        }
        for entry in &manifest.constraints {
            if self.applies(&entry.requirement) {
                let limit = Limit::of(entry);
                let rules = self.learn(entry, &manifest.options);
                rules.limits.extend(limit);
                if let Some(reference) = &entry.direct {
                    rules.demand = Some(Demand {
                        reference: reference.clone(),
                        text: entry.text.clone(),
                        origin: entry.origin.clone(),
                    });
                }
            }
        }
        let is_replaced = |name: &PackageName| manifest.overrides.iter().any(|entry| entry.requirement.name == *name);
        for said in manifest.alternatives.iter().filter(|said| !is_replaced(&said.name)) {
            if said.marker.evaluate(self.target.markers(), &[]) {
                let any = said.any_of.iter().map(ranges::specifiers_range);
                let range = any.fold(Ranges::empty(), |all, one| all.union(&one));
                let limit = Limit { range, text: said.text.clone(), origin: said.origin.clone() };
                self.rules_mut(&said.name, &manifest.options).limits.push(limit);
            }
        }
        for refused in &manifest.refused {
            if refused.marker.evaluate(self.target.markers(), &[]) {
                self.rules_mut(&refused.name, &manifest.options).refusal = Some(refused.problem.to_string());
            }
        }
    }

    /// What options say about projects by name, and who may be built: after all else, because that is said of every
    /// project with rules.
    fn learn_from_options(&mut self, options: &FileOptions, allow_build: &ProjectSet) {
        let FileOptions { format_control, release_control, .. } = options;
        let FormatControl { no_binary, only_binary } = format_control;
        let ReleaseControl { all_releases, only_final } = release_control;
        for named in [no_binary, only_binary, all_releases, only_final, allow_build] {
            if let ProjectSet::Projects(names) = named {
                for name in names {
                    self.rules_mut(name, options);
                }
            }
        }
        for (name, rules) in &mut self.rules {
            let is_allowed = *allow_build == ProjectSet::All || allow_build.names(name);
            rules.may_build = is_allowed && format_control.allows_sdists(name);
            if no_binary.names(name) && !rules.may_build && !rules.is_direct {
                rules.unbuilt = Some(if self.forbids_building { Barrier::NoBuild } else { Barrier::NotAllowed });
            }
        }
    }

    /// What the user says about a project.
    pub(super) fn rules(&self, name: &PackageName) -> &ProjectRules {
        self.rules.get(name).unwrap_or(&self.unnamed)
    }

    /// Two lines on one project whose digests have nothing in common: the first project by name.
    pub(super) fn disjoint_hashes(&self) -> Option<(&PackageName, &Origin, &Origin)> {
        let disjoint = self.rules.iter().filter_map(|(name, rules)| {
            let hashes = rules.hashes.as_ref()?;
            Some((name, &hashes.origin, hashes.disjoint_with.as_ref()?))
        });
        disjoint.min_by_key(|(name, ..)| *name)
    }

    /// Whether a requirement of the user's applies on the target.
    pub(super) fn applies(&self, requirement: &Requirement) -> bool {
        requirement.marker.evaluate(self.target.markers(), &[])
    }

    /// Which end of a project's versions is taken.
    pub(super) fn takes_lowest(&self, rules: &ProjectRules) -> bool {
        match self.resolution {
            ResolutionMode::Highest => false,
            ResolutionMode::Lowest => true,
            ResolutionMode::LowestDirect => rules.is_direct,
        }
    }

    /// How pre-releases of a project stand beside its final versions.
    pub(super) fn prerelease_use(&self, rules: &ProjectRules) -> PrereleaseUse {
        if let Some(asked) = rules.prereleases {
            return asked;
        }
        let is_named = rules.names_prerelease;
        match self.prerelease {
            PrereleaseMode::Disallow => PrereleaseUse::Never,
            PrereleaseMode::IfNecessary => PrereleaseUse::AfterFinals,
            PrereleaseMode::Explicit if !is_named => PrereleaseUse::Never,
            PrereleaseMode::IfNecessaryOrExplicit if !is_named => PrereleaseUse::AfterFinals,
            PrereleaseMode::Allow | PrereleaseMode::Explicit | PrereleaseMode::IfNecessaryOrExplicit => {
                PrereleaseUse::LikeFinals
            }
        }
    }

    fn rules_mut(&mut self, name: &PackageName, options: &FileOptions) -> &mut ProjectRules {
        self.rules.entry(name.clone()).or_insert_with(|| ProjectRules {
            no_binary: !options.format_control.allows_wheels(name),
            prereleases: if options.release_control.only_final.names(name) {
                Some(PrereleaseUse::Never)
            } else if options.release_control.all_releases.names(name) {
                Some(PrereleaseUse::LikeFinals)
            } else {
                prereleases_of_all(options)
            },
            ..ProjectRules::default()
        })
    }

    fn learn(&mut self, entry: &RequirementEntry, options: &FileOptions) -> &mut ProjectRules {
        let rules = self.rules_mut(&entry.requirement.name, options);
        if let Some(VersionOrUrl::VersionSpecifier(specifiers)) = &entry.requirement.version_or_url {
            rules.is_pinned |= specifiers.len() == 1 && specifiers.iter().all(ranges::is_exact);
            for specifier in specifiers.iter() {
                rules.is_limited |= ranges::specifier_range(specifier)
                    .bounding_range()
                    .is_some_and(|(_, upper)| upper != Bound::Unbounded);
                if ranges::is_exact(specifier) {
                    rules.exact_pins.push(specifier.clone());
                }
                rules.names_prerelease |= ranges::names_prerelease(specifier);
            }
        }
        if !entry.hashes.is_empty() {
            // Several lines on one project must all hold, so a digest counts when each of them has it (as pip does).
            match &mut rules.hashes {
                None => {
                    rules.hashes = Some(UserHashes {
                        digests: entry.hashes.clone(),
                        origin: entry.origin.clone(),
                        disjoint_with: None,
                    });
                }
                Some(known) => {
                    known.digests.retain(|digest| entry.hashes.contains(digest));
                    if known.digests.is_empty() && known.disjoint_with.is_none() {
                        known.disjoint_with = Some(entry.origin.clone());
                    }
                }
            }
        }
        rules
    }
}

/// What `--all-releases :all:` or `--only-final :all:` says of every project that is not named.
fn prereleases_of_all(options: &FileOptions) -> Option<PrereleaseUse> {
    if options.release_control.only_final == ProjectSet::All {
        Some(PrereleaseUse::Never)
    } else {
        (options.release_control.all_releases == ProjectSet::All).then_some(PrereleaseUse::LikeFinals)
    }
}

impl ProjectRules {
    /// Whether the user asks for exactly this version.
    pub(super) fn pins_exactly(&self, version: &Version) -> bool {
        self.exact_pins.iter().any(|pin| ranges::specifier_range(pin).contains(version))
    }

    /// The first constraint that does not take a version.
    pub(super) fn limit_against(&self, version: &Version) -> Option<&Limit> {
        self.limits.iter().find(|limit| !limit.range.contains(version))
    }
}

impl Limit {
    /// The reason why a version is not taken that the limit leaves out.
    pub(super) fn exclusion(&self) -> Exclusion {
        Exclusion::Constraint { text: self.text.clone(), origin: self.origin.clone() }
    }

    fn of(entry: &RequirementEntry) -> Option<Self> {
        match &entry.requirement.version_or_url {
            Some(VersionOrUrl::VersionSpecifier(specifiers)) => Some(Self {
                range: ranges::specifiers_range(specifiers),
                text: entry.text.clone(),
                origin: entry.origin.clone(),
            }),
            Some(VersionOrUrl::Url(_)) | None => None,
        }
    }
}
