//! The versions of a project in order, each judged when it is first asked for.

use std::ops::Bound;
use std::sync::{Arc, OnceLock};

use pubgrub::Ranges;

use super::candidate::{self, Exclusion};
use super::policy::{Policy, PrereleaseUse, ProjectRules};
use super::sourced::SourcedVersion;
use crate::spec::{DistFile, ProjectDetail, Version};

/// What the indexes list for a project, by version.
#[derive(Debug)]
pub(super) struct Listing {
    /// Lowest version first.
    releases: Vec<Release>,
    details: Vec<Arc<ProjectDetail>>,
}

/// One version of a project and its files.
#[derive(Debug)]
pub(super) struct Release {
    pub(super) version: SourcedVersion,
    /// Places of its files: the page and the place on it.
    files: Vec<(u32, u32)>,
    /// The best file, or the reason that stands against the nearest of all.
    verdict: OnceLock<Result<(u32, u32), Exclusion>>,
}

impl Listing {
    pub(super) fn new(details: &[Arc<ProjectDetail>]) -> Self {
        let mut places: Vec<(&Version, u32, u32)> = Vec::new();
        for (page, detail) in (0..).zip(details) {
            places.extend((0..).zip(&detail.files).map(|(place, file)| (file.version(), page, place)));
        }
        places.sort();
        let mut releases: Vec<Release> = Vec::new();
        for (version, page, place) in places {
            match releases.last_mut() {
                Some(last) if last.version.version == *version => last.files.push((page, place)),
                _ => releases.push(Release {
                    version: SourcedVersion::listed(version.clone()),
                    files: vec![(page, place)],
                    verdict: OnceLock::new(),
                }),
            }
        }
        Self { releases, details: details.to_vec() }
    }

    /// All versions, lowest first.
    pub(super) fn releases(&self) -> &[Release] {
        &self.releases
    }

    /// The release of a version.
    pub(super) fn release(&self, version: &Version) -> Option<&Release> {
        let place = self.releases.binary_search_by(|release| release.version.version.cmp(version)).ok()?;
        Some(&self.releases[place])
    }

    /// Every file of a release, best index first.
    pub(super) fn files<'a>(&'a self, release: &'a Release) -> impl Iterator<Item = &'a DistFile> {
        release.files.iter().map(|&place| self.file_at(place))
    }

