//! `mirror`: requirements in, a static index out that answers them without any network.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use tokio::task::JoinSet;

use super::inquiry::Inquiry;
use super::session::Session;
use super::{Context, Error};
use crate::archive::Limits;
use crate::cache::Cache;
use crate::fetch::{FetchedFile, FetchedWheel, Fetcher, Wanted};
use crate::install::{InstallOptions, judge_wheel};
use crate::mirror::{Mirror, MirrorError, MirrorFile, Patience};
use crate::request::RequestOptions;
use crate::resolution::ResolvedDist;
use crate::resolve::ResolveOptions;
use crate::spec::DistFile;
use crate::target::Target;

/// Source archives that are arrived at the same time.
const SDIST_DOWNLOADS: usize = 8;

/// How long another run may change the same mirror, with all that it downloads, before it is taken for stuck.
const LONGEST_WAIT: Duration = Duration::from_mins(10);

/// What to mirror.
#[derive(Clone, Debug)]
pub struct MirrorOptions {
    /// Requirements, and how to resolve them.
    pub request: RequestOptions,
    /// What to resolve for, one after the other.
    pub targets: Vec<Target>,
    /// The folder of the mirror.
    pub out: PathBuf,
    /// The source archives of the chosen versions too.
    pub sdists: bool,
    /// Remove what these requirements do not need.
    pub prune: bool,
    /// Check the bytes of what is there already.
    pub verify: bool,
}

/// What was mirrored.
#[derive(Clone, Debug)]
pub struct Mirrored {
    /// The folder.
    pub path: PathBuf,
    /// Files that were added, sorted by name.
    pub added: Vec<MirrorFile>,
    /// Files that were needed and there already.
    pub kept: usize,
    /// Files that were removed.
    pub removed: usize,
    /// Every file of the mirror, sorted by name.
    pub files: Vec<MirrorFile>,
}

/// Resolves for every target and adds what is missing to the mirror.
pub async fn mirror(options: MirrorOptions, context: Context) -> Result<Mirrored, Error> {
    let session = Session::open(&options.request, &context)?;
    let inquiry = Inquiry::open(&session, session.read(options.request.clone()).await?).await?;
    let mut needed: BTreeMap<String, Needed> = BTreeMap::new();
    let resolve_options = ResolveOptions { siblings: options.sdists, ..options.request.resolve.clone() };
    for target in &options.targets {
        let resolution = inquiry.resolve(target, &resolve_options).await?.resolution;
        for dist in resolution.dists {
            let sdists = if options.sdists { inquiry.sdists_of(&dist).await? } else { Vec::new() };
            for sdist in sdists {
                let filename = sdist.filename.as_str().to_owned();
                needed.entry(filename).or_insert_with(|| Needed::Sdist(Box::new(sdist)));
            }
            if !dist.has_digest() {
                return Err(Error::NotAFile(dist.name));
            }
            let filename = dist.file.filename.as_str().to_owned();
            needed.entry(filename).or_insert_with(|| match dist.file.filename.as_wheel() {
                Some(_) => Needed::Wheel(Box::new(dist)),
                None => Needed::Sdist(Box::new(DistFile { hashes: dist.accepted_hashes, ..dist.file })),
            });
        }
    }
    let names: BTreeSet<String> = needed.keys().cloned().collect();
    let mirror = open(options.out.clone(), options.request.limits, context.clone()).await?;
    let verify = options.verify;
    let missing = move || {
        needed.retain(|name, needed| {
            let held = mirror.holds(name, needed.accepted());
            !held.is_some_and(|file| !verify || mirror.is_intact(file))
        });
        (Arc::new(mirror), needed)
    };
    let (mirror, missing) = tokio::task::spawn_blocking(missing).await.map_err(|_| Error::Worker("mirror"))?;
    let parts = inquiry.parts();
    let judge = Judge { cache: parts.cache, options: options.request.install_options(false) };
    let mut added = add_all(missing, inquiry.fetcher(), &mirror, &judge, &context).await?;
    added.sort_by(|one, other| one.filename.cmp(&other.filename));
    context.check_interrupted()?;
    let mut mirror = Arc::into_inner(mirror).ok_or(Error::Worker("mirror"))?;
    let kept = names.len() - added.len();
    let publishing = move || {
        for file in &added {
            mirror.list(file.clone());
        }
        let changes = mirror.publish(options.prune.then_some(&names))?;
        if verify {
            refuse_damage(&mirror)?;
        }
        let files = mirror.files().cloned().collect();
        Ok(Mirrored { path: options.out, added, kept, removed: changes.removed, files })
    };
    tokio::task::spawn_blocking(publishing).await.map_err(|_| Error::Worker("mirror"))?
}

