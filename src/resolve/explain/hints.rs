//! What the user could do, each judged true before it is said.

use std::mem::{Discriminant, discriminant};

use pubgrub::Ranges;

use super::super::PrereleaseMode;
use super::super::candidate;
use super::super::conclude::target_name;
use super::super::listing::{ListedVersions, Release};
use super::super::needs;
use super::super::package::Package;
use super::super::policy::{Policy, PrereleaseUse, ProjectRules};
use super::super::provider::{Known, Provider};
use super::super::sourced::SourcedVersion;
use super::derivation::Fact;
use super::hint::Hint;
use super::popular;
use super::table;
use super::twins;
use crate::python::{is_standard, project_meant_by};
use crate::requirements::Origin;
use crate::resolution::{Barrier, Exclusion};
use crate::spec::{PackageName, WheelFilename, push_new};
use crate::target::{Architecture, Glibc, Runtime, TagMismatch, Tags};

/// Most facts of a derivation for which hints are looked for; a person reads fewer.
const MOST_PROBLEMS: usize = 20;

/// Most accepted digests that are shown beside the one that a file has.
const MOST_DIGESTS: usize = 3;

/// Most versions among which one is looked for that the target can load; a project may have thousands.
const MOST_LOOKED_AT: usize = 500;

/// Most names that are offered in the place of one that no index knows.
const MOST_NAMES: usize = 3;

/// Hints for the facts of a derivation, each once, in the order of the facts.
pub(super) fn of(provider: &Provider<'_>, facts: &[Fact]) -> Vec<Hint> {
    let mut hints: Vec<Hint> = Vec::new();
    let mut tell = |hint: Hint| push_new(&mut hints, hint);
    let problems = facts.iter().filter(|fact| !matches!(fact, Fact::Requires { .. })).take(MOST_PROBLEMS);
    let requirements = facts.iter().filter(|fact| matches!(fact, Fact::Requires { .. })).take(MOST_PROBLEMS);
    for fact in problems.chain(requirements) {
        match fact {
            Fact::NoVersions { package: Package::Project(name), range } => match provider.project_if_known(name) {
                Some(Known::Unknown(asked)) if asked.is_empty() => tell(Hint::NoIndex(name.clone())),
                Some(Known::Unknown(_)) => unknown_name(provider, name).into_iter().for_each(&mut tell),
                Some(Known::Offline) => tell(Hint::UnknownOffline(name.clone())),
                Some(Known::Listed(listing)) => {
                    let hints = ProjectHints::new(provider, name, &listing).for_releases(range);
                    let is_gap = is_gap(name, facts);
                    hints.into_iter().filter(|hint| !is_gap || !hint.is_of_version_alone()).for_each(&mut tell);
                    if let (false, Some(found)) = (is_gap, provider.source.found_before(name)) {
                        tell(Hint::FoundBefore(name.clone(), found));
                    }
                }
                None => {}
            },
            Fact::Unusable { package, reason: Exclusion::RequiresPython { specifiers, .. }, .. } => {
                let runtimes = Runtime::fitting(|python| super::super::contains(specifiers, python));
                if let (false, Some(name)) = (runtimes.is_empty(), package.name()) {
                    tell(Hint::NeedsPython { name: name.clone(), specifiers: specifiers.clone(), runtimes });
                }
            }
            Fact::Requires { package, required, .. } if *package != Package::Root => {
                if let Some(hint) = user_direct_against(provider, required) {
                    tell(hint);
                }
            }
            _ => {}
        }
    }
    hints
}

/// Whether other versions of a project could be used and are turned down for what they require: then it is not known
/// whether those between them would do.
fn is_gap(name: &PackageName, facts: &[Fact]) -> bool {
    facts
        .iter()
        .any(|fact| matches!(fact, Fact::Requires { package: Package::Project(requirer), .. } if requirer == name))
}

