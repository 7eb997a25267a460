//! The door: distribution files in, files of the cache out.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc};
use tokio::task::{JoinError, JoinHandle, JoinSet};

use super::fetched::{FetchedFile, FetchedWheel, Proof};
use super::wanted::WantedFile;
use super::{FetchError, StandIn, download, local, pointer, stored};
use crate::blocking::blocking;
use crate::cache::Cache;
use crate::http::{Client, Response};
use crate::reporter::{Level, Reporter};
use crate::resolution::ResolvedDist;
use crate::shared::{Offer, SharedCache};
use crate::spec::{DistFilename, HashAlgorithm, HashDigest, PackageName};

/// Settings of fetching.
#[derive(Clone, Debug)]
pub struct FetchOptions {
    /// Files without a promised digest are refused.
    pub require_hashes: bool,
    /// Nothing is downloaded.
    pub offline: bool,
    /// Files at the same time; the client limits requests on its own.
    pub concurrency: usize,
}

impl Default for FetchOptions {
    fn default() -> Self {
        Self { require_hashes: false, offline: false, concurrency: 24 }
    }
}

impl WantedFile {
    /// The file in the cache, when it is there and will do.
    ///
    /// What is accepted may be the digests of every file of a version, for all platforms: only the index, or a single
    /// accepted digest, says which of them this file has.
    fn find(&self, cache: &Cache) -> Option<FetchedFile> {
        let known = match self.accepted.as_slice() {
            _ if self.is_told_by_index() => self.listed.as_slice(),
            [only] => std::slice::from_ref(only),
            _ => &[],
        };
        known.iter().filter(|digest| digest.algorithm() == HashAlgorithm::Sha256).find_map(|sha256| {
            // The size is the index's word on the file with the index's digest; the user's may be another file.
            let size = self.size.filter(|_| self.listed.contains(sha256));
            let found = stored::find(cache, sha256, size)?;
            let is_proved = self.accepts_as_known(sha256)
                || self.accepted.iter().any(|accepted| {
                    stored::digest(&found.path, accepted.algorithm()).is_ok_and(|digest| digest == *accepted)
                });
            is_proved.then_some(found)
        })
    }
}

impl FetchedFile {
    /// Removes the file from the cache when its bytes are no longer those of its digest; whether it is such a file.
    pub(crate) fn discard_if_damaged(&self) -> bool {
        let is_damaged = stored::digest(&self.path, self.digest.algorithm()).is_ok_and(|digest| digest != self.digest);
        if is_damaged {
            stored::remove(&self.path);
        }
        is_damaged
    }
}

/// A file that was sent for before it was certain that it would be needed.
#[derive(Debug)]
pub struct UnderWay {
    /// Digests of which its bytes must have one.
    pub accepted: Vec<HashDigest>,
    /// Ends when it is in the cache, or with the reason why it cannot be.
    pub task: JoinHandle<Result<(), FetchError>>,
}

/// Fetches files; cheap to clone.
#[derive(Clone)]
pub struct Fetcher {
    client: Client,
    cache: Arc<Cache>,
    reporter: Arc<dyn Reporter>,
    options: FetchOptions,
    permits: Arc<Semaphore>,
    stand_in: Option<Arc<dyn StandIn>>,
    /// A cache that others share.
    shared: Option<Arc<SharedCache>>,
    /// Which files not everybody may have.
    is_private: fn(&WantedFile) -> bool,
}

impl Fetcher {
    /// Makes a fetcher.
    pub fn new(client: Client, cache: Arc<Cache>, reporter: Arc<dyn Reporter>, options: FetchOptions) -> Self {
        let permits = Arc::new(Semaphore::new(options.concurrency.max(1)));
        Self { client, cache, reporter, options, permits, stand_in: None, shared: None, is_private: |_| true }
    }

    /// This fetcher, with `stand_in` in the place of every server: files are looked for there, whatever their URLs.
    #[must_use]
    pub fn with_stand_in(self, stand_in: Arc<dyn StandIn>) -> Self {
        Self { stand_in: Some(stand_in), ..self }
    }

