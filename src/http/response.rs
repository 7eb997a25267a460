//! An answer that the caller handles.

use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;

use super::body::Body;
use super::client::{Client, Hop, HttpRequest};
use super::encoded::{self, Undecodable};
use super::error::{Error, Via};
use super::fault::Fault;
use super::resume::{Acceptance, BodyProgress, Changed};
use super::retry::Attempts;
use super::throttle::HostTurn;
use crate::blocking::blocking;
use crate::spec::SafeUrl;

/// After so many new bytes, a body that breaks off has all its attempts again.
const PROGRESS_BYTES: u64 = 64 * 1024;

/// Most breaks of one body, however much comes between them.
const BREAK_LIMIT: u32 = 50;

/// Bodies up to this size are decoded where they arrive, bytes: that takes a millisecond.
const DECODE_ELSEWHERE: usize = 128 << 10;

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

    /// The next bytes of the body, as they travel; `None` at its end.
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

    /// The whole body, without the content codings of a page, which is refused when it is larger than `limit` bytes
    /// with or without them.
    pub async fn bytes(mut self, limit: u64) -> Result<Vec<u8>, Error> {
        if self.progress.size.is_some_and(|size| size > limit) && !self.body.is_bodiless() {
            return Err(self.too_large(limit));
        }
        let mut body = Vec::new();
        loop {
            match self.chunk().await {
                Ok(Some(chunk)) if (body.len() + chunk.len()) as u64 > limit => return Err(self.too_large(limit)),
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) if self.request.identity || self.body.is_bodiless() => return Ok(body),
                Ok(None) => match self.decoded(body, limit).await {
                    Ok(decoded) => return Ok(decoded),
                    Err(Undecodable::TooLarge) => return Err(self.too_large(limit)),
                    Err(Undecodable::Unknown(reason)) => return Err(self.undecodable(reason)),
                    // What broke off on its way to the server that we ask leaves no other trace.
                    Err(Undecodable::Damaged(reason)) => {
                        self.ask_anew(self.undecodable(reason)).await?;
                        body = Vec::new();
                    }
                },
                Err(Error::Changed { .. }) => {
                    self.begin_anew().await?;
                    body.clear();
                }
                Err(error) => return Err(error),
            }
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
        self.ask_anew(self.changed()).await
    }

    /// Asks for the whole body once more, because of an error, which is given where no attempt is left.
    async fn ask_anew(&mut self, error: Error) -> Result<(), Error> {
        let status = self.status();
        self.breaks += 1;
        if self.breaks >= BREAK_LIMIT {
            return Err(error);
        }
        self.place = None;
        self.client.pause_after(Fault::passing(error), &mut self.attempts).await?;
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

    /// A body without its content codings.
    async fn decoded(&self, body: Vec<u8>, limit: u64) -> Result<Vec<u8>, Undecodable> {
        let (codings, is_large) = (self.body.codings(), body.len() > DECODE_ELSEWHERE);
        let decode = move || encoded::decode(body, &codings, limit);
        if is_large { blocking(decode).await } else { decode() }
    }

    fn too_large(&self, limit: u64) -> Error {
        Error::TooLarge { url: self.body.url.clone(), limit }
    }

    fn undecodable(&self, reason: String) -> Error {
        Error::Coding { url: self.body.url.clone(), reason }
    }

    fn changed(&self) -> Error {
        Error::Changed { url: self.body.url.clone() }
    }

    fn truncated(&self) -> Fault {
        let (received, expected) = (self.progress.delivered(), self.progress.size);
        Fault::passing(Error::Truncated { url: self.body.url.clone(), received, expected })
    }
}
