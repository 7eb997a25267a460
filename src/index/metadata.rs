//! Core metadata of a distribution file, by the cheapest way that its server offers.
//!
//! In this order: the cache; the wheel when it is in the cache or on this machine; the file that the index offers
//! beside it (PEP 658); a small wheel whole; the end of the wheel by range requests; the wheel whole, which is then
//! kept. Only the headers of METADATA are cached, not the description behind them.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::sync::{Arc, PoisonError};

use super::{IndexClient, IndexError, LocalPlace};
use crate::archive::{EntryLookup, PartialZip, PartialZipError};
use crate::cache::Bucket;
use crate::fetch::{FetchError, FetchedFile, WantedFile};
use crate::http::{self, HttpRequest, Response};
use crate::regular;
use crate::reporter::Level;
use crate::spec::{CoreMetadata, DistFile, Hasher, MetadataOffer};

/// Largest METADATA that is read, bytes: descriptions with pictures in them reach a few megabytes.
const METADATA_LIMIT: u64 = 16 << 20;

/// Wheels up to this size are fetched whole: one request as for the end alone, and the wheel is there when it is
/// chosen.
const SMALL_WHEEL: u64 = 128 << 10;

/// Bytes of the end of a wheel that are asked for first: the directory of most wheels, and METADATA of those whose
/// tool writes it last, as the specification recommends.
pub(super) const SMALL_TAIL: u64 = 16 << 10;

/// Bytes of the end of a large wheel that are asked for first: its directory is larger too. Never more than a hundredth
/// of the wheel.
pub(super) const LARGE_TAIL: u64 = 256 << 10;

/// Range requests for one wheel: the tail, the rest of the directory, the entry, the entry with its real extra field.
const MOST_RANGES: usize = 5;

impl IndexClient {
    /// The core metadata of a distribution file, checked to be that of this file.
    pub async fn metadata(&self, file: &DistFile) -> Result<Arc<CoreMetadata>, IndexError> {
        if let Some(metadata) = self.metadata_at_hand(file) {
            return Ok(metadata);
        }
        let bytes = obtain(self, file).await?;
        let metadata = check(file, &bytes)?;
        if !file.url.is_file() {
            // That it cannot be kept costs a later run one request.
            let entry = self.cache.entry(Bucket::Metadata, &cache_key(self, file));
            let _ = self.cache.write(&entry, headers(&bytes));
        }
        for warning in metadata.warnings.iter().filter(|_| self.reporter.shows(Level::Detail)) {
            self.reporter.message(Level::Detail, &format!("{}: {warning}", file.filename.as_str()));
        }
        Ok(Arc::new(metadata))
    }

    /// The core metadata of a distribution file, when it is in the cache.
    pub fn metadata_at_hand(&self, file: &DistFile) -> Option<Arc<CoreMetadata>> {
        // Without a digest the file behind the URL may have changed; then the cache counts only offline.
        let may_use_cache = !file.hashes.is_empty() || self.options.offline;
        if !may_use_cache || file.url.is_file() {
            return None;
        }
        let bytes = self.cache.read(&self.cache.entry(Bucket::Metadata, &cache_key(self, file)))?;
        check(file, &bytes).ok().map(Arc::new)
    }

    /// The fields of the core metadata of a distribution file, as far as it is in the cache or on this machine.
    pub fn metadata_bytes_at_hand(&self, file: &DistFile) -> Option<Vec<u8>> {
        if let Some(path) = file.url.to_file_path() {
            return file.filename.as_wheel().and_then(|_| from_file(file, &path).ok());
        }
        self.cache.read(&self.cache.entry(Bucket::Metadata, &cache_key(self, file)))
    }
}

/// The part of METADATA that is read: up to the first empty line.
fn headers(bytes: &[u8]) -> &[u8] {
    let end = bytes.windows(2).position(|pair| pair == b"\n\n");
    let end = end.into_iter().chain(bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 1)).min();
    &bytes[..end.map_or(bytes.len(), |at| at + 1)]
}

/// Parses, and checks that name and version are those of the file name (as pip and uv do).
fn check(file: &DistFile, bytes: &[u8]) -> Result<CoreMetadata, IndexError> {
    let name = || file.filename.as_str().to_owned();
    let metadata = CoreMetadata::parse(bytes).map_err(|source| IndexError::Metadata { file: name(), source })?;
    // A local label may stand in the file name alone: some builders add it after the fact.
    let (said, named) = (&metadata.version, file.version());
    let same_version = said == named || (!said.is_local() && *said == named.clone().without_local());
    if metadata.name == *file.filename.name() && same_version {
        return Ok(metadata);
    }
    Err(IndexError::MetadataMismatch { file: name(), name: metadata.name, version: metadata.version })
}