    /// This fetcher, which looks for files that `is_private` picks in a shared cache first, and brings them there.
    #[must_use]
    pub(crate) fn with_shared(self, shared: Arc<SharedCache>, is_private: fn(&WantedFile) -> bool) -> Self {
        Self { shared: Some(shared), is_private, ..self }
    }

    /// The wheel of a resolved distribution: from the cache, else downloaded.
    pub async fn fetch(&self, dist: &ResolvedDist) -> Result<FetchedWheel, FetchError> {
        let DistFilename::Wheel(filename) = &dist.file.filename else {
            return Err(FetchError::NotAWheel(dist.file.filename.to_string()));
        };
        let wanted = WantedFile::resolved(dist);
        self.check_digests(&wanted)?;
        let file = self.fetch_file(&wanted).await?;
        let (name, version) = (dist.name.clone(), dist.version.clone());
        let mut wheel = FetchedWheel { name, version, ..FetchedWheel::of(filename, &wanted, file) };
        // The digest of a direct reference without one was taken of what came: it promises nothing.
        if dist.is_direct && dist.hashes_from.is_none() {
            wheel.proof = Proof::Nothing;
        }
        Ok(wheel)
    }

    /// Any file: from the cache, else downloaded or copied. Whether digests are required is for the caller to ask.
    pub async fn fetch_file(&self, wanted: &WantedFile) -> Result<FetchedFile, FetchError> {
        if let Some(found) = wanted.find(&self.cache) {
            return Ok(found);
        }
        let located = self.locate(wanted).await?;
        let wanted = located.as_ref().unwrap_or(wanted);
        if located.is_some()
            && let Some(found) = wanted.find(&self.cache)
        {
            return Ok(found);
        }
        let was_degraded = self.cache.is_degraded();
        match self.obtain(wanted).await {
            // The disk of the cache is full or read-only: once more, into the substitute.
            Err(FetchError::Cache(_)) if self.cache.degrade(was_degraded)? => self.obtain(wanted).await,
            done => done,
        }
    }

    /// A mirror that stands for every place must have what the cache lacks: an error that names every file that neither
    /// has.
    pub async fn check_mirror(&self, wanted: impl Iterator<Item = WantedFile>) -> Result<(), FetchError> {
        let Some(stand_in) = &self.stand_in else { return Ok(()) };
        let lacking: Vec<WantedFile> = wanted.filter(|wanted| wanted.find(&self.cache).is_none()).collect();
        let asking = lacking.iter().map(async |wanted| match self.locate(wanted).await {
            Err(FetchError::NotInMirror { files, .. }) => Ok(files),
            found => found.map(|_| Vec::new()),
        });
        let files = futures_util::future::try_join_all(asking).await?.concat();
        let place = stand_in.place().clone();
        if files.is_empty() { Ok(()) } else { Err(FetchError::NotInMirror { files, place }) }
    }

    /// Where the place that stands for all others has the file; `None`: it is where `wanted` says.
    async fn locate(&self, wanted: &WantedFile) -> Result<Option<WantedFile>, FetchError> {
        let Some(stand_in) = &self.stand_in else { return Ok(None) };
        // A file of this machine is no question to anyone.
        if wanted.index == *stand_in.place() || wanted.url.to_file_path().is_some_and(|path| path.exists()) {
            return Ok(None);
        }
        match stand_in.locate(wanted).await? {
            Some(located) => Ok(Some(located)),
            None => {
                Err(FetchError::NotInMirror { files: vec![wanted.filename.clone()], place: stand_in.place().clone() })
            }
        }
    }

    /// The wheel once more, when installing showed that the cached bytes are damaged: they are read again, and
    /// replaced when they do not have their digest. `None` when they have: then it is the wheel that is bad.
    pub async fn heal(&self, dist: &ResolvedDist, bad: &FetchedWheel) -> Result<Option<FetchedWheel>, FetchError> {
        let (path, expected) = (bad.path.clone(), bad.digest.clone());
        let actual = blocking(move || stored::digest(&path, HashAlgorithm::Sha256)).await;
        if actual.is_ok_and(|actual| actual == expected) {
            return Ok(None);
        }
        self.reporter
            .message(Level::Warning, &format!("the cached `{}` is damaged and is fetched again", bad.filename));
        stored::remove(&bad.path);
        self.fetch(dist).await.map(Some)
    }