/// Checks every digest and page of a mirror; nothing is asked and nothing changed.
pub async fn verify_mirror(folder: PathBuf) -> Result<Mirrored, Error> {
    let checking = move || {
        let mirror = Mirror::open_existing(&folder)?;
        refuse_damage(&mirror)?;
        let files: Vec<MirrorFile> = mirror.files().cloned().collect();
        Ok(Mirrored { path: folder, added: Vec::new(), kept: files.len(), removed: 0, files })
    };
    tokio::task::spawn_blocking(checking).await.map_err(|_| Error::Worker("mirror"))?
}

async fn open(folder: PathBuf, limits: Limits, context: Context) -> Result<Mirror, Error> {
    let opening = move || {
        let waits = || context.status(&format!("Waiting for another run that changes `{}`", folder.display()));
        let patience = Patience { longest: LONGEST_WAIT, cancel: &context.interrupted, waits: &waits };
        match Mirror::open(&folder, limits, &patience) {
            Err(MirrorError::Cancelled) => Err(Error::Interrupted),
            opened => Ok(opened?),
        }
    };
    tokio::task::spawn_blocking(opening).await.map_err(|_| Error::Worker("mirror"))?
}

fn refuse_damage(mirror: &Mirror) -> Result<(), Error> {
    let problems = mirror.verify();
    if problems.is_empty() {
        return Ok(());
    }
    Err(Error::MirrorDamaged { path: mirror.folder().to_owned(), problems })
}

/// A file that the mirror must have.
enum Needed {
    Wheel(Box<ResolvedDist>),
    Sdist(Box<DistFile>),
}

impl Needed {
    fn accepted(&self) -> &[crate::spec::HashDigest] {
        match self {
            Self::Wheel(dist) => &dist.accepted_hashes,
            Self::Sdist(file) => &file.hashes,
        }
    }
}

/// Downloads overlap with copying; what has come is in its place even when a later file fails.
async fn add_all(
    missing: BTreeMap<String, Needed>,
    fetcher: &Fetcher,
    mirror: &Arc<Mirror>,
    judge: &Judge,
    context: &Context,
) -> Result<Vec<MirrorFile>, Error> {
    let mut wheels = Vec::new();
    let mut sdists = Vec::new();
    for needed in missing.into_values() {
        match needed {
            Needed::Wheel(dist) => wheels.push(*dist),
            Needed::Sdist(file) => sdists.push(*file),
        }
    }
    fetcher.check_offline(wheels.iter().map(Wanted::resolved).chain(sdists.iter().map(Wanted::listed)))?;
    let by_name: BTreeMap<String, Arc<ResolvedDist>> =
        wheels.iter().map(|dist| (dist.file.filename.as_str().to_owned(), Arc::new(dist.clone()))).collect();
    let mut downloads = fetcher.fetch_all(&wheels, HashMap::new())?;
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
                Some(arrived) => {
                    let arrived = arrived?;
                    let Some(dist) = by_name.get(arrived.filename.as_str()).cloned() else { continue };
                    jobs.spawn(add_wheel(dist, arrived, fetcher.clone(), Arc::clone(mirror), judge.clone(), context.clone()));
                }
            },
            Some(done) = jobs.join_next() => added.push(done.map_err(|_| Error::Worker("mirror"))??),
            Some(done) = sdist_jobs.join_next() => added.push(done.map_err(|_| Error::Worker("mirror"))??),
        }
        context.check_interrupted()?;
    }
}

/// Judges wheels as whoever installs them will: nothing is to be refused first behind the air gap.
#[derive(Clone)]
struct Judge {
    cache: Arc<Cache>,
    options: InstallOptions,
}

/// Puts a wheel in its place, unless it could not be installed. When the cached bytes were damaged, it is fetched once more.
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
    let judging = tokio::task::spawn_blocking(move || judge_wheel(&judged, &cache, &options));
    for warning in judging.await.map_err(|_| Error::Worker("mirror"))?? {
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
    let arrived = fetcher.fetch_file(&Wanted::listed(&file)).await?;
    place(&file, arrived, &mirror).await
}

async fn place(file: &DistFile, arrived: FetchedFile, mirror: &Arc<Mirror>) -> Result<MirrorFile, Error> {
    let (file, mirror) = (file.clone(), Arc::clone(mirror));
    let placing = tokio::task::spawn_blocking(move || mirror.place(&file, &arrived));
    let placed: Result<MirrorFile, MirrorError> = placing.await.map_err(|_| Error::Worker("mirror"))?;
    Ok(placed?)
}
