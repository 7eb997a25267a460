//! What an answer was made of: by this a later run can tell whether it would get the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::spec::{HashDigest, PackageName, SafeUrl};

/// What answers were made of, and until when nobody need be asked whether they still hold.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Evidence {
    names: BTreeSet<PackageName>,
    pages: BTreeMap<String, PageRead>,
    freshness: Freshness,
    /// Something was learnt that no page of the cache holds.
    has_more: bool,
    on_several: BTreeMap<PackageName, Vec<SafeUrl>>,
}

/// From when until when answers hold without anybody being asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freshness {
    /// When it was found out, seconds since 1970. A clock that shows less was wrong then or is now.
    pub since: u64,
    /// Seconds since 1970; 0: it is not known. Folders of this machine are not counted.
    pub until: u64,
    /// The project whose page ages first, where it is that of one.
    pub stalest: Option<PackageName>,
}

/// Nothing was read, so nothing ages.
impl Default for Freshness {
    fn default() -> Self {
        Self { since: 0, until: u64::MAX, stalest: None }
    }
}

impl Freshness {
    /// Whether nobody need be asked at that time, seconds since 1970.
    pub(crate) fn holds(&self, now: u64) -> bool {
        (self.since..self.until).contains(&now)
    }

    /// Takes the other one where it ends earlier.
    pub(super) fn limit(&mut self, other: Self) {
        if other.until < self.until {
            *self = other;
        }
    }
}

/// A page that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageRead {
    /// The project that it is of; `None`: it is one of many projects.
    pub project: Option<PackageName>,
    /// What it held; `None`: the server has no such page.
    pub content: Option<HashDigest>,
}

/// Projects that were asked for, and the pages that answered, those that are not there included.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PagesRead {
    /// The projects, sorted.
    pub names: Vec<PackageName>,
    /// The pages, by the names of their entries in the cache.
    pub pages: BTreeMap<String, PageRead>,
}

impl Evidence {
    /// The evidence for an answer that was remembered, and whose pages were found to be as they were.
    pub fn recalled(freshness: Freshness, on_several: Vec<(PackageName, Vec<SafeUrl>)>) -> Self {
        Self { freshness, on_several: on_several.into_iter().collect(), ..Self::default() }
    }

    /// Adds what another answer was made of.
    pub fn add(&mut self, other: &Self) {
        let Self { names, pages, freshness, has_more, on_several } = other;
        self.names.extend(names.iter().cloned());
        self.pages.extend(pages.iter().map(|(entry, page)| (entry.clone(), page.clone())));
        self.freshness.limit(freshness.clone());
        self.has_more |= has_more;
        self.on_several.extend(on_several.iter().map(|(name, urls)| (name.clone(), urls.clone())));
    }

    /// Something was learnt that is in no page, such as what a build has told.
    pub fn go_beyond_pages(&mut self) {
        self.has_more = true;
        self.freshness = Freshness { until: 0, ..Freshness::default() };
    }

    /// Until when nobody need be asked.
    pub fn freshness(&self) -> &Freshness {
        &self.freshness
    }

    /// All that was read; `None` when pages do not tell it all.
    pub fn pages(&self) -> Option<PagesRead> {
        (!self.has_more).then(|| PagesRead { names: self.names.iter().cloned().collect(), pages: self.pages.clone() })
    }

    /// Projects that several indexes knew under `unsafe-best-match`, with the indexes, sorted by name.
    pub fn on_several_indexes(&self) -> Vec<(PackageName, Vec<SafeUrl>)> {
        self.on_several.iter().map(|(name, urls)| (name.clone(), urls.clone())).collect()
    }
}

/// The evidence of one answer, while it is looked for.
#[derive(Debug)]
pub(super) struct Readings {
    project: Option<PackageName>,
    evidence: Mutex<Evidence>,
}

impl Readings {
    /// For an answer about a project, or for a page of many projects.
    pub(super) fn of(project: Option<&PackageName>) -> Self {
        let names = project.into_iter().cloned().collect();
        Self { project: project.cloned(), evidence: Mutex::new(Evidence { names, ..Evidence::default() }) }
    }

    /// The answer counts until then.
    pub(super) fn limit(&self, until: u64) {
        self.lock().freshness.limit(Freshness { until, stalest: self.project.clone(), ..Freshness::default() });
    }

    /// A page with this entry and content was read; `None`: it is in no entry.
    pub(super) fn page(&self, entry: String, content: Option<HashDigest>) {
        match content {
            Some(_) => _ = self.lock().pages.insert(entry, PageRead { project: self.project.clone(), content }),
            None => self.lock().has_more = true,
        }
    }

    /// The page with this entry is not there. That is never fresh: HTTP lets an answer "not here" be kept like any
    /// other (RFC 9111, section 4.2.2), but this one hands the name to the next index, and a name that appears must
    /// count at once.
    pub(super) fn absent(&self, entry: String) {
        self.limit(0);
        self.lock().pages.insert(entry, PageRead { project: self.project.clone(), content: None });
    }

    /// What was learnt is in no page: a file behind a URL.
    pub(super) fn beyond_pages(&self) {
        self.lock().go_beyond_pages();
    }

    /// Several indexes know the project.
    pub(super) fn on_several(&self, name: &PackageName, indexes: Vec<SafeUrl>) {
        self.lock().on_several.insert(name.clone(), indexes);
    }

    /// Adds what was found before, for another answer.
    pub(super) fn add(&self, other: &Evidence) {
        self.lock().add(other);
    }

    /// The evidence, when the answer is there.
    pub(super) fn into_evidence(self) -> Evidence {
        self.evidence.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Evidence> {
        self.evidence.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
