//! A run: what all requests in it share.
//!
//! Cache, connections, answers of indexes, Pythons that build and repositories that were fetched belong to the run.
//! What is required, what was chosen for it, and what is said about that belong to one request: see `inquiry.rs`.

use std::collections::HashMap;
use std::sync::Arc;

use super::bench::{Bench, Tools};
use super::error::SupplyError;
use super::indexes::{self, AllIndexes, is_public};
use super::source::LiveSource;
use crate::blocking::blocking;
use crate::cache::Cache;
use crate::context::Context;
use crate::fetch::{FetchOptions, Fetcher};
use crate::http::{self, Client, ClientOptions, CodeArtifactIndex, NamedCredentials};
use crate::index::{IndexClient, IndexLocation, IndexOptions, MirrorIndex, PageUrls};
use crate::reporter::chain;
use crate::request::{Encoder, Request, RequestOptions};
use crate::requirements::{DirectReference, RemoteFiles};
use crate::shared::SharedCache;
use crate::spec::{HashDigest, SafeUrl};
use crate::target::Target;

/// Largest requirements file that is read from a URL, bytes: a hundred times the largest that people write.
const REMOTE_FILE_MOST: u64 = 16 << 20;

/// A run, in which any number of requests may be made. They have the same cache, and the same settings of the client.
pub(crate) struct Session {
    pub(crate) cache: Arc<Cache>,
    pub(crate) context: Context,
    pub(super) bench: Arc<Bench>,
    /// A cache that others share, unless the run is offline.
    pub(super) shared: Option<Arc<SharedCache>>,
    /// The worlds of this run, by a digest of which indexes are asked and how.
    worlds: Arc<tokio::sync::Mutex<HashMap<HashDigest, Arc<World>>>>,
}

/// Indexes that can be asked, with the answers that they have given.
pub(crate) struct World {
    pub(crate) source: Arc<LiveSource>,
    pub(crate) fetcher: Fetcher,
    /// Indexes, pages and folders that may be asked.
    pub(crate) asked: Vec<SafeUrl>,
    /// Nothing can be known beyond the cache or the folders that were named.
    pub(crate) is_closed: bool,
}

impl Session {
    /// Opens the cache; nothing is asked yet.
    pub(crate) fn open(options: &RequestOptions, context: &Context) -> Result<Arc<Self>, SupplyError> {
        let cache = Arc::new(open_cache(options)?);
        cache.begin_use(&context.interrupted, || context.status("Waiting for `barrow cache clean` to end"));
        context.hold(&cache);
        let (bench, worlds) = (Arc::default(), Arc::default());
        let shared = match options.shared.clone().filter(|_| !options.client.offline) {
            Some(wanted) => {
                let opened = SharedCache::open(wanted, &options.client, Arc::clone(&context.reporter))?;
                Some(context.share(opened))
            }
            None => None,
        };
        Ok(Arc::new(Self { cache, context: context.clone(), bench, shared, worlds }))
    }

    /// What a builder of the run works with.
    pub(super) fn tools(&self) -> Tools {
        let (cache, context, bench) = (Arc::clone(&self.cache), self.context.clone(), Arc::clone(&self.bench));
        Tools { cache, context, bench, shared: self.shared.clone() }
    }

    /// This run with another context, to which what its requests say goes.
    pub(crate) fn with_context(&self, context: Context) -> Arc<Self> {
        let Self { cache, context: _, bench, shared, worlds } = self;
        let (cache, bench, worlds) = (Arc::clone(cache), Arc::clone(bench), Arc::clone(worlds));
        Arc::new(Self { cache, context, bench, shared: shared.clone(), worlds })
    }

    /// Reads what a request asks for, on a thread that may wait for files behind URLs.
    pub(crate) async fn read(&self, options: RequestOptions) -> Result<Request, SupplyError> {
        let client = Client::new(options.client.clone(), Arc::clone(&self.context.reporter))?;
        let runtime = tokio::runtime::Handle::current();
        let remote = RemoteFiles::new(move |url| runtime.block_on(fetch_text(&client, url)));
        Ok(blocking(move || Request::read_with(options, remote)).await?)
    }

