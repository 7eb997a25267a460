//! The versions of a project in order, each looked at when it is first asked for.

use std::ops::{Bound, Range};
use std::sync::{Arc, OnceLock};

use pubgrub::Ranges;

use super::candidate;
use super::policy::{Policy, PrereleaseUse, ProjectRules};
use super::sourced::SourcedVersion;
use crate::resolution::Exclusion;
use crate::spec::{DistFile, ProjectDetail, Version, WheelFilename};

/// What the indexes list for a project, by version.
///
/// Nothing of a version is read before somebody asks for it; the order of all is known before.
#[derive(Debug)]
pub(super) struct ListedVersions {
    /// Lowest version first.
    releases: Vec<OnceLock<Box<Release>>>,
    details: Vec<Arc<ProjectDetail>>,
    /// The places of each version, when more than one page lists the project; else they are those of the one page.
    merged: Vec<(Version, Vec<ListedAt>)>,
}

/// A page, and the place of a version on it.
type ListedAt = (usize, usize);

/// One version of a project and its files.
#[derive(Debug)]
pub(super) struct Release {
    pub(super) version: SourcedVersion,
    /// Where its files are listed, best index first.
    places: Vec<ListedAt>,
    files: OnceLock<Vec<DistFile>>,
    /// The best file, or the reason that stands against the nearest of all.
    verdict: OnceLock<Result<Box<DistFile>, Exclusion>>,
}

impl ListedVersions {
    pub(super) fn new(details: &[Arc<ProjectDetail>]) -> Self {
        let merged = match details {
            [_] => Vec::new(),
            details => merge(details),
        };
        let count = if let [detail] = details { detail.version_count() } else { merged.len() };
        Self { releases: (0..count).map(|_| OnceLock::new()).collect(), details: details.to_vec(), merged }
    }

    /// How many versions there are.
    pub(super) fn len(&self) -> usize {
        self.releases.len()
    }

    /// The pages that list the project.
    pub(super) fn pages(&self) -> impl Iterator<Item = &ProjectDetail> {
        self.details.iter().map(|detail| &**detail)
    }

    /// All versions, lowest first.
    pub(super) fn releases(&self) -> impl DoubleEndedIterator<Item = &Release> + Clone {
        (0..self.len()).map(|place| self.release_at(place))
    }

    /// The versions above one, or below one, lowest first.
    pub(super) fn releases_beyond(&self, version: &SourcedVersion, above: bool) -> impl Iterator<Item = &Release> {
        let range = if above {
            self.partition_point(|other| other <= version)..self.len()
        } else {
            0..self.partition_point(|other| other < version)
        };
        range.map(|place| self.release_at(place))
    }

    /// The release of a version.
    pub(super) fn release(&self, version: &Version) -> Option<&Release> {
        let place = self.partition_point(|other| other.version < *version);
        (place < self.len()).then(|| self.release_at(place)).filter(|release| release.version.version == *version)
    }

    /// Every file of a release, best index first.
    pub(super) fn files<'a>(&'a self, release: &'a Release) -> impl Iterator<Item = &'a DistFile> {
        release.files.get_or_init(|| self.read_files(release, &|_| true)).iter()
    }