/// The user is part of it: metadata of a private index is not for a run without its credentials.
pub(super) fn cache_key(index: &IndexClient, file: &DistFile) -> String {
    let digest = file.hashes.first().map(ToString::to_string).unwrap_or_default();
    let user = index.client.user_for(&file.url).unwrap_or_default();
    format!("{user}\n{}\n{digest}", file.url.without_credentials().reveal())
}

async fn obtain(index: &IndexClient, file: &DistFile) -> Result<Vec<u8>, IndexError> {
    let name = || file.filename.as_str().to_owned();
    if file.filename.as_wheel().is_some() {
        if let Some(path) = file.url.to_file_path() {
            let read = from_file(file, &path);
            if file.hashes.is_empty() || !read.as_ref().is_err_and(IndexError::is_skippable) {
                return read;
            }
            // A damaged file is no reason to pass the version over: whoever fetches it compares its digest.
            let wheel = index.fetcher.fetch_file(&WantedFile::listed(file)).await?;
            return from_file(file, &wheel.path);
        }
        if let Some(wheel) = index.fetcher.find(&WantedFile::listed(file)) {
            match from_file(file, &wheel.path) {
                // A damaged file of the cache is as good as an absent one, and no reason to pass the version over.
                Err(_) if wheel.discard_if_damaged() => {}
                read => return read,
            }
        }
    }
    if index.options.offline {
        return Err(IndexError::Offline { file: name() });
    }
    if let Some(bytes) = from_offered(index, file).await? {
        return Ok(bytes);
    }
    if file.filename.as_wheel().is_none() {
        return Err(IndexError::Sdist { file: name() });
    }
    if file.size.is_none_or(|size| size > SMALL_WHEEL) && answers_ranges(index, file) {
        match from_ranges(index, file).await? {
            Ranges::Metadata(bytes) => return Ok(bytes),
            Ranges::Whole(wheel) => {
                note_no_ranges(index, file);
                return from_file(file, &wheel.path);
            }
            Ranges::Refused => note_no_ranges(index, file),
        }
    }
    let wheel = index.fetcher.fetch_file(&WantedFile::listed(file)).await?;
    from_file(file, &wheel.path)
}

/// The file that the index offers beside the distribution (PEP 658, PEP 714); `None`: none is offered, or it is missing
/// in spite of the offer, as on mirrors that copy pages and not these files. A bucket answers 403 for what is missing.
async fn from_offered(index: &IndexClient, file: &DistFile) -> Result<Option<Vec<u8>>, IndexError> {
    let MetadataOffer::Offered(digests) = &file.metadata else { return Ok(None) };
    let url = file.url.with_path_suffix(".metadata");
    let request = HttpRequest::new(url.clone()).listed_by(&file.origin.url);
    let response = match ask(index, file, request).await {
        Err(IndexError::MetadataRequest { source, .. }) if source.status() == Some(403) => return Ok(None),
        answer => answer?,
    };
    if !matches!(response.status(), 200 | 203) {
        return Ok(None);
    }
    let bytes = body(file, response, METADATA_LIMIT).await?;
    if let Some(expected) = digests.first() {
        let mut hasher = Hasher::new(expected.algorithm());
        hasher.update(&bytes);
        let actual = hasher.finish();
        if actual != *expected {
            let file = file.filename.as_str().to_owned();
            return Err(IndexError::MetadataDigest { file, url, expected: expected.clone(), actual });
        }
    }
    Ok(Some(bytes))
}

/// What came of range requests.
enum Ranges {
    Metadata(Vec<u8>),
    /// The server sent everything instead: nothing more need be asked.
    Whole(FetchedFile),
    Refused,
}

