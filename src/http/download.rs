//! Downloading a file: what breaks off goes on where it ended, where the server can.
//!
//! Spec: RFC 9110, sections 13.1.5 (`If-Range`), 14.2 (`Range`) and 14.4 (`Content-Range`).

use std::io;

use super::client::{Client, Request};
use super::error::Error;
use super::fault::Fault;
use super::response::Body;
use super::retry::Attempts;
use crate::spec::SafeUrl;

/// Bytes that an attempt must bring to cost none of the repetitions.
const PROGRESS_BYTES: u64 = 1024 * 1024;

/// Most attempts for one file, however much each brings.
const ATTEMPT_LIMIT: u32 = 50;

/// What a download hands on.
#[derive(Debug)]
pub enum Piece<'a> {
    /// The file begins; what came before, if anything, is void.
    Start {
        /// Its size, when the server tells it.
        size: Option<u64>,
    },
    /// The next bytes.
    Bytes(&'a [u8]),
}

/// A file that was downloaded whole.
#[derive(Clone, Debug)]
pub struct Download {
    /// The URL that gave it, after redirects, without credentials.
    pub url: SafeUrl,
    /// Its size, bytes.
    pub size: u64,
}

/// How far a download has come.
struct Progress {
    received: u64,
    size: Option<u64>,
    /// What proves that the rest is of the same file: a strong `ETag`, else the time of its last change.
    validator: Option<String>,
    /// The server answered a range wrongly: the file is only asked for whole.
    no_ranges: bool,
}

impl Client {
    /// Downloads a file, in order, into `sink`. A broken body is continued by a range where the server gave a
    /// validator, else it starts over.
    ///
    /// # Errors
    ///
    /// Every status but 200 is an error here. An error of `sink` ends the download.
    pub async fn download(
        &self,
        request: &Request,
        sink: &mut (dyn FnMut(Piece<'_>) -> io::Result<()> + Send),
    ) -> Result<Download, Error> {
        let _permit = self.permit(request).await?;
        let mut progress = Progress { received: 0, size: None, validator: None, no_ranges: false };
        let mut attempts = Attempts::new(&self.shared.options);
        let mut left = ATTEMPT_LIMIT;
        loop {
            let before = progress.received;
            let fault = match self.download_once(request, &mut progress, &mut attempts, sink).await {
                Ok(url) => return Ok(Download { url, size: progress.received }),
                Err(fault) => fault,
            };
            left -= 1;
            if left == 0 {
                return Err(fault.error);
            }
            if fault.may_pass && progress.received >= before + PROGRESS_BYTES {
                attempts = Attempts::new(&self.shared.options);
            }
            self.pause_after(fault, &mut attempts).await?;
        }
    }

    async fn download_once(
        &self,
        request: &Request,
        progress: &mut Progress,
        attempts: &mut Attempts,
        sink: &mut (dyn FnMut(Piece<'_>) -> io::Result<()> + Send),
    ) -> Result<SafeUrl, Fault> {
        let mut request = Request { identity: true, ..request.clone() };
        if let Some(validator) = progress.validator.clone().filter(|_| progress.received > 0 && !progress.no_ranges) {
            request.range = Some(format!("bytes={}-", progress.received));
            request.if_range = Some(validator);
        }
        let hop = self.send(&request, attempts).await?;
        let mut body = Body::new(hop, self.shared.options.timeout);
        let url = body.url.clone();
        let failed = |source| Fault::from(Error::Sink { url: url.clone(), source });
        match (body.status(), request.range.is_some()) {
            (200, _) => {
                progress.start(&body);
                sink(Piece::Start { size: progress.size }).map_err(failed)?;
            }
            (206, true) if progress.continues(&body) => {}
            (206 | 416, true) => {
                progress.no_ranges = true;
                let reason = "the server sent another part than the one that was asked for".to_owned();
                let error = Error::Broken { url: url.clone(), via: super::error::Via(None), reason };
                return Err(Fault::passing(error));
            }
            (status, _) => {
                return Err(Error::Status { url, status, sent_as: None, looked_in: None }.into());
            }
        }
        while let Some(chunk) = body.chunk().await? {
            if progress.size.is_some_and(|size| progress.received + chunk.len() as u64 > size) {
                progress.no_ranges = true;
                return Err(Fault::passing(progress.truncated(&url)));
            }
            sink(Piece::Bytes(&chunk)).map_err(failed)?;
            progress.received += chunk.len() as u64;
        }
        match progress.size {
            Some(size) if size != progress.received => Err(Fault::passing(progress.truncated(&url))),
            _ => Ok(url),
        }
    }
}

impl Progress {
    /// Begins with a whole answer.
    fn start(&mut self, body: &Body) {
        self.received = 0;
        self.size = body.announced;
        let strong = |tag: &&str| tag.starts_with('"');
        let validator = body.header("etag").filter(strong).or_else(|| body.header("last-modified"));
        let takes_ranges = body.header("accept-ranges") != Some("none");
        self.validator = validator.filter(|_| takes_ranges && self.size.is_some()).map(str::to_owned);
    }

    /// Whether a partial answer is the rest of the same file: `Content-Range: bytes RECEIVED-LAST/SIZE`.
    fn continues(&self, body: &Body) -> bool {
        let range = body.header("content-range").and_then(|range| range.trim().strip_prefix("bytes"));
        let Some((first, last, size)) = range.and_then(parse_range) else { return false };
        let is_rest = first == self.received && Some(size) == self.size && last + 1 == size;
        is_rest && body.announced.is_none_or(|announced| announced == size - first)
    }

    fn truncated(&self, url: &SafeUrl) -> Error {
        Error::Truncated { url: url.clone(), received: self.received, expected: self.size }
    }
}

/// ` FIRST-LAST/SIZE`.
fn parse_range(text: &str) -> Option<(u64, u64, u64)> {
    let (range, size) = text.trim().split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (first, last, size) = (first.trim().parse().ok()?, last.trim().parse().ok()?, size.trim().parse().ok()?);
    (first <= last && last < size).then_some((first, last, size))
}
