//! Which indexes are asked, and how.

use std::sync::Arc;

use globset::{Glob, GlobMatcher};

use crate::spec::{IndexOrigin, SafeUrl};

/// One index: a server or a folder.
#[derive(Clone, Debug)]
pub struct IndexLocation {
    /// The name that the user gave it.
    pub name: Option<String>,
    /// Base URL, with the credentials that were written in it.
    pub url: SafeUrl,
    /// Asked only for the projects that are pinned to it.
    pub explicit: bool,
    /// HTTP statuses by which it means "not here", beside 404 and 410.
    pub ignore_status: Vec<u16>,
}

impl IndexLocation {
    /// An unnamed index.
    pub fn new(url: SafeUrl) -> Self {
        Self { name: None, url, explicit: false, ignore_status: Vec::new() }
    }

    /// What its files are marked with.
    pub(super) fn origin(&self) -> Arc<IndexOrigin> {
        Arc::new(IndexOrigin { name: self.name.clone(), url: self.url.without_credentials().without_fragment() })
    }

    /// Name and URL for messages.
    pub(super) fn shown(&self) -> String {
        match &self.name {
            Some(name) => format!("index `{name}` ({})", self.url),
            None => format!("index {}", self.url),
        }
    }
}

/// Which of several indexes that know a name count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IndexStrategy {
    /// The first one alone.
    #[default]
    FirstIndex,
    /// All: the best version wins, whoever offers it. A public index can then answer for a private name.
    UnsafeBestMatch,
}

/// Under which URLs an index has its pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PageUrls {
    /// `NAME/`, as PEP 503 says.
    #[default]
    Folders,
    /// `NAME/index.json` where there is one: a mirror is files, and a server may have no index documents.
    Files,
}

/// Settings of asking.
#[derive(Clone, Debug, Default)]
pub struct IndexOptions {
    /// The indexes, in the order of asking.
    pub indexes: Vec<IndexLocation>,
    /// Which of the indexes count where several know a project.
    pub strategy: IndexStrategy,
    /// Pins: a glob over normalized project names and the name of the index that alone is asked for them; the first
    /// pin that matches counts.
    pub sources: Vec<(Glob, String)>,
    /// Pages, folders and single files of `--find-links`.
    pub find_links: Vec<SafeUrl>,
    /// No index is asked.
    pub no_index: bool,
    /// Cached pages are asked about again even while they are fresh.
    pub refresh: bool,
    /// Under which URLs the indexes have their pages.
    pub pages: PageUrls,
    /// Nothing is asked over the network.
    pub offline: bool,
    /// Seconds since 1970 at the beginning of the run: what the age of cached pages is measured by.
    pub now: u64,
}

/// [`IndexOptions::sources`], ready to be compared with names.
pub(super) struct Pins(Vec<(GlobMatcher, String)>);

impl Pins {
    pub(super) fn new(sources: &[(Glob, String)]) -> Self {
        Self(sources.iter().map(|(glob, index)| (glob.compile_matcher(), index.clone())).collect())
    }

    /// The name of the index that a project is pinned to.
    pub(super) fn index_of(&self, project: &str) -> Option<&str> {
        self.0.iter().find(|(glob, _)| glob.is_match(project)).map(|(_, index)| index.as_str())
    }
}