/// Projects of the derivation that building would help.
pub(super) fn unbuilt(provider: &Provider<'_>, facts: &[Fact]) -> Vec<PackageName> {
    let mut found: Vec<PackageName> = Vec::new();
    for fact in facts.iter().take(MOST_PROBLEMS) {
        if let Fact::NoVersions { package: Package::Project(name), range } = fact
            && let Some(Known::Listed(listing)) = provider.project_if_known(name)
            && twins::of(name.as_ref()).is_none()
            && !found.contains(name)
        {
            let project = ProjectHints::new(provider, name, &listing);
            let mut inside = listing.releases().filter(|release| range.contains(&release.version));
            if inside.any(|release| match listing.exclusion(project.policy, project.rules, release) {
                Some(Exclusion::OnlySdist) => true,
                Some(Exclusion::Tags(_)) => project.is_only_source_here(release),
                _ => false,
            }) {
                found.push(name.clone());
            }
        }
    }
    found
}

/// What hints on a project of which versions are listed are made from.
struct ProjectHints<'a> {
    provider: &'a Provider<'a>,
    policy: &'a Policy,
    rules: &'a ProjectRules,
    name: &'a PackageName,
    listing: &'a ListedVersions,
}

impl<'a> ProjectHints<'a> {
    fn new(provider: &'a Provider<'a>, name: &'a PackageName, listing: &'a ListedVersions) -> Self {
        let policy = &*provider.policy;
        Self { provider, policy, rules: policy.rules(name), name, listing }
    }

    /// Hints on the newest release of each kind of exclusion.
    fn for_releases(&self, range: &Ranges<SourcedVersion>) -> Vec<Hint> {
        let mut hints: Vec<Hint> = Vec::new();
        let mut told: Vec<Discriminant<Hint>> = Vec::new();
        hints.extend(self.prerelease_below(range));
        for release in self.listing.releases().rev().filter(|release| range.contains(&release.version)) {
            let Some(reason) = self.listing.exclusion(self.policy, self.rules, release) else { continue };
            let Some(hint) = self.for_release(release, reason) else { continue };
            // Nobody wants to build an old version who can have a newer one on another target.
            let is_old_source = matches!(hint, Hint::OnlySource { .. })
                && hints.iter().any(|hint| matches!(hint, Hint::OtherTarget { .. }));
            if is_old_source {
                continue;
            }
            if !told.contains(&discriminant(&hint)) {
                told.push(discriminant(&hint));
                hints.push(hint);
            }
        }
        hints.extend(self.newest_that_loads(range));
        hints
    }

    /// The newest version with a wheel that the target can load, where the range has none of those.
    fn newest_that_loads(&self, range: &Ranges<SourcedVersion>) -> Option<Hint> {
        let is_of_target = |release: &Release| {
            let reason = self.listing.exclusion(self.policy, self.rules, release);
            matches!(reason, Some(Exclusion::Tags(_) | Exclusion::RequiresPython { .. } | Exclusion::OnlySdist))
        };
        let newest = self.listing.releases().rev().find(|release| range.contains(&release.version))?;
        if !is_of_target(newest) {
            return None;
        }
        let outside = range.complement();
        let outside = self.listing.candidates(self.policy, self.rules, &outside).take(MOST_LOOKED_AT);
        let wheels = outside.filter(|(_, file)| file.filename.as_wheel().is_some()).map(|(release, _)| release);
        let is_usual = |release: &Release| {
            let counts = self.policy.prerelease_use(self.rules) == PrereleaseUse::LikeFinals;
            counts || !release.version.version.any_prerelease()
        };
        let release = wheels.max_by_key(|release| (is_usual(release), &release.version))?;
        let (name, version) = (self.name.clone(), release.version.version.clone());
        let (runtime, architecture) = (self.policy.target.runtime(), self.policy.target.architecture());
        Some(Hint::NewestThatLoads { name, version, runtime, architecture })
    }

