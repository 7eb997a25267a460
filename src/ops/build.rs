//! `build`: many functions and layers in one run.
//!
//! All of them share one session: an index is asked, a file fetched and a wheel unpacked once, whichever of them needs
//! it. Each has its own output, old or new, and one that fails stops no other. One that uses layers of the run begins
//! when those are made, and others fill the time until then.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::bundle::{Recall, bundle_in, recall};
use super::{Error, brought};
use crate::blocking::{blocking, joined};
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
    /// Places of the units that bring a part of what it requires: they are made first, what they bring is left out, and
    /// all else agrees with their versions. Each has to stand for the same target, and to use none itself.
    pub layers: Vec<usize>,
    /// Locks, folders and zips that bring something besides, as for [`brought`](super::brought()).
    pub without: Vec<PathBuf>,
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
    let ends: Vec<watch::Sender<UnitEnd>> = units.iter().map(|_| watch::Sender::new(UnitEnd::Open)).collect();
    let places: Vec<(String, Vec<PathBuf>)> =
        units.iter().map(|unit| (unit.label.clone(), unit.options.outs())).collect();
    for (place, (unit, end)) in units.into_iter().zip(ends.clone()).enumerate() {
        let (free, session) = (Arc::clone(&free), session.with_context(named(&context, place, &unit.label)));
        let layers = unit.layers.iter().filter_map(|at| Some((places.get(*at)?.clone(), ends.get(*at)?.subscribe())));
        let layers: Vec<AwaitedLayer> = layers.collect();
        running.spawn(async move {
            // Whoever waits takes nobody's turn.
            let layers = made(layers).await;
            let _turn = free.acquire_owned().await;
            session.context.reporter.unit_reached(place, None);
            let built = Box::pin(one(&session, place, unit, layers)).await;
            end.send_replace(if built.outcome.is_ok() { UnitEnd::Made } else { UnitEnd::Failed });
            built
        });
    }
    drop(ends);
    let mut all = Vec::with_capacity(running.len());
    while let Some(ended) = running.join_next().await {
        let built = joined(ended).await;
        context.check_interrupted()?;
        done(&built);
        all.push(built);
    }
    all.sort_by_key(|built| built.place);
    Ok(all)
}

/// Whether a unit has come to its end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum UnitEnd {
    Open,
    Made,
    Failed,
}

/// A layer that is waited for: what messages call it, where it goes, and how it ends.
type AwaitedLayer = ((String, Vec<PathBuf>), watch::Receiver<UnitEnd>);

/// Waits for layers to be made; gives their places, or the name of the one that could not be made.
async fn made(layers: Vec<AwaitedLayer>) -> Result<Vec<PathBuf>, Error> {
    let mut all = Vec::new();
    for ((label, places), mut end) in layers {
        // A sender that is gone without a word has failed, too.
        let last = end.wait_for(|end| *end != UnitEnd::Open).await.map_or(UnitEnd::Failed, |end| *end);
        if last != UnitEnd::Made {
            return Err(Error::LayerFailed(label));
        }
        // A layer that may be spread over several needs not all of them.
        all.extend(places.into_iter().filter(|place| place.exists()));
    }
    Ok(all)
}

async fn one(session: &Arc<Session>, place: usize, unit: BuildUnit, layers: Result<Vec<PathBuf>, Error>) -> Built {
    let begin = Instant::now();
    let label = unit.label.clone();
    let outcome = match layers {
        Ok(layers) => make(session, unit, layers).await,
        Err(error) => Err(error),
    };
    Built { place, label, outcome, took: begin.elapsed() }
}

async fn make(session: &Arc<Session>, unit: BuildUnit, layers: Vec<PathBuf>) -> Result<Published, Error> {
    let BuildUnit { mut options, without, .. } = unit;
    if !layers.is_empty() {
        let (target, request) = (options.target.clone(), options.request.clone());
        let found = blocking(move || brought::brought_beside(&without, &layers, &target, &request));
        options.request.inputs.brought = found.await?;
    }
    match recall_apart(session, &options).await? {
        Recall::Unchanged(published) => Ok(*published),
        Recall::Changed(prepared) => Box::pin(bundle_in(session, options, *prepared)).await,
    }
}

/// Looks through an output where that may take its time.
async fn recall_apart(session: &Session, options: &BundleOptions) -> Result<Recall, Error> {
    let (options, context) = (options.clone(), session.context.clone());
    blocking(move || recall(&options, &context)).await
}

/// The context of one output: its reporter says which output a message is about.
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