    /// Fetches the wheels of many distributions, in any order. Offline, what is missing is found before anything
    /// starts. Those of `under_way` are on their way into the cache already, and are waited for.
    pub fn fetch_all(
        &self,
        dists: &[Arc<ResolvedDist>],
        under_way: HashMap<PackageName, UnderWay>,
    ) -> Result<Fetches, FetchError> {
        self.check_offline(dists.iter().map(|dist| WantedFile::resolved(dist)))?;
        let mut order = dists.to_vec();
        // The largest first: what takes longest must not begin last.
        order.sort_by_key(|dist| std::cmp::Reverse(dist.file.size));
        let (sender, arrived) = mpsc::unbounded_channel();
        let mut driver = JoinSet::new();
        driver.spawn(self.clone().fetch_in_order(order, under_way, sender));
        Ok(Fetches { arrived, driver })
    }

    /// Begins to fetch whenever there is a turn, so that what a fetch holds, kilobytes, is not held by those that wait.
    async fn fetch_in_order(
        self,
        order: Vec<Arc<ResolvedDist>>,
        mut under_way: HashMap<PackageName, UnderWay>,
        sender: mpsc::UnboundedSender<Result<FetchedWheel, FetchError>>,
    ) {
        let mut tasks = JoinSet::new();
        let begun = order.iter().filter_map(|dist| Some((Arc::clone(dist), under_way.remove(&dist.name)?)));
        let begun: Vec<(Arc<ResolvedDist>, UnderWay)> = begun.collect();
        let names: HashSet<PackageName> = begun.iter().map(|(dist, _)| dist.name.clone()).collect();
        for (dist, UnderWay { accepted, task }) in begun {
            let (fetcher, sender) = (self.clone(), sender.clone());
            tasks.spawn(async move {
                let outcome = match task.await {
                    Ok(Err(error)) if accepted == dist.accepted_hashes => Err(error),
                    _ => {
                        // It is never closed, so this is always a permit.
                        let _permit = fetcher.permits.acquire().await;
                        fetcher.fetch(&dist).await
                    }
                };
                let _ = sender.send(outcome);
            });
        }
        for dist in order.into_iter().filter(|dist| !names.contains(&dist.name)) {
            let permit = Arc::clone(&self.permits).acquire_owned().await;
            let (fetcher, sender) = (self.clone(), sender.clone());
            tasks.spawn(async move {
                let outcome = fetcher.fetch(&dist).await;
                drop(permit);
                // Whoever waits for no more needs no answer.
                let _ = sender.send(outcome);
            });
            while let Some(done) = tasks.try_join_next() {
                pass_panic_on(done);
            }
        }
        while let Some(done) = tasks.join_next().await {
            pass_panic_on(done);
        }
    }

    /// Offline: an error that names every file that is not in the cache.
    pub fn check_offline(&self, wanted: impl Iterator<Item = WantedFile>) -> Result<(), FetchError> {
        // Whether a mirror has a file can only be told by asking it.
        if !self.options.offline || self.stand_in.is_some() {
            return Ok(());
        }
        let missing: Vec<String> =
            wanted.filter(|wanted| !self.is_at_hand(wanted)).map(|wanted| wanted.filename).collect();
        if missing.is_empty() { Ok(()) } else { Err(FetchError::Offline(missing)) }
    }

    /// Takes the body of an answer to a request for `wanted` that is there already.
    pub(crate) async fn receive(&self, wanted: &WantedFile, response: Response) -> Result<FetchedFile, FetchError> {
        download::receive(&self.cache, &*self.reporter, wanted, response).await
    }

