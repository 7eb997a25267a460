//! The solver's view of the world: synchronous questions, answered by asynchronous rooms.
//!
//! Every question is asked once per run, whoever asks it first: the solver, which then waits, or a prefetch, for which
//! nobody waits. The solver must run on a thread that is not one of the runtime's. What is at hand it reads on that
//! thread: it takes less than waking another one.

use std::collections::HashMap;
use std::error::Error;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::OnceCell;

use super::error::MIRROR_IT;
use super::material;
use crate::fetch::{FetchError, Fetcher, Wanted};
use crate::http;
use crate::index::{Evidence, IndexClient, IndexError, Listing};
use crate::requirements::DirectReference;
use crate::resolve::{DirectDist, LikelyFiles, PackageSource, ProjectAnswer, SourceError};
use crate::spec::{
    CoreMetadata, DistFile, DistFilename, HashDigest, IndexOrigin, MetadataOffer, PackageName, SafeUrl, WheelFilename,
    Yanked,
};

/// Answers the solver from indexes, folders and the cache.
pub struct LiveSource {
    shared: Arc<Shared>,
    runtime: Handle,
}

struct Shared {
    index: IndexClient,
    fetcher: Fetcher,
    projects: Memo<PackageName, Arc<Listing>>,
    metadata: Memo<(SafeUrl, Option<HashDigest>), Arc<CoreMetadata>>,
    direct: Memo<(PackageName, SafeUrl), Arc<DirectDist>>,
}

/// Answers by question; each is computed once.
struct Memo<K, V>(Mutex<HashMap<K, Arc<Answer<V>>>>);

/// An answer that may still be on its way.
type Answer<V> = OnceCell<Result<V, SourceError>>;

impl<K, V> Default for Memo<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V> Memo<K, V> {
    /// Forgets all answers.
    fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn cell(&self, key: K) -> Arc<Answer<V>> {
        Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default())
    }
}

impl LiveSource {
    /// Makes a source that asks `index`, fetches direct references by `fetcher` and works on `runtime`.
    pub fn new(index: IndexClient, fetcher: Fetcher, runtime: Handle) -> Self {
        let shared =
            Shared { index, fetcher, projects: Memo::default(), metadata: Memo::default(), direct: Memo::default() };
        Self { shared: Arc::new(shared), runtime }
    }

    /// The index client, to be asked about what is kept of earlier answers.
    pub fn index(&self) -> &IndexClient {
        &self.shared.index
    }

    /// Whether what was said of some project was damaged in the cache. It is forgotten, and the solver should ask again.
    pub fn forget_damage(&self) -> bool {
        let is_damaged = self.shared.index.take_damage();
        if is_damaged {
            self.shared.projects.clear();
        }
        is_damaged
    }

    /// Asks for these projects, all at once, and waits for the answers; what they were made of.
    pub(super) async fn know_projects(&self, names: &[PackageName]) -> Evidence {
        futures_util::future::join_all(names.iter().map(|name| self.shared.know_project(name))).await;
        let mut evidence = Evidence::default();
        for name in names {
            match self.shared.projects.cell(name.clone()).get() {
                Some(Ok(listing)) => evidence.add(&listing.evidence),
                // Whoever needs it will be told.
                _ => evidence.go_beyond_pages(),
            }
        }
        evidence
    }

    /// What the indexes say about a project, with what that was made of.
    pub(super) fn listing(&self, name: &PackageName) -> Result<Arc<Listing>, SourceError> {
        let cell = self.shared.project_at_hand(name);
        self.wait(&cell, self.shared.ask_project(name))
    }

    fn wait<V: Clone>(
        &self,
        cell: &Answer<V>,
        answer: impl Future<Output = Result<V, SourceError>>,
    ) -> Result<V, SourceError> {
        match cell.get() {
            Some(answer) => answer.clone(),
            None => self.runtime.block_on(cell.get_or_init(|| answer)).clone(),
        }
    }
}

impl PackageSource for LiveSource {
    fn project(&self, name: &PackageName) -> Result<ProjectAnswer, SourceError> {
        Ok(self.listing(name)?.answer.clone())
    }