    /// The file of a release that would be used, or why there is none.
    pub(super) fn verdict<'a>(
        &'a self,
        policy: &Policy,
        rules: &ProjectRules,
        release: &'a Release,
    ) -> Result<&'a DistFile, &'a Exclusion> {
        let verdict = release.verdict.get_or_init(|| {
            // Most files of a release are for other targets, which their names tell. They count only where none fits.
            let likely = self.read_files(release, &|name| policy.target.tags().may_load(name));
            judge_all(policy, rules, &likely).or_else(|_| judge_all(policy, rules, self.files(release)))
        });
        verdict.as_ref().map(|file| &**file)
    }

    /// Why a release cannot be used, pre-release rules and constraints included; `None` when it can.
    pub(super) fn exclusion(&self, policy: &Policy, rules: &ProjectRules, release: &Release) -> Option<Exclusion> {
        let version = &release.version.version;
        if let Some(limit) = rules.limit_against(version) {
            return Some(limit.exclusion());
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
        let usable = move |release: &'a Release| {
            if rules.limit_against(&release.version.version).is_some() {
                return None;
            }
            let file = self.verdict(policy, rules, release).ok()?;
            Some((release, file))
        };
        // Where building is allowed, every version with a wheel comes before every version without.
        let wheels_first = policy.prefer_binary && rules.may_build && !rules.no_binary;
        let kinds: &[Option<bool>] = if wheels_first { &[Some(true), Some(false)] } else { &[None] };
        let of_kinds = move |is_wanted: fn(PrereleaseUse, bool) -> bool| {
            kinds.iter().flat_map(move |kind| {
                let wanted = self
                    .in_order(lowest, range)
                    .filter(move |release| is_wanted(prereleases, release.version.version.any_prerelease()));
                wanted
                    .filter_map(usable)
                    .filter(move |(_, file)| kind.is_none_or(|is_wheel| file.filename.as_wheel().is_some() == is_wheel))
            })
        };
        let finals = of_kinds(|prereleases, is_one| prereleases == PrereleaseUse::LikeFinals || !is_one);
        let last = std::iter::once_with(move || {
            let is_last_resort = prereleases == PrereleaseUse::AfterFinals;
            is_last_resort.then(|| of_kinds(|_, is_one| is_one)).into_iter().flatten()
        });
        preferred.into_iter().filter_map(usable).chain(finals).chain(last.flatten())
    }

    /// Whether any version that is listed, usable or not, is in a range.
    pub(super) fn has_any_in(&self, range: &Ranges<SourcedVersion>) -> bool {
        range.iter().any(|segment| !self.places_in(segment).is_empty())
    }

    /// The releases of a range, usable or not, highest or lowest first.
    fn in_order<'a>(&'a self, lowest_first: bool, range: &'a Ranges<SourcedVersion>) -> InOrder<'a> {
        let segments: Vec<Segment<'a>> = range.iter().collect();
        // Most ranges are one segment, so its ends are found without a look at what lies beyond.
        let places = match (segments.first(), segments.last()) {
            (Some(&(lower, _)), Some(&(_, upper))) => self.places_in((lower, upper)),
            _ => 0..0,
        };
        InOrder { listing: self, places, segments, lowest_first, first_segment: 0 }
    }

    /// The places of the releases in a segment of a range.
    fn places_in(&self, (lower, upper): Segment<'_>) -> Range<usize> {
        let start = if *lower == Bound::Unbounded { 0 } else { self.partition_point(|it| is_below(it, lower)) };
        let is_unbounded = *upper == Bound::Unbounded;
        let end = if is_unbounded { self.len() } else { self.partition_point(|it| !is_above(it, upper)) };
        start..end.max(start)
    }

    /// The number of versions for which `is_before` holds: it holds for all up to some, and for none behind it.
    fn partition_point(&self, is_before: impl Fn(&SourcedVersion) -> bool) -> usize {
        let (mut start, mut end) = (0, self.len());
        while start < end {
            let middle = start.midpoint(end);
            if is_before(&self.release_at(middle).version) {
                start = middle + 1;
            } else {
                end = middle;
            }
        }
        start
    }

    fn release_at(&self, place: usize) -> &Release {
        self.releases[place].get_or_init(|| {
            let (version, places) = match self.merged.get(place) {
                Some((version, places)) => (version.clone(), places.clone()),
                None => (self.details[0].version(place), vec![(0, place)]),
            };
            let version = SourcedVersion::listed(version);
            Box::new(Release { version, places, files: OnceLock::new(), verdict: OnceLock::new() })
        })
    }

    fn read_files(&self, release: &Release, is_wanted: &dyn Fn(&str) -> bool) -> Vec<DistFile> {
        let places = release.places.iter();
        places.flat_map(|&(page, place)| self.details[page].files_at(place, is_wanted)).collect()
    }
}

