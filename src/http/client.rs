//! The client that every request goes through.

use std::sync::{Arc, OnceLock};

use tokio::sync::Semaphore;

use super::error::Error;
use super::options::ClientOptions;
use super::response::Response;
use crate::reporter::Reporter;
use crate::spec::SafeUrl;

/// A GET request.
#[derive(Clone, Debug)]
pub struct Request {
    /// Where to; userinfo in it is used as credentials.
    pub url: SafeUrl,
    /// `Accept`.
    pub accept: Option<&'static str>,
    /// `Range`, as bytes: `bytes=-N` or `bytes=A-B`.
    pub range: Option<String>,
    /// `If-None-Match`.
    pub if_none_match: Option<String>,
    /// `If-Modified-Since`.
    pub if_modified_since: Option<String>,
    /// Ask for the bytes as they are, without content coding: for files whose digest counts.
    pub identity: bool,
}

impl Request {
    /// A plain request for this URL.
    pub fn new(url: SafeUrl) -> Self {
        Self { url, accept: None, range: None, if_none_match: None, if_modified_since: None, identity: false }
    }
}

/// The client; cheap to clone.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    options: ClientOptions,
    reporter: Arc<dyn Reporter>,
    permits: Arc<Semaphore>,
    inner: OnceLock<reqwest::Client>,
}

impl Client {
    /// Makes a client; TLS roots are loaded with the first https request.
    pub fn new(options: ClientOptions, reporter: Arc<dyn Reporter>) -> Result<Self, Error> {
        let permits = Arc::new(Semaphore::new(options.concurrency.max(1)));
        Ok(Self { shared: Arc::new(Shared { options, reporter, permits, inner: OnceLock::new() }) })
    }

    /// Sends a GET request: credentials, redirects and retries are taken care of.
    pub async fn get(&self, request: Request) -> Result<Response, Error> {
        let url = request.url.without_credentials().without_fragment();
        if self.shared.options.offline {
            return Err(Error::Offline { url });
        }
        let permit =
            Arc::clone(&self.shared.permits).acquire_owned().await.expect("the semaphore of a client is never closed");
        let _ = &self.shared.reporter;
        let mut builder = self.inner()?.get(request.url.reveal().clone());
        let headers = [
            ("accept", request.accept.map(str::to_owned)),
            ("range", request.range),
            ("if-none-match", request.if_none_match),
            ("if-modified-since", request.if_modified_since),
            ("accept-encoding", request.identity.then(|| "identity".to_owned())),
        ];
        for (name, value) in headers {
            if let Some(value) = value {
                builder = builder.header(name, value);
            }
        }
        let inner = builder
            .send()
            .await
            .map_err(|error| Error::Transport { url: url.clone(), reason: error.without_url().to_string() })?;
        match inner.status().as_u16() {
            200..=299 | 304 | 404 | 410 | 416 => Ok(Response {
                final_url: SafeUrl::parse(inner.url().as_str())
                    .map_or_else(|_| url.clone(), |url| url.without_credentials()),
                inner,
                _permit: permit,
            }),
            status => Err(Error::Status { url, status }),
        }
    }

    fn inner(&self) -> Result<reqwest::Client, Error> {
        if let Some(client) = self.shared.inner.get() {
            return Ok(client.clone());
        }
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .read_timeout(self.shared.options.timeout)
            .build()
            .map_err(|error| Error::Setup { reason: error.to_string() })?;
        Ok(self.shared.inner.get_or_init(|| client).clone())
    }
}
