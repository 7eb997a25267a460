//! Where the requests of a run build: what they share, so that no Python is looked for and no repository fetched twice.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::{Context, Error};
use crate::build::Interpreter;
use crate::cache::Cache;

/// Repositories that were fetched, by URL and revision, with the commit that is checked out.
pub(super) type Clones = tokio::sync::Mutex<HashMap<String, (Arc<tempfile::TempDir>, String)>>;

/// Where all requests of a run build.
#[derive(Default)]
pub(super) struct Bench {
    pub(super) interpreters: Mutex<HashMap<String, Interpreter>>,
    /// Repositories that were fetched in this run.
    pub(super) clones: Clones,
    /// One build runs at a time.
    pub(super) turn: tokio::sync::Mutex<()>,
}

/// What a builder works with.
pub(super) struct Place {
    pub(super) cache: Arc<Cache>,
    pub(super) context: Context,
    pub(super) bench: Arc<Bench>,
}

/// Runs work where blocking is allowed.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Error::Worker("builder"))
}
