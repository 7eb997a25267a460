//! From what the user asks for to a resolution.

use std::collections::HashMap;
use std::sync::Arc;

use super::ahead::Ahead;
use super::building::SourceBuilder;
use super::building_source::BuildingSource;
use super::session::{Session, World};
use super::solver_thread::{on_own_thread, resolve_undamaged};
use super::source::LiveSource;
use super::{SupplyError, indexes, missing, naming, python_limits, table_settings, virtual_projects};
use crate::cache::Cache;
use crate::context::Context;
use crate::fetch::{FetchError, Fetcher, UnderWay, WantedFile};
use crate::http::Secret;
use crate::index::{Evidence, Freshness, Still};
use crate::install::InstallOptions;
use crate::memory::{Footing, Question, footing};
use crate::regular::FileBytes;
use crate::reporter::{Level, Stage, counted};
use crate::request::{InputKey, Locked, Look, Request, RequestOptions, SaidBy};
use crate::requirements::{DirectReference, Manifest, RequirementEntry};
use crate::resolution::{Resolution, ResolvedDist};
use crate::resolve::{ProjectAnswer, ResolveError, ResolveOptions, resolve};
use crate::shared::SharedCache;
use crate::spec::{DistFile, HashAlgorithm, HashDigest, PackageName};
use crate::target::Target;

/// One request in a run: its requirements are read, and its indexes can be asked.
pub(crate) struct Inquiry {
    pub(crate) session: Arc<Session>,
    request: Request,
    /// Asked for every target, so that each question reaches an index once.
    world: Arc<World>,
    /// Makes wheels of sources.
    pub(super) builder: Arc<SourceBuilder>,
    /// Wheels that are fetched as soon as they are decided for.
    ahead: Option<Arc<Ahead>>,
    /// Warnings about the requirements themselves.
    warnings: Vec<String>,
}

/// What was chosen.
pub(crate) struct Resolved {
    pub(crate) resolution: Resolution,
    /// How long it holds without anybody being asked; `None`: it may change without that showing, so it always has to
    /// be made again.
    pub(crate) freshness: Option<Freshness>,
    /// Warnings that were given on the way.
    pub(crate) warnings: Vec<String>,
}

/// What installing needs of a session, to be sent to another thread.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) cache: Arc<Cache>,
    pub(crate) fetcher: Fetcher,
}

/// What backends require is asked there: where a lock stands for the requirements, it has no word on that.
async fn backends_of(session: &Session, request: &Request, world: &Arc<World>) -> Result<Arc<World>, SupplyError> {
    match request.of_backends() {
        Some(request) => session.world(&request, None).await,
        None => Ok(Arc::clone(world)),
    }
}

impl Inquiry {
    /// The only inquiry of a run.
    pub(crate) async fn begin(options: RequestOptions, context: &Context) -> Result<Self, SupplyError> {
        let session = Session::open(&options, context)?;
        Self::open(&session, session.read(options).await?).await
    }

    /// Prepares for asking; no index is asked yet.
    pub(crate) async fn open(session: &Arc<Session>, request: Request) -> Result<Self, SupplyError> {
        let world = session.world(&request, None).await?;
        let request = Box::pin(naming::name_all(request, &world, session)).await?;
        let (options, manifest, context) = (&request.options, &request.manifest, &session.context);
        let mut warnings = Vec::new();
        context.give(&mut warnings, &manifest.warnings);
        if options.build.forbidden {
            refuse_what_needs_building(manifest)?;
        }
        let indexes = &options.indexes;
        if manifest.options.index_url.is_some() && indexes.said_by.default != SaidBy::Nobody && indexes.mirror.is_none()
        {
            let text = "the --index-url of a requirements file replaces the one that was set elsewhere";
            context.give(&mut warnings, [text]);
        }
        let backends = backends_of(session, &request, &world).await?;
        let builder = SourceBuilder::new(&request, &world, backends, session.tools());
        Ok(Self { session: Arc::clone(session), request, world, builder: Arc::new(builder), ahead: None, warnings })
    }