    fn metadata(&self, file: &DistFile) -> Result<Arc<CoreMetadata>, SourceError> {
        let cell = self.shared.metadata_at_hand(file);
        self.wait(&cell, self.shared.ask_metadata(file))
    }

    fn direct(&self, name: &PackageName, reference: &DirectReference) -> Result<Arc<DirectDist>, SourceError> {
        let url = wheel_url(name, reference)?;
        self.wait(&self.shared.direct.cell((name.clone(), url.clone())), self.shared.ask_direct(name, url))
    }

    fn prefetch_projects(&self, names: &[PackageName]) {
        for name in names.iter().filter(|name| !self.shared.project_at_hand(name).initialized()) {
            let (shared, name) = (Arc::clone(&self.shared), name.clone());
            self.runtime.spawn(async move { shared.know_project(&name).await });
        }
    }

    fn prefetch_likely(&self, name: &PackageName, likely: LikelyFiles) {
        let cell = self.shared.project_at_hand(name);
        if let Some(answer) = cell.get() {
            let files = answer.as_ref().map(|listing| likely(&listing.answer)).unwrap_or_default();
            self.prefetch_metadata(&files.iter().collect::<Vec<_>>());
            return;
        }
        let (shared, name) = (Arc::clone(&self.shared), name.clone());
        self.runtime.spawn(async move {
            shared.know_project(&name).await;
            let Some(Ok(listing)) = cell.get() else { return };
            for file in likely(&listing.answer) {
                shared.know_metadata(&file).await;
            }
        });
    }

    fn prefetch_metadata(&self, files: &[&DistFile]) {
        for &file in files.iter().filter(|file| !self.shared.metadata_at_hand(file).initialized()) {
            let (shared, file) = (Arc::clone(&self.shared), file.clone());
            self.runtime.spawn(async move { shared.know_metadata(&file).await });
        }
    }
}

impl Shared {
    /// The cell of a project's answer, filled when no server need be asked for it.
    fn project_at_hand(&self, name: &PackageName) -> Arc<Answer<Arc<Listing>>> {
        let cell = self.projects.cell(name.clone());
        if !cell.initialized()
            && let Some(answer) = self.index.list_at_hand(name)
        {
            // Whoever is filling it now fills it with the same.
            let _ = cell.set(answer.map(Arc::new).map_err(index_error));
        }
        cell
    }

    /// The cell of a file's metadata, filled when they are in the cache.
    fn metadata_at_hand(&self, file: &DistFile) -> Arc<Answer<Arc<CoreMetadata>>> {
        let cell = self.metadata.cell(metadata_key(file));
        if !cell.initialized()
            && let Some(metadata) = self.index.metadata_at_hand(file)
        {
            let _ = cell.set(Ok(metadata));
        }
        cell
    }

    async fn know_project(&self, name: &PackageName) {
        self.projects.cell(name.clone()).get_or_init(|| self.ask_project(name)).await;
    }

    async fn know_metadata(&self, file: &DistFile) {
        self.metadata.cell(metadata_key(file)).get_or_init(|| self.ask_metadata(file)).await;
    }

    async fn ask_project(&self, name: &PackageName) -> Result<Arc<Listing>, SourceError> {
        self.index.list(name).await.map(Arc::new).map_err(index_error)
    }

    async fn ask_metadata(&self, file: &DistFile) -> Result<Arc<CoreMetadata>, SourceError> {
        self.index.metadata(file).await.map_err(index_error)
    }

    /// The wheel behind a URL: fetched whole, because it will be installed in any case.
    async fn ask_direct(&self, name: &PackageName, url: &SafeUrl) -> Result<Arc<DirectDist>, SourceError> {
        let filename = wheel_filename(name, url)?;
        let origin = Arc::new(IndexOrigin { name: None, url: url.without_credentials() });
        let mut file = DistFile {
            filename: DistFilename::Wheel(filename),
            url: url.clone(),
            hashes: Vec::new(),
            size: None,
            requires_python: None,
            yanked: Yanked::No,
            metadata: MetadataOffer::None,
            upload_time: None,
            origin,
        };
        let fetched = self.fetcher.fetch_file(&Wanted::listed(&file)).await.map_err(fetch_error)?;
        file.size = Some(fetched.size);
        file.hashes = vec![fetched.digest];
        let metadata = self.index.metadata(&file).await.map_err(|error| direct_error(index_error(error)))?;
        file.requires_python.clone_from(&metadata.requires_python);
        Ok(Arc::new(DirectDist { file, metadata, built_from: None }))
    }
}

