//! From what the user asks for to a resolution.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use super::ahead::Ahead;
use super::building::Builder;
use super::building_source::BuildingSource;
use super::indexes::AllIndexes;
use super::installing::Parts;
use super::resolutions::Question;
use super::source::LiveSource;
use super::table_settings;
use super::unchanged::Standing;
use super::{Context, Error, indexes, missing, unchanged};
use crate::cache::Cache;
use crate::fetch::{FetchOptions, Fetcher, UnderWay, Wanted};
use crate::http::{self, Client, ClientOptions, CodeArtifactIndex, Secret};
use crate::index::{IndexClient, IndexOptions, Still};
use crate::install::InstallOptions;
use crate::lock::pylock;
use crate::reporter::{Level, Stage};
use crate::request::{IndexSettings, InputKey, LockText, Look, Request, RequestOptions};
use crate::requirements::{DirectReference, FileOptions, Manifest, RemoteFiles, RequirementEntry};
use crate::resolution::{Resolution, ResolvedDist};
use crate::resolve::{ProjectAnswer, ResolveError, ResolveOptions, resolve};
use crate::spec::{DistFile, HashAlgorithm, HashDigest, PackageName, SafeUrl};
use crate::target::Target;

/// Stack of the solver's thread: explanations of deep graphs recurse.
const SOLVER_STACK_BYTES: usize = 64 << 20;

/// Largest requirements file that is read from a URL, bytes: a hundred times the largest that people write.
const REMOTE_FILE_MOST: u64 = 16 << 20;

/// A run whose requirements are read and whose indexes can be asked.
pub(super) struct Session {
    pub(super) cache: Arc<Cache>,
    pub(super) fetcher: Fetcher,
    request: Request,
    /// Asked for every target, so that each question reaches an index once.
    source: Arc<LiveSource>,
    /// Makes wheels of sources.
    pub(super) builder: Arc<Builder>,
    /// Indexes, pages and folders that may be asked.
    asked: Vec<SafeUrl>,
    /// Nothing can be known beyond the cache or the folders that were named.
    is_closed: bool,
    context: Context,
    /// Until when the pages that the resolution was made of are fresh, seconds since 1970.
    fresh_until: AtomicU64,
}

impl Session {
    /// Prepares for asking; no index is asked yet.
    pub(super) async fn open(request: Request, context: &Context) -> Result<Self, Error> {
        let Request { options, manifest, .. } = &request;
        for warning in &manifest.warnings {
            context.warn(warning);
        }
        if options.build.forbidden {
            refuse_what_needs_building(manifest)?;
        }
        let cache = Arc::new(open_cache(options)?);
        context.hold(&cache);
        let (client, index_options) = prepare_asking(options, manifest, context).await?;
        let fetch_options = FetchOptions {
            require_hashes: manifest.options.require_hashes,
            offline: options.client.offline,
            ..FetchOptions::default()
        };
        let fetcher = Fetcher::new(client.clone(), Arc::clone(&cache), Arc::clone(&context.reporter), fetch_options);
        let is_closed = index_options.offline || index_options.no_index;
        let asked =
            index_options.indexes.iter().map(|index| &index.url).chain(&index_options.find_links).cloned().collect();
        let index = IndexClient::new(index_options, client, Arc::clone(&cache), Arc::clone(&context.reporter));
        let source = Arc::new(LiveSource::new(index, fetcher.clone(), tokio::runtime::Handle::current()));
        let builder =
            Builder::new(options, manifest, Arc::clone(&source), fetcher.clone(), Arc::clone(&cache), context);
        Ok(Self {
            cache,
            fetcher,
            request,
            source,
            builder: Arc::new(builder),
            asked,
            is_closed,
            context: context.clone(),
            fresh_until: AtomicU64::new(0),
        })
    }

    /// The credentials that the run was given or has found: what must be in nothing that it makes.
    pub(super) fn secrets(&self) -> Vec<Secret> {
        self.source.index().secrets()
    }

    /// What installing needs, to be sent to another thread.
    pub(super) fn parts(&self) -> Parts {
        Parts { cache: Arc::clone(&self.cache), fetcher: self.fetcher.clone() }
    }

