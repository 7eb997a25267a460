//! One page of a server: from the cache while it is fresh, else asked for, else confirmed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::page_store::{Damage, Head, PageEntry};
use crate::cache::Cache;
use crate::http::{self, Client, Request};
use crate::spec::{PackageName, PackedPage, PageError, ProjectPage, SafeUrl};

/// What is accepted, best first (PEP 691).
const ACCEPT: &str = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01";

/// Largest page, bytes after decoding: the largest pages of PyPI have about 15 MB; a find-links page of a whole mirror
/// may have several times as much.
const PAGE_LIMIT: u64 = 256 << 20;

/// Size from which a page is parsed on a thread for blocking work, bytes: below it takes less than a millisecond.
const PARSE_ELSEWHERE: usize = 128 << 10;

/// What a server says about a page.
pub(super) enum PageAnswer {
    /// This.
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
    /// Seconds since 1970 until which every answer so far is fresh.
    pub(super) fresh_until: &'a AtomicU64,
    pub(super) damage: &'a Damage,
    pub(super) reach: Reach,
}

impl Asking<'_> {
    /// The page at `url`, whose user name is part of what is cached: that of a project, or one of many projects.
    pub(super) async fn page(&self, url: &SafeUrl, project: Option<&PackageName>) -> Result<PageAnswer, AskError> {
        let entry = self.entry(url, project);
        let mut stored = entry.read(self.now);
        // One that turns out to be damaged is gone, and asked for as if it had never been there.
        if let Some(stored) = stored.take_if(|stored| self.offline || (stored.is_fresh && !self.refresh)) {
            if stored.head.absent {
                self.is_fresh_until(0);
                return Ok(PageAnswer::Absent(404));
            }
            let fresh_until = stored.fresh_until;
            if let Some(page) = stored.page(self.damage) {
                self.is_fresh_until(fresh_until);
                return Ok(PageAnswer::Page(Arc::new(page)));
            }
        }
        if self.offline {
            self.is_fresh_until(0);
            return Ok(PageAnswer::Offline);
        }
        if self.reach == Reach::AtHand {
            return Ok(PageAnswer::NotAtHand);
        }
        let mut request = Request::new(url.clone());
        request.accept = Some(ACCEPT);
        if let Some(stored) = stored.as_ref().filter(|stored| !stored.head.absent) {
            request.if_none_match.clone_from(&stored.head.etag);
            request.if_modified_since.clone_from(&stored.head.last_modified);
        }
        let response = match self.client.get(request).await {
            Ok(response) => response,
            Err(error) => match error.status().filter(|status| self.ignore_status.contains(status)) {
                Some(status) => return Ok(self.absent(&entry, status)),
                None => return Err(AskError::Http(error)),
            },
        };
        let fresh_for = stored.as_ref().map_or(0, |stored| stored.head.fresh_for);
        if response.status() == 304
            && let Some(page) = stored.and_then(|stored| stored.page(self.damage))
        {
            entry.confirm(self.now);
            self.is_fresh_until(self.now.saturating_add(fresh_for));
            return Ok(PageAnswer::Page(Arc::new(page)));
        }
        match response.status() {
            200 => {}
            304 => return self.again(url, project).await,
            status => return Ok(self.absent(&entry, status)),
        }
        self.take(url, project, response).await.map(|page| PageAnswer::Page(Arc::new(page)))
    }

    fn is_fresh_until(&self, time: u64) {
        self.fresh_until.fetch_min(time, Ordering::Relaxed);
    }

    /// Notes that there is no such page: a later run that is offline may then ask the next index.
    fn absent(&self, entry: &PageEntry, status: u16) -> PageAnswer {
        self.is_fresh_until(0);
        entry.write(self.cache, &Head { absent: true, ..Head::default() }, None, self.now);
        PageAnswer::Absent(status)
    }

    /// The whole page, when what "not modified" refers to turned out to be damaged.
    async fn again(&self, url: &SafeUrl, project: Option<&PackageName>) -> Result<PageAnswer, AskError> {
        let mut request = Request::new(url.clone());
        request.accept = Some(ACCEPT);
        let response = self.client.get(request).await.map_err(AskError::Http)?;
        match response.status() {
            200 => self.take(url, project, response).await.map(|page| PageAnswer::Page(Arc::new(page))),
            status => Ok(PageAnswer::Absent(status)),
        }
    }

    fn entry(&self, url: &SafeUrl, project: Option<&PackageName>) -> PageEntry {
        PageEntry::new(self.cache, url, self.client.user_for(url).as_deref(), project)
    }

    async fn take(
        &self,
        url: &SafeUrl,
        project: Option<&PackageName>,
        response: http::Response,
    ) -> Result<PackedPage, AskError> {
        // Anew, because only this request may have led to credentials.
        let entry = self.entry(url, project);
        let head = Head::of(&response);
        self.is_fresh_until(if head.no_store { 0 } else { self.now.saturating_add(head.fresh_for) });
        let content_type = response.header("content-type").map(str::to_owned);
        let base = response.url().clone();
        let body = response.bytes(PAGE_LIMIT).await.map_err(AskError::Http)?;
        let (cache, now, is_large) = (Arc::clone(self.cache), self.now, body.len() > PARSE_ELSEWHERE);
        let project = project.cloned();
        let parse = move || {
            let page = ProjectPage::parse(&body, content_type.as_deref(), &base)?;
            let packed = project.map_or_else(|| page.pack_whole(), |project| page.pack(&project))?;
            if !head.no_store && !page.holds_credentials() {
                entry.write(&cache, &head, Some(&packed), now);
            }
            packed.into_page().ok_or(PageError::Length)
        };
        let parsed = if is_large {
            tokio::task::spawn_blocking(parse)
                .await
                .unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
        } else {
            parse()
        };
        parsed.map_err(AskError::Page)
    }
}
