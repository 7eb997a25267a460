//! What the solver is told of the world: asked for once, and what was learned and done so far.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use pubgrub::Ranges;

use super::candidate;
use super::listing::{ListedVersions, Release};
use super::package::Package;
use super::policy::Policy;
use super::priority::{MOST_RESTARTS, Standing};
use super::ranges;
use super::rivals::{Rivals, SCREENED_AFTER};
use super::source::{DirectDist, PackageSource, ProjectAnswer, SourceError, Unfit};
use super::sourced::{SourcedVersion, VersionSource};
use crate::requirements::{DirectReference, Manifest};
use crate::resolution::Exclusion;
use crate::spec::{CoreMetadata, DistFile, PackageName, ProjectDetail, SafeUrl, Version};

/// Tries of one project after which the metadata of further candidates is fetched in one go.
const FIRST_BATCH_AFTER: u32 = 5;

/// How many candidates' metadata is fetched in one go after so many tries: half as many as were tried, so that no more
/// than a third is in vain, and the round trips grow with the logarithm of the tries.
fn batch_after(tries: u32) -> u32 {
    (tries / 2).clamp(3, 40)
}

/// How often metadata is fetched ahead for a project because its range has changed.
pub(super) const MOST_PREFETCHES: u32 = 3;

/// Answers the solver from a [`PackageSource`], the user's manifest and the policy.
pub(super) struct Provider<'a> {
    pub(super) manifest: &'a Manifest,
    pub(super) source: &'a dyn PackageSource,
    pub(super) policy: Arc<Policy>,
    no_deps: bool,
    /// Projects whose requirements are not followed.
    alone: BTreeSet<PackageName>,
    pub(super) listings: Listings,
    pub(super) state: RefCell<SolverState>,
}

/// The listings that have arrived, shared with threads that fetch ahead. Never asked for what decides an answer.
type Listings = Arc<Mutex<HashMap<PackageName, Arc<ListedVersions>>>>;

/// The metadata of a version, or why the version cannot be used.
type Judged = Result<Arc<CoreMetadata>, Exclusion>;

/// What has been learned and done so far.
#[derive(Default)]
pub(super) struct SolverState {
    projects: HashMap<PackageName, Known>,
    directs: Vec<Direct>,
    metadata: HashMap<(PackageName, SourcedVersion), Judged>,
    first_seen: HashMap<Package, u32>,
    announced: HashSet<PackageName>,
    prefetched: HashSet<(PackageName, Version)>,
    /// How often metadata was fetched ahead for a project (see [`MOST_PREFETCHES`]).
    pub(super) prefetches: HashMap<PackageName, u32>,
    pub(super) last_choice: HashMap<PackageName, SourcedVersion>,
    pub(super) last_range: HashMap<PackageName, Ranges<SourcedVersion>>,
    /// How often a version was chosen in this run.
    choices: HashMap<PackageName, u32>,
    /// Versions that were kept from the solver.
    pub(super) screened: HashMap<(PackageName, SourcedVersion), Exclusion>,
    pub(super) rivals: Rivals,
    /// Versions that were tried, over all runs, and the number of tries for which metadata was fetched.
    tries: HashMap<PackageName, (u32, u32)>,
    /// How many versions that were chosen had to go again, over all runs.
    rejections: HashMap<Package, u32>,
    /// What earlier runs have taught about packages, and how many had a standing before each of them.
    pub(super) standings: HashMap<Package, (Standing, u32)>,
    restarts: u32,
    pub(super) wants_restart: bool,
}

/// Why solving stopped before its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum Interruption {
    /// The order of decisions was poor, and now more is known.
    #[error("solving starts over")]
    Restart,
    /// The world could not be asked.
    #[error(transparent)]
    Source(#[from] SourceError),
}

/// What is known of a project's name.
#[derive(Clone)]
pub(super) enum Known {
    /// Indexes list it.
    Listed(Arc<ListedVersions>),
    /// No index knows it; these were asked.
    Unknown(Vec<SafeUrl>),
    /// Nothing is known without a network.
    Offline,
}

/// A direct reference that has been looked at.
#[derive(Clone)]
pub(super) struct Direct {
    pub(super) name: PackageName,
    pub(super) reference: DirectReference,
    pub(super) dist: Arc<DirectDist>,
    version: SourcedVersion,
}

impl<'a> Provider<'a> {
    pub(super) fn new(
        manifest: &'a Manifest,
        source: &'a dyn PackageSource,
        policy: Arc<Policy>,
        no_deps: bool,
    ) -> Self {
        let alone = manifest.requirements.iter().filter(|entry| entry.is_alone);
        let alone = alone.map(|entry| entry.requirement.name.clone()).collect();
        Self { manifest, source, policy, no_deps, alone, listings: Listings::default(), state: RefCell::default() }
    }

