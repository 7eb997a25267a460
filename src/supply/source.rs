//! The solver's view of the world: synchronous questions, answered by asynchronous rooms.
//!
//! Every question is asked once per run, whoever asks it first: the solver, which then waits, or a prefetch, for which
//! nobody waits. The solver must run on a thread that is not one of the runtime's. What is at hand it reads on that
//! thread: it takes less than waking another one.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::{OnceCell, Semaphore};

use super::{SupplyError, material};
use crate::fetch::{Fetcher, WantedFile};
use crate::index::{Evidence, IndexClient, IndexError, Listing};
use crate::requirements::DirectReference;
use crate::resolve::{DirectDist, FoundBefore, LikelyFiles, PackageSource, ProjectAnswer, SourceError};
use crate::spec::{CoreMetadata, DistFile, DistFilename, HashDigest, PackageName, SafeUrl, WheelFilename};

/// Answers the solver from indexes, folders and the cache.
pub struct LiveSource {
    shared: Arc<Shared>,
    runtime: Handle,
}

struct Shared {
    index: Arc<IndexClient>,
    fetcher: Fetcher,
    projects: Memo<PackageName, Arc<Listing>>,
    metadata: Memo<(SafeUrl, Option<HashDigest>), Arc<CoreMetadata>>,
    direct: Memo<(PackageName, SafeUrl), Arc<DirectDist>>,
    /// Who may ask ahead; never closed.
    turns: Semaphore,
}

/// Questions that are on their way ahead of the solver: more than connections, and few enough that hundreds of projects
/// do not hold what an answer takes, kilobytes, while they wait.
const AHEAD: usize = 64;

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
    pub fn new(index: Arc<IndexClient>, fetcher: Fetcher, runtime: Handle) -> Self {
        let (projects, metadata, direct) = (Memo::default(), Memo::default(), Memo::default());
        let shared = Shared { index, fetcher, projects, metadata, direct, turns: Semaphore::new(AHEAD) };
        Self { shared: Arc::new(shared), runtime }
    }

    /// The index client, to be asked about what is kept of earlier answers.
    pub fn index(&self) -> &IndexClient {
        &self.shared.index
    }

    /// Forgets what was asked so far: who asks again is answered by the cache.
    pub(crate) fn forget_answers(&self) {
        let Shared { projects, metadata, direct, .. } = &*self.shared;
        projects.clear();
        metadata.clear();
        direct.clear();
    }

    /// Whether what was said of some project was damaged in the cache. It is forgotten, and the solver should ask
    /// again.
    pub fn forget_damage(&self) -> bool {
        let is_damaged = self.shared.index.take_damage();
        if is_damaged {
            self.shared.projects.clear();
        }
        is_damaged
    }

    /// Whether something was said of projects that their servers were not asked about now. It is forgotten, and the
    /// solver should ask again: the servers this time.
    pub(super) fn ask_anew(&self) -> bool {
        let is_old = self.shared.index.ask_anew();
        if is_old {
            self.shared.projects.clear();
        }
        is_old
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
            self.runtime.spawn(async move {
                let _turn = shared.turns.acquire().await;
                Box::pin(shared.know_project(&name)).await;
            });
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
            let _turn = shared.turns.acquire().await;
            Box::pin(async {
                shared.know_project(&name).await;
                let Some(Ok(listing)) = cell.get() else { return };
                for file in likely(&listing.answer) {
                    shared.know_metadata(&file).await;
                }
            })
            .await;
        });
    }

    fn prefetch_metadata(&self, files: &[&DistFile]) {
        for &file in files.iter().filter(|file| !self.shared.metadata_at_hand(file).initialized()) {
            let (shared, file) = (Arc::clone(&self.shared), file.clone());
            self.runtime.spawn(async move {
                let _turn = shared.turns.acquire().await;
                Box::pin(shared.know_metadata(&file)).await;
            });
        }
    }

    fn found_before(&self, name: &PackageName) -> Option<FoundBefore> {
        self.shared.index.found_before(name, &self.listing(name).ok()?.answer)
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
        let mut file = DistFile::unlisted(DistFilename::Wheel(filename), url.clone());
        let fetched = self
            .fetcher
            .fetch_file(&WantedFile::listed(&file))
            .await
            .map_err(|error| SourceError::new(error, false))?;
        file.size = Some(fetched.size);
        file.hashes = vec![fetched.digest];
        let metadata = self.index.metadata(&file).await.map_err(|error| index_error(error).final_word())?;
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
    Err(SourceError::new(SupplyError::NothingBuiltForABuild { name: name.clone(), what }, false))
}

fn wheel_filename(name: &PackageName, url: &SafeUrl) -> Result<WheelFilename, SourceError> {
    let refuse = |why: String| SourceError::new(why, false);
    let text = url.file_name().ok_or_else(|| refuse(format!("{url} does not end in the name of a wheel")))?;
    let filename: WheelFilename = text.parse().map_err(|error| refuse(format!("{url}: {error}")))?;
    if filename.name == *name {
        Ok(filename)
    } else {
        Err(refuse(format!("`{name}` was asked for, but {url} is a wheel of `{}`", filename.name)))
    }
}

fn index_error(error: IndexError) -> SourceError {
    let is_skippable = error.is_skippable();
    SourceError::new(error, is_skippable)
}
