//! `mirror`: applications in, a static index out that answers each of them without any network.
//!
//! Every application is resolved alone, and the mirror remembers which files are there for its sake. What goes wrong with one
//! file or application stops no other: what is good is published, and all findings are told at the end.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use tokio::task::JoinSet;

use super::Error;
use crate::archive::Limits;
use crate::cache::Cache;
use crate::context::{Context, Interrupted};
use crate::fetch::{FetchedFile, FetchedWheel, Fetcher, Wanted};
use crate::install::{InstallOptions, judge_wheel};
use crate::mirror::{Application, Mirror, MirrorError, MirrorFile, Patience, Upstream};
use crate::reporter::chain;
use crate::request::RequestOptions;
use crate::requirements::DirectReference;
use crate::resolution::{Requirer, Resolution, ResolvedDist};
use crate::resolve::ResolveOptions;
use crate::signing::SigningKey;
use crate::spec::{DistFile, HashAlgorithm, HashDigest, PackageName};
use crate::supply::{Inquiry, Session, SupplyError};
use crate::target::Target;

/// Source archives that are arrived at the same time.
const SDIST_DOWNLOADS: usize = 8;

/// How long another run may change the same mirror, with all that it downloads, before it is taken for stuck.
const LONGEST_WAIT: Duration = Duration::from_mins(10);

/// What is said when signatures went with the manifest that they were of.
pub(super) const UNSIGNED: &str = "the mirror is not signed any more: give --sign-key again";

/// An application to mirror.
#[derive(Clone, Debug)]
pub struct MirrorApplication {
    /// The name by which the mirror remembers it.
    pub name: String,
    /// Requirements, and how to resolve them.
    pub request: RequestOptions,
    /// What to resolve for, one after the other.
    pub targets: Vec<Target>,
}

/// What to mirror.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each switch is a flag")]
pub struct MirrorOptions {
    /// Each is resolved alone; at least one.
    pub applications: Vec<MirrorApplication>,
    /// The folder of the mirror.
    pub out: PathBuf,
    /// The source archives of the chosen versions too.
    pub sdists: bool,
    /// Machines that build what has to be built; none: this one.
    pub build_platforms: Vec<Target>,
    /// Remove what no remembered application needs.
    pub prune: bool,
    /// Remove it even when it is most of the mirror, and take an application that requires nothing at its word.
    pub force: bool,
    /// Check the bytes of what is there already.
    pub verify: bool,
    /// The key that signs the manifest.
    pub sign_key: Option<Arc<SigningKey>>,
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
    /// Names of the files that were removed.
    pub removed: Vec<String>,
    /// Every application that is remembered, sorted by name.
    pub applications: Vec<Application>,
    /// Every file of the mirror, sorted by name.
    pub files: Vec<MirrorFile>,
    /// One digest over the whole mirror.
    pub digest: HashDigest,
}

impl Mirrored {
    pub(super) fn of(mirror: &Mirror) -> Result<Self, Error> {
        Ok(Self {
            path: mirror.folder().to_owned(),
            added: Vec::new(),
            kept: 0,
            removed: Vec::new(),
            applications: mirror.applications().cloned().collect(),
            files: mirror.files().cloned().collect(),
            digest: mirror.digest()?,
        })
    }
}