    /// Whether what a project requires is wanted too.
    pub(super) fn follows(&self, name: &PackageName) -> bool {
        !self.no_deps && !self.alone.contains(name)
    }

    /// What is known of a project, asked for when nothing is yet.
    pub(super) fn project(&self, name: &PackageName) -> Result<Known, SourceError> {
        if let Some(known) = self.state.borrow().projects.get(name) {
            return Ok(known.clone());
        }
        let rules = self.policy.rules(name);
        if let Some(refusal) = &rules.refusal {
            return Err(SourceError::new(refusal.clone(), false));
        }
        // Else the newest release of what requires it would be passed over, down to one that did not yet.
        if let Some(barrier) = rules.unbuilt {
            return Err(SourceError::new(Unfit::Unbuilt { name: name.clone(), barrier }, false));
        }
        let known = match self.source.project(name)? {
            ProjectAnswer::Found(details) => Known::Listed(listing_of(&self.listings, name, &details)),
            ProjectAnswer::NotFound { asked } => Known::Unknown(asked),
            ProjectAnswer::Offline => Known::Offline,
        };
        self.state.borrow_mut().projects.insert(name.clone(), known.clone());
        Ok(known)
    }

    /// What is known of a project, without asking.
    pub(super) fn project_if_known(&self, name: &PackageName) -> Option<Known> {
        self.state.borrow().projects.get(name).cloned()
    }

    /// Every name that this run has met and of which it is not known that no index has it, sorted.
    pub(super) fn names_met(&self) -> BTreeSet<PackageName> {
        let state = self.state.borrow();
        let metadata = state.metadata.values().filter_map(|metadata| metadata.as_ref().ok());
        let required = metadata.flat_map(|metadata| &metadata.requires_dist);
        let by_user =
            self.manifest.requirements.iter().chain(&self.manifest.constraints).map(|entry| &entry.requirement);
        let named = required.chain(by_user).map(|requirement| &requirement.name);
        let met = named.chain(state.projects.keys());
        met.filter(|name| !matches!(state.projects.get(*name), Some(Known::Unknown(_)))).cloned().collect()
    }

    /// The metadata of some version of a range, if one has been asked for already: the newest.
    pub(super) fn known_metadata_in(
        &self,
        name: &PackageName,
        range: &Ranges<SourcedVersion>,
    ) -> Option<Arc<CoreMetadata>> {
        let state = self.state.borrow();
        let known = state.metadata.iter().filter_map(|((of, version), metadata)| {
            let metadata = metadata.as_ref().ok()?;
            (of == name && range.contains(version)).then_some((version, metadata))
        });
        known.max_by_key(|(version, _)| *version).map(|(_, metadata)| Arc::clone(metadata))
    }

    /// The metadata of a version, checked against what the version was chosen for, or why the version cannot be used.
    pub(super) fn metadata(&self, name: &PackageName, version: &SourcedVersion) -> Result<Judged, SourceError> {
        let key = (name.clone(), version.clone());
        if let Some(known) = self.state.borrow().metadata.get(&key) {
            return Ok(known.clone());
        }
        let answer = self.ask_metadata(name, version)?;
        self.state.borrow_mut().metadata.insert(key, answer.clone());
        Ok(answer)
    }

    /// The metadata of a version if it has been asked for already.
    pub(super) fn known_metadata(&self, name: &PackageName, version: &SourcedVersion) -> Option<Judged> {
        self.state.borrow().metadata.get(&(name.clone(), version.clone())).cloned()
    }

    /// The number of a direct reference, looked at when it is new.
    pub(super) fn direct(
        &self,
        name: &PackageName,
        reference: &DirectReference,
    ) -> Result<SourcedVersion, SourceError> {
        let is_it = |known: &&Direct| known.name == *name && known.reference.is_same_place(reference);
        if let Some(known) = self.state.borrow().directs.iter().find(is_it) {
            return Ok(known.version.clone());
        }
        let dist = self.source.direct(name, reference)?;
        if dist.metadata.name != *name {
            let (file, found) = (dist.file.filename.to_string(), dist.metadata.name.clone());
            return Err(SourceError::new(Unfit::OtherProject { file, found, wanted: name.clone() }, false));
        }
        let directs = &mut self.state.borrow_mut().directs;
        let source = VersionSource::Direct(u32::try_from(directs.len()).unwrap_or(u32::MAX));
        let version = SourcedVersion { version: dist.metadata.version.clone(), source };
        directs.push(Direct { name: name.clone(), reference: reference.clone(), dist, version: version.clone() });
        Ok(version)
    }