    /// The file of a release that would be used, or why there is none.
    pub(super) fn verdict<'a>(
        &'a self,
        policy: &Policy,
        rules: &ProjectRules,
        release: &'a Release,
    ) -> Result<&'a DistFile, &'a Exclusion> {
        let verdict = release.verdict.get_or_init(|| {
            let mut best: Option<(candidate::FileRank<'_>, (u32, u32))> = None;
            let mut nearest: Option<Exclusion> = None;
            for &place in &release.files {
                let file = self.file_at(place);
                match candidate::judge(policy, rules, file) {
                    Ok(rank) => {
                        let is_better = best.as_ref().is_none_or(|(best_rank, best_place)| {
                            candidate::compare_files((&rank, file), (best_rank, self.file_at(*best_place))).is_gt()
                        });
                        if is_better {
                            best = Some((rank, place));
                        }
                    }
                    Err(reason) => {
                        nearest = Some(match nearest {
                            None => reason,
                            Some(nearest) => nearest.nearer(reason),
                        });
                    }
                }
            }
            match best {
                Some((_, place)) => Ok(place),
                None => Err(nearest.expect("a release has at least one file")),
            }
        });
        verdict.as_ref().map(|&place| self.file_at(place))
    }

    /// Why a release cannot be used, pre-release rules and constraints included; `None` when it can.
    pub(super) fn exclusion(&self, policy: &Policy, rules: &ProjectRules, release: &Release) -> Option<Exclusion> {
        let version = &release.version.version;
        if let Some(limit) = rules.limit_against(version) {
            return Some(Exclusion::Constraint { text: limit.text.clone(), origin: limit.origin.clone() });
        }
        if let Err(reason) = self.verdict(policy, rules, release) {
            return Some(reason.clone());
        }
        let is_refused = version.any_prerelease() && policy.prerelease_use(rules) == PrereleaseUse::Never;
        is_refused.then_some(Exclusion::Prerelease)
    }

    /// The usable releases of a range in the order in which they should be tried.
    ///
    /// First the version of an existing lock; then the highest, or lowest, first; pre-releases after all final versions
    /// where they are a last resort.
    pub(super) fn candidates<'a>(
        &'a self,
        policy: &'a Policy,
        rules: &'a ProjectRules,
        range: &'a Ranges<SourcedVersion>,
    ) -> impl Iterator<Item = (&'a Release, &'a DistFile)> {
        let prereleases = policy.prerelease_use(rules);
        let preferred = rules.preference.as_ref().and_then(|version| self.release(version));
        let preferred = preferred.filter(|release| {
            let is_allowed = prereleases != PrereleaseUse::Never || !release.version.version.any_prerelease();
            is_allowed && range.contains(&release.version)
        });
        let lowest = policy.takes_lowest(rules);
        let finals = self.in_order(lowest, range).filter(move |release| {
            prereleases == PrereleaseUse::LikeFinals || !release.version.version.any_prerelease()
        });
        let last = std::iter::once_with(move || {
            let is_last_resort = prereleases == PrereleaseUse::AfterFinals;
            is_last_resort.then(|| self.in_order(lowest, range)).into_iter().flatten()
        });
        let last = last.flatten().filter(|release| release.version.version.any_prerelease());
        preferred.into_iter().chain(finals).chain(last).filter_map(move |release| {
            if rules.limit_against(&release.version.version).is_some() {
                return None;
            }
            let file = self.verdict(policy, rules, release).ok()?;
            Some((release, file))
        })
    }

    /// Whether any version that is listed, usable or not, is in a range.
    pub(super) fn has_any_in(&self, range: &Ranges<SourcedVersion>) -> bool {
        range.iter().any(|(lower, upper)| {
            let start = self.releases.partition_point(|release| is_below(&release.version, lower));
            self.releases.get(start).is_some_and(|release| !is_above(&release.version, upper))
        })
    }

    /// The releases of a range, usable or not, highest or lowest first.
    fn in_order<'a>(&'a self, lowest_first: bool, range: &'a Ranges<SourcedVersion>) -> InOrder<'a> {
        InOrder { releases: &self.releases, segments: range.iter().collect(), lowest_first, first_segment: 0 }
    }

    fn file_at(&self, (page, place): (u32, u32)) -> &DistFile {
        &self.details[page as usize].files[place as usize]
    }
}

/// Walks the releases and the segments of a range side by side: a range has as many segments as versions were ruled out.
struct InOrder<'a> {
    /// What is left of the releases.
    releases: &'a [Release],
    /// What is left of the segments is before the end, and not before `first_segment`.
    segments: Vec<(&'a Bound<SourcedVersion>, &'a Bound<SourcedVersion>)>,
    lowest_first: bool,
    first_segment: usize,
}

impl<'a> Iterator for InOrder<'a> {
    type Item = &'a Release;

    fn next(&mut self) -> Option<&'a Release> {
        loop {
            if self.lowest_first {
                let (lower, upper) = self.segments.get(self.first_segment)?;
                let (release, rest) = self.releases.split_first()?;
                if is_above(&release.version, upper) {
                    self.first_segment += 1;
                    continue;
                }
                self.releases = rest;
                if !is_below(&release.version, lower) {
                    return Some(release);
                }
            } else {
                let (lower, upper) = self.segments.last()?;
                let (release, rest) = self.releases.split_last()?;
                if is_below(&release.version, lower) {
                    self.segments.pop();
                    continue;
                }
                self.releases = rest;
                if !is_above(&release.version, upper) {
                    return Some(release);
                }
            }
        }
    }
}

/// Whether a version is before a lower bound.
fn is_below(version: &SourcedVersion, lower: &Bound<SourcedVersion>) -> bool {
    match lower {
        Bound::Unbounded => false,
        Bound::Included(bound) => version < bound,
        Bound::Excluded(bound) => version <= bound,
    }
}

/// Whether a version is past an upper bound.
fn is_above(version: &SourcedVersion, upper: &Bound<SourcedVersion>) -> bool {
    match upper {
        Bound::Unbounded => false,
        Bound::Included(bound) => version > bound,
        Bound::Excluded(bound) => version >= bound,
    }
}