    /// The credentials that the run was given or has found: what must be in nothing that it makes.
    pub(crate) fn secrets(&self) -> Vec<Secret> {
        self.world.source.index().secrets()
    }

    /// The warnings about the requirements themselves, which were given.
    pub(crate) fn said(&self) -> &[String] {
        &self.warnings
    }

    /// The cache that others share, if there is one.
    pub(crate) fn shared(&self) -> Option<Arc<SharedCache>> {
        self.session.shared.clone()
    }

    /// What is asked for.
    pub(crate) fn request(&self) -> &Request {
        &self.request
    }

    /// The manifest of the mirror that stands for everything.
    pub(crate) async fn mirror_manifest(&self) -> Result<Option<&FileBytes>, SupplyError> {
        Ok(self.world.source.index().mirror_manifest().await?)
    }

    /// Where the run tells what it has to tell.
    pub(crate) fn context(&self) -> &crate::context::Context {
        &self.session.context
    }

    /// Fetches what was chosen.
    pub(crate) fn fetcher(&self) -> &Fetcher {
        &self.world.fetcher
    }

    /// What installing needs, to be sent to another thread.
    pub(crate) fn parts(&self) -> Parts {
        Parts { cache: Arc::clone(&self.session.cache), fetcher: self.world.fetcher.clone() }
    }

    /// From now on wheels are fetched as soon as the solver has decided for them; `left_out` are projects that are not
    /// needed.
    pub(crate) fn fetch_ahead(&mut self, options: InstallOptions, left_out: Vec<PackageName>) {
        if !self.is_offline() {
            let (fetcher, cache) = (self.world.fetcher.clone(), Arc::clone(&self.session.cache));
            let runtime = tokio::runtime::Handle::current();
            let ahead = Ahead::new(fetcher, cache, options, left_out, &self.request.manifest, runtime);
            self.ahead = Some(Arc::new(ahead));
        }
    }

    /// Gives up all that is on its way.
    pub(crate) async fn give_up_ahead(&self) {
        if let Some(ahead) = &self.ahead {
            ahead.give_up().await;
        }
    }

    /// What is on its way of `wanted`; all else that is, is given up.
    pub(crate) fn settle_ahead(&self, wanted: &[Arc<ResolvedDist>]) -> HashMap<PackageName, UnderWay> {
        self.ahead.as_ref().map(|ahead| ahead.settle(wanted)).unwrap_or_default()
    }

    /// What is chosen for `target`: what the lock says, what is remembered and still so, or what the solver finds.
    pub(crate) async fn resolve(&self, target: &Target, options: &ResolveOptions) -> Result<Resolved, SupplyError> {
        let context = &self.session.context;
        context.reporter.reached(Stage::Resolving, 0, 0);
        let (manifest, now) = (&self.request.manifest, self.request.options.now);
        python_limits::check(&manifest.python, target)?;
        if let Some(message) = manifest.contradiction_for(target.markers()) {
            return Err(SupplyError::Contradiction(message));
        }
        let options = &table_settings::with_tables(options, manifest, now)?;
        if indexes::depend_on_target(manifest) {
            return self.for_target(target).await?.choose(target, options).await;
        }
        self.choose(target, options).await
    }

    /// The request for one target, with each name tied to the indexes that count for that target.
    async fn for_target(&self, target: &Target) -> Result<Self, SupplyError> {
        let (session, request) = (&self.session, self.request.clone());
        let world = session.world(&request, Some(target)).await?;
        let backends = backends_of(session, &request, &world).await?;
        let builder = SourceBuilder::new(&request, &world, backends, session.tools());
        let (ahead, warnings) = (self.ahead.clone(), self.warnings.clone());
        Ok(Self { session: Arc::clone(session), request, world, builder: Arc::new(builder), ahead, warnings })
    }