/// Resolves every application for its targets and adds what is missing to the mirror.
pub async fn mirror(options: MirrorOptions, context: Context) -> Result<Mirrored, Error> {
    let Some(first) = options.applications.first() else { return Err(Error::Worker("mirror")) };
    let limits = first.request.limits;
    let session = Session::open(&first.request, &context)?;
    let (mut plans, mut findings) = (Vec::new(), Vec::new());
    for application in &options.applications {
        match Box::pin(Plan::make(&session, application, options.sdists, &options.build_platforms)).await {
            Ok(plan) => plans.push(plan),
            Err(Error::Interrupted(Interrupted)) => return Err(Interrupted.into()),
            Err(error) => findings.push(Finding { application: application.name.clone(), error }),
        }
        context.check_interrupted()?;
    }
    let is_one = options.applications.len() == 1;
    if plans.is_empty() {
        return Err(as_error(findings, is_one));
    }
    let mut mirror = Arc::new(open(options.out.clone(), limits, context.clone()).await?);
    let mut added: BTreeMap<String, MirrorFile> = BTreeMap::new();
    let mut names = BTreeSet::new();
    for plan in &mut plans {
        names.extend(plan.needed.keys().cloned());
        let mut needed = std::mem::take(&mut plan.needed);
        let found = |error| Finding { application: plan.application.name.clone(), error };
        let known = findings.len();
        needed.retain(|name, needed| match refuse_others(needed.accepted(), name, &mirror, &added) {
            Ok(()) => true,
            Err(error) => {
                findings.push(found(error));
                false
            }
        });
        needed.retain(|name, _| !added.contains_key(name));
        let missing = missing(needed, &mirror, options.verify).await?;
        // Which bytes these have is known when they have come; the mirror may have had them before.
        let unhashed: BTreeSet<String> = missing
            .iter()
            .filter(|(name, it)| !it.has_sha256() && mirror.file(name).is_some())
            .map(|it| it.0.clone())
            .collect();
        for one in add_all(missing, plan.inquiry.fetcher(), &mirror, &plan.judge, &context).await? {
            let same = |file: MirrorFile| mirror.check_same(&file.filename, &file.sha256).map(|()| file);
            match one.and_then(|file| same(file).map_err(Error::from)) {
                Ok(file) if unhashed.contains(&file.filename) => {}
                Ok(file) => {
                    added.insert(file.filename.clone(), file);
                }
                Err(error) => findings.push(found(error)),
            }
        }
        plan.is_whole = findings.len() == known;
        context.check_interrupted()?;
    }
    let owned = Arc::get_mut(&mut mirror).ok_or(Error::Worker("mirror"))?;
    for file in added.values() {
        owned.list(file.clone());
    }
    for plan in &plans {
        findings.extend(refresh(owned, plan, &context).await);
    }
    for Plan { application, is_whole, .. } in plans {
        if let Some(error) = nothing_required(owned, &application).filter(|_| !options.force) {
            findings.push(Finding { application: application.name, error: error.into() });
        } else if is_whole {
            owned.remember(application);
        }
    }
    let kept = names.len() - added.len().min(names.len());
    let added: Vec<MirrorFile> = added.into_values().collect();
    let publisher = context.clone();
    let publishing = move || {
        let mut mirror = Arc::into_inner(mirror).ok_or(Error::Worker("mirror"))?;
        let keep = mirror.needed();
        if options.prune
            && findings.is_empty()
            && !options.force
            && let Err(error) = mirror.check_prune(&keep)
        {
            findings.push(Finding { application: String::new(), error: error.into() });
        }
        let changes = mirror.publish((options.prune && findings.is_empty()).then_some(&keep))?;
        match &options.sign_key {
            // What is not what was asked for is signed by nobody.
            Some(key) if findings.is_empty() => mirror.sign(key)?,
            _ if changes.lost_signatures => publisher.warn(UNSIGNED),
            _ => {}
        }
        if !findings.is_empty() {
            return Err(as_error(findings, is_one));
        }
        if options.verify {
            refuse_damage(&mirror)?;
        }
        Ok(Mirrored { added, kept, removed: changes.removed, ..Mirrored::of(&mirror)? })
    };
    tokio::task::spawn_blocking(publishing).await.map_err(|_| Error::Worker("mirror"))?
}

/// Something that could not be mirrored; the rest could.
struct Finding {
    application: String,
    error: Error,
}

