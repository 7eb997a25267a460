//! What a run has read of indexes: by this a later run can tell whether it would read the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::spec::{HashDigest, PackageName};

/// Everything that was read, and until when nobody need be asked whether it is still so.
#[derive(Debug)]
pub(super) struct Readings {
    /// Seconds since 1970 until which every answer so far is fresh.
    fresh_until: AtomicU64,
    read: Mutex<Read>,
}

#[derive(Debug, Default)]
struct Read {
    names: BTreeSet<PackageName>,
    /// The content of each page, by the name of its entry in the cache; `None`: the server has no such page.
    pages: BTreeMap<String, Option<HashDigest>>,
    /// Something was learnt that no page of the cache holds.
    has_more: bool,
}

/// Projects that were asked for, and the pages that answered, those that are not there included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PagesRead {
    /// The projects, sorted.
    pub names: Vec<PackageName>,
    /// What each page held, by the name of its entry in the cache; `None`: the server has no such page.
    pub pages: BTreeMap<String, Option<HashDigest>>,
}

impl Default for Readings {
    fn default() -> Self {
        Self { fresh_until: AtomicU64::new(u64::MAX), read: Mutex::default() }
    }
}

impl Readings {
    /// An answer counts until then.
    pub(super) fn limit(&self, time: u64) {
        self.fresh_until.fetch_min(time, Ordering::Relaxed);
    }

    pub(super) fn fresh_until(&self) -> u64 {
        self.fresh_until.load(Ordering::Relaxed)
    }

    pub(super) fn name(&self, name: &PackageName) {
        self.lock().names.insert(name.clone());
    }

    /// A page with this entry and content was read; `None`: it is in no entry.
    pub(super) fn page(&self, entry: String, content: Option<HashDigest>) {
        match content {
            Some(content) => _ = self.lock().pages.insert(entry, Some(content)),
            None => self.lock().has_more = true,
        }
    }

    /// The page with this entry is not there. That is never fresh: HTTP lets an answer "not here" be kept like any other (RFC 9111,
    /// section 4.2.2), but this one hands the name to the next index, and a name that appears must count at once.
    pub(super) fn absent(&self, entry: String) {
        self.limit(0);
        self.lock().pages.insert(entry, None);
    }

    /// What was learnt is in no page: a file behind a URL.
    pub(super) fn beyond_pages(&self) {
        self.limit(0);
        self.lock().has_more = true;
    }

    /// All that was read; `None` when pages do not tell it all.
    pub(super) fn all(&self) -> Option<PagesRead> {
        let read = self.lock();
        (!read.has_more).then(|| PagesRead { names: read.names.iter().cloned().collect(), pages: read.pages.clone() })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Read> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
