//! An answer that the caller handles.

use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;

use super::body::Body;
use super::client::{Client, Hop, HttpRequest};
use super::error::{Error, Via};
use super::fault::Fault;
use super::resume::{Acceptance, BodyProgress, Changed};
use super::retry::Attempts;
use super::throttle::HostTurn;
use crate::spec::SafeUrl;

/// Slowest body that is waited for: below it a server is dripping, not sending.
///
/// Source: GSM's circuit-switched data of 9,600 bits a second, the slowest link on which anyone has used an index,
/// carries five times as much; Cargo's `http.low-speed-limit` is 10, over the same 30 seconds.
pub(crate) const SLOWEST_BYTES_PER_SECOND: u32 = 256;

/// After so many new bytes, a body that breaks off has all its attempts again.
const PROGRESS_BYTES: u64 = 64 * 1024;

/// Most breaks of one body, however much comes between them.
const BREAK_LIMIT: u32 = 50;

/// A response with a status that the caller handles: 2xx, 304, 404, 410, 416, and of a store 405, 409 and 412.
pub struct Response {
    client: Client,
    request: HttpRequest,
    attempts: Attempts,
    body: Body,
    progress: BodyProgress,
    breaks: u32,
    /// Bytes that had been handed on when attempts were last given anew.
    best: u64,
    /// The present answer is a whole one, of which nothing was handed on.
    has_begun_anew: bool,
    /// Its place among the requests of its host.
    place: Option<HostTurn>,
    /// The place among the concurrent requests, held until the body is read or dropped.
    _permit: OwnedSemaphorePermit,
}

impl Client {
    /// Sends a request: credentials, redirects and repetitions are taken care of.
    ///
    /// Holding the response holds one of the places for concurrent requests.
    pub async fn get(&self, request: HttpRequest) -> Result<Response, Error> {
        let permit = self.permit(&request).await?;
        let mut attempts = Attempts::new(&self.shared.means.options);
        let hop = self.send(&request, &mut attempts).await?;
        Ok(Response::new(self.clone(), request, hop, attempts, permit))
    }
}

impl Response {
    pub(super) fn new(
        client: Client,
        request: HttpRequest,
        mut hop: Hop,
        attempts: Attempts,
        permit: OwnedSemaphorePermit,
    ) -> Self {
        let place = hop.place.take();
        let body = Body::new(hop, &client.shared.means.options);
        let progress = BodyProgress::new(&request, &body);
        Self {
            client,
            request,
            attempts,
            body,
            progress,
            breaks: 0,
            best: 0,
            has_begun_anew: false,
            place,
            _permit: permit,
        }
    }

    /// HTTP status.
    pub fn status(&self) -> u16 {
        self.body.status()
    }

    /// A header, when it is there and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.body.header(name)
    }

    /// The error for a status that means nothing as an answer to this request.
    pub fn unexpected(&self) -> Error {
        Error::Status { url: self.body.url.clone(), status: self.status(), sent_as: None, looked_in: None }
    }

    /// The URL that answered, after redirects, without credentials and fragment: the base of relative links.
    pub fn url(&self) -> &SafeUrl {
        &self.body.url
    }

    /// The next bytes of the body; `None` at its end.
    ///
    /// A body that breaks off is gone on with, as long as attempts are left and the server still gives the same
    /// answer; what cannot be completed is an error, never an end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            let fault = match self.body.chunk().await {
                Ok(None) if self.body.is_bodiless() || self.progress.is_whole() => return Ok(None),
                Ok(None) => self.truncated(),
                Ok(Some(chunk)) => {
                    let fresh = self.progress.take(chunk).map_err(|Changed| self.changed())?;
                    if self.progress.size.is_some_and(|size| self.progress.delivered() > size) {
                        return Err(self.changed());
                    }
                    if fresh.is_empty() {
                        continue;
                    }
                    return Ok(Some(fresh));
                }
                Err(fault) => fault,
            };
            self.go_on(fault).await?;
        }
    }

    /// The whole body, which is refused when it is larger than `limit` bytes (after decoding).
    pub async fn bytes(mut self, limit: u64) -> Result<Vec<u8>, Error> {
        let too_large = || Error::TooLarge { url: self.body.url.clone(), limit };
        if self.progress.size.is_some_and(|size| size > limit) && !self.body.is_bodiless() {
            return Err(too_large());
        }
        let mut body = Vec::new();
        loop {
            let chunk = match self.chunk().await {
                Ok(Some(chunk)) => chunk,
                Ok(None) => return Ok(body),
                Err(Error::Changed { .. }) => {
                    self.begin_anew().await?;
                    body.clear();
                    continue;
                }
                Err(error) => return Err(error),
            };
            if (body.len() + chunk.len()) as u64 > limit {
                return Err(Error::TooLarge { url: self.body.url.clone(), limit });
            }
            body.extend_from_slice(&chunk);
        }
    }

    /// Asks for the whole body once more, after [`Error::Changed`]: who reads it forgets what came before.
    ///
    /// # Errors
    /// No attempt is left, or the answer is of another kind now.
    pub async fn begin_anew(&mut self) -> Result<(), Error> {
        if std::mem::take(&mut self.has_begun_anew) {
            return Ok(());
        }
        let status = self.status();
        self.breaks += 1;
        if self.breaks >= BREAK_LIMIT {
            return Err(self.changed());
        }
        self.place = None;
        self.client.pause_after(Fault::passing(self.changed()), &mut self.attempts).await?;
        let mut hop = self.client.send(&self.request, &mut self.attempts).await?;
        self.place = hop.place.take();
        self.body = Body::new(hop, &self.client.shared.means.options);
        self.progress = BodyProgress::new(&self.request, &self.body);
        if self.status() == status { Ok(()) } else { Err(self.changed()) }
    }

    /// Gets an answer that goes on with the body; the error when there is none.
    async fn go_on(&mut self, mut fault: Fault) -> Result<(), Error> {
        let status = self.status();
        loop {
            self.breaks += 1;
            // What came once before, and was thrown away, is no progress.
            if self.progress.delivered() >= self.best + PROGRESS_BYTES && self.breaks < BREAK_LIMIT {
                self.best = self.progress.delivered();
                self.attempts = Attempts::new(&self.client.shared.means.options);
            }
            self.place = None;
            self.client.pause_after(fault, &mut self.attempts).await?;
            let request = self.progress.next_request(&self.request);
            let mut hop = self.client.send(&request, &mut self.attempts).await?;
            self.place = hop.place.take();
            self.body = Body::new(hop, &self.client.shared.means.options);
            match self.progress.accept(&self.body) {
                Acceptance::Fits => return Ok(()),
                Acceptance::Different => {
                    // What came in place of the rest is the beginning of the whole, for who begins anew.
                    self.has_begun_anew = self.status() == status;
                    self.progress = BodyProgress::new(&self.request, &self.body);
                    return Err(self.changed());
                }
                Acceptance::WrongPart => {
                    let reason = "the server sent another part than the one that was asked for".to_owned();
                    fault = Fault::passing(Error::Broken { url: self.body.url.clone(), via: Via(None), reason });
                }
            }
        }
    }

    fn changed(&self) -> Error {
        Error::Changed { url: self.body.url.clone() }
    }

    fn truncated(&self) -> Fault {
        let (received, expected) = (self.progress.delivered(), self.progress.size);
        Fault::passing(Error::Truncated { url: self.body.url.clone(), received, expected })
    }
}
