//! Pages in the cache: what the server said, with its validators.
//!
//! An entry is the length of its head (four bytes, little endian), the head in the `MessagePack` form, and the packed
//! page. The time of asking is the entry's modification time, so that "not modified" needs no rewriting. The key holds
//! the user name, so a run without credentials never sees a page that came for some.
//!
//! Of a large page only the beginning is read, and later the blocks that a run asks for. Between the two the entry may
//! be replaced, and a block may turn out to be damaged. Then the entry goes, the run notes it in [`Damage`], and
//! resolving starts again as if the entry had never been there.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use fs_err as fs;
use serde::{Deserialize, Serialize};

use crate::cache::{Bucket, Cache};
use crate::http::Response;
use crate::regular;
use crate::spec::{HashDigest, PackageName, PackedBytes, PackedPage, PageBlocks, SafeUrl};

/// Bytes from the beginning of an entry that hold its head, unless a server's validators are unusually long.
const HEAD_USUAL: usize = 1024;

/// Bytes that are read of an entry at first: most pages as a whole; of large ones the newest versions, if not all
/// names.
const BEGINNING: u64 = 16 << 10;

/// What is read behind the head of a large page, bytes: a few of the newest versions.
const NEWEST: u64 = 8 << 10;

/// What is compared to know a page again: the sizes of its parts and the checksum of its head.
const IDENTITY: usize = 24;

/// What the server said about an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
    /// Seconds for which nobody need be asked again.
    pub(super) fresh_for: u64,
    /// The server said that it has no such page; online it is asked again.
    pub(super) absent: bool,
    /// Identifies what the server sent, and for which URL.
    #[serde(default)]
    pub(super) content: Option<HashDigest>,
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
            content: None,
            no_store: directives.contains(&"no-store"),
        }
    }

    /// The head of an entry, and where its page begins.
    fn decode(bytes: &[u8]) -> Option<(Self, usize)> {
        let head_length = u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?);
        let page_at = 4_usize.checked_add(usize::try_from(head_length).ok()?)?;
        Some((rmp_serde::from_slice(bytes.get(4..page_at)?).ok()?, page_at))
    }
}

fn seconds(time: SystemTime) -> Option<u64> {
    Some(time.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs())
}

/// Whether pages of the cache are taken without their servers being asked, as long as they are fresh.
#[derive(Debug, Default)]
pub(super) struct OldPages {
    are_refused: AtomicBool,
    was_one_taken: AtomicBool,
}

impl OldPages {
    /// Whether the next one may be taken, which is noted.
    pub(super) fn take(&self) -> bool {
        let may = !self.are_refused.load(Ordering::Relaxed);
        self.was_one_taken.fetch_or(may, Ordering::Relaxed);
        may
    }

    /// Lets no more be taken; whether there was one until now.
    pub(super) fn refuse(&self) -> bool {
        self.was_one_taken.load(Ordering::Relaxed) && !self.are_refused.swap(true, Ordering::Relaxed)
    }
}

/// The entries of which something that was read was not what was written. They are as good as absent for the rest of
/// the run, also where they cannot be removed.
#[derive(Clone, Debug, Default)]
pub(super) struct Damage(Arc<Mutex<Damaged>>);

#[derive(Debug, Default)]
struct Damaged {
    entries: HashSet<PathBuf>,
    is_news: bool,
}

impl Damage {
    fn note(&self, entry: &Path) {
        let mut damaged = self.lock();
        damaged.is_news |= damaged.entries.insert(entry.to_owned());
    }

    fn has(&self, entry: &Path) -> bool {
        self.lock().entries.contains(entry)
    }

    /// Whether there was any since this was last asked.
    pub(super) fn take(&self) -> bool {
        std::mem::take(&mut self.lock().is_news)
    }

    fn lock(&self) -> MutexGuard<'_, Damaged> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of one page.
pub(super) struct PageEntry {
    path: PathBuf,
}

/// A page as it lies in the cache.
pub(super) struct StoredPage {
    pub(super) head: Head,
    pub(super) is_fresh: bool,
    /// Seconds since 1970 until which it is fresh.
    pub(super) fresh_until: u64,
    path: PathBuf,
    file: fs::File,
    length: u64,
    /// The beginning of the entry, and where the page begins in it.
    bytes: Vec<u8>,
    page_at: usize,
}

impl PageEntry {
    /// The place of what `url` answers to `user` as the page of `project`, or as a page of many projects.
    pub(super) fn new(cache: &Cache, url: &SafeUrl, user: Option<&str>, project: Option<&PackageName>) -> Self {
        let project = project.map_or("", AsRef::as_ref);
        let key = format!("{}\n{}\n{project}", user.unwrap_or_default(), url.without_credentials().reveal());
        Self { path: cache.entry(Bucket::Pages, &key) }
    }

    /// The place of the entry with this name.
    pub(super) fn named(cache: &Cache, name: &str) -> Option<Self> {
        Some(Self { path: cache.entry_named(Bucket::Pages, name)? })
    }

