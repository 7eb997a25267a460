//! Where the requests of a run build: what they share, so that no Python is looked for and no repository fetched twice.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::build::{Checkout, Interpreter, NotedVariables};
use crate::cache::Cache;
use crate::context::Context;
use crate::shared::SharedCache;
use crate::spec::{PackageName, SafeUrl};

/// Repositories that were fetched, by URL and revision.
pub(super) type Clones = tokio::sync::Mutex<HashMap<String, Cloned>>;

/// A repository that was fetched.
#[derive(Clone)]
pub(super) struct Cloned {
    pub(super) url: SafeUrl,
    /// What was asked for; `None`: what the repository gives to whoever asks for nothing.
    pub(super) revision: Option<String>,
    /// What is checked out; it lasts as long as this value.
    pub(super) checkout: Checkout,
    /// The room of what the cache does not keep.
    _room: Option<Arc<tempfile::TempDir>>,
}

impl Cloned {
    pub(super) fn new(
        url: &SafeUrl,
        revision: Option<&str>,
        checkout: Checkout,
        room: Option<Arc<tempfile::TempDir>>,
    ) -> Self {
        Self { url: url.clone(), revision: revision.map(str::to_owned), checkout, _room: room }
    }
}

/// Where all requests of a run build.
#[derive(Default)]
pub(super) struct Bench {
    pub(super) interpreters: Mutex<HashMap<String, Interpreter>>,
    /// Held while one is asked what it is, so that the next who wants to know finds the answer.
    pub(super) asking: tokio::sync::Mutex<()>,
    /// Repositories that were fetched in this run.
    pub(super) clones: Clones,
    pub(super) turns: Turns,
    /// The variables that the sources of built wheels read, by project: what is made of the wheels depends on them.
    pub(super) variables: Mutex<HashMap<PackageName, NotedVariables>>,
}

impl Bench {
    /// Notes the variables that the source of a built wheel reads.
    pub(super) fn note(&self, name: &PackageName, variables: &NotedVariables) {
        let mut known = self.variables.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(name.clone()).or_default().extend(variables.clone());
    }
}

/// Builds at a time, at most: each may start as many compilers as there are processors.
const BUILDS_MOST: usize = 4;

/// Whose turn it is to build.
pub(super) struct Turns {
    /// Each build holds a permit of this semaphore, which is never closed.
    pub(super) all: tokio::sync::Semaphore,
    /// A lock for each entry of the cache: of two builds that would make the same entry, the second finds what the
    /// first has made.
    of_one: Mutex<HashMap<PathBuf, Arc<tokio::sync::Mutex<()>>>>,
}

impl Default for Turns {
    fn default() -> Self {
        // A compiler takes a processor, and memory beside it.
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { all: tokio::sync::Semaphore::new(processors.clamp(1, BUILDS_MOST)), of_one: Mutex::default() }
    }
}

impl Turns {
    /// The turn of those who build what belongs into one entry.
    pub(super) fn of(&self, entry: &Path) -> Arc<tokio::sync::Mutex<()>> {
        let mut known = self.of_one.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(entry.to_owned()).or_default())
    }
}

/// What a builder works with.
pub(super) struct Tools {
    pub(super) cache: Arc<Cache>,
    pub(super) context: Context,
    pub(super) bench: Arc<Bench>,
    pub(super) shared: Option<Arc<SharedCache>>,
}