fn metadata_key(file: &DistFile) -> (SafeUrl, Option<HashDigest>) {
    (file.url.clone(), file.hashes.first().cloned())
}

fn wheel_url<'a>(name: &PackageName, reference: &'a DirectReference) -> Result<&'a SafeUrl, SourceError> {
    let what = match reference {
        DirectReference::Wheel { url } => return Ok(url),
        other => material::describe(other),
    };
    Err(SourceError {
        message: format!("`{name}` would have to be built from {what}, and nothing is built for a build"),
        hint: Some("offer a wheel of it with `--find-links`".to_owned()),
        skippable: false,
        source: None,
    })
}

fn wheel_filename(name: &PackageName, url: &SafeUrl) -> Result<WheelFilename, SourceError> {
    let refuse = |why: String| SourceError { message: why, hint: None, skippable: false, source: None };
    let text = url.file_name().ok_or_else(|| refuse(format!("{url} does not end in the name of a wheel")))?;
    let filename: WheelFilename = text.parse().map_err(|error| refuse(format!("{url}: {error}")))?;
    if filename.name == *name {
        Ok(filename)
    } else {
        Err(refuse(format!("`{name}` was asked for, but {url} is a wheel of `{}`", filename.name)))
    }
}

/// A direct reference has no other version that could do.
fn direct_error(error: SourceError) -> SourceError {
    SourceError { skippable: false, ..error }
}

fn fetch_error(error: FetchError) -> SourceError {
    let hint = match &error {
        FetchError::Download { source, .. } => source.hint(),
        FetchError::NotInMirror { .. } => Some(MIRROR_IT.to_owned()),
        FetchError::Offline(_) => Some("run once without `--offline`, or add a folder by `--find-links`".to_owned()),
        _ => None,
    };
    source_error(error, hint, false)
}

fn index_error(error: IndexError) -> SourceError {
    let hint = match &error {
        IndexError::Ask { source, .. }
        | IndexError::FindLinks { source, .. }
        | IndexError::MetadataRequest { source, .. } => ask_hint(source),
        IndexError::UnknownIndex { index, .. } => Some(format!("define it by `--index {index}=URL`")),
        IndexError::Offline { .. } => {
            Some("run once without `--offline`, or add a folder by `--find-links`".to_owned())
        }
        _ => None,
    };
    let skippable = error.is_skippable();
    source_error(error, hint, skippable)
}

/// A refusal is the one fault of which the index room knows more than the http room.
fn ask_hint(error: &http::Error) -> Option<String> {
    match error.status() {
        Some(status @ 403) => {
            let hint = error.hint().map_or_else(String::new, |hint| format!("{hint}; "));
            Some(format!("{hint}where the index says so for \"not here\", set `ignore-status = [{status}]` for it"))
        }
        _ => error.hint(),
    }
}

pub(super) fn source_error(
    error: impl Error + Send + Sync + 'static,
    hint: Option<String>,
    skippable: bool,
) -> SourceError {
    let message = error.to_string();
    // The message is that of the outermost error; the chain goes on below it.
    let below: Option<Arc<dyn Error + Send + Sync>> =
        if error.source().is_some() { Some(Arc::new(Below(Box::new(error)))) } else { None };
    SourceError { message, hint, skippable, source: below }
}

/// An error whose own message was said already: shows that of its source.
#[derive(Debug)]
struct Below(Box<dyn Error + Send + Sync>);

impl std::fmt::Display for Below {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0.source() {
            Some(source) => write!(f, "{source}"),
            None => write!(f, "{}", self.0),
        }
    }
}

impl Error for Below {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source().and_then(Error::source)
    }
}