    /// The indexes of a request; for one target where it decides which index a name is tied to. Those that another one
    /// has asked alike are asked no second time.
    pub(crate) async fn world(&self, request: &Request, target: Option<&Target>) -> Result<Arc<World>, SupplyError> {
        let mut all = AllIndexes::of(&request.options.indexes, &request.manifest, target);
        // A mirror stands for the indexes of a lock as well.
        if let Some(locked) = request.lock.as_ref().filter(|_| all.settings.mirror.is_none()) {
            locked.add_indexes(&mut all.settings);
        }
        let mut worlds = self.worlds.lock().await;
        let identity = identity(&all, request);
        if let Some(world) = worlds.get(&identity) {
            return Ok(Arc::clone(world));
        }
        let world = Arc::new(self.prepare(all, request).await?);
        worlds.insert(identity, Arc::clone(&world));
        Ok(world)
    }

    async fn prepare(&self, all: AllIndexes, request: &Request) -> Result<World, SupplyError> {
        let (client, options) = prepare_asking(all, request, &self.context).await?;
        let fetch_options = FetchOptions {
            require_hashes: request.manifest.options.require_hashes,
            offline: options.offline,
            concurrency: request.options.concurrent_downloads,
        };
        let (cache, reporter) = (&self.cache, &self.context.reporter);
        let mut fetcher = Fetcher::new(client.clone(), Arc::clone(cache), Arc::clone(reporter), fetch_options);
        let is_closed = options.offline || options.no_index || request.options.indexes.mirror.is_some();
        let asked = options.indexes.iter().map(|index| &index.url).chain(&options.find_links).cloned().collect();
        let index = Arc::new(IndexClient::new(options, client, Arc::clone(cache), Arc::clone(reporter)));
        if let Some(mirror) = &request.options.indexes.mirror {
            fetcher = fetcher.with_stand_in(Arc::new(MirrorIndex::new(Arc::clone(&index), mirror)));
        }
        if let Some(shared) = &self.shared {
            fetcher = fetcher.with_shared(Arc::clone(shared), |wanted| !is_public(&wanted.index));
        }
        let source = LiveSource::new(index, fetcher.clone(), tokio::runtime::Handle::current());
        Ok(World { source: Arc::new(source), fetcher, asked, is_closed })
    }
}

/// Identifies what is asked and how, credentials included: it stays in memory.
fn identity(all: &AllIndexes, request: &Request) -> HashDigest {
    let index = |index: &IndexLocation| {
        let IndexLocation { name, url, explicit, ignore_status } = index;
        ((name.clone(), url.reveal().to_string()), (*explicit, ignore_status.clone()))
    };
    let AllIndexes { settings, file, .. } = all;
    let indexes: Vec<_> = indexes::unordered(all).iter().map(index).collect();
    let links = settings.find_links.iter().chain(&file.find_links);
    let links: Vec<String> = links.map(|url| url.reveal().to_string()).collect();
    let mut encoder = Encoder::new();
    encoder
        .field("indexes", &indexes)
        .field("named", &named_urls(request).iter().map(|url| url.reveal().to_string()).collect::<Vec<_>>())
        .field("find-links", &links)
        .field("sources", &settings.sources)
        .field("strategy", &settings.strategy)
        .field("mirror", &settings.mirror.as_ref().map(|url| url.reveal().to_string()))
        .field("no-index", &(settings.no_index || file.no_index))
        .field("refresh", &settings.refresh)
        .field("trusted-hosts", &file.trusted_hosts)
        .field("offline", &request.options.client.offline)
        .field("require-hashes", &request.manifest.options.require_hashes);
    encoder.finish()
}

/// The body of a requirements file behind a URL.
async fn fetch_text(client: &Client, url: &SafeUrl) -> Result<Vec<u8>, String> {
    let request = http::HttpRequest { is_named: true, ..http::HttpRequest::new(url.clone()) };
    let response = client.get(request).await.map_err(|error| chain(&error))?;
    if !matches!(response.status(), 200 | 203) {
        return Err(format!("{url} answered with status {}", response.status()));
    }
    response.bytes(REMOTE_FILE_MOST).await.map_err(|error| chain(&error))
}