/// One finding as it is; several as a list, with the application where there are several of these.
fn as_error(mut findings: Vec<Finding>, is_one: bool) -> Error {
    if findings.len() == 1 && (is_one || findings[0].application.is_empty()) {
        return findings.remove(0).error;
    }
    let text = |Finding { application, error }: &Finding| match application.as_str() {
        "" => chain(error),
        _ if is_one => chain(error),
        name => format!("{name}: {}", chain(error)),
    };
    Error::MirrorFindings(findings.iter().map(text).collect())
}

/// What one application needs.
struct Plan {
    application: Application,
    inquiry: Inquiry,
    needed: BTreeMap<String, Needed>,
    /// Projects about which the indexes of this application were asked.
    asked: BTreeSet<PackageName>,
    /// By the options with which it will be installed.
    judge: Judge,
    is_whole: bool,
}

impl Plan {
    async fn make(
        session: &Arc<Session>,
        application: &MirrorApplication,
        sdists: bool,
        platforms: &[Target],
    ) -> Result<Self, Error> {
        let MirrorApplication { name, request, targets } = application;
        let inquiry = Box::pin(Inquiry::open(session, session.read(request.clone()).await?)).await?;
        let judge = Judge { cache: inquiry.parts().cache, options: request.install_options(false) };
        let mut plan = Self {
            judge,
            application: Application { name: name.clone(), ..Application::default() },
            inquiry,
            needed: BTreeMap::new(),
            asked: BTreeSet::new(),
            is_whole: false,
        };
        let resolve_options = ResolveOptions { siblings: sdists, ..request.resolve.clone() };
        for target in targets {
            let resolution = plan.inquiry.resolve(target, &resolve_options).await?.resolution;
            plan.application.targets.insert(format!("{}/{}", target.runtime(), target.architecture()));
            plan.take(resolution, sdists, platforms).await?;
        }
        Ok(plan)
    }

    async fn take(&mut self, resolution: Resolution, sdists: bool, platforms: &[Target]) -> Result<(), Error> {
        let chains = chains(&resolution);
        let target = resolution.target;
        for dist in resolution.dists {
            let why = chains.get(&dist.name).cloned().unwrap_or_else(|| vec![dist.name.to_string()]);
            if dist.file.filename.as_wheel().is_none() {
                let needs = self.inquiry.build_needs(&dist, &target, platforms).await?;
                self.need_for_build(needs, &why);
            }
            if let Some(DirectReference::Folder { .. }) = dist.built_from {
                // The user carries it himself; what it requires is needed.
                continue;
            }
            if !dist.has_digest() {
                return Err(Error::NotAFile(dist.name));
            }
            if !dist.is_direct && !self.inquiry.reads_lock() {
                self.asked.insert(dist.name.clone());
            }
            for sdist in if sdists { self.inquiry.sdists_of(&dist).await? } else { Vec::new() } {
                if dist.file.filename.as_wheel().is_some() {
                    self.need_to_build_one_day(&sdist, &target, platforms, &why).await?;
                }
                self.need(Needed::Sdist(Box::new(sdist)), &why);
            }
            self.need(
                match dist.file.filename.as_wheel() {
                    Some(_) => Needed::Wheel(Box::new(dist)),
                    None => Needed::Sdist(Box::new(DistFile { hashes: dist.accepted_hashes, ..dist.file })),
                },
                &why,
            );
        }
        Ok(())
    }

    /// What building takes is there for the sake of what is built.
    fn need_for_build(&mut self, needs: Vec<ResolvedDist>, why: &[String]) {
        for dist in needs {
            let why: Vec<String> = why.iter().cloned().chain([format!("{} (to build it)", dist.name)]).collect();
            self.need(Needed::Wheel(Box::new(dist)), &why);
        }
    }

    /// The same for a source that comes beside a wheel: nobody may ever build it, so what cannot be had for that is told and
    /// stops nothing.
    async fn need_to_build_one_day(
        &mut self,
        sdist: &DistFile,
        target: &Target,
        platforms: &[Target],
        why: &[String],
    ) -> Result<(), Error> {
        match self.inquiry.stated_build_needs(sdist, target, platforms).await {
            Ok(needs) => self.need_for_build(needs, why),
            Err(SupplyError::Interrupted(interrupted)) => return Err(interrupted.into()),
            Err(error) => {
                let text = chain(&Error::from(error));
                self.inquiry
                    .context()
                    .warn(&format!("what building `{}` takes is not mirrored: {text}", sdist.filename));
            }
        }
        Ok(())
    }

