//! Resolutions by the key of their inputs: what the solver chose is remembered with the pages that it was made of.
//!
//! It is taken again, without solving, for the same requirements, target, options and indexes, when every one of those
//! pages still says what it said: without a question while they are fresh, and after the servers were asked about them,
//! all at once, when they are not. Metadata is fixed by the digest of its file, which stands on the page. Where every
//! distribution is fixed by digests of the user's own, no page matters and no server is asked.
//!
//! A name that an index does not know is a page that is not there, and stays part of the question: each run asks that
//! index again before any later one, and when it has the name by now, everything is solved anew.
//!
//! What cannot be told from pages is not remembered: direct URLs, files without digests, pages that must not be kept.
//! Nothing is taken under `--refresh`, nor where details are shown (`-v`), which tell of pages.
//! The key holds the user as whom each index is asked, as that of its pages does.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::footing::Footing;
use crate::cache::{Bucket, Cache};
use crate::index::{Evidence, Freshness, IndexClient, PagesRead, Still};
#[cfg(doc)]
use crate::request::InputKey;
use crate::resolution::{PassedOver, Resolution, ResolvedDist};
use crate::spec::{HashDigest, PackageName, SafeUrl};
use crate::target::Target;

/// The version of the form: another one when something else is remembered, or when the same question would get another
/// answer.
const FORMAT: &str = "resolution 5";

/// A resolution as it is kept.
#[derive(Serialize, Deserialize)]
pub(crate) struct Remembered {
    read: PagesRead,
    /// Every distribution is fixed by digests of the user's own.
    never_ages: bool,
    on_several: Vec<(PackageName, Vec<SafeUrl>)>,
    dists: Vec<ResolvedDist>,
    warnings: Vec<String>,
    passed_over: Vec<PassedOver>,
}

/// The answer to one question, as far as the cache may know it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Question {
    entry: PathBuf,
}

impl Question {
    /// The question with this identity ([`InputKey::resolution`]).
    pub(crate) fn new(identity: &HashDigest, cache: &Cache) -> Self {
        Self { entry: cache.entry(Bucket::Resolutions, &format!("{FORMAT}\n{identity}")) }
    }

    /// The answer that is remembered, whether or not it is out of date.
    pub(crate) fn remembered(&self, cache: &Cache) -> Option<Remembered> {
        cache.recall(&self.entry)
    }

    /// Remembers an answer. What cannot be written costs a later run its time.
    pub(crate) fn remember(&self, resolution: &Resolution, footing: Footing, evidence: &Evidence, cache: &Cache) {
        let never_ages = footing == Footing::Fixed;
        let read = match evidence.pages() {
            Some(read) => read,
            None if never_ages => PagesRead::default(),
            None => return,
        };
        // What is kept must not hold a credential, and without it such a file could not be fetched again.
        let is_open = |dist: &ResolvedDist| dist.is_direct || dist.file.url.without_credentials() != dist.file.url;
        if footing == Footing::Open || resolution.dists.iter().any(is_open) {
            return;
        }
        let remembered = Remembered {
            read,
            never_ages,
            on_several: evidence.on_several_indexes(),
            dists: resolution.dists.clone(),
            warnings: resolution.warnings.clone(),
            passed_over: resolution.passed_over.clone(),
        };
        cache.keep(&self.entry, &remembered);
    }
}

impl Remembered {
    /// Whether the pages are as they were, as far as that can be told without asking.
    pub(crate) fn still(&self, index: &IndexClient) -> Still {
        if self.never_ages { Still::Same(Freshness::default()) } else { index.still_reads(&self.read) }
    }

    /// The projects that were asked for.
    pub(crate) fn names(&self) -> &[PackageName] {
        &self.read.names
    }

    /// Whether the pages of `evidence` are the ones that this answer was made of.
    pub(crate) fn reads_like(&self, evidence: &Evidence) -> bool {
        evidence
            .pages()
            .is_some_and(|again| self.read.pages.iter().all(|(entry, page)| again.pages.get(entry) == Some(page)))
    }

    /// The resolution with the evidence for it, which holds for `freshness`.
    pub(crate) fn recalled(self, target: &Target, freshness: Freshness) -> (Resolution, Evidence) {
        let Self { dists, warnings, passed_over, on_several, .. } = self;
        let resolution = Resolution { target: target.clone(), dists, warnings, passed_over };
        (resolution, Evidence::recalled(freshness, on_several))
    }
}
