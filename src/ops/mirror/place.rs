//! Files on their way into the mirror: fetched, judged as whoever installs them will, and put in their places.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::thread::available_parallelism;

use tokio::task::JoinSet;

use super::needed::Needed;
use crate::blocking::{blocking, joined};
use crate::cache::Cache;
use crate::context::Context;
use crate::fetch::{FetchedFile, FetchedWheel, Fetcher, WantedFile};
use crate::install::{InstallOptions, judge_wheel};
use crate::mirror::{Mirror, MirrorFile};
use crate::ops::Error;
use crate::resolution::ResolvedDist;
use crate::spec::DistFile;

/// Most source archives that are downloaded at the same time.
const SDIST_DOWNLOADS: usize = 8;

/// The needed files that the mirror does not hold, or of which it holds a damaged copy.
pub(super) async fn missing(
    mut needed: BTreeMap<String, Needed>,
    mirror: &Arc<Mirror>,
    verify: bool,
) -> BTreeMap<String, Needed> {
    let mirror = Arc::clone(mirror);
    let looking = move || {
        needed.retain(|name, needed| {
            let held = mirror.holds(name, needed.accepted());
            !held.is_some_and(|file| !verify || mirror.is_intact(file))
        });
        needed
    };
    blocking(looking).await
}

/// Fetches files and puts them in their places; downloads overlap with copying. A file that has come is in its place
/// even when another one fails.
pub(super) async fn add_all(
    missing: BTreeMap<String, Needed>,
    fetcher: &Fetcher,
    mirror: &Arc<Mirror>,
    judge: &Judge,
    context: &Context,
) -> Result<Vec<Result<MirrorFile, Error>>, Error> {
    let mut wheels: Vec<Arc<ResolvedDist>> = Vec::new();
    let mut sdists = Vec::new();
    for needed in missing.into_values() {
        match needed {
            Needed::Wheel(dist) => wheels.push(Arc::from(dist)),
            Needed::Sdist(file) => sdists.push(*file),
        }
    }
    fetcher.check_offline(
        wheels.iter().map(|dist| WantedFile::resolved(dist)).chain(sdists.iter().map(WantedFile::listed)),
    )?;
    let mut downloads = fetcher.fetch_all(&wheels, HashMap::new())?;
    let mut by_name: BTreeMap<String, Arc<ResolvedDist>> =
        wheels.into_iter().map(|dist| (dist.file.filename.as_str().to_owned(), dist)).collect();
    let workers = available_parallelism().map_or(2, std::num::NonZero::get);
    let mut sdists = sdists.into_iter();
    let mut jobs: JoinSet<Result<MirrorFile, Error>> = JoinSet::new();
    let mut sdist_jobs: JoinSet<Result<MirrorFile, Error>> = JoinSet::new();
    let mut added = Vec::new();
    let mut has_more = true;
    loop {
        while sdist_jobs.len() < SDIST_DOWNLOADS
            && let Some(file) = sdists.next()
        {
            sdist_jobs.spawn(add_sdist(file, fetcher.clone(), Arc::clone(mirror)));
        }
        if !has_more && jobs.is_empty() && sdist_jobs.is_empty() {
            return Ok(added);
        }
        tokio::select! {
            next = downloads.next(), if has_more && jobs.len() < workers => match next {
                None => has_more = false,
                Some(Err(error)) => added.push(Err(error.into())),
                Some(Ok(arrived)) => {
                    let Some(dist) = by_name.remove(arrived.filename.as_str()) else { continue };
                    jobs.spawn(add_wheel(dist, arrived, fetcher.clone(), Arc::clone(mirror), judge.clone(), context.clone()));
                }
            },
            Some(done) = jobs.join_next() => added.push(joined(done).await),
            Some(done) = sdist_jobs.join_next() => added.push(joined(done).await),
        }
        context.check_interrupted()?;
    }
}

/// Checks wheels as an installation will, so that none is refused only behind the air gap.
#[derive(Clone)]
pub(super) struct Judge {
    pub(super) cache: Arc<Cache>,
    pub(super) options: InstallOptions,
}

/// Puts a wheel in its place, unless it could not be installed. When the cached bytes were damaged, it is fetched once
/// more.
async fn add_wheel(
    dist: Arc<ResolvedDist>,
    arrived: FetchedWheel,
    fetcher: Fetcher,
    mirror: Arc<Mirror>,
    judge: Judge,
    context: Context,
) -> Result<MirrorFile, Error> {
    match judge_and_place(&dist, &arrived, &mirror, &judge, &context).await {
        Err(error) => match fetcher.heal(&dist, &arrived).await? {
            Some(healed) => judge_and_place(&dist, &healed, &mirror, &judge, &context).await,
            None => Err(error),
        },
        done => done,
    }
}

async fn judge_and_place(
    dist: &ResolvedDist,
    wheel: &FetchedWheel,
    mirror: &Arc<Mirror>,
    judge: &Judge,
    context: &Context,
) -> Result<MirrorFile, Error> {
    let (judged, Judge { cache, options }) = (wheel.clone(), judge.clone());
    for warning in blocking(move || judge_wheel(&judged, &cache, &options)).await? {
        context.warn(&format!("{} {}: {warning}", dist.name, dist.version));
    }
    let file = FetchedFile {
        digest: wheel.digest.clone(),
        path: wheel.path.clone(),
        size: wheel.size,
        is_fresh: wheel.is_fresh,
    };
    place(&dist.file, file, mirror).await
}

async fn add_sdist(file: DistFile, fetcher: Fetcher, mirror: Arc<Mirror>) -> Result<MirrorFile, Error> {
    let arrived = fetcher.fetch_file(&WantedFile::listed(&file)).await?;
    place(&file, arrived, &mirror).await
}

async fn place(file: &DistFile, arrived: FetchedFile, mirror: &Arc<Mirror>) -> Result<MirrorFile, Error> {
    let (file, mirror) = (file.clone(), Arc::clone(mirror));
    Ok(blocking(move || mirror.place(&file, &arrived)).await?)
}