    fn need(&mut self, needed: Needed, why: &[String]) {
        let filename = needed.file().filename.as_str().to_owned();
        self.application.files.entry(filename.clone()).or_insert_with(|| why.to_vec());
        self.needed.entry(filename).or_insert(needed);
    }
}

/// For each project the shortest way to it from what the user asks for.
fn chains(resolution: &Resolution) -> BTreeMap<PackageName, Vec<String>> {
    let mut chains: BTreeMap<PackageName, Vec<String>> = BTreeMap::new();
    loop {
        let known = chains.len();
        let before = chains.clone();
        for dist in resolution.dists.iter().filter(|dist| !before.contains_key(&dist.name)) {
            let above = dist.required_by.iter().find_map(|by| match by {
                Requirer::User { .. } => Some(Vec::new()),
                Requirer::Dist { name, .. } => before.get(name).cloned(),
            });
            if let Some(mut chain) = above {
                chain.push(dist.name.to_string());
                chains.insert(dist.name.clone(), chain);
            }
        }
        if chains.len() == known {
            return chains;
        }
    }
}

/// A file that the mirror must have.
enum Needed {
    Wheel(Box<ResolvedDist>),
    Sdist(Box<DistFile>),
}

impl Needed {
    fn file(&self) -> &DistFile {
        match self {
            Self::Wheel(dist) => &dist.file,
            Self::Sdist(file) => file,
        }
    }

    fn has_sha256(&self) -> bool {
        self.accepted().iter().any(|digest| digest.algorithm() == HashAlgorithm::Sha256)
    }

    fn accepted(&self) -> &[HashDigest] {
        match self {
            Self::Wheel(dist) => &dist.accepted_hashes,
            Self::Sdist(file) => &file.hashes,
        }
    }
}

/// Refuses a file of which the mirror, or an application of this run, has one of the same name with other bytes, as far as that
/// is known before it is fetched.
fn refuse_others(
    accepted: &[HashDigest],
    name: &str,
    mirror: &Mirror,
    added: &BTreeMap<String, MirrorFile>,
) -> Result<(), Error> {
    let sha256: Vec<String> =
        accepted.iter().filter(|it| it.algorithm() == HashAlgorithm::Sha256).map(HashDigest::hex).collect();
    let Some(held) = mirror.file(name).or_else(|| added.get(name)) else { return Ok(()) };
    // Digests of other kinds are compared when the file has come.
    let is_refused = sha256.len() == accepted.len() && !sha256.is_empty() && !sha256.contains(&held.sha256);
    if !is_refused {
        return Ok(());
    }
    let (file, held, offered) = (name.to_owned(), held.sha256.clone(), sha256.join(" or "));
    Err(MirrorError::OtherBytes { file, held, offered }.into())
}

/// An application that has files in the mirror and asks for none any more: its input is empty by mistake, most likely.
fn nothing_required(mirror: &Mirror, application: &Application) -> Option<MirrorError> {
    let held = mirror.applications().find(|known| known.name == application.name)?.files.len();
    let is_empty = application.files.is_empty() && held > 0;
    is_empty.then(|| MirrorError::NothingRequired { name: application.name.clone(), held })
}