    /// From now on wheels are fetched as soon as the solver has decided for them; `left_out` are projects that are not needed.
    pub(super) fn fetch_ahead(&self, options: InstallOptions, left_out: &'static [&'static str]) {
        if !self.is_offline() {
            let (fetcher, cache) = (self.fetcher.clone(), Arc::clone(&self.cache));
            let runtime = tokio::runtime::Handle::current();
            self.source.fetch_ahead(Ahead::new(fetcher, cache, options, left_out, &self.request.manifest, runtime));
        }
    }

    /// Gives up all that is on its way.
    pub(super) async fn give_up_ahead(&self) {
        if let Some(ahead) = self.source.ahead() {
            ahead.give_up().await;
        }
    }

    /// What is on its way of `wanted`; all else that is, is given up.
    pub(super) fn settle_ahead(&self, wanted: &[ResolvedDist]) -> HashMap<PackageName, UnderWay> {
        self.source.ahead().map(|ahead| ahead.settle(wanted)).unwrap_or_default()
    }

    /// The resolution for `target`: what the lock says, what is remembered and still so, or what the solver chooses.
    pub(super) async fn resolve(&self, target: &Target, options: &ResolveOptions) -> Result<Resolution, Error> {
        self.context.reporter.reached(Stage::Resolving, 0, 0);
        let (manifest, now) = (&self.request.manifest, self.request.options.now);
        let options = &table_settings::with_tables(options, manifest, now)?;
        let resolution = match &self.request.lock {
            Some(lock) => self.read_lock(lock, target).await?,
            None => self.recall_or_solve(target, options).await?,
        };
        self.report(&resolution);
        Ok(resolution)
    }

    async fn recall_or_solve(&self, target: &Target, options: &ResolveOptions) -> Result<Resolution, Error> {
        let question = || {
            let base = &self.request.options.inputs.working_folder;
            let key = InputKey::for_resolution(&self.request, target, base, Look::AtStamps).ok()?;
            let identity = key.resolution(options, &self.source.index().asked_as())?;
            Some(Question::new(&identity, &self.cache))
        };
        let before = question();
        if let Some(question) = &before
            && let Some(resolution) = self.recall(question, target).await
        {
            return Ok(resolution);
        }
        let resolution = self.solve_on_own_thread(target, options).await?;
        // While indexes were asked, it may have turned out as whom. And what is known offline alone is not all there is.
        if let Some(question) = question().filter(|after| before.as_ref() == Some(after) && !self.is_offline()) {
            let index = self.source.index();
            let standing = unchanged::standing(&resolution, &self.asked, &self.request.options.indexes);
            question.remember(&resolution, standing, index.pages_read(), &index.on_several_indexes(), &self.cache);
        }
        Ok(resolution)
    }

    /// What was chosen before, if asking the solver again would give the same.
    async fn recall(&self, question: &Question, target: &Target) -> Option<Resolution> {
        if self.request.options.indexes.refresh || self.context.reporter.shows(Level::Detail) {
            return None;
        }
        let remembered = question.remembered(&self.cache)?;
        let index = self.source.index();
        let fresh_until = match remembered.still(index) {
            Still::Different => return None,
            Still::Same { until } => until,
            Still::Unknown => {
                self.source.know_projects(remembered.names()).await;
                remembered.was_read_again(index).then(|| index.fresh_until())?
            }
        };
        self.fresh_until.store(fresh_until, Ordering::Relaxed);
        self.warn_of_several(&remembered.on_several);
        Some(remembered.resolution(target))
    }

    fn is_offline(&self) -> bool {
        self.request.options.client.offline
    }

    /// The source archives of a chosen version. A lock does not say where they are, so the indexes are asked.
    pub(super) async fn sdists_of(&self, dist: &ResolvedDist) -> Result<Vec<DistFile>, Error> {
        let is_sdist = |file: &&DistFile| file.filename.as_wheel().is_none();
        if self.request.lock.is_none() || dist.is_direct {
            return Ok(dist.siblings.iter().filter(is_sdist).cloned().collect());
        }
        let ProjectAnswer::Found(details) = self.source.index().project(&dist.name).await? else {
            self.context.warn(&format!("no index lists source archives of `{}`", dist.name));
            return Ok(Vec::new());
        };
        let is_of_version = |file: &DistFile| *file.version() == dist.version && is_sdist(&file);
        Ok(details.iter().flat_map(|detail| detail.files()).filter(is_of_version).collect())
    }

    /// Whether the resolution says what each wheel requires, so that the wheel can be held to it.
    pub(super) fn knows_requirements(&self, options: &ResolveOptions) -> bool {
        self.request.lock.is_none() && !options.no_deps
    }

    /// Until when indexes need not be asked whether the resolution would still be the same, seconds since 1970; `None`: it
    /// may change without that showing, so it always has to be made again.
    pub(super) fn fresh_until(&self, resolution: &Resolution, settings: &IndexSettings) -> Option<u64> {
        match unchanged::standing(resolution, &self.asked, settings) {
            Standing::Fixed => Some(unchanged::FOREVER),
            Standing::Pages => {
                let until = self.fresh_until.load(Ordering::Relaxed);
                // What has aged is remembered alike, however long ago it did.
                Some(if until > self.request.options.now { until } else { 0 })
            }
            Standing::Open => None,
        }
    }

    /// The sha256 of a wheel, when the resolution or the cache tells which bytes it has.
    pub(super) fn known_digest(&self, dist: &ResolvedDist) -> Option<HashDigest> {
        dist.file.filename.as_wheel()?;
        let listed = dist.file.hashes.iter().find(|digest| digest.algorithm() == HashAlgorithm::Sha256);
        listed.cloned().or_else(|| Some(self.fetcher.find(&Wanted::resolved(dist))?.digest))
    }

    async fn read_lock(&self, LockText { input, text }: &LockText, target: &Target) -> Result<Resolution, Error> {
        let mut resolution = pylock::read(text, input, target)?;
        resolution.dists.retain(|dist| !self.request.manifest.excluded.contains(&dist.name));
        for dist in resolution.dists.iter_mut().filter(|dist| dist.version == pylock::unknown_version()) {
            let Some(reference) = dist.built_from.clone() else { continue };
            let accepted = dist.accepted_hashes.clone();
            let found = self.builder.look_at(&dist.name, &reference, accepted, target).await?;
            dist.version = found.metadata.version.clone();
            dist.file = found.file.clone();
        }
        Ok(resolution)
    }

    /// The solver blocks while it waits for answers, so it has a thread.
    async fn solve_on_own_thread(&self, target: &Target, options: &ResolveOptions) -> Result<Resolution, Error> {
        let runtime = tokio::runtime::Handle::current();
        let source = BuildingSource::new(Arc::clone(&self.source), Arc::clone(&self.builder), target.clone(), runtime);
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let (manifest, target, options) = (Arc::clone(&self.request.manifest), target.clone(), options.clone());
        let is_closed = self.is_closed;
        let mirror_command = missing::mirror_command(&self.request.options, &target);
        let solve = move || {
            let mut resolution = resolve(&manifest, &target, &options, &source);
            while source.live().forget_damage() {
                resolution = resolve(&manifest, &target, &options, &source);
            }
            if is_closed && matches!(resolution, Err(ResolveError::NoSolution { .. })) {
                let lacking = missing::all_missing(&manifest, &target, &options, &source);
                resolution = resolution.map_err(|error| missing::with_missing(error, &lacking, &mirror_command));
            }
            let index = source.live().index();
            let on_several = index.on_several_indexes();
            // The receiver is gone when the run was interrupted; then nobody wants the answer.
            let _ = sender.send((resolution, on_several, index.fresh_until()));
        };
        thread::Builder::new()
            .name("barrow-solver".to_owned())
            .stack_size(SOLVER_STACK_BYTES)
            .spawn(solve)
            .map_err(|_| Error::Worker("solver"))?;
        let (resolution, on_several, fresh_until) = receiver.await.map_err(|_| Error::Worker("solver"))?;
        let resolution = resolution?;
        self.fresh_until.store(fresh_until, Ordering::Relaxed);
        self.warn_of_several(&on_several);
        Ok(resolution)
    }

    fn warn_of_several(&self, on_several: &[(PackageName, Vec<SafeUrl>)]) {
        for (name, indexes) in on_several {
            let indexes: Vec<String> = indexes.iter().map(ToString::to_string).collect();
            let indexes = indexes.join(", ");
            self.context
                .warn(&format!("{name} is on several indexes ({indexes}): whoever may upload to one can replace it"));
        }
    }

    fn report(&self, resolution: &Resolution) {
        for warning in &resolution.warnings {
            self.context.warn(warning);
        }
        for passed in &resolution.passed_over {
            self.context.detail(&passed.to_string());
        }
        for dist in &resolution.dists {
            self.context.detail(&format!("chose {} from {}", dist.file.filename, dist.file.origin.url));
        }
        let target = &resolution.target;
        let (count, runtime, arch) = (resolution.dists.len(), target.runtime(), target.architecture());
        self.context.status(&format!("Resolved {} for {runtime} on {arch}", packages(count)));
    }
}