    /// What could be done about a release that is excluded for this reason.
    fn for_release(&self, release: &Release, reason: Exclusion) -> Option<Hint> {
        let (name, version) = (self.name.clone(), release.version.version.clone());
        match reason {
            // One that could not be used all the same is no way out.
            Exclusion::Prerelease if self.listing.verdict(self.policy, self.rules, release).is_err() => None,
            Exclusion::Prerelease => {
                Some(Hint::Prerelease { name, version, when_named: self.policy.prerelease == PrereleaseMode::Explicit })
            }
            Exclusion::Yanked(_) => Some(Hint::Yanked { name, version }),
            Exclusion::OnlySdist => Some(self.only_source(release)),
            Exclusion::NoBinary => {
                let has_source = self.listing.files(release).any(|file| file.filename.as_wheel().is_none());
                Some(Hint::WheelsLeftOut { source: has_source.then(|| self.barrier()), name, version })
            }
            Exclusion::TooNew | Exclusion::UploadTimeUnknown => self.newer_would_fit(release),
            Exclusion::Constraint { text, origin } => {
                let usable = self.listing.verdict(self.policy, self.rules, release).is_ok();
                usable.then_some(Hint::Constrained { name, version, text, origin })
            }
            Exclusion::Hash => self.other_digests(release),
            Exclusion::Tags(_) if self.is_only_source_here(release) => Some(self.only_source(release)),
            // Wheels are left out for other targets too.
            Exclusion::Tags(_) | Exclusion::RequiresPython { .. } if self.rules.no_binary => None,
            Exclusion::Tags(_) | Exclusion::RequiresPython { .. } => {
                self.elsewhere(release).or_else(|| self.only_other_systems(release))
            }
            Exclusion::Metadata(_)
            | Exclusion::WheelPreferred
            | Exclusion::Conflict { .. }
            | Exclusion::Unmet(_)
            | Exclusion::Rivalled { .. } => None,
        }
    }

    /// The hint that building would help, or that another project does the same job in wheels.
    fn only_source(&self, release: &Release) -> Hint {
        let (name, twin) = (self.name.clone(), twins::of(self.name.as_ref()).copied());
        let (version, target) = (release.version.version.clone(), target_name(self.provider));
        let has_wheels = self.listing.files(release).any(|file| file.filename.as_wheel().is_some());
        let (barrier, room) = (self.barrier(), self.policy.wheel_room);
        Hint::OnlySource { name, version, has_wheels, target, twin, barrier, room }
    }

    /// What stands against building the project.
    fn barrier(&self) -> Barrier {
        let takes_sources = self.provider.manifest.options.format_control.allows_sdists(self.name);
        match () {
            () if self.policy.forbids_building => Barrier::NoBuild,
            () if takes_sources => Barrier::NotAllowed,
            () => Barrier::OnlyBinary,
        }
    }

    /// The hint that all wheels of a release are for other systems than Linux, where there is nothing to build either.
    fn only_other_systems(&self, release: &Release) -> Option<Hint> {
        let files: Vec<_> = self.listing.files(release).map(|file| file.filename.as_wheel()).collect();
        let is_other = |platform: &str| ["win", "macosx"].iter().any(|start| platform.starts_with(start));
        let are_other = files.iter().all(|wheel| wheel.is_some_and(|wheel| wheel.platforms().iter().all(is_other)));
        let has_windows = files.iter().flatten().any(|wheel| wheel.platforms().iter().any(|it| it.starts_with("win")));
        let (name, version) = (self.name.clone(), release.version.version.clone());
        (!files.is_empty() && are_other).then_some(Hint::OtherSystems { name, version, has_windows })
    }

    /// Whether no runtime could load a wheel of a release, such as one for Python 2, and there is a source beside it.
    fn is_only_source_here(&self, release: &Release) -> bool {
        self.elsewhere(release).is_none()
            && self
                .listing
                .files(release)
                .any(|file| matches!(candidate::judge(self.policy, self.rules, file), Err(Exclusion::OnlySdist)))
    }