/// Takes what the indexes of an application say now of the files that the mirror has from them: what was withdrawn, what
/// is gone and what was replaced.
async fn refresh(mirror: &mut Mirror, plan: &Plan, context: &Context) -> Vec<Finding> {
    let is_asked = |file: &&MirrorFile| plan.asked.iter().any(|name| name.as_ref() == file.project);
    let held: Vec<MirrorFile> = mirror.files().filter(is_asked).cloned().collect();
    let listings = futures_util::future::join_all(plan.asked.iter().map(|name| plan.inquiry.listed(name))).await;
    let mut listed: HashMap<(String, String), Upstream> = HashMap::new();
    let mut indexes = BTreeSet::new();
    for file in listings.into_iter().flatten().flatten() {
        let index = file.origin.url.without_credentials().to_string();
        indexes.insert((file.filename.name().to_string(), index.clone()));
        listed.insert((file.filename.as_str().to_owned(), index), Upstream::of(&file));
    }
    let mut findings = Vec::new();
    for file in held.into_iter().filter(|file| indexes.contains(&(file.project.clone(), file.index.clone()))) {
        let name = file.filename.clone();
        match listed.get(&(name.clone(), file.index.clone())) {
            None => context.warn(&format!("`{name}` is no longer listed by {}; it stays in the mirror", file.index)),
            Some(upstream) => {
                // Those of the application itself were compared when they were needed.
                let others = upstream.sha256.as_ref().filter(|_| !plan.application.files.contains_key(&name));
                let same = others.map_or(Ok(()), |sha256| mirror.check_same(&name, sha256));
                if let Err(error) = same {
                    findings.push(Finding { application: plan.application.name.clone(), error: error.into() });
                } else if mirror.refresh(&name, upstream) {
                    context.warn(&format!("`{name}` was withdrawn from {}; it stays in the mirror", file.index));
                }
            }
        }
    }
    findings
}

pub(super) async fn open(folder: PathBuf, limits: Limits, context: Context) -> Result<Mirror, Error> {
    let opening = move || {
        let waits = || context.status(&format!("Waiting for another run that changes `{}`", folder.display()));
        let patience = Patience { longest: LONGEST_WAIT, cancel: &context.interrupted, waits: &waits };
        match Mirror::open(&folder, limits, &patience) {
            Err(MirrorError::Cancelled) => Err(Interrupted.into()),
            opened => Ok(opened?),
        }
    };
    tokio::task::spawn_blocking(opening).await.map_err(|_| Error::Worker("mirror"))?
}

pub(super) fn refuse_damage(mirror: &Mirror) -> Result<(), Error> {
    let problems = mirror.verify();
    if problems.is_empty() {
        return Ok(());
    }
    Err(Error::MirrorDamaged { path: mirror.folder().to_owned(), problems })
}

/// What the mirror does not hold, or not in good order.
async fn missing(
    mut needed: BTreeMap<String, Needed>,
    mirror: &Arc<Mirror>,
    verify: bool,
) -> Result<BTreeMap<String, Needed>, Error> {
    let mirror = Arc::clone(mirror);
    let looking = move || {
        needed.retain(|name, needed| {
            let held = mirror.holds(name, needed.accepted());
            !held.is_some_and(|file| !verify || mirror.is_intact(file))
        });
        needed
    };
    tokio::task::spawn_blocking(looking).await.map_err(|_| Error::Worker("mirror"))
}

/// Downloads overlap with copying; what has come is in its place even when another file fails.
async fn add_all(
    missing: BTreeMap<String, Needed>,
    fetcher: &Fetcher,
    mirror: &Arc<Mirror>,
    judge: &Judge,
    context: &Context,
) -> Result<Vec<Result<MirrorFile, Error>>, Error> {
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
                Some(Err(error)) => added.push(Err(error.into())),
                Some(Ok(arrived)) => {
                    let Some(dist) = by_name.get(arrived.filename.as_str()).cloned() else { continue };
                    jobs.spawn(add_wheel(dist, arrived, fetcher.clone(), Arc::clone(mirror), judge.clone(), context.clone()));
                }
            },
            Some(done) = jobs.join_next() => added.push(done.map_err(|_| Error::Worker("mirror"))?),
            Some(done) = sdist_jobs.join_next() => added.push(done.map_err(|_| Error::Worker("mirror"))?),
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
