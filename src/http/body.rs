//! A body while it is read: what comes too slowly, or not whole, is an error.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::client::Hop;
use super::error::{Error, Via, shown_url};
use super::fault::Fault;
use super::options::ClientOptions;
use crate::spec::SafeUrl;

/// A response whose body is being read.
pub(super) struct Body {
    inner: reqwest::Response,
    pub(super) url: Box<SafeUrl>,
    timeout: Duration,
    slowest: u32,
    /// Bytes that the server announced, as they travel; unknown for chunked bodies.
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

impl Body {
    pub(super) fn new(hop: Hop, options: &ClientOptions) -> Self {
        let length = hop.inner.headers().get(reqwest::header::CONTENT_LENGTH);
        let announced = length.and_then(|value| value.to_str().ok()).and_then(|value| value.trim().parse().ok());
        let url = shown_url(&hop.url);
        let ClientOptions { timeout, slowest, .. } = *options;
        Self { inner: hop.inner, url, timeout, slowest, announced, received: 0, watch: Watch::default() }
    }

    pub(super) fn status(&self) -> u16 {
        self.inner.status().as_u16()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.inner.headers().get(name)?.to_str().ok()
    }

    /// The content codings that the server names, in all headers that say so.
    pub(super) fn codings(&self) -> String {
        let values = self.inner.headers().get_all(reqwest::header::CONTENT_ENCODING).iter();
        values.map(|value| String::from_utf8_lossy(value.as_bytes())).collect::<Vec<_>>().join(",")
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
        if !self.watch.is_fast_enough(start.elapsed(), chunk.len() as u64, self.timeout, self.slowest) {
            return Err(timeout("sent next to nothing"));
        }
        Ok(Some(chunk))
    }

    /// A 304 names the length of what it stands for, and has no body.
    pub(super) fn is_bodiless(&self) -> bool {
        matches!(self.status(), 204 | 304)
    }

    fn broken(&self, error: &reqwest::Error) -> Fault {
        if self.announced.is_some() {
            return self.truncated();
        }
        let reason = super::fault::root_cause(error);
        Fault::passing(Error::Broken { url: self.url.clone(), via: Via(None), reason })
    }

    fn truncated(&self) -> Fault {
        Fault::passing(Error::Truncated { url: self.url.clone(), received: self.received, expected: self.announced })
    }
}

impl Watch {
    /// Takes what came after waiting for `waited`; false when a whole `window` of waiting brought next to nothing.
    fn is_fast_enough(&mut self, waited: Duration, bytes: u64, window: Duration, slowest: u32) -> bool {
        self.waited += waited;
        self.bytes += bytes;
        if self.waited < window {
            return true;
        }
        let needed = f64::from(slowest) * self.waited.as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "a count of bytes is compared with a rough threshold")]
        let is_fast = self.bytes as f64 >= needed;
        *self = Self::default();
        is_fast
    }
}