    /// The file that would be used but for its digest: which digest it has, and which the user accepts.
    fn other_digests(&self, release: &Release) -> Option<Hint> {
        let hashes = self.rules.hashes.as_ref()?;
        let mut without_hashes = self.rules.clone();
        without_hashes.hashes = None;
        let (_, file) = self
            .listing
            .files(release)
            .filter_map(|file| Some((candidate::judge(self.policy, &without_hashes, file).ok()?, file)))
            .max_by(|left, right| candidate::compare_files((&left.0, left.1), (&right.0, right.1)))?;
        let actual = file.hashes.iter().map(ToString::to_string).max()?;
        // The digest that was meant, when one was mistyped, agrees with the actual one in most places: nearest first.
        let mut accepted: Vec<(usize, String)> = hashes
            .digests
            .iter()
            .map(ToString::to_string)
            .map(|digest| (digest.chars().zip(actual.chars()).filter(|(a, b)| a != b).count(), digest))
            .collect();
        accepted.sort();
        let more = accepted.len().saturating_sub(MOST_DIGESTS);
        let accepted = accepted.into_iter().take(MOST_DIGESTS).map(|(_, digest)| digest).collect();
        let (file, origin) = (file.filename.to_string(), hashes.origin.clone());
        Some(Hint::OtherDigest { file, actual, origin, accepted, more })
    }

    /// A pre-release of a version that the range would take, when it holds no listed version: `2.0rc1` for `>=2.0`.
    fn prerelease_below(&self, range: &Ranges<SourcedVersion>) -> Option<Hint> {
        if self.listing.has_any_in(range) {
            return None;
        }
        let release = self.listing.releases().rev().find(|release| {
            let version = &release.version.version;
            let last = version.only_release().with_epoch(version.epoch());
            version.any_prerelease()
                && range.contains(&SourcedVersion::listed(last))
                && self.listing.verdict(self.policy, self.rules, release).is_ok()
        })?;
        Some(Hint::PrereleaseBefore { name: self.name.clone(), version: release.version.version.clone() })
    }

    /// A file that only `--exclude-newer` keeps out.
    fn newer_would_fit(&self, release: &Release) -> Option<Hint> {
        let file = self
            .listing
            .files(release)
            .find(|file| candidate::judge_apart_from_time(self.policy, self.rules, file).is_ok())?;
        let uploaded = file.upload_time.and_then(|time| jiff::Timestamp::from_microsecond(time).ok());
        Some(Hint::TooNew { name: self.name.clone(), version: release.version.version.clone(), uploaded })
    }

    /// The glibc that the user gives in the place of the runtime's, where it is older.
    fn given_glibc(&self) -> Option<Glibc> {
        let target = &self.policy.target;
        (target.host().is_none() && target.glibc() < target.runtime().glibc()).then(|| target.glibc())
    }

    /// That a release would do with the runtime's own glibc.
    fn own_glibc(&self, release: &Release) -> Option<Hint> {
        let (given, runtime) = (self.given_glibc()?, self.policy.target.runtime());
        let is_glibc = |wheel: &WheelFilename| {
            Tags::new(runtime, self.policy.target.architecture(), runtime.glibc()).priority(wheel).is_some()
        };
        let files = self.listing.files(release).filter(|file| candidate::is_taken_elsewhere(self.rules, file));
        let files = files.filter(|file| self.policy.check_python(file.requires_python.as_ref()).is_ok());
        files.filter_map(|file| file.filename.as_wheel()).any(is_glibc).then(|| Hint::OwnGlibc {
            name: self.name.clone(),
            version: release.version.version.clone(),
            given,
            runtime,
        })
    }

    /// The target on which a release would do.
    fn elsewhere(&self, release: &Release) -> Option<Hint> {
        self.own_glibc(release).or_else(|| self.other_runtimes(release))
    }

