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
        let first = preferred.into_iter();
        let rest = self.in_order(policy.takes_lowest(rules), range);
        let finals = rest.clone().filter(move |release| {
            prereleases == PrereleaseUse::LikeFinals || !release.version.version.any_prerelease()
        });
        let last = rest.filter(move |release| {
            prereleases == PrereleaseUse::AfterFinals && release.version.version.any_prerelease()
        });
        first.chain(finals).chain(last).filter_map(move |release| {
            if rules.limit_against(&release.version.version).is_some() {
                return None;
            }
            let file = self.verdict(policy, rules, release).ok()?;
            Some((release, file))
        })
    }

    /// The releases of a range, usable or not, highest or lowest first.
    fn in_order<'a>(
        &'a self,
        lowest_first: bool,
        range: &'a Ranges<SourcedVersion>,
    ) -> impl Iterator<Item = &'a Release> + Clone {
        let mut slices: Vec<&[Release]> = range
            .iter()
            .map(|(lower, upper)| {
                let start = match lower {
                    Bound::Unbounded => 0,
                    Bound::Included(bound) => self.releases.partition_point(|release| release.version < *bound),
                    Bound::Excluded(bound) => self.releases.partition_point(|release| release.version <= *bound),
                };
                let end = match upper {
                    Bound::Unbounded => self.releases.len(),
                    Bound::Included(bound) => self.releases.partition_point(|release| release.version <= *bound),
                    Bound::Excluded(bound) => self.releases.partition_point(|release| release.version < *bound),
                };
                &self.releases[start..end.max(start)]
            })
            .collect();
        if !lowest_first {
            slices.reverse();
        }
        slices.into_iter().flat_map(move |slice| {
            let count = slice.len();
            (0..count).map(move |place| &slice[if lowest_first { place } else { count - 1 - place }])
        })
    }

    fn file_at(&self, (page, place): (u32, u32)) -> &DistFile {
        &self.details[page as usize].files[place as usize]
    }
}