    /// The direct reference of a number.
    pub(super) fn direct_of(&self, version: &SourcedVersion) -> Option<Direct> {
        match version.source {
            VersionSource::Listed => None,
            VersionSource::Direct(number) => self.state.borrow().directs.get(number as usize).cloned(),
        }
    }

    /// The file that a chosen version stands for.
    pub(super) fn file_of(&self, name: &PackageName, version: &SourcedVersion) -> Option<DistFile> {
        if let Some(direct) = self.direct_of(version) {
            return Some(direct.dist.file.clone());
        }
        let Some(Known::Listed(listing)) = self.state.borrow().projects.get(name).cloned() else { return None };
        let release = listing.release(&version.version)?;
        listing.verdict(&self.policy, self.policy.rules(name), release).ok().cloned()
    }

    fn ask_metadata(&self, name: &PackageName, version: &SourcedVersion) -> Result<Judged, SourceError> {
        if let Some(direct) = self.direct_of(version) {
            let judged =
                candidate::judge_direct(&self.policy, self.policy.rules(name), &direct.reference, &direct.dist);
            return Ok(judged.map(|()| Arc::clone(&direct.dist.metadata)));
        }
        let Some(file) = self.file_of(name, version) else {
            return Ok(Err(Exclusion::Metadata("the indexes no longer list it".to_owned())));
        };
        let metadata = match self.source.metadata(&file) {
            Ok(metadata) => metadata,
            Err(error) if error.skippable => return Ok(Err(Exclusion::Metadata(error_text(&error)))),
            Err(error) => return Err(error),
        };
        if metadata.name != *name {
            return Ok(Err(Exclusion::Metadata(format!("it says that it is `{}`", metadata.name))));
        }
        if metadata.version != version.version {
            return Ok(Err(Exclusion::Metadata(format!("it says that it is version {}", metadata.version))));
        }
        Ok(self.policy.check_python(metadata.requires_python.as_ref()).map(|()| metadata))
    }

    /// The version of a project to try next.
    pub(super) fn choose(
        &self,
        name: &PackageName,
        range: &Ranges<SourcedVersion>,
    ) -> Result<Option<SourcedVersion>, SourceError> {
        let rules = self.policy.rules(name);
        if let Some(version) = range.as_singleton()
            && version.source != VersionSource::Listed
        {
            return Ok(Some(version.clone()));
        }
        if let Some(demand) = &rules.demand {
            let version = self.direct(name, &demand.reference)?;
            return Ok(range.contains(&version).then_some(version));
        }
        let Known::Listed(listing) = self.project(name)? else { return Ok(None) };
        let choices = {
            let mut state = self.state.borrow_mut();
            let choices = state.choices.entry(name.clone()).or_default();
            *choices += 1;
            *choices
        };
        let rivals = if choices > SCREENED_AFTER { Some(self.rivals(name)?) } else { None };
        let mut candidates = listing.candidates(&self.policy, rules, range);
        let mut ahead: VecDeque<(&Release, &DistFile)> = VecDeque::new();
        while let Some((release, file)) = ahead.pop_front().or_else(|| candidates.next()) {
            if let Some(count) = self.note_try(name, &release.version) {
                ahead.extend(candidates.by_ref().take(count.saturating_sub(ahead.len())));
                let files: Vec<&DistFile> = std::iter::once(file).chain(ahead.iter().map(|(_, file)| *file)).collect();
                self.prefetch(name, &files);
            }
            let is_out = match &rivals {
                Some(rivals) => self.is_screened_out(name, &release.version, rivals)?,
                None => false,
            };
            if !is_out {
                return Ok(Some(release.version.clone()));
            }
        }
        Ok(None)
    }

    /// Notes that a version is tried; how many candidates behind it should be fetched now.
    fn note_try(&self, name: &PackageName, version: &SourcedVersion) -> Option<usize> {
        let mut state = self.state.borrow_mut();
        // A version that is tried once more says nothing of how many more there will be.
        if state.metadata.contains_key(&(name.clone(), version.clone())) {
            return None;
        }
        let (tries, covered) = state.tries.entry(name.clone()).or_insert((0, FIRST_BATCH_AFTER));
        *tries += 1;
        if tries <= covered {
            return None;
        }
        let batch = batch_after(*tries);
        *covered = *tries + batch;
        usize::try_from(batch).ok()
    }

    /// Why a version was kept from the solver, if it was.
    pub(super) fn screened(&self, name: &PackageName, version: &SourcedVersion) -> Option<Exclusion> {
        self.state.borrow().screened.get(&(name.clone(), version.clone())).cloned()
    }

    /// Whether a direct reference of a project that has been looked at is in a range.
    pub(super) fn has_direct_in(&self, name: &PackageName, range: &Ranges<SourcedVersion>) -> bool {
        self.state.borrow().directs.iter().any(|direct| direct.name == *name && range.contains(&direct.version))
    }