/// `1 package`, `2 packages`.
pub fn packages(count: usize) -> String {
    format!("{count} package{}", if count == 1 { "" } else { "s" })
}

/// Reads what a run asks for, on a thread that may wait for files behind URLs.
pub(super) async fn read_request(options: RequestOptions, context: &Context) -> Result<Request, Error> {
    let client = Client::new(options.client.clone(), Arc::clone(&context.reporter))?;
    let runtime = tokio::runtime::Handle::current();
    let remote = RemoteFiles::new(move |url| runtime.block_on(fetch_text(&client, url)));
    let reading = tokio::task::spawn_blocking(move || Request::read_with(options, remote));
    Ok(reading.await.map_err(|_| Error::Worker("reader"))??)
}

/// The body of a requirements file behind a URL.
async fn fetch_text(client: &Client, url: &SafeUrl) -> Result<Vec<u8>, String> {
    let response = client.get(http::Request::new(url.clone())).await.map_err(|error| chain(&error))?;
    if response.status() != 200 {
        return Err(format!("{url} answered with status {}", response.status()));
    }
    response.bytes(REMOTE_FILE_MOST).await.map_err(|error| chain(&error))
}

fn chain(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", chain(source)),
        None => error.to_string(),
    }
}

/// The client and the indexes in the order of asking.
async fn prepare_asking(
    request: &RequestOptions,
    manifest: &Manifest,
    context: &Context,
) -> Result<(Client, IndexOptions), Error> {
    let default_was_chosen = request.indexes.default_is_chosen;
    let mut all_indexes = AllIndexes::of(&request.indexes, manifest);
    let repositories = find_repositories(&mut all_indexes.settings, &mut all_indexes.file, request, context).await?;
    let AllIndexes { settings, file, .. } = &all_indexes;
    if file.index_url.is_some() && default_was_chosen {
        context.warn("the --index-url of a requirements file replaces the one that was set elsewhere");
    }
    let find_links: Vec<SafeUrl> = settings.find_links.iter().chain(&file.find_links).cloned().collect();
    let all = indexes::unordered(&all_indexes);
    let client_options = ClientOptions {
        index_urls: all.iter().map(|index| index.url.clone()).chain(find_links.iter().cloned()).collect(),
        repositories,
        insecure_hosts: request.client.insecure_hosts.iter().chain(&file.trusted_hosts).cloned().collect(),
        ..request.client.clone()
    };
    let client = Client::new(client_options, Arc::clone(&context.reporter))?;
    let has_credentials = |url: &SafeUrl| client.has_credentials(url);
    let ordered = indexes::in_order(&all_indexes, has_credentials)?;
    let no_index = settings.no_index || file.no_index;
    for index in ordered.iter().filter(|_| !no_index) {
        let name = index.name.as_ref().map(|name| format!(" `{name}`")).unwrap_or_default();
        context.detail(&format!("index{name} {}", index.url));
    }
    let options = IndexOptions {
        indexes: ordered,
        strategy: settings.strategy,
        sources: settings.sources.clone(),
        find_links,
        no_index,
        refresh: settings.refresh,
        offline: request.client.offline,
        now: request.now,
    };
    Ok((client, options))
}