async fn from_ranges(index: &IndexClient, file: &DistFile) -> Result<Ranges, IndexError> {
    let tail = file.size.map_or(SMALL_TAIL, |size| (size / 100).clamp(SMALL_TAIL, LARGE_TAIL));
    // Where the size is known a plain range is asked for: some servers know no suffix ranges.
    let first = file
        .size
        .map_or_else(|| format!("bytes=-{tail}"), |size| format!("bytes={}-{}", size.saturating_sub(tail), size - 1));
    let Some(response) = ask_range(index, file, first).await? else { return Ok(Ranges::Refused) };
    let part = match response.status() {
        206 => PartHeader::of(&response),
        200 | 203 => match index.fetcher.receive(&WantedFile::listed(file), response).await {
            // The cache is full or read-only: fetching the file in the usual way finds another place for it.
            Err(FetchError::Cache(_)) => return Ok(Ranges::Refused),
            whole => return Ok(Ranges::Whole(whole?)),
        },
        416 => return from_plain_range(index, file, &response, tail).await,
        _ => return Err(missing(file, &response)),
    };
    let Some(part) = part else { return Ok(Ranges::Refused) };
    from_tail(index, file, part, response).await
}

/// The first range once more, counted from the beginning: the answer 416 to a suffix range can tell the size.
async fn from_plain_range(
    index: &IndexClient,
    file: &DistFile,
    refusal: &Response,
    tail: u64,
) -> Result<Ranges, IndexError> {
    let size = refusal.header("content-range").and_then(|range| range.strip_prefix("bytes */")?.parse::<u64>().ok());
    let Some(size) = size.filter(|size| *size > 0 && file.size.is_none()) else { return Ok(Ranges::Refused) };
    let range = format!("bytes={}-{}", size.saturating_sub(tail), size - 1);
    let Some(response) = ask_range(index, file, range).await? else { return Ok(Ranges::Refused) };
    match PartHeader::of(&response).filter(|_| response.status() == 206) {
        Some(part) => from_tail(index, file, part, response).await,
        None => Ok(Ranges::Refused),
    }
}

async fn from_tail(
    index: &IndexClient,
    file: &DistFile,
    mut part: PartHeader,
    mut response: Response,
) -> Result<Ranges, IndexError> {
    let total = part.total;
    // Whatever is wrong with a part, the whole file tells the truth: its digest is compared.
    if part.end != total || file.size.is_some_and(|size| size != total) {
        return Ok(Ranges::Refused);
    }
    let mut zip = PartialZip::new(total);
    for _ in 0..MOST_RANGES {
        let length = part.end - part.start;
        let start = part.start;
        let bytes = match body(file, response, length).await {
            Ok(bytes) if bytes.len() as u64 == length => bytes,
            Ok(_) | Err(IndexError::MetadataRequest { source: http::Error::TooLarge { .. }, .. }) => {
                return Ok(Ranges::Refused);
            }
            Err(error) if is_of_ranges(&error) => return Ok(Ranges::Refused),
            Err(error) => return Err(error),
        };
        zip.add(start, bytes);
        let missing = match find_metadata(file, &zip) {
            Ok(EntryLookup::Content(content)) => return Ok(Ranges::Metadata(content)),
            Ok(EntryLookup::Missing(missing)) => missing,
            Err(_) => return Ok(Ranges::Refused),
        };
        // What stands before the rest of a directory is likely METADATA; a round trip costs more than these bytes.
        let allowance = (missing.end - missing.start).clamp(SMALL_TAIL, LARGE_TAIL);
        let begin = if missing.end == start { missing.start.saturating_sub(allowance) } else { missing.start };
        let range = format!("bytes={begin}-{}", missing.end - 1);
        let Some(next) = ask_range(index, file, range).await? else { return Ok(Ranges::Refused) };
        let header = PartHeader::of(&next).filter(|header| {
            next.status() == 206
                && header.total == total
                && header.etag == part.etag
                && (header.start, header.end) == (begin, missing.end)
        });
        let Some(header) = header else { return Ok(Ranges::Refused) };
        (part, response) = (header, next);
    }
    Ok(Ranges::Refused)
}

/// What a 206 answer says about its part of the file.
pub(super) struct PartHeader {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) total: u64,
    etag: Option<String>,
}

impl PartHeader {
    pub(super) fn of(response: &Response) -> Option<Self> {
        // RFC 9110, 14.4: `bytes 0-499/1234`. A total of `*` is of no use, and several parts in one were not asked for.
        let (range, total) = response.header("content-range")?.strip_prefix("bytes ")?.split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let (start, last, total): (u64, u64, u64) =
            (first.trim().parse().ok()?, last.trim().parse().ok()?, total.trim().parse().ok()?);
        (start <= last && last < total).then(|| Self {
            start,
            end: last + 1,
            total,
            etag: response.header("etag").map(str::to_owned),
        })
    }
}

