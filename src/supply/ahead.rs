//! Wheels that are fetched and unpacked into the cache while the rest is still being resolved.
//!
//! When the solver has decided for a version and knows what it requires, the wheel is almost certainly part of the
//! result. So it sets out at once, the first choice of each project only: a solver that steps back shall not fetch half
//! an index. What comes of it lies in the cache, proved like any other download, and is found there when the resolution
//! is complete; nothing else depends on it. What was not needed after all is given up then.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::available_parallelism;

use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use crate::cache::Cache;
use crate::fetch::{FetchedWheel, Fetcher, UnderWay, WantedFile};
use crate::install::{InstallOptions, install_wheel};
use crate::requirements::{Manifest, Origin};
use crate::resolution::ResolvedDist;
use crate::spec::{DistFile, DistFilename, HashDigest, PackageName, SafeUrl};

/// Downloads ahead at the same time: enough to keep a connection busy, few enough to leave room for the solver's
/// questions.
const DOWNLOADS: usize = 8;

/// Wheels on their way.
pub(super) struct Ahead {
    fetcher: Fetcher,
    cache: Arc<Cache>,
    options: InstallOptions,
    /// Projects that are there already.
    left_out: Vec<PackageName>,
    /// The digests that the user demands, and where.
    demanded: HashMap<PackageName, (Vec<HashDigest>, Origin)>,
    runtime: Handle,
    downloads: Arc<Semaphore>,
    installs: Arc<Semaphore>,
    workers: u32,
    started: Mutex<HashMap<PackageName, (SafeUrl, UnderWay)>>,
}

impl Ahead {
    /// Nothing is on its way yet.
    pub(super) fn new(
        fetcher: Fetcher,
        cache: Arc<Cache>,
        options: InstallOptions,
        left_out: Vec<PackageName>,
        manifest: &Manifest,
        runtime: Handle,
    ) -> Self {
        let entries =
            manifest.requirements.iter().chain(&manifest.constraints).filter(|entry| !entry.hashes.is_empty());
        let demanded =
            entries.map(|entry| (entry.requirement.name.clone(), (entry.hashes.clone(), entry.origin.clone())));
        let workers = available_parallelism().map_or(2, std::num::NonZero::get);
        let workers = u32::try_from(workers).unwrap_or(u32::MAX);
        Self {
            fetcher,
            cache,
            options,
            left_out,
            demanded: demanded.collect(),
            runtime,
            downloads: Arc::new(Semaphore::new(DOWNLOADS)),
            installs: Arc::new(Semaphore::new(workers as usize)),
            workers,
            started: Mutex::default(),
        }
    }

    /// Sends for the wheel that was decided for. One without a promised digest, or on this machine, waits its turn.
    pub(super) fn start(&self, file: &DistFile) {
        let DistFilename::Wheel(filename) = &file.filename else { return };
        let is_for_later = file.hashes.is_empty() || file.url.to_file_path().is_some();
        if is_for_later || self.left_out.contains(&filename.name) {
            return;
        }
        let mut started = self.started.lock().unwrap_or_else(PoisonError::into_inner);
        if started.contains_key(&filename.name) {
            return;
        }
        let (fetcher, cache, options) = (self.fetcher.clone(), Arc::clone(&self.cache), self.options.clone());
        let (downloads, installs) = (Arc::clone(&self.downloads), Arc::clone(&self.installs));
        let (name, filename) = (filename.name.clone(), filename.clone());
        let mut wanted = WantedFile::listed(file);
        if let Some((hashes, origin)) = self.demanded.get(&name) {
            wanted.accepted.clone_from(hashes);
            wanted.hashes_from = Some(origin.clone());
        }
        let accepted = wanted.accepted.clone();
        let task = self.runtime.spawn(async move {
            // The semaphores are never closed, so these are always permits.
            let download = downloads.acquire().await;
            let file = fetcher.fetch_file(&wanted).await?;
            drop(download);
            let install = installs.acquire_owned().await;
            let wheel = FetchedWheel::of(&filename, &wanted, file);
            // What goes wrong here goes wrong again, and is told, when it is really needed.
            let unpack = move || {
                let _ = install_wheel(&wheel, &cache, &options);
                drop(install);
            };
            let _ = tokio::task::spawn_blocking(unpack).await;
            Ok(())
        });
        started.insert(name, (file.url.clone(), UnderWay { accepted, task }));
    }

    /// Gives up everything. Ends when nothing is being unpacked any more, so that nothing half-made is left in the
    /// cache.
    pub(super) async fn give_up(&self) {
        drop(self.settle(&[]));
        let _ = self.installs.acquire_many(self.workers).await;
    }

    /// Gives up what the resolution does not need, and hands over the way of each wheel that it does, to be waited for.
    pub(super) fn settle(&self, wanted: &[Arc<ResolvedDist>]) -> HashMap<PackageName, UnderWay> {
        let mut needed = HashMap::new();
        let mut started = self.started.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, (url, under_way)) in started.drain() {
            if wanted.iter().any(|dist| dist.name == name && dist.file.url == url) {
                needed.insert(name, under_way);
            } else {
                under_way.task.abort();
            }
        }
        needed
    }
}
