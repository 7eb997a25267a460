//! An answer that the caller handles.

use std::time::Duration;

use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use super::client::{Client, Hop, Request};
use super::error::{Error, shown_url};
use super::fault::Fault;
use super::retry::Attempts;
use crate::spec::SafeUrl;

/// Slowest body that is waited for: below it a server is dripping, not sending.
pub const SLOWEST_BYTES_PER_SECOND: u32 = 256;

/// A response with a status that the caller handles: 2xx, 304, 404, 410, 416.
pub struct Response {
    client: Client,
    request: Request,
    attempts: Attempts,
    body: Body,
    /// The place among the concurrent requests, held until the body is read or dropped.
    _permit: OwnedSemaphorePermit,
}

/// A response whose body is being read.
pub(super) struct Body {
    inner: reqwest::Response,
    pub(super) url: SafeUrl,
    timeout: Duration,
    /// Bytes that the server announced; unknown for chunked and for encoded bodies.
    pub(super) announced: Option<u64>,
    received: u64,
    watch: Watch,
}

/// Watches that a body comes fast enough; only time spent waiting for the server counts.
#[derive(Default)]
struct Watch {
    waited: Duration,
    bytes: u64,
}

impl Response {
    pub(super) fn new(
        client: Client,
        request: Request,
        hop: Hop,
        attempts: Attempts,
        permit: OwnedSemaphorePermit,
    ) -> Self {
        let body = Body::new(hop, client.shared.options.timeout);
        Self { client, request, attempts, body, _permit: permit }
    }

    /// HTTP status.
    pub fn status(&self) -> u16 {
        self.body.inner.status().as_u16()
    }

    /// A header, when it is there and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.body.header(name)
    }

    /// The URL that answered, after redirects, without credentials and fragment: the base of relative links.
    pub fn url(&self) -> &SafeUrl {
        &self.body.url
    }

    /// The next bytes of the body; `None` at its end. A body that breaks off is an error, never an end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        self.body.chunk().await.map_err(|fault| fault.error)
    }

    /// The whole body, which is refused when it is larger than `limit` bytes (after decoding).
    ///
    /// A body that breaks off is asked for again, as long as attempts are left and the answer is the same one.
    pub async fn bytes(mut self, limit: u64) -> Result<Vec<u8>, Error> {
        loop {
            let fault = match self.body.read(limit).await {
                Ok(bytes) => return Ok(bytes),
                Err(fault) => fault,
            };
            let was = self.body.identity();
            self.client.pause_after(fault, &mut self.attempts).await?;
            let hop = self.client.send(&self.request, &mut self.attempts).await?;
            self.body = Body::new(hop, self.client.shared.options.timeout);
            if self.body.identity() != was {
                // The caller has looked at the headers of the first answer already.
                let reason = "the answer changed while it was being read".to_owned();
                return Err(Error::Broken { url: self.body.url, via: super::error::Via(None), reason });
            }
        }
    }
}

impl Body {
    pub(super) fn new(hop: Hop, timeout: Duration) -> Self {
        let length = hop.inner.headers().get(reqwest::header::CONTENT_LENGTH);
        let announced = length.and_then(|value| value.to_str().ok()).and_then(|value| value.trim().parse().ok());
        let url = shown_url(&hop.url);
        Self { inner: hop.inner, url, timeout, announced, received: 0, watch: Watch::default() }
    }

    pub(super) fn status(&self) -> u16 {
        self.inner.status().as_u16()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.inner.headers().get(name)?.to_str().ok()
    }

    /// What makes two answers the same one.
    fn identity(&self) -> (u16, SafeUrl, Vec<Option<String>>) {
        let names = ["etag", "last-modified", "content-type", "content-range"];
        let headers = names.iter().map(|name| self.header(name).map(str::to_owned)).collect();
        (self.status(), self.url.clone(), headers)
    }

    /// The next bytes; `None` at the end.
    pub(super) async fn chunk(&mut self) -> Result<Option<Bytes>, Fault> {
        let start = Instant::now();
        let timeout =
            |what| Fault::passing(Error::Timeout { url: self.url.clone(), what, seconds: self.timeout.as_secs_f32() });
        let chunk = match tokio::time::timeout(self.timeout, self.inner.chunk()).await {
            Ok(Ok(chunk)) => chunk,
            Ok(Err(error)) => return Err(self.broken(&error)),
            Err(_) => return Err(timeout("stopped sending: nothing came")),
        };
        let Some(chunk) = chunk else {
            return match self.announced {
                Some(announced) if announced != self.received && !self.is_bodiless() => Err(self.truncated()),
                _ => Ok(None),
            };
        };
        self.received += chunk.len() as u64;
        if !self.watch.is_fast_enough(start.elapsed(), chunk.len() as u64, self.timeout) {
            return Err(timeout("sent next to nothing"));
        }
        Ok(Some(chunk))
    }

    async fn read(&mut self, limit: u64) -> Result<Vec<u8>, Fault> {
        let too_large = || Fault::from(Error::TooLarge { url: self.url.clone(), limit });
        if self.announced.is_some_and(|announced| announced > limit) && !self.is_bodiless() {
            return Err(too_large());
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            if (bytes.len() + chunk.len()) as u64 > limit {
                return Err(Error::TooLarge { url: self.url.clone(), limit }.into());
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    /// A 304 names the length of what it stands for, and has no body.
    fn is_bodiless(&self) -> bool {
        matches!(self.status(), 204 | 304)
    }

    fn broken(&self, error: &reqwest::Error) -> Fault {
        if self.announced.is_some() {
            return self.truncated();
        }
        let reason = super::fault::root_cause(error);
        Fault::passing(Error::Broken { url: self.url.clone(), via: super::error::Via(None), reason })
    }

    fn truncated(&self) -> Fault {
        Fault::passing(Error::Truncated { url: self.url.clone(), received: self.received, expected: self.announced })
    }
}

impl Watch {
    /// Takes what came after waiting for `waited`; false when a whole `window` of waiting brought next to nothing.
    fn is_fast_enough(&mut self, waited: Duration, bytes: u64, window: Duration) -> bool {
        self.waited += waited;
        self.bytes += bytes;
        if self.waited < window {
            return true;
        }
        let needed = f64::from(SLOWEST_BYTES_PER_SECOND) * self.waited.as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "a count of bytes is compared with a rough threshold")]
        let is_fast = self.bytes as f64 >= needed;
        *self = Self::default();
        is_fast
    }
}
