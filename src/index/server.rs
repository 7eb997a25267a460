//! One page of a server: from the cache while it is fresh, else asked for, else confirmed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::page_store::{Damage, Head, OldPages, PageEntry, StoredPage};
use super::readings::Readings;
use crate::blocking::blocking;
use crate::cache::Cache;
use crate::http::{self, Client, HttpRequest};
use crate::spec::{HashAlgorithm, HashDigest, Hasher, PackageName, PackedPage, PageError, ProjectPage, SafeUrl};

/// What is accepted, best first (PEP 691).
const ACCEPT: &str = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01";

/// Largest page, bytes after decoding: the largest pages of PyPI have about 15 MB; a find-links page of a whole mirror
/// may have several times as much.
const PAGE_LIMIT: u64 = 100 << 20;

/// Size from which a page is parsed on a thread for blocking work, bytes: below it takes less than a millisecond.
const PARSE_ELSEWHERE: usize = 128 << 10;

/// What a server says about a page.
pub(super) enum PageAnswer {
    /// The page, as it is now.
    Page(Arc<PackedPage>),
    /// There is none, by this status.
    Absent(u16),
    /// Nothing is known, because the run is offline.
    Offline,
    /// The server would have to be asked.
    NotAtHand,
}

/// How far the asking goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// To the cache and to folders: never waits.
    AtHand,
    /// To servers, unless the run is offline.
    Servers,
}

/// Why there is no answer.
pub(super) enum AskError {
    Http(http::Error),
    Page(PageError),
}

/// Asks for a page.
pub(super) struct Asking<'a> {
    pub(super) client: &'a Client,
    pub(super) cache: &'a Arc<Cache>,
    pub(super) ignore_status: &'a [u16],
    pub(super) refresh: bool,
    pub(super) offline: bool,
    pub(super) now: u64,
    pub(super) readings: &'a Readings,
    pub(super) damage: &'a Damage,
    pub(super) old_pages: &'a OldPages,
    /// Some answer without a page was one of an object store.
    pub(super) is_object_store: &'a AtomicBool,
    pub(super) reach: Reach,
}