/// Walks the releases and the segments of a range side by side: a range has as many segments as versions were ruled
/// out.
struct InOrder<'a> {
    listing: &'a ListedVersions,
    /// What is left of the releases.
    places: Range<usize>,
    /// What is left of the segments is before the end, and not before `first_segment`.
    segments: Vec<Segment<'a>>,
    lowest_first: bool,
    first_segment: usize,
}

impl<'a> Iterator for InOrder<'a> {
    type Item = &'a Release;

    fn next(&mut self) -> Option<&'a Release> {
        loop {
            let place = if self.lowest_first { self.places.start } else { self.places.end.checked_sub(1)? };
            if !self.places.contains(&place) {
                return None;
            }
            let release = self.listing.release_at(place);
            if self.lowest_first {
                let (lower, upper) = self.segments.get(self.first_segment)?;
                if is_above(&release.version, upper) {
                    self.first_segment += 1;
                    continue;
                }
                self.places.start += 1;
                if !is_below(&release.version, lower) {
                    return Some(release);
                }
            } else {
                let (lower, upper) = self.segments.last()?;
                if is_below(&release.version, lower) {
                    self.segments.pop();
                    continue;
                }
                self.places.end -= 1;
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

/// The places of every version, lowest first; those of one version in the order of the pages.
fn merge(details: &[Arc<ProjectDetail>]) -> Vec<(Version, Vec<ListedAt>)> {
    let mut places: Vec<(Version, ListedAt)> = Vec::new();
    for (page, detail) in details.iter().enumerate() {
        places.extend((0..detail.version_count()).map(|place| (detail.version(place), (page, place))));
    }
    places.sort();
    let mut merged: Vec<(Version, Vec<ListedAt>)> = Vec::new();
    for (version, place) in places {
        match merged.last_mut() {
            Some((last, places)) if *last == version => places.push(place),
            _ => merged.push((version, vec![place])),
        }
    }
    merged
}

/// The best of the files, or the reason that stands against the nearest of all.
fn judge_all<'a>(
    policy: &Policy,
    rules: &ProjectRules,
    files: impl IntoIterator<Item = &'a DistFile>,
) -> Result<Box<DistFile>, Exclusion> {
    let mut best: Option<(candidate::FileRank<'_>, &DistFile)> = None;
    let mut nearest: Option<Exclusion> = None;
    let mut missed: Vec<&WheelFilename> = Vec::new();
    for file in files {
        match candidate::judge(policy, rules, file) {
            Ok(rank) => {
                let is_better = best.as_ref().is_none_or(|(best_rank, best_file)| {
                    candidate::compare_files((&rank, file), (best_rank, best_file)).is_gt()
                });
                if is_better {
                    best = Some((rank, file));
                }
            }
            Err(reason) => {
                if matches!(reason, Exclusion::Tags(_)) {
                    missed.extend(file.filename.as_wheel());
                }
                nearest = Some(match nearest {
                    None => reason,
                    Some(nearest) => nearest.nearer(reason),
                });
            }
        }
    }
    match best {
        Some((_, file)) => Ok(Box::new(file.clone())),
        // One tag out of dozens says little: all of these wheels together say what the release is for.
        None if matches!(nearest, Some(Exclusion::Tags(_))) => {
            let of_all = policy.target.tags().nearest_of_all(&missed).map(Exclusion::Tags);
            Err(of_all.or(nearest).unwrap_or(Exclusion::OnlySdist))
        }
        // Without a file the cached page is damaged: that is noted below, and all is asked anew.
        None => Err(nearest.unwrap_or_else(|| Exclusion::Metadata("its entry in the cache is damaged".to_owned()))),
    }
}

/// Both ends of a part of a range.
type Segment<'a> = (&'a Bound<SourcedVersion>, &'a Bound<SourcedVersion>);
