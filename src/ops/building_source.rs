//! The solver's view of the world where sources can be built: everything is asked of the indexes but what only a build can tell.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;

use super::Error;
use super::building::Builder;
use super::source::{LiveSource, source_error};
use crate::requirements::DirectReference;
use crate::resolve::{DirectDist, LikelyFiles, PackageSource, ProjectAnswer, SourceError};
use crate::spec::{CoreMetadata, DistFile, PackageName};
use crate::target::Target;

/// Answers the solver for one target. Like [`LiveSource`], it must be asked on a thread that is not the runtime's.
pub(super) struct BuildingSource {
    live: Arc<LiveSource>,
    builder: Arc<Builder>,
    target: Target,
    runtime: Handle,
    directs: Mutex<HashMap<String, Arc<DirectDist>>>,
    sdists: Mutex<HashMap<String, Arc<CoreMetadata>>>,
}

impl BuildingSource {
    pub(super) fn new(live: Arc<LiveSource>, builder: Arc<Builder>, target: Target, runtime: Handle) -> Self {
        Self { live, builder, target, runtime, directs: Mutex::default(), sdists: Mutex::default() }
    }

    /// The part of it that asks indexes.
    pub(super) fn live(&self) -> &LiveSource {
        &self.live
    }
}

/// The answer to a question that was asked before, or a new one. Only one thread asks.
fn remembered<V>(
    known: &Mutex<HashMap<String, Arc<V>>>,
    key: String,
    ask: impl FnOnce() -> Result<Arc<V>, Error>,
) -> Result<Arc<V>, SourceError> {
    let lock = || known.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(answer) = lock().get(&key).cloned() {
        return Ok(answer);
    }
    let answer = ask().map_err(|error| {
        let hints = error.hints();
        source_error(error, hints.into_iter().next(), false)
    })?;
    lock().insert(key, Arc::clone(&answer));
    Ok(answer)
}

impl PackageSource for BuildingSource {
    fn project(&self, name: &PackageName) -> Result<ProjectAnswer, SourceError> {
        self.live.project(name)
    }

    fn metadata(&self, file: &DistFile) -> Result<Arc<CoreMetadata>, SourceError> {
        if file.filename.as_wheel().is_some() {
            return self.live.metadata(file);
        }
        let ask = || self.runtime.block_on(self.builder.metadata(file, &self.target));
        remembered(&self.sdists, file.url.reveal().to_string(), ask)
    }

    fn direct(&self, name: &PackageName, reference: &DirectReference) -> Result<Arc<DirectDist>, SourceError> {
        if let DirectReference::Wheel { .. } = reference {
            return self.live.direct(name, reference);
        }
        let ask = || self.runtime.block_on(self.builder.direct(name, reference, &self.target));
        remembered(&self.directs, format!("{name} {reference:?}"), ask)
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
}