impl Asking<'_> {
    /// The page at `url`, whose user name is part of what is cached: that of a project, or one of many projects.
    pub(super) async fn page(&self, url: &SafeUrl, project: Option<&PackageName>) -> Result<PageAnswer, AskError> {
        let entry = self.entry(url, project);
        let mut stored = entry.read(self.now);
        // One that turns out to be damaged is gone, and asked for as if it had never been there.
        let may_be_old = |is_fresh: bool| self.offline || (is_fresh && !self.refresh && self.old_pages.take());
        if let Some(stored) = stored.take_if(|stored| may_be_old(stored.is_fresh)) {
            if stored.head.absent {
                self.readings.absent(entry.name());
                return Ok(PageAnswer::Absent(404));
            }
            let (fresh_until, content) = (stored.fresh_until, stored.head.content.clone());
            if let Some(page) = stored.page(self.damage) {
                self.readings.limit(fresh_until);
                self.readings.page(entry.name(), content);
                return Ok(PageAnswer::Page(Arc::new(page)));
            }
        }
        if self.offline {
            self.readings.beyond_pages();
            return Ok(PageAnswer::Offline);
        }
        if self.reach == Reach::AtHand {
            return Ok(PageAnswer::NotAtHand);
        }
        let mut request = HttpRequest { accept: Some(ACCEPT), ..HttpRequest::new(url.clone()) };
        if let Some(stored) = stored.as_ref().filter(|stored| !stored.head.absent) {
            request.if_none_match.clone_from(&stored.head.etag);
            request.if_modified_since.clone_from(&stored.head.last_modified);
        }
        let response = match self.client.get(request).await {
            Ok(response) => response,
            Err(error) => match error.status().filter(|status| self.ignore_status.contains(status)) {
                Some(status) => return Ok(self.absent(url, project, status)),
                None => return Err(AskError::Http(error)),
            },
        };
        if response.status() == 304 {
            let head = stored.as_ref().map(|stored| (stored.head.fresh_for, stored.head.content.clone()));
            let page = stored.and_then(|stored| stored.page(self.damage));
            if let (Some((fresh_for, content)), Some(page)) = (head, page) {
                entry.confirm(self.now);
                self.readings.limit(self.now.saturating_add(fresh_for));
                self.readings.page(entry.name(), content);
                return Ok(PageAnswer::Page(Arc::new(page)));
            }
            return self.again(url, project).await;
        }
        match response.status() {
            200 | 203 => self.take(url, project, response, stored).await,
            status => {
                check_absent(&response)?;
                self.is_object_store.fetch_or(is_of_object_store(&response), Ordering::Relaxed);
                Ok(self.absent(url, project, status))
            }
        }
    }

    /// Notes that there is no such page: a later run that is offline may then ask the next index, and one that asks
    /// again can tell that nothing has changed.
    fn absent(&self, url: &SafeUrl, project: Option<&PackageName>, status: u16) -> PageAnswer {
        // Anew, because only this request may have led to credentials.
        let entry = self.entry(url, project);
        self.readings.absent(entry.name());
        entry.write(self.cache, &Head { absent: true, ..Head::default() }, None, self.now);
        PageAnswer::Absent(status)
    }

    /// The whole page, when what "not modified" refers to turned out to be damaged.
    async fn again(&self, url: &SafeUrl, project: Option<&PackageName>) -> Result<PageAnswer, AskError> {
        let request = HttpRequest { accept: Some(ACCEPT), ..HttpRequest::new(url.clone()) };
        let response = self.client.get(request).await.map_err(AskError::Http)?;
        match response.status() {
            200 | 203 => self.take(url, project, response, None).await,
            status => check_absent(&response).map(|()| self.absent(url, project, status)),
        }
    }

    fn entry(&self, url: &SafeUrl, project: Option<&PackageName>) -> PageEntry {
        PageEntry::new(self.cache, url, self.client.user_for(url).as_deref(), project)
    }

    /// Takes the body of an answer; one that is what was stored already need not be parsed again.
    async fn take(
        &self,
        url: &SafeUrl,
        project: Option<&PackageName>,
        response: http::Response,
        stored: Option<StoredPage>,
    ) -> Result<PageAnswer, AskError> {
        // Anew, because only this request may have led to credentials.
        let entry = self.entry(url, project);
        let mut head = Head::of(&response);
        self.readings.limit(if head.no_store { 0 } else { self.now.saturating_add(head.fresh_for) });
        let content_type = response.header("content-type").map(str::to_owned);
        let base = response.url().clone();
        let body = response.bytes(PAGE_LIMIT).await.map_err(AskError::Http)?;
        let (cache, now, is_large) = (Arc::clone(self.cache), self.now, body.len() > PARSE_ELSEWHERE);
        let (project, name) = (project.cloned(), entry.name());
        let (stored, damage) = (stored.filter(|stored| stored.is_of(&entry)), self.damage.clone());
        let parse = move || {
            head.content = Some(content_digest(&body, content_type.as_deref(), &base));
            let known = stored.filter(|stored| stored.head == head);
            if let Some(page) = known.and_then(|stored| stored.page(&damage)) {
                entry.confirm(now);
                return Ok((page, head.content));
            }
            let page = ProjectPage::parse(&body, content_type.as_deref(), &base)?;
            let packed = project.map_or_else(|| page.pack_whole(), |project| page.pack(&project))?;
            let may_be_kept = !head.no_store && !page.holds_credentials();
            if may_be_kept {
                entry.write(&cache, &head, Some(&packed), now);
            }
            let content = head.content.filter(|_| may_be_kept);
            Ok((packed.into_page().ok_or(PageError::Length)?, content))
        };
        let parsed = if is_large { blocking(parse).await } else { parse() };
        let (page, content) = parsed.map_err(AskError::Page)?;
        self.readings.page(name, content);
        Ok(PageAnswer::Page(Arc::new(page)))
    }
}

/// Whether a URL gives a page that lists files. What goes wrong is a no.
pub(super) async fn has_page(client: &Client, url: &SafeUrl) -> bool {
    let request = HttpRequest { accept: Some(ACCEPT), ..HttpRequest::new(url.clone()) };
    let Ok(response) = client.get(request).await else { return false };
    if response.status() != 200 {
        return false;
    }
    let (content_type, base) = (response.header("content-type").map(str::to_owned), response.url().clone());
    let Ok(body) = response.bytes(PAGE_LIMIT).await else { return false };
    ProjectPage::parse(&body, content_type.as_deref(), &base).is_ok_and(|page| !page.files.is_empty())
}

/// Identifies what a page says: its bytes, and what else decides how they are read.
fn content_digest(body: &[u8], content_type: Option<&str>, base: &SafeUrl) -> HashDigest {
    let mut hasher = Hasher::new(HashAlgorithm::Sha256);
    let about = format!("{}\n{}\n", content_type.unwrap_or_default(), base.without_credentials().reveal());
    hasher.update(about.as_bytes());
    hasher.update(body);
    hasher.finish()
}

/// Only these two say that there is no page. Half a page, or "not modified" without having been asked, is the answer of
/// a server that fails, and must not lead to the next index.
fn check_absent(response: &http::Response) -> Result<(), AskError> {
    match response.status() {
        404 | 410 => Ok(()),
        _ => Err(AskError::Http(response.unexpected())),
    }
}

/// Whether an answer without a page is that of an object store, which says what it lacks in XML. Such a store has the
/// pages of a mirror under their full names alone.
fn is_of_object_store(response: &http::Response) -> bool {
    let content_type = response.header("content-type").unwrap_or_default().to_ascii_lowercase();
    ["application/xml", "text/xml"].iter().any(|xml| content_type.starts_with(xml))
}