/// The client and the indexes in the order of asking.
async fn prepare_asking(
    mut all_indexes: AllIndexes,
    request: &Request,
    context: &Context,
) -> Result<(Client, IndexOptions), SupplyError> {
    let options = &request.options;
    let repositories = find_repositories(&mut all_indexes, options, context).await?;
    let AllIndexes { settings, file, .. } = &all_indexes;
    let find_links: Vec<SafeUrl> = settings.find_links.iter().chain(&file.find_links).cloned().collect();
    let all = indexes::unordered(&all_indexes);
    let client_options = ClientOptions {
        credentials: credentials(&all, options),
        index_urls: all.iter().map(|index| index.url.clone()).chain(find_links.iter().cloned()).collect(),
        named_urls: named_urls(request),
        repositories,
        insecure_hosts: options.client.insecure_hosts.iter().chain(&file.trusted_hosts).cloned().collect(),
        ..options.client.clone()
    };
    let client = Client::new(client_options, Arc::clone(&context.reporter))?;
    let has_credentials = |url: &SafeUrl| client.has_credentials(url);
    let ordered = indexes::in_order(&all_indexes, has_credentials)?;
    let no_index = settings.no_index || file.no_index;
    for index in ordered.iter().filter(|_| !no_index) {
        let name = index.name.as_ref().map(|name| format!(" `{name}`")).unwrap_or_default();
        context.detail(&format!("index{name} {}", index.url));
    }
    let index_options = IndexOptions {
        indexes: ordered,
        strategy: settings.strategy,
        sources: settings.sources.clone(),
        find_links,
        no_index,
        refresh: settings.refresh,
        pages: if settings.mirror.is_some() { PageUrls::Files } else { PageUrls::Folders },
        offline: options.client.offline,
        now: options.now,
    };
    Ok((client, index_options))
}

/// The URLs of requirements.
fn named_urls(request: &Request) -> Vec<SafeUrl> {
    let manifest = &request.manifest;
    let named = manifest.requirements.iter().chain(&manifest.constraints).chain(&manifest.overrides);
    let entries = named.chain(&manifest.unnamed);
    let urls = entries.filter_map(|entry| match entry.direct.as_ref()? {
        DirectReference::Wheel { url } | DirectReference::Sdist { url, .. } | DirectReference::Git { url, .. } => {
            Some(url.clone())
        }
        DirectReference::Folder { .. } => None,
    });
    urls.collect()
}

/// The credentials that settings give, and those that the environment has for indexes which tables declare.
fn credentials(all: &[IndexLocation], options: &RequestOptions) -> Vec<NamedCredentials> {
    let mut known = options.client.credentials.clone();
    for index in all {
        let Some(name) = index.name.as_deref().filter(|_| known.iter().all(|known| known.url != index.url)) else {
            continue;
        };
        known.extend(NamedCredentials::of_variables(&options.inputs.environment, name, &index.url));
    }
    known
}

/// Puts the index of each repository of CodeArtifact that was named in the short form in its place.
async fn find_repositories(
    all: &mut AllIndexes,
    options: &RequestOptions,
    context: &Context,
) -> Result<Vec<CodeArtifactIndex>, SupplyError> {
    let AllIndexes { settings, file, .. } = all;
    let asks_indexes = !(settings.no_index || file.no_index);
    let named = settings.named.iter_mut().chain([&mut settings.default]).map(|index| &mut index.url);
    let urls = named.chain(&mut settings.extra).chain(&mut file.index_url).chain(&mut file.extra_index_urls);
    let mut found = Vec::new();
    for url in urls.filter(|url| asks_indexes && CodeArtifactIndex::is_short(url)) {
        let repository = http::find_repository(url, &options.client, Arc::clone(&context.reporter)).await?;
        url.clone_from(&repository.url);
        found.push(repository);
    }
    Ok(found)
}

/// The cache in its folder, or in a temporary one where that folder cannot be written.
fn open_cache(request: &RequestOptions) -> Result<Cache, SupplyError> {
    Ok(match &request.cache_folder {
        None => Cache::temporary(&request.temporary_folder)?,
        Some(folder) => Cache::at(folder.clone()).with_fallback(request.temporary_folder.clone()),
    })
}