    async fn choose(&self, target: &Target, options: &ResolveOptions) -> Result<Resolved, SupplyError> {
        let context = &self.session.context;
        let (mut resolution, evidence) = match &self.request.lock {
            Some(lock) => {
                for file in &lock.input.left_aside {
                    context.detail(&format!("{} is left aside: a lock is not constrained", file.display()));
                }
                let mut resolution = self.read_lock(lock, target).await?;
                self.add_statuses(&mut resolution);
                self.check_mirror(&resolution, target).await?;
                (resolution, Evidence::default())
            }
            None => self.recall_or_solve(target, options).await?,
        };
        virtual_projects::leave_out(&mut resolution);
        let mut warnings = self.warnings.clone();
        for (name, indexes) in evidence.on_several_indexes() {
            let indexes: Vec<String> = indexes.iter().map(ToString::to_string).collect();
            let indexes = indexes.join(", ");
            let text = format!("{name} is on several indexes ({indexes}): whoever may upload to one can replace it");
            context.give(&mut warnings, [text]);
        }
        context.give(&mut warnings, &resolution.warnings);
        self.report(&resolution);
        let freshness = self.freshness(&resolution, &evidence);
        Ok(Resolved { resolution, freshness, warnings })
    }

    async fn recall_or_solve(
        &self,
        target: &Target,
        options: &ResolveOptions,
    ) -> Result<(Resolution, Evidence), SupplyError> {
        let cache = &self.session.cache;
        let question = || {
            let base = &self.request.options.inputs.working_folder;
            let key = InputKey::for_resolution(&self.request, target, base, Look::AtStamps).ok()?;
            let identity = key.resolution(options, &self.world.source.index().asked_as())?;
            Some(Question::new(&identity, cache))
        };
        let before = question();
        if let Some(question) = &before
            && let Some(recalled) = self.recall(question, target).await
        {
            return Ok(recalled);
        }
        let (mut resolution, evidence) = self.solve_on_own_thread(target, options).await?;
        self.confirm_directs(&resolution).await?;
        self.add_statuses(&mut resolution);
        // The question holds the user as whom each index is asked, which may have become known only now. What was found
        // offline is not remembered: online there may be more.
        if let Some(question) = question().filter(|after| before.as_ref() == Some(after) && !self.is_offline()) {
            let stands_on = self.footing(&resolution);
            question.remember(&resolution, stands_on, &evidence, cache);
        }
        Ok((resolution, evidence))
    }

    /// What was chosen before, if asking the solver again would give the same.
    async fn recall(&self, question: &Question, target: &Target) -> Option<(Resolution, Evidence)> {
        if self.request.options.indexes.refresh || self.session.context.reporter.shows(Level::Detail) {
            return None;
        }
        let remembered = question.remembered(&self.session.cache)?;
        let source = &self.world.source;
        let freshness = match remembered.still(source.index()) {
            Still::Different => return None,
            Still::Same(freshness) => freshness,
            Still::Unknown => {
                let evidence = source.know_projects(remembered.names()).await;
                remembered.reads_like(&evidence).then(|| evidence.freshness().clone())?
            }
        };
        Some(remembered.recalled(target, freshness))
    }

    /// Warns of what indexes say about whole projects that were chosen, as far as they were asked. It is a part of the
    /// resolution, so that it is said again when that is remembered.
    fn add_statuses(&self, resolution: &mut Resolution) {
        let index = self.world.source.index();
        let told =
            resolution.dists.iter().filter_map(|dist| Some(format!("{} {}", dist.name, index.status(&dist.name)?)));
        let told: Vec<String> = told.collect();
        resolution.warnings.extend(told);
    }

    /// Refuses a file behind a URL or path that has none of the digests that its line demands. The solver compares
    /// sha256, which is computed while a file arrives; others are computed here.
    async fn confirm_directs(&self, resolution: &Resolution) -> Result<(), SupplyError> {
        let is_open = |dist: &&ResolvedDist| {
            let of_file =
                |digest: &HashDigest| dist.file.hashes.iter().any(|other| other.algorithm() == digest.algorithm());
            dist.is_direct && !dist.accepted_hashes.is_empty() && !dist.accepted_hashes.iter().any(of_file)
        };
        for dist in resolution.dists.iter().filter(is_open) {
            self.world.fetcher.fetch_file(&WantedFile::resolved(dist)).await?;
        }
        Ok(())
    }

    fn is_offline(&self) -> bool {
        self.request.options.client.offline
    }

