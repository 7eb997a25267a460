//! The solver's view of the world where sources can be built: everything is asked of the indexes but what only a build
//! can tell.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;

use super::SupplyError;
use super::ahead::Ahead;
use super::building::{SourceBuilder, Told};
use super::source::LiveSource;
use crate::index::Evidence;
use crate::requirements::{DirectReference, StatedMetadata};
use crate::resolve::{DirectDist, FoundBefore, LikelyFiles, PackageSource, ProjectAnswer, SourceError};
use crate::spec::{CoreMetadata, DistFile, PackageName, Version};
use crate::target::Target;

/// Answers the solver for one target of one request, and notes what the answers were made of. Like [`LiveSource`], it
/// must be asked on a thread that is not the runtime's.
pub(super) struct BuildingSource {
    live: Arc<LiveSource>,
    builder: Arc<SourceBuilder>,
    /// Where wheels are sent for as soon as they are decided for.
    ahead: Option<Arc<Ahead>>,
    target: Target,
    /// What the user says of projects in the place of their own metadata.
    stated: Vec<StatedMetadata>,
    runtime: Handle,
    directs: Mutex<HashMap<String, Arc<DirectDist>>>,
    sdists: Mutex<HashMap<String, Arc<CoreMetadata>>>,
    notes: Mutex<Notes>,
}

#[derive(Default)]
struct Notes {
    evidence: Evidence,
    /// Projects that the solver asked for and of which nothing is known.
    missing: BTreeSet<PackageName>,
}

impl BuildingSource {
    /// Made on the runtime that answers.
    pub(super) fn new(
        live: Arc<LiveSource>,
        builder: Arc<SourceBuilder>,
        ahead: Option<Arc<Ahead>>,
        target: Target,
        stated: Vec<StatedMetadata>,
    ) -> Self {
        let runtime = Handle::current();
        let (directs, sdists, notes) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self { live, builder, ahead, target, stated, runtime, directs, sdists, notes }
    }

    /// Projects that the solver asked for and that no index listed, or of which nothing is known without a network.
    pub(super) fn missing(&self) -> Vec<PackageName> {
        self.notes().missing.iter().cloned().collect()
    }

    /// Whether what was said of some project was damaged in the cache. Everything is forgotten then, and the solver
    /// should ask again.
    pub(super) fn forget_damage(&self) -> bool {
        let is_damaged = self.live.forget_damage();
        if is_damaged {
            *self.notes() = Notes::default();
        }
        is_damaged
    }

    /// The same, where something was said of projects that their servers were not asked about now.
    pub(super) fn ask_anew(&self) -> bool {
        let is_old = self.live.ask_anew();
        if is_old {
            *self.notes() = Notes::default();
        }
        is_old
    }

    /// What the answers were made of.
    pub(super) fn into_evidence(self) -> Evidence {
        self.notes.into_inner().unwrap_or_else(PoisonError::into_inner).evidence
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The answer to a question that was asked before, or a new one. Only one thread asks.
fn remembered<V>(
    known: &Mutex<HashMap<String, Arc<V>>>,
    key: String,
    ask: impl FnOnce() -> Result<Arc<V>, SupplyError>,
) -> Result<Arc<V>, SourceError> {
    let lock = || known.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(answer) = lock().get(&key).cloned() {
        return Ok(answer);
    }
    let answer = ask().map_err(|error| SourceError::new(error, false))?;
    lock().insert(key, Arc::clone(&answer));
    Ok(answer)
}

/// The metadata of a version as the user states them, if so.
fn stated_of(all: &[StatedMetadata], name: &PackageName, version: &Version) -> Option<CoreMetadata> {
    let is_meant =
        |stated: &&StatedMetadata| stated.name == *name && stated.version.as_ref().is_none_or(|meant| meant == version);
    let stated = all.iter().find(is_meant)?;
    Some(CoreMetadata {
        name: name.clone(),
        version: version.clone(),
        requires_dist: stated.requires_dist.clone(),
        requires_python: stated.requires_python.clone(),
        provides_extras: stated.provides_extras.clone(),
        dynamic: Vec::new(),
        metadata_version: (2, 1),
        warnings: Vec::new(),
    })
}

impl PackageSource for BuildingSource {
    fn project(&self, name: &PackageName) -> Result<ProjectAnswer, SourceError> {
        let listing = self.live.listing(name)?;
        let mut notes = self.notes();
        notes.evidence.add(&listing.evidence);
        if matches!(listing.answer, ProjectAnswer::Offline | ProjectAnswer::NotFound { .. }) {
            notes.missing.insert(name.clone());
        }
        Ok(listing.answer.clone())
    }

    fn metadata(&self, file: &DistFile) -> Result<Arc<CoreMetadata>, SourceError> {
        if let Some(stated) = stated_of(&self.stated, file.filename.name(), file.version()) {
            return Ok(Arc::new(stated));
        }
        if file.filename.as_wheel().is_some() {
            let answer = self.live.metadata(file)?;
            // Only now, because a small wheel was fetched for its metadata.
            if let Some(ahead) = &self.ahead {
                ahead.start(file);
            }
            return Ok(answer);
        }
        let ask = || {
            let Told { metadata, is_built } = self.runtime.block_on(self.builder.metadata(file, &self.target))?;
            if is_built {
                // The backend may say something else next time.
                self.notes().evidence.go_beyond_pages();
            }
            Ok(metadata)
        };
        remembered(&self.sdists, file.url.reveal().to_string(), ask)
    }

    fn direct(&self, name: &PackageName, reference: &DirectReference) -> Result<Arc<DirectDist>, SourceError> {
        let found = if let DirectReference::Wheel { .. } = reference {
            self.live.direct(name, reference)?
        } else {
            let ask = || self.runtime.block_on(self.builder.direct(name, reference, &self.target));
            remembered(&self.directs, format!("{name} {reference:?}"), ask)?
        };
        Ok(match stated_of(&self.stated, &found.metadata.name, &found.metadata.version) {
            Some(stated) => Arc::new(DirectDist { metadata: Arc::new(stated), ..(*found).clone() }),
            None => found,
        })
    }

    fn prefetch_projects(&self, names: &[PackageName]) {
        self.live.prefetch_projects(names);
    }

    fn prefetch_likely(&self, name: &PackageName, likely: LikelyFiles) {
        // What would have to be built is not fetched ahead.
        let wheels = move |answer: &ProjectAnswer| {
            let files = likely(answer).into_iter();
            files.filter(|file| file.filename.as_wheel().is_some()).collect()
        };
        self.live.prefetch_likely(name, Box::new(wheels));
    }

    fn prefetch_metadata(&self, files: &[&DistFile]) {
        let wheels: Vec<&DistFile> = files.iter().copied().filter(|file| file.filename.as_wheel().is_some()).collect();
        self.live.prefetch_metadata(&wheels);
    }

    fn found_before(&self, name: &PackageName) -> Option<FoundBefore> {
        self.live.found_before(name)
    }
}
