//! An answer that the caller handles.

use bytes::Bytes;

use super::error::Error;
use crate::spec::SafeUrl;

/// A response with a status that the caller handles: 2xx, 304, 404, 410, 416.
pub struct Response {
    pub(super) inner: reqwest::Response,
    pub(super) final_url: SafeUrl,
    /// The place among the concurrent requests, held until the body is read or dropped.
    pub(super) _permit: tokio::sync::OwnedSemaphorePermit,
}

impl Response {
    /// HTTP status.
    pub fn status(&self) -> u16 {
        self.inner.status().as_u16()
    }

    /// A header, when it is there and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.inner.headers().get(name)?.to_str().ok()
    }

    /// The URL that answered, after redirects, without credentials: the base of relative links.
    pub fn url(&self) -> &SafeUrl {
        &self.final_url
    }

    /// The next bytes of the body; `None` at its end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        self.inner
            .chunk()
            .await
            .map_err(|error| Error::Transport { url: self.final_url.clone(), reason: error.without_url().to_string() })
    }

    /// The whole body, which is refused when it is larger than `limit` bytes (after decoding).
    pub async fn bytes(mut self, limit: u64) -> Result<Vec<u8>, Error> {
        let mut body = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            if (body.len() + chunk.len()) as u64 > limit {
                return Err(Error::TooLarge { url: self.final_url.clone(), limit });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}