    /// Whether a lock says which files there are, so that no index need be asked.
    pub(crate) fn reads_lock(&self) -> bool {
        self.request.lock.is_some()
    }

    /// What the indexes list for a project; `None`: they list nothing, or cannot be asked.
    pub(crate) async fn listed(&self, name: &PackageName) -> Option<Vec<DistFile>> {
        match self.world.source.index().project(name).await {
            Ok(ProjectAnswer::Found(details)) => Some(details.iter().flat_map(|detail| detail.files()).collect()),
            _ => None,
        }
    }

    /// The source archives of a chosen version. A lock does not say where they are, so the indexes are asked.
    pub(crate) async fn sdists_of(&self, dist: &ResolvedDist) -> Result<Vec<DistFile>, SupplyError> {
        let is_sdist = |file: &&DistFile| file.filename.as_wheel().is_none();
        if self.request.lock.is_none() || dist.is_direct {
            return Ok(dist.siblings.iter().filter(is_sdist).cloned().collect());
        }
        let ProjectAnswer::Found(details) = self.world.source.index().project(&dist.name).await? else {
            self.session.context.warn(&format!("no index lists source archives of `{}`", dist.name));
            return Ok(Vec::new());
        };
        let is_of_version = |file: &DistFile| *file.version() == dist.version && is_sdist(&file);
        Ok(details.iter().flat_map(|detail| detail.files()).filter(is_of_version).collect())
    }

    /// Whether the resolution says what each wheel requires, so that the wheel can be held to it.
    pub(crate) fn knows_requirements(&self, options: &ResolveOptions) -> bool {
        self.request.lock.is_none() && !options.no_deps
    }

    /// Whether the user has said what a project requires, whatever its own metadata say.
    pub(super) fn is_stated(&self, name: &PackageName) -> bool {
        self.request.manifest.settings.dependency_metadata.iter().any(|stated| stated.name == *name)
    }

    /// What a resolution stands on.
    fn footing(&self, resolution: &Resolution) -> Footing {
        let Request { options, manifest, .. } = &self.request;
        footing(resolution, &self.world.asked, &options.indexes, manifest)
    }

    fn freshness(&self, resolution: &Resolution, evidence: &Evidence) -> Option<Freshness> {
        match self.footing(resolution) {
            Footing::Fixed => Some(Freshness::default()),
            Footing::Pages => {
                let now = self.request.options.now;
                let freshness = evidence.freshness().clone();
                // What has aged is remembered alike, however long ago it did.
                let (since, until) = if freshness.holds(now) { (now, freshness.until) } else { (0, 0) };
                Some(Freshness { since, until, ..freshness })
            }
            Footing::Open => None,
        }
    }

    /// The sha256 of a wheel, when the resolution or the cache tells which bytes it has.
    pub(crate) fn known_digest(&self, dist: &ResolvedDist) -> Option<HashDigest> {
        dist.file.filename.as_wheel()?;
        let listed = dist.file.hashes.iter().find(|digest| digest.algorithm() == HashAlgorithm::Sha256);
        listed.cloned().or_else(|| Some(self.world.fetcher.find(&WantedFile::resolved(dist))?.digest))
    }

    /// The lock that stands for the resolution.
    pub(crate) fn locked(&self) -> Option<&Locked> {
        self.request.lock.as_deref()
    }

    pub(crate) fn source(&self) -> &LiveSource {
        &self.world.source
    }

    /// What the user's own files and words say.
    pub(crate) fn manifest(&self) -> &Manifest {
        &self.request.manifest
    }

    /// Whether the user wants a project left out.
    pub(crate) fn is_excluded(&self, name: &PackageName) -> bool {
        self.request.manifest.excludes(name)
    }

    /// Fails when the mirror that stands for everything lacks a wheel that a lock names: all that are lacking at once.
    async fn check_mirror(&self, resolution: &Resolution, target: &Target) -> Result<(), SupplyError> {
        let wheels = resolution.dists.iter().filter(|dist| dist.file.filename.as_wheel().is_some());
        let checked = self.world.fetcher.check_mirror(wheels.map(WantedFile::resolved)).await;
        checked.map_err(|source| self.with_mirrored(source, target))
    }

