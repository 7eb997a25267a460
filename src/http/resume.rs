//! Going on with a body that broke off, so that whoever reads it does not notice.
//!
//! Where the server gave a strong validator the rest is asked for by a range. Else the body is asked for once more and
//! what was handed on already is skipped, after comparing its checksum: two answers are never mixed. Where the digest
//! of the whole is known to whoever reads it, that tells the same, and nothing is compared here.
//!
//! Spec: RFC 9110, sections 13.1.5 (`If-Range`), 14.2 (`Range`) and 14.4 (`Content-Range`).

use bytes::Bytes;

use super::body::Body;
use super::client::HttpRequest;
use crate::archive::Crc32;
use crate::spec::SafeUrl;

/// How far a body was read.
pub(super) struct BodyProgress {
    /// Bytes that were handed on.
    delivered: u64,
    /// `None`: it is not compared.
    delivered_checksum: Option<Crc32>,
    /// What the first answer said about itself.
    first: Identity,
    /// Size of the whole body, when the server tells it.
    pub(super) size: Option<u64>,
    /// The strong validator which proves that a range is of the same file; `None`: the rest cannot be asked for by a
    /// range.
    validator: Option<String>,
    /// Bytes at the beginning of the present answer that an earlier one has brought already.
    skipped: u64,
    skipped_checksum: Option<Crc32>,
    is_skipping: bool,
}

/// What makes two answers the same one: status, place, validators, type, range and length. Queries are left out, they
/// hold signatures that change.
#[derive(PartialEq, Eq)]
struct Identity {
    status: u16,
    url: SafeUrl,
    headers: Vec<Option<String>>,
    announced: Option<u64>,
}

/// The bytes that were skipped are not those that were handed on.
pub(super) struct Changed;

impl BodyProgress {
    pub(super) fn new(request: &HttpRequest, body: &Body) -> Self {
        let strong = |tag: &&str| tag.starts_with('"');
        let validator = body.header("etag").filter(strong).or_else(|| body.header("last-modified"));
        let may_range = request.identity
            && request.range.is_none()
            && body.status() == 200
            && body.announced.is_some()
            && body.header("accept-ranges") != Some("none");
        let checksum = || (!request.is_proved).then(Crc32::new);
        Self {
            delivered: 0,
            delivered_checksum: checksum(),
            first: Identity::of(body),
            size: body.announced,
            validator: validator.filter(|_| may_range).map(str::to_owned),
            skipped: 0,
            skipped_checksum: checksum(),
            is_skipping: false,
        }
    }

    /// Bytes that were handed on.
    pub(super) fn delivered(&self) -> u64 {
        self.delivered
    }

    /// The request for the rest, or for all of it again.
    pub(super) fn next_request(&self, request: &HttpRequest) -> HttpRequest {
        let mut request = request.clone();
        if let Some(validator) = self.validator.clone().filter(|_| self.delivered > 0) {
            request.range = Some(format!("bytes={}-", self.delivered));
            request.if_range = Some(validator);
        }
        request
    }

    /// Whether an answer to the next request can be gone on with; sets what is to be skipped of it.
    pub(super) fn accept(&mut self, body: &Body) -> Acceptance {
        let asked_for_rest = self.validator.is_some() && self.delivered > 0;
        if asked_for_rest && body.status() == 206 && self.is_rest(body) {
            self.is_skipping = false;
            return Acceptance::Fits;
        }
        if asked_for_rest && matches!(body.status(), 206 | 416) {
            self.validator = None;
            return Acceptance::WrongPart;
        }
        if Identity::of(body) != self.first {
            return Acceptance::Different;
        }
        self.skipped = 0;
        self.skipped_checksum = self.delivered_checksum.as_ref().map(|_| Crc32::new());
        self.is_skipping = self.delivered > 0;
        Acceptance::Fits
    }

    /// Takes the next bytes of an answer; gives those that are new, which can be none.
    pub(super) fn take(&mut self, mut chunk: Bytes) -> Result<Bytes, Changed> {
        if self.is_skipping {
            let missing = usize::try_from(self.delivered - self.skipped).unwrap_or(usize::MAX);
            let known = chunk.split_to(missing.min(chunk.len()));
            self.skipped += known.len() as u64;
            if let Some(checksum) = &mut self.skipped_checksum {
                checksum.update(&known);
            }
            if self.skipped == self.delivered {
                self.is_skipping = false;
                let sum = |checksum: &Option<Crc32>| checksum.as_ref().map(Crc32::sum);
                if sum(&self.skipped_checksum) != sum(&self.delivered_checksum) {
                    return Err(Changed);
                }
            }
        }
        self.delivered += chunk.len() as u64;
        if let Some(checksum) = &mut self.delivered_checksum {
            checksum.update(&chunk);
        }
        Ok(chunk)
    }

    /// Whether the end of the present answer is the end of the body.
    pub(super) fn is_whole(&self) -> bool {
        !self.is_skipping && self.size.is_none_or(|size| size == self.delivered)
    }

    /// `Content-Range: bytes DELIVERED-LAST/SIZE`, to the end of a file of the same size.
    fn is_rest(&self, body: &Body) -> bool {
        let range = body.header("content-range").and_then(|range| range.trim().strip_prefix("bytes"));
        let Some((first, last, size)) = range.and_then(parse_range) else { return false };
        first == self.delivered
            && Some(size) == self.size
            && last + 1 == size
            && body.announced.is_none_or(|announced| announced == size - first)
    }
}

/// Whether an answer goes on with the body.
pub(super) enum Acceptance {
    /// The answer goes on where the body broke off.
    Fits,
    /// The answer has another range than was asked for: the next request is for the whole.
    WrongPart,
    /// The answer is about another content than the first one.
    Different,
}

impl Identity {
    fn of(body: &Body) -> Self {
        let names = ["etag", "last-modified", "content-type", "content-range", "content-encoding"];
        Self {
            status: body.status(),
            url: body.url.without_query(),
            headers: names.iter().map(|name| body.header(name).map(str::to_owned)).collect(),
            announced: body.announced,
        }
    }
}

/// ` FIRST-LAST/SIZE`.
fn parse_range(text: &str) -> Option<(u64, u64, u64)> {
    let (range, size) = text.trim().split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (first, last, size) = (first.trim().parse().ok()?, last.trim().parse().ok()?, size.trim().parse().ok()?);
    (first <= last && last < size).then_some((first, last, size))
}