    /// What an entry holds, without reading the page, and until when it is fresh (seconds since 1970). Nothing, and
    /// never fresh: that there is no such page.
    pub(super) fn glance(&self, now: u64) -> Option<(Option<HashDigest>, u64)> {
        let mut file = regular::open(&self.path).ok()?;
        let mut beginning = Vec::with_capacity(HEAD_USUAL);
        file.by_ref().take(HEAD_USUAL as u64).read_to_end(&mut beginning).ok()?;
        let (head, _) = Head::decode(&beginning)?;
        let asked = seconds(file.metadata().ok()?.modified().ok()?)?;
        let until = if asked <= now { asked.saturating_add(head.fresh_for) } else { 0 };
        if head.absent { Some((None, 0)) } else { head.content.map(|content| (Some(content), until)) }
    }

    /// The entry, when there is one that can be read.
    pub(super) fn read(&self, now: u64) -> Option<StoredPage> {
        let mut file = regular::open(&self.path).ok()?;
        let about = file.metadata().ok()?;
        let asked = seconds(about.modified().ok()?)?;
        let mut bytes = Vec::new();
        read_on(&mut file, &mut bytes, BEGINNING.min(about.len()))?;
        let (head, page_at) = Head::decode(&bytes)?;
        let is_fresh = asked <= now && now - asked < head.fresh_for && !head.absent;
        let fresh_until = asked.saturating_add(head.fresh_for);
        Some(StoredPage {
            head,
            is_fresh,
            fresh_until,
            path: self.path.clone(),
            file,
            length: about.len(),
            bytes,
            page_at,
        })
    }

    /// Keeps an answer. A cache that cannot be written costs only time, in a later run.
    pub(super) fn write(&self, cache: &Cache, head: &Head, page: Option<&PackedBytes>, now: u64) {
        let encoded = || -> Option<Vec<u8>> {
            let head = rmp_serde::to_vec(head).ok()?;
            let length = u32::try_from(head.len()).ok()?.to_le_bytes();
            let page = page.map_or([&[][..], &[]], |page| [&page.head, &page.blocks]);
            Some([&length, &head[..], page[0], page[1]].concat())
        };
        if let Some(bytes) = encoded()
            && let Ok(path) = cache.write_unsealed(&self.path, &bytes)
        {
            Self { path }.confirm(now);
        }
    }

    /// The name of the entry, by which [`PageEntry::named`] finds it again.
    pub(super) fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Notes that the server has confirmed the entry now.
    pub(super) fn confirm(&self, now: u64) {
        let asked = SystemTime::UNIX_EPOCH + Duration::from_secs(now);
        if let Ok(file) = fs::OpenOptions::new().append(true).open(&self.path) {
            let _ = file.set_modified(asked);
        }
    }
}

impl StoredPage {
    /// Whether it lies in the place of this entry.
    pub(super) fn is_of(&self, entry: &PageEntry) -> bool {
        self.path == entry.path
    }

    /// The page; `None` when the entry is damaged, or says that there is none.
    pub(super) fn page(mut self, damage: &Damage) -> Option<PackedPage> {
        if damage.has(&self.path) {
            return None;
        }
        let (head, blocks) = PackedPage::lengths(self.bytes.get(self.page_at..)?)?;
        let blocks_at = self.page_at.checked_add(head)?;
        if blocks_at.checked_add(blocks)? as u64 != self.length {
            return None;
        }
        if self.bytes.len() < blocks_at {
            let until = self.length.min(blocks_at as u64 + NEWEST);
            let more = until - self.bytes.len() as u64;
            read_on(&mut self.file, &mut self.bytes, more)?;
        }
        let beginning = self.bytes.split_off(blocks_at);
        let head = self.bytes.split_off(self.page_at);
        let identity = head.get(..IDENTITY)?.try_into().ok()?;
        let (page_at, blocks_at) = (self.page_at as u64, blocks_at as u64);
        let blocks = StoredBlocks { path: self.path, page_at, identity, blocks_at, beginning, damage: damage.clone() };
        PackedPage::read(head, Box::new(blocks))
    }
}

/// Reads exactly so many more bytes.
fn read_on(file: &mut fs::File, bytes: &mut Vec<u8>, more: u64) -> Option<()> {
    let length = bytes.len() as u64 + more;
    bytes.reserve_exact(usize::try_from(more).ok()?);
    file.take(more).read_to_end(bytes).ok()?;
    (bytes.len() as u64 == length).then_some(())
}

/// The blocks of a page that lies in the cache. Its file is not kept open: a run may look at more pages than it may
/// have files open.
struct StoredBlocks {
    path: PathBuf,
    page_at: u64,
    identity: [u8; IDENTITY],
    blocks_at: u64,
    /// The first of the blocks' bytes.
    beginning: Vec<u8>,
    damage: Damage,
}

impl PageBlocks for StoredBlocks {
    fn read(&self, range: Range<usize>) -> Option<Cow<'_, [u8]>> {
        if let Some(bytes) = self.beginning.get(range.clone()) {
            return Some(Cow::Borrowed(bytes));
        }
        let mut file = fs::File::open(&self.path).ok()?;
        let mut identity = [0; IDENTITY];
        file.seek(SeekFrom::Start(self.page_at)).ok()?;
        file.read_exact(&mut identity).ok()?;
        if identity != self.identity {
            return None;
        }
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(self.blocks_at + range.start as u64)).ok()?;
        read_on(&mut file, &mut bytes, range.len() as u64)?;
        Some(Cow::Owned(bytes))
    }

    fn note_damage(&self) {
        self.damage.note(&self.path);
        // That it stays is no harm while it is replaced by what the index answers now.
        let _ = fs::remove_file(&self.path);
    }
}