    /// Forgets how the last run went, but not what it has learned about the world and about the order of decisions.
    pub(super) fn start_over(&self) {
        let mut state = self.state.borrow_mut();
        state.first_seen.clear();
        state.last_choice.clear();
        state.last_range.clear();
        state.choices.clear();
        state.restarts += 1;
        state.wants_restart = false;
    }

    /// Notes whether the last choice of a project had to go again, or one of its extras cannot have it, and whether that
    /// was once too often.
    pub(super) fn note_rejection(&self, package: &Package, name: &PackageName, range: &Ranges<SourcedVersion>) {
        let mut state = self.state.borrow_mut();
        if state.last_choice.get(name).is_none_or(|choice| range.contains(choice)) {
            return;
        }
        let rejections = state.rejections.entry(package.clone()).or_default();
        *rejections += 1;
        let standing = Standing::after(*rejections, self.policy.rules(name).is_direct);
        let (known, _) = state.standings.get(package).copied().unwrap_or_default();
        if standing > known {
            let of_project = state.standings.get(&Package::Project(name.clone())).map(|(_, place)| *place);
            let place = of_project.unwrap_or_else(|| u32::try_from(state.standings.len()).unwrap_or(u32::MAX));
            state.standings.entry(package.clone()).or_insert((standing, place)).0 = standing;
            state.wants_restart = state.restarts < MOST_RESTARTS;
        }
    }

    /// Tells the source of files whose metadata will likely be needed, each once.
    pub(super) fn prefetch(&self, name: &PackageName, files: &[&DistFile]) {
        let mut state = self.state.borrow_mut();
        let new: Vec<&DistFile> = files
            .iter()
            .copied()
            .filter(|file| state.prefetched.insert((name.clone(), file.version().clone())))
            .collect();
        if !new.is_empty() {
            *state.prefetches.entry(name.clone()).or_default() += 1;
        }
        drop(state);
        if !new.is_empty() && self.follows(name) {
            self.source.prefetch_metadata(&new);
        }
    }

    /// Tells the source of projects that will be needed, with the choice to make once their pages have arrived.
    pub(super) fn announce(&self, needs: &BTreeMap<Package, Ranges<SourcedVersion>>) {
        for (package, range) in needs {
            let Package::Project(name) = package else { continue };
            let is_direct = range.as_singleton().is_some_and(|version| version.source != VersionSource::Listed);
            let rules = self.policy.rules(name);
            // A name that comes from a place is asked from no index, not even ahead.
            let is_tied = rules.is_placed || rules.demand.is_some() || rules.refusal.is_some();
            if is_direct || is_tied || range.is_empty() || !self.state.borrow_mut().announced.insert(name.clone()) {
                continue;
            }
            let policy = Arc::clone(&self.policy);
            let listings = Arc::clone(&self.listings);
            let (name_there, range, follows) = (name.clone(), range.clone(), self.follows(name));
            let likely = move |answer: &ProjectAnswer| {
                let ProjectAnswer::Found(details) = answer else { return Vec::new() };
                let listing = listing_of(&listings, &name_there, details);
                let mut candidates = listing.candidates(&policy, policy.rules(&name_there), &range);
                let likely = candidates.next().map(|(_, file)| file.clone());
                likely.into_iter().filter(|_| follows).collect()
            };
            self.source.prefetch_likely(name, Box::new(likely));
        }
    }

    pub(super) fn first_seen(&self, package: &Package) -> u32 {
        let mut state = self.state.borrow_mut();
        if let Some(&place) = state.first_seen.get(package) {
            return place;
        }
        let place = u32::try_from(state.first_seen.len()).unwrap_or(u32::MAX);
        state.first_seen.insert(package.clone(), place);
        place
    }
}

/// The listing of a project, made by whoever needs it first; the lock is not held while versions are sorted.
fn listing_of(listings: &Listings, name: &PackageName, details: &[Arc<ProjectDetail>]) -> Arc<ListedVersions> {
    let known = || listings.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
    known().unwrap_or_else(|| {
        let made = Arc::new(ListedVersions::new(details));
        let mut listings = listings.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(listings.entry(name.clone()).or_insert(made))
    })
}

/// The version of the user's own requirements: the number says nothing.
pub(super) fn root_version() -> SourcedVersion {
    SourcedVersion::listed(Version::new([0]))
}

/// An error with everything that caused it, on one line.
fn error_text(error: &SourceError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// Whether `===` keeps a listed version out that is equal but written otherwise.
pub(super) fn is_kept_out_by_text(listing: &ListedVersions, wanted: &Version) -> bool {
    listing.release(wanted).is_some_and(|release| !ranges::is_same_text(&release.version.version, wanted))
}