/// Asks for a part of a file; `None` when the server will not have ranges.
pub(super) async fn ask_range(
    index: &IndexClient,
    file: &DistFile,
    range: String,
) -> Result<Option<Response>, IndexError> {
    let request = HttpRequest { range: Some(range), ..HttpRequest::file(file.url.clone()).listed_by(&file.origin.url) };
    match ask(index, file, request).await {
        Err(error) if is_of_ranges(&error) => Ok(None),
        answer => answer.map(Some),
    }
}

/// Whether a request for a part may have failed because it was one: whether the file itself is refused as well, the
/// request for that will tell.
fn is_of_ranges(error: &IndexError) -> bool {
    let IndexError::MetadataRequest { source, .. } = error else { return false };
    match source {
        http::Error::Broken { .. } | http::Error::Truncated { .. } | http::Error::Changed { .. } => true,
        // 400, 405 and 501 are answers of servers that do not know such requests at all, 403 of fire walls and of URLs
        // that were signed for the plain request, 500 and its like of servers that stumble over them.
        http::Error::Status { status, .. } => matches!(status, 400 | 403 | 405 | 500..=599),
        _ => false,
    }
}

async fn ask(index: &IndexClient, file: &DistFile, request: HttpRequest) -> Result<Response, IndexError> {
    let failed = |source| IndexError::MetadataRequest { file: file.filename.as_str().to_owned(), source };
    index.client.get(request).await.map_err(failed)
}

pub(super) async fn body(file: &DistFile, response: Response, limit: u64) -> Result<Vec<u8>, IndexError> {
    let failed = |source| IndexError::MetadataRequest { file: file.filename.as_str().to_owned(), source };
    response.bytes(limit).await.map_err(failed)
}

fn missing(file: &DistFile, response: &Response) -> IndexError {
    IndexError::Gone {
        file: file.filename.as_str().to_owned(),
        url: Box::new(file.url.clone()),
        status: response.status(),
    }
}

fn find_metadata(file: &DistFile, zip: &PartialZip) -> Result<EntryLookup, IndexError> {
    // Binary distribution format: one `NAME-VERSION.dist-info` folder, at the top.
    let is_metadata = |name: &str| {
        name.strip_suffix(".dist-info/METADATA").is_some_and(|folder| !folder.is_empty() && !folder.contains('/'))
    };
    zip.entry(is_metadata, METADATA_LIMIT)
        .map_err(|source| IndexError::Wheel { file: file.filename.as_str().to_owned(), source })
}

/// METADATA of a wheel on this machine, of which only the parts that matter are read.
pub(super) fn from_file(file: &DistFile, path: &Path) -> Result<Vec<u8>, IndexError> {
    let failed = |source| IndexError::Folder { what: LocalPlace::Wheel, path: path.to_owned(), source };
    let mut opened = regular::open(path).map_err(failed)?;
    let length = opened.metadata().map_err(failed)?.len();
    let mut zip = PartialZip::new(length);
    let mut wanted = length.saturating_sub(LARGE_TAIL)..length;
    for _ in 0..MOST_RANGES {
        let mut bytes = Vec::new();
        opened.seek(SeekFrom::Start(wanted.start)).map_err(failed)?;
        opened.by_ref().take(wanted.end - wanted.start).read_to_end(&mut bytes).map_err(failed)?;
        zip.add(wanted.start, bytes);
        match find_metadata(file, &zip)? {
            EntryLookup::Content(content) => return Ok(content),
            EntryLookup::Missing(missing) => wanted = missing,
        }
    }
    let source = PartialZipError::Malformed("its entries are not where its directory says");
    Err(IndexError::Wheel { file: file.filename.as_str().to_owned(), source })
}

pub(super) fn answers_ranges(index: &IndexClient, file: &DistFile) -> bool {
    let refusing = index.without_ranges.lock().unwrap_or_else(PoisonError::into_inner);
    !refusing.contains(&realm(file))
}

fn note_no_ranges(index: &IndexClient, file: &DistFile) {
    index.without_ranges.lock().unwrap_or_else(PoisonError::into_inner).insert(realm(file));
}

/// Scheme, host and port.
fn realm(file: &DistFile) -> String {
    file.url.reveal().origin().ascii_serialization()
}