    /// The error, with what a mirror would have to be made of.
    fn with_mirrored(&self, source: FetchError, target: &Target) -> SupplyError {
        match source {
            lacking @ FetchError::NotInMirror { .. } => {
                let mirrored = Box::new(missing::mirrored(&self.request.options, target));
                SupplyError::MirrorLacks { lacking, mirrored }
            }
            other => other.into(),
        }
    }

    /// The solver blocks while it waits for answers, so it has a thread.
    async fn solve_on_own_thread(
        &self,
        target: &Target,
        options: &ResolveOptions,
    ) -> Result<(Resolution, Evidence), SupplyError> {
        self.builder.take_ahead(target).await;
        let live = Arc::clone(&self.world.source);
        let stated = self.request.manifest.settings.dependency_metadata.clone();
        let source = BuildingSource::new(live, Arc::clone(&self.builder), self.ahead.clone(), target.clone(), stated);
        let (manifest, target) = (Arc::clone(&self.request.manifest), target.clone());
        let options = self.request.options.advising(options);
        let (world, runtime) = (Arc::clone(&self.world), tokio::runtime::Handle::current());
        let mirrored = Box::new(missing::mirrored(&self.request.options, &target));
        let solve = move || {
            let solve = || resolve(&manifest, &target, &options, &source);
            let mut resolution = resolve_undamaged(solve, || source.forget_damage());
            // What is missing may have been published since a page was kept.
            if matches!(resolution, Err(ResolveError::NoSolution { .. })) && source.ask_anew() {
                resolution = resolve_undamaged(solve, || source.forget_damage());
            }
            let is_unmet = matches!(resolution, Err(ResolveError::NoSolution { .. }));
            let is_mirror = is_unmet && runtime.block_on(world.source.index().is_mirror());
            let missing = if is_mirror || (is_unmet && world.is_closed) {
                missing::all_missing(&manifest, &target, &options, &source)
            } else {
                Vec::new()
            };
            let all_unbuilt = |error| missing::with_unbuilt(error, &manifest, &target, &options, &source);
            let resolution = resolution.map_err(all_unbuilt).map_err(|error| match missing {
                missing if missing.is_empty() && !is_mirror => SupplyError::from(error),
                missing => SupplyError::Lacking { error, missing, mirrored },
            });
            (resolution, source.into_evidence())
        };
        let (resolution, evidence) = on_own_thread("barrow-solver", solve).await?;
        Ok((resolution?, evidence))
    }

    fn report(&self, resolution: &Resolution) {
        let context = &self.session.context;
        // Texts for hundreds of distributions are made only where they are shown.
        if context.reporter.shows(Level::Detail) {
            for passed in &resolution.passed_over {
                context.detail(&passed.to_string());
            }
            for dist in &resolution.dists {
                context.detail(&format!("chose {} from {}", dist.file.filename, dist.file.origin.url));
            }
        }
        let target = &resolution.target;
        let (count, runtime, arch) = (resolution.dists.len(), target.runtime(), target.architecture());
        context.status(&format!("Resolved {} for {runtime} on {arch}", counted(count, "package")));
    }
}

/// Refuses everything that would have to be built, all at once.
fn refuse_what_needs_building(manifest: &Manifest) -> Result<(), SupplyError> {
    let refused: Vec<String> = manifest.requirements.iter().filter_map(needs_building).collect();
    if refused.is_empty() { Ok(()) } else { Err(SupplyError::BuildForbidden(refused)) }
}

fn needs_building(entry: &RequirementEntry) -> Option<String> {
    let what = match entry.direct.as_ref().filter(|reference| !virtual_projects::is_virtual(reference))? {
        DirectReference::Wheel { .. } => return None,
        DirectReference::Sdist { .. } => "a source archive",
        DirectReference::Folder { editable: true, .. } => "an editable folder",
        DirectReference::Folder { .. } => "a project folder",
        DirectReference::Git { .. } => "a git repository",
    };
    let (origin, text) = (&entry.origin, &entry.text);
    Some(format!("{origin}: `{text}` is {what}, and building is forbidden: give a wheel instead"))
}
