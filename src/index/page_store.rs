//! Pages in the cache: what the server said, with its validators.
//!
//! An entry is the length of its head (four bytes, little endian), the head in the `MessagePack` form, and the packed page. The time
//! of asking is the entry's modification time, so that "not modified" needs no rewriting. The key holds the user name,
//! so a run without credentials never sees a page that came for some.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use fs_err as fs;
use serde::{Deserialize, Serialize};

use crate::cache::{Bucket, Cache};
use crate::http::Response;
use crate::spec::{PackedPage, SafeUrl};

/// What the server said about an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
    /// Seconds for which nobody need be asked again.
    pub(super) fresh_for: u64,
    /// The server said that it has no such page; of use offline only.
    pub(super) absent: bool,
    /// The server forbids keeping the answer.
    #[serde(skip)]
    pub(super) no_store: bool,
}

impl Head {
    /// Reads the headers of an answer (RFC 9111).
    pub(super) fn of(response: &Response) -> Self {
        let directives = response.header("cache-control").unwrap_or_default().to_ascii_lowercase();
        let directives: Vec<&str> = directives.split(',').map(str::trim).collect();
        let max_age =
            directives.iter().find_map(|directive| directive.strip_prefix("max-age=")?.trim_matches('"').parse().ok());
        let age = response.header("age").and_then(|age| age.trim().parse().ok()).unwrap_or(0);
        let fresh_for = if directives.contains(&"no-cache") { 0 } else { max_age.unwrap_or(0_u64).saturating_sub(age) };
        Self {
            etag: response.header("etag").map(str::to_owned),
            last_modified: response.header("last-modified").map(str::to_owned),
            fresh_for,
            absent: false,
            no_store: directives.contains(&"no-store"),
        }
    }
}

/// The place of one page.
pub(super) struct PageEntry {
    path: PathBuf,
}

/// A page as it lies in the cache.
pub(super) struct Stored {
    pub(super) head: Head,
    pub(super) is_fresh: bool,
    /// Seconds since 1970 until which it is fresh.
    pub(super) fresh_until: u64,
    bytes: Vec<u8>,
    page_at: usize,
}

impl PageEntry {
    /// The place of what `url` answers to `user`.
    pub(super) fn new(cache: &Cache, url: &SafeUrl, user: Option<&str>) -> Self {
        let key = format!("{}\n{}", user.unwrap_or_default(), url.without_credentials().reveal());
        Self { path: cache.entry(Bucket::Pages, &key) }
    }

    /// The entry, when there is one that can be read.
    pub(super) fn read(&self, cache: &Cache, now: u64) -> Option<Stored> {
        let bytes = cache.read(&self.path)?;
        let head_length = u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?);
        let page_at = 4_usize.checked_add(usize::try_from(head_length).ok()?)?;
        let head: Head = rmp_serde::from_slice(bytes.get(4..page_at)?).ok()?;
        let asked = fs::metadata(&self.path).ok()?.modified().ok()?;
        let asked = asked.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs();
        let is_fresh = asked <= now && now - asked < head.fresh_for && !head.absent;
        let fresh_until = asked.saturating_add(head.fresh_for);
        Some(Stored { head, is_fresh, fresh_until, bytes, page_at })
    }

    /// Keeps an answer. A cache that cannot be written costs only time, in a later run.
    pub(super) fn write(&self, cache: &Cache, head: &Head, page: Option<&PackedPage>, now: u64) {
        let encoded = || -> Option<Vec<u8>> {
            let head = rmp_serde::to_vec(head).ok()?;
            let mut bytes = u32::try_from(head.len()).ok()?.to_le_bytes().to_vec();
            bytes.extend(head);
            bytes.extend_from_slice(page.map_or(&[], PackedPage::as_bytes));
            Some(bytes)
        };
        if let Some(bytes) = encoded()
            && let Ok(path) = cache.write(&self.path, &bytes)
        {
            Self { path }.confirm(now);
        }
    }

    /// Notes that the server has confirmed the entry now.
    pub(super) fn confirm(&self, now: u64) {
        let asked = SystemTime::UNIX_EPOCH + Duration::from_secs(now);
        if let Ok(file) = fs::OpenOptions::new().append(true).open(&self.path) {
            let _ = file.set_modified(asked);
        }
    }
}

impl Stored {
    /// The page; `None` when the entry is damaged, or says that there is none.
    pub(super) fn page(self) -> Option<PackedPage> {
        PackedPage::read(self.bytes, self.page_at)
    }
}
