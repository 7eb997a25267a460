//! From what the user asks for to a resolution.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread;

use super::source::LiveSource;
use super::{Context, Error, RequestOptions, indexes};
use crate::cache::Cache;
use crate::fetch::Fetcher;
use crate::http::{Client, ClientOptions};
use crate::index::{IndexClient, IndexOptions};
use crate::requirements::{DirectReference, FormatControl, Manifest, NoBinary, RequirementEntry};
use crate::resolve::{ResolveOptions, Resolution, resolve};
use crate::target::Target;

/// Stack of the solver's thread: explanations of deep graphs recurse.
const SOLVER_STACK_BYTES: usize = 64 << 20;

/// A run whose requirements are read and whose indexes can be asked.
pub(super) struct Session {
    pub(super) manifest: Arc<Manifest>,
    pub(super) cache: Arc<Cache>,
    pub(super) fetcher: Arc<Fetcher>,
    index: Arc<IndexClient>,
    context: Context,
}

impl Session {
    /// Reads the requirements and prepares for asking; nothing is asked yet.
    pub(super) fn open(request: &RequestOptions, context: &Context) -> Result<Self, Error> {
        let manifest = read_manifest(request)?;
        refuse_what_needs_building(&manifest)?;
        if manifest.requirements.is_empty() {
            context.warn("nothing is required");
        }
        let cache = Arc::new(open_cache(request, context)?);
        let ordered = indexes::in_order(&request.indexes, &manifest.options);
        if manifest.options.index_url.is_some() && request.indexes.default_is_chosen {
            context.warn("the --index-url of a requirements file replaces the one that was set elsewhere");
        }
        let no_index = request.indexes.no_index || manifest.options.no_index;
        for index in ordered.iter().filter(|_| !no_index) {
            context.detail(&format!("asking {} ({})", index.url, index.name.as_deref().unwrap_or("no name")));
        }
        let mut insecure_hosts = request.client.insecure_hosts.clone();
        insecure_hosts.extend(manifest.options.trusted_hosts.iter().cloned());
        let find_links: Vec<_> =
            request.indexes.find_links.iter().chain(&manifest.options.find_links).cloned().collect();
        let client_options = ClientOptions {
            index_urls: ordered.iter().map(|index| index.url.clone()).chain(find_links.iter().cloned()).collect(),
            insecure_hosts,
            ..request.client.clone()
        };
        let client = Client::new(client_options, Arc::clone(&context.reporter))?;
        let index_options = IndexOptions {
            indexes: ordered,
            strategy: request.indexes.strategy,
            sources: request.indexes.sources.iter().map(|pin| (pin.pattern.clone(), pin.index.clone())).collect(),
            find_links,
            no_index,
            refresh: request.indexes.refresh,
            offline: request.client.offline,
            now: request.now,
        };
        let index =
            IndexClient::new(index_options, client.clone(), Arc::clone(&cache), Arc::clone(&context.reporter))?;
        let fetcher = Fetcher::new(client, Arc::clone(&cache), Arc::clone(&context.reporter));
        Ok(Self {
            manifest: Arc::new(manifest),
            cache,
            fetcher: Arc::new(fetcher),
            index: Arc::new(index),
            context: context.clone(),
        })
    }

    /// Chooses versions for `target`, on a thread of its own since the solver blocks while it waits for answers.
    pub(super) async fn resolve(&self, target: &Target, options: &ResolveOptions) -> Result<Resolution, Error> {
        let source =
            LiveSource::new(tokio::runtime::Handle::current(), Arc::clone(&self.index), Arc::clone(&self.fetcher));
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let (manifest, target, options) = (Arc::clone(&self.manifest), target.clone(), options.clone());
        let solve = move || {
            // The receiver is gone when the run was interrupted; then nobody wants the answer.
            let _ = sender.send(resolve(&manifest, &target, &options, &source));
        };
        thread::Builder::new()
            .name("barrow-solver".to_owned())
            .stack_size(SOLVER_STACK_BYTES)
            .spawn(solve)
            .map_err(|_| Error::Worker("solver"))?;
        let resolution = receiver.await.map_err(|_| Error::Worker("solver"))??;
        self.report(&resolution);
        Ok(resolution)
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
pub(super) fn packages(count: usize) -> String {
    format!("{count} package{}", if count == 1 { "" } else { "s" })
}

/// Reads the requirements and adds what the command line says beside them.
pub(super) fn read_manifest(request: &RequestOptions) -> Result<Manifest, Error> {
    for file in &request.inputs.requirement_files {
        super::inputs::check_readable(file)?;
    }
    let mut manifest = Manifest::read(&request.inputs)?;
    let options = &mut manifest.options;
    options.require_hashes |= request.require_hashes;
    options.format_control = combined(&request.format_control, &options.format_control);
    Ok(manifest)
}

/// What the command line says holds for every file, and files add to it.
fn combined(flags: &FormatControl, files: &FormatControl) -> FormatControl {
    FormatControl {
        no_binary: united(&flags.no_binary, &files.no_binary),
        only_binary: united(&flags.only_binary, &files.only_binary),
    }
}

fn united(left: &NoBinary, right: &NoBinary) -> NoBinary {
    match (left, right) {
        (NoBinary::All, _) | (_, NoBinary::All) => NoBinary::All,
        (NoBinary::None, other) | (other, NoBinary::None) => other.clone(),
        (NoBinary::Projects(left), NoBinary::Projects(right)) => {
            let names: BTreeSet<_> = left.iter().chain(right).cloned().collect();
            NoBinary::Projects(names.into_iter().collect())
        }
    }
}

/// Everything that would have to be built, all at once.
fn refuse_what_needs_building(manifest: &Manifest) -> Result<(), Error> {
    let refused: Vec<String> = manifest.requirements.iter().filter_map(needs_building).collect();
    if refused.is_empty() { Ok(()) } else { Err(Error::NotBuilt(refused)) }
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
    Some(format!("{origin}: `{text}` is {what}: building from source is not built yet; give a wheel instead"))
}

/// The cache in its folder, or a temporary one where that folder cannot be made.
fn open_cache(request: &RequestOptions, context: &Context) -> Result<Cache, Error> {
    let Some(folder) = &request.cache_folder else { return Ok(Cache::temporary(&request.temporary_folder)?) };
    match fs_err::create_dir_all(folder) {
        Ok(()) => Ok(Cache::at(folder.clone())),
        Err(error) => {
            context.warn(&format!("{error}: using a temporary cache"));
            Ok(Cache::temporary(&request.temporary_folder)?)
        }
    }
}