/// Puts the index of each repository of CodeArtifact that was named in the short form in its place.
async fn find_repositories(
    settings: &mut IndexSettings,
    file: &mut FileOptions,
    request: &RequestOptions,
    context: &Context,
) -> Result<Vec<CodeArtifactIndex>, Error> {
    let asks_indexes = !(settings.no_index || file.no_index);
    let named = settings.named.iter_mut().chain([&mut settings.default]).map(|index| &mut index.url);
    let urls = named.chain(&mut settings.extra).chain(&mut file.index_url).chain(&mut file.extra_index_urls);
    let mut found = Vec::new();
    for url in urls.filter(|url| asks_indexes && CodeArtifactIndex::is_short(url)) {
        let repository = http::find_repository(url, &request.client, Arc::clone(&context.reporter)).await?;
        url.clone_from(&repository.url);
        found.push(repository);
    }
    Ok(found)
}

/// Refuses everything that would have to be built, all at once.
fn refuse_what_needs_building(manifest: &Manifest) -> Result<(), Error> {
    let refused: Vec<String> = manifest.requirements.iter().filter_map(needs_building).collect();
    if refused.is_empty() { Ok(()) } else { Err(Error::BuildForbidden(refused)) }
}

fn needs_building(entry: &RequirementEntry) -> Option<String> {
    let what = match entry.direct.as_ref()? {
        DirectReference::Wheel { .. } => return None,
        DirectReference::Sdist { .. } => "a source archive",
        DirectReference::Folder { editable: true, .. } => "an editable folder",
        DirectReference::Folder { .. } => "a project folder",
        DirectReference::Git { .. } => "a git repository",
    };
    let (origin, text) = (&entry.origin, &entry.text);
    Some(format!("{origin}: `{text}` is {what}, and --no-build forbids building it: give a wheel instead"))
}

/// The cache in its folder, or in a temporary one where that folder cannot be written.
fn open_cache(request: &RequestOptions) -> Result<Cache, Error> {
    Ok(match &request.cache_folder {
        None => Cache::temporary(&request.temporary_folder)?,
        Some(folder) => Cache::at(folder.clone()).with_fallback(request.temporary_folder.clone()),
    })
}