    /// Runtimes on which a release would do.
    fn other_runtimes(&self, release: &Release) -> Option<Hint> {
        let target = &self.policy.target;
        let offer = |runtimes, architecture, glibc| {
            let (name, version) = (self.name.clone(), release.version.version.clone());
            Hint::OtherTarget { name, version, runtimes, architecture, glibc }
        };
        let ceiling = self.given_glibc();
        let load = |architecture| {
            table::runtimes_that_load(architecture, ceiling, || {
                self.listing.files(release).filter(|file| candidate::is_taken_elsewhere(self.rules, file))
            })
        };
        let same = load(target.architecture());
        if let Some(first) = same.first() {
            let python = target.runtime().python_version();
            let are_newer = same.iter().all(|runtime| runtime.python_version() > python);
            let verdict = self.listing.verdict(self.policy, self.rules, release);
            let is_glibc = matches!(verdict, Err(Exclusion::Tags(TagMismatch::Glibc { .. })));
            let glibc = (are_newer && is_glibc).then(|| first.glibc());
            return Some(offer(same, None, glibc));
        }
        let other = match target.architecture() {
            Architecture::X86_64 => Architecture::Arm64,
            Architecture::Arm64 => Architecture::X86_64,
        };
        let there = load(other);
        (!there.is_empty()).then(|| offer(there, Some(other), None))
    }
}

/// Names that are close to one that no index knows: of this run, and those that many users ask for, where the user has
/// asked for it and has not tied it to an index, which the other name would not be.
fn unknown_name(provider: &Provider<'_>, name: &PackageName) -> Option<Hint> {
    let text = name.to_string();
    if text == "pkg-resources" {
        return Some(Hint::OfDebian);
    }
    let is_tied = provider.manifest.pins.iter().any(|pin| pin.name == *name);
    let is_asked_for = needs::user_requirements(provider).iter().any(|applied| applied.requirement.name == *name);
    if !is_tied && is_asked_for {
        // The name that a program imports, in the place of the project's.
        if let Some(project) = project_meant_by(&text).and_then(|project| project.parse().ok()) {
            return Some(Hint::DidYouMean(vec![project]));
        }
        let release = provider.policy.target.python_full_version().release();
        let minor = release.get(1).and_then(|minor| u8::try_from(*minor).ok());
        if minor.is_some_and(|minor| is_standard(&text, minor)) {
            return Some(Hint::Standard(name.clone()));
        }
    }
    let most = match text.len() {
        0..=3 => 1,
        4..=8 => 2,
        _ => 3,
    };
    let others = provider.names_met().into_iter().filter(|known| known != name);
    let mut close: Vec<(usize, PackageName)> =
        others.map(|known| (strsim::osa_distance(&text, known.as_ref()), known)).collect();
    close.retain(|(distance, _)| *distance <= most);
    close.sort();
    let mut names: Vec<PackageName> = close.into_iter().map(|(_, name)| name).collect();
    if !is_tied && is_asked_for {
        let more = popular::nearest_to(name);
        // A name that no index has, as this run has found out, is not offered.
        let is_there = |other: &PackageName| !matches!(provider.project_if_known(other), Some(Known::Unknown(_)));
        names.extend(more.into_iter().filter(|other| is_there(other) && !names.contains(other)).collect::<Vec<_>>());
    }
    names.truncate(MOST_NAMES);
    if !names.is_empty() {
        return Some(Hint::DidYouMean(names));
    }
    // No line of the user's asks for what a build requires.
    let is_of_build = provider.manifest.requirements.iter().any(|entry| entry.origin == Origin::Build);
    let (name, room) = (name.clone(), provider.policy.wheel_room);
    let hint = if is_of_build { Hint::BuildLacks { name, room } } else { Hint::Nowhere(name) };
    (!is_tied && is_asked_for).then_some(hint)
}

/// A direct reference of the user's that an index requirement of another project does not take.
fn user_direct_against(provider: &Provider<'_>, required: &Package) -> Option<Hint> {
    let name = required.name()?;
    let direct = needs::user_requirements(provider)
        .into_iter()
        .find(|applied| applied.requirement.name == *name && applied.direct.is_some())?;
    Some(Hint::OnlyFromUrl { name: name.clone(), origin: direct.origin })
}