    /// The file in the cache, when it can be told without asking anyone.
    pub(crate) fn find(&self, wanted: &WantedFile) -> Option<FetchedFile> {
        wanted.find(&self.cache).or_else(|| {
            let digest = match wanted.url.to_file_path() {
                Some(path) => local::known_digest(&self.cache, wanted, &path),
                None if self.options.offline => {
                    pointer::Pointer::read(&self.cache, &wanted.url).map(|pointer| pointer.sha256)
                }
                None => None,
            };
            let digest = digest.filter(|digest| wanted.accepts_as_known(digest))?;
            stored::find(&self.cache, &digest, None)
        })
    }

    fn is_at_hand(&self, wanted: &WantedFile) -> bool {
        wanted.url.to_file_path().is_some() || self.find(wanted).is_some()
    }

    async fn obtain(&self, wanted: &WantedFile) -> Result<FetchedFile, FetchError> {
        if let Some(path) = wanted.url.to_file_path() {
            let (cache, wanted) = (Arc::clone(&self.cache), wanted.clone());
            return blocking(move || local::copy(&cache, &wanted, &path)).await;
        }
        if self.options.offline {
            return self.find(wanted).ok_or_else(|| FetchError::Offline(vec![wanted.filename.clone()]));
        }
        let Some((shared, digest)) = self.shared_with(wanted) else {
            return download::download(&self.client, &self.cache, &*self.reporter, wanted).await;
        };
        let named = (wanted.filename.as_str(), &digest, wanted.size);
        let shared_file = shared.private_file(named, &self.cache).await;
        if let Some(file) = shared_file.map_err(|error| FetchError::Shared(Box::new(error)))? {
            let size = file.as_file().metadata().map_or(0, |about| about.len());
            let path = self.cache.persist(file, &self.cache.wheel(&digest))?;
            return Ok(FetchedFile { digest, path, size, is_fresh: true });
        }
        let fetched = download::download(&self.client, &self.cache, &*self.reporter, wanted).await?;
        if shared.takes_private_files() {
            shared.offer(Offer {
                about: None,
                name: wanted.filename.clone(),
                path: fetched.path.clone(),
                digest: fetched.digest.clone(),
                size: fetched.size,
                took: Duration::ZERO,
                details: serde_json::Value::Null,
                is_private: true,
            });
        }
        Ok(fetched)
    }

    /// The shared cache, for a wheel of a private index whose digest is known: what PyPI has comes from there as fast.
    fn shared_with(&self, wanted: &WantedFile) -> Option<(&SharedCache, HashDigest)> {
        let shared = self.shared.as_ref()?;
        let is_wheel = Path::new(&wanted.filename).extension().is_some_and(|extension| extension == "whl");
        let digest = wanted.sha256().filter(|_| is_wheel && (self.is_private)(wanted))?;
        Some((shared, digest))
    }

    fn check_digests(&self, wanted: &WantedFile) -> Result<(), FetchError> {
        if !wanted.accepted.is_empty() {
            return Ok(());
        }
        if self.options.require_hashes {
            return Err(FetchError::NoDigest { file: wanted.filename.clone(), index: wanted.index.clone() });
        }
        if wanted.url.to_file_path().is_none() {
            self.reporter.message(
                Level::Warning,
                &format!(
                    "{} gives no sha256 digest for `{}`: its bytes are not verified",
                    wanted.index, wanted.filename
                ),
            );
        }
        Ok(())
    }
}

/// Files that are being fetched; dropping it ends the downloads.
pub struct Fetches {
    arrived: mpsc::UnboundedReceiver<Result<FetchedWheel, FetchError>>,
    /// One task, which has all others.
    driver: JoinSet<()>,
}

impl Fetches {
    /// The next file that is there; `None` after the last.
    pub async fn next(&mut self) -> Option<Result<FetchedWheel, FetchError>> {
        if let Some(fetched) = self.arrived.recv().await {
            return Some(fetched);
        }
        while let Some(done) = self.driver.join_next().await {
            pass_panic_on(done);
        }
        None
    }
}

/// A task that panicked is an error of ours, which is shown as one.
fn pass_panic_on(done: Result<(), JoinError>) {
    if let Err(Ok(panic)) = done.map_err(JoinError::try_into_panic) {
        std::panic::resume_unwind(panic);
    }
}
