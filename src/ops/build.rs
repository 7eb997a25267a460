//! `build`: many functions and layers in one run.
//!
//! All of them share one session: an index is asked, a file fetched and a wheel unpacked once, whichever of them needs
//! it. Each has its own output, old or new, and one that fails stops no other.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::Error;
use super::bundle::{Recall, bundle_in, recall};
use crate::context::Context;
use crate::memory::Published;
use crate::reporter::{Level, Reporter, Stage};
use crate::request::BundleOptions;
use crate::supply::Session;

/// One output of a run.
#[derive(Clone, Debug)]
pub struct BuildUnit {
    /// What messages call it.
    pub label: String,
    /// What it is made of, and where it goes.
    pub options: BundleOptions,
}

/// What became of one output.
#[derive(Debug)]
#[non_exhaustive]
pub struct Built {
    /// Its place among those that were asked for.
    pub place: usize,
    /// What messages call it.
    pub label: String,
    /// What was published, or why nothing was.
    pub outcome: Result<Published, Error>,
    /// How long it took, waiting for others not counted.
    pub took: Duration,
}

/// Makes every output, `jobs` at a time; `done` is told of each as soon as it is finished. The answers are in the order
/// of `units`.
///
/// # Errors
/// Only what concerns all of them, such as a cache that cannot be used. What concerns one stands in its [`Built`].
pub async fn build(
    units: Vec<BuildUnit>,
    jobs: usize,
    context: Context,
    done: impl Fn(&Built),
) -> Result<Vec<Built>, Error> {
    let Some(first) = units.first() else { return Ok(Vec::new()) };
    let session = Session::open(&first.options.request, &context)?;
    let free = Arc::new(Semaphore::new(jobs.max(1)));
    let mut running = JoinSet::new();
    for (place, unit) in units.into_iter().enumerate() {
        let (free, session) = (Arc::clone(&free), session.with_context(named(&context, place, &unit.label)));
        running.spawn(async move {
            let _turn = free.acquire_owned().await;
            session.context.reporter.unit_reached(place, None);
            one(&session, place, unit).await
        });
    }
    let mut all = Vec::with_capacity(running.len());
    while let Some(ended) = running.join_next().await {
        let built = ended.map_err(|_| Error::Worker("builder"))?;
        context.check_interrupted()?;
        done(&built);
        all.push(built);
    }
    all.sort_by_key(|built| built.place);
    Ok(all)
}

async fn one(session: &Arc<Session>, place: usize, BuildUnit { label, options }: BuildUnit) -> Built {
    let begin = Instant::now();
    let outcome = match recall_apart(session, &options).await {
        Ok(Recall::Unchanged(published)) => Ok(*published),
        Ok(Recall::Changed(prepared)) => Box::pin(bundle_in(session, options, *prepared)).await,
        Err(error) => Err(error),
    };
    Built { place, label, outcome, took: begin.elapsed() }
}

/// Looks through an output where that may take its time.
async fn recall_apart(session: &Session, options: &BundleOptions) -> Result<Recall, Error> {
    let (options, context) = (options.clone(), session.context.clone());
    let looking = tokio::task::spawn_blocking(move || recall(&options, &context));
    looking.await.map_err(|_| Error::Worker("reader"))?
}

/// The same context with a reporter that says whom a message is about.
fn named(context: &Context, place: usize, label: &str) -> Context {
    let reporter = Named { inner: Arc::clone(&context.reporter), place, label: label.to_owned() };
    context.with_reporter(Arc::new(reporter))
}

/// Puts the name of an output before what is said about it. What it is doing in between is shown only to those who want
/// all.
struct Named {
    inner: Arc<dyn Reporter>,
    place: usize,
    label: String,
}

impl Reporter for Named {
    fn message(&self, level: Level, text: &str) {
        let level = if level == Level::Status { Level::Detail } else { level };
        if self.inner.shows(level) {
            self.inner.message(level, &format!("{}: {text}", self.label));
        }
    }

    fn download_started(&self, filename: &str, size: Option<u64>) -> usize {
        self.inner.download_started(filename, size)
    }

    fn download_progress(&self, handle: usize, bytes: u64) {
        self.inner.download_progress(handle, bytes);
    }

    fn download_finished(&self, handle: usize) {
        self.inner.download_finished(handle);
    }

    fn reached(&self, stage: Stage, done: usize, total: usize) {
        self.inner.reached(stage, done, total);
        self.inner.unit_reached(self.place, Some(stage));
    }

    fn unit_reached(&self, place: usize, stage: Option<Stage>) {
        self.inner.unit_reached(place, stage);
    }

    fn shows(&self, level: Level) -> bool {
        self.inner.shows(level)
    }
}
