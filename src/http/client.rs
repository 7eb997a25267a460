//! The client that every request goes through.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::reporter::Reporter;
use crate::spec::SafeUrl;

/// Settings of the client.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// Requests at the same time.
    pub concurrency: usize,
    /// Time without a byte after which a request is given up.
    pub timeout: Duration,
    /// Attempts after the first for faults that may pass.
    pub retries: u32,
    /// URLs of indexes that hold credentials: the longest prefix that matches a request's URL decides.
    pub index_urls: Vec<SafeUrl>,
    /// netrc file; `None`: no netrc.
    pub netrc: Option<PathBuf>,
    /// Whether a missing netrc file is an error (it was named by the user).
    pub netrc_required: bool,
    /// Ask the `keyring` program.
    pub keyring: bool,
    /// CA bundle (PEM) that replaces the system's roots.
    pub ca_bundle: Option<PathBuf>,
    /// Client certificate and key (PEM).
    pub client_certificate: Option<PathBuf>,
    /// Proxy for all requests; `None`: as `proxy_environment` says.
    pub proxy: Option<SafeUrl>,
    /// `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY` and their lower-case forms.
    pub proxy_environment: Vec<(String, String)>,
    /// `host` or `host:port` whose certificates are not verified and that may get credentials over plain http.
    pub insecure_hosts: Vec<String>,
    /// No socket is opened.
    pub offline: bool,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            concurrency: 50,
            timeout: Duration::from_secs(30),
            retries: 3,
            index_urls: Vec::new(),
            netrc: None,
            netrc_required: false,
            keyring: false,
            ca_bundle: None,
            client_certificate: None,
            proxy: None,
            proxy_environment: Vec::new(),
            insecure_hosts: Vec::new(),
            offline: false,
        }
    }
}

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

/// A response with a status that the caller handles: 2xx, 304, 404, 410, 416.
pub struct Response {
    inner: reqwest::Response,
    final_url: SafeUrl,
}

/// A request that failed for good. Messages never hold a credential.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The run is offline.
    #[error("`{url}` was not asked: the run is offline")]
    Offline {
        /// What would have been asked.
        url: SafeUrl,
    },
}

/// The client; cheap to clone.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    options: ClientOptions,
    reporter: Arc<dyn Reporter>,
}

impl Client {
    /// Makes a client; TLS roots are loaded with the first https request.
    pub fn new(options: ClientOptions, reporter: Arc<dyn Reporter>) -> Result<Self, Error> {
        Ok(Self { shared: Arc::new(Shared { options, reporter }) })
    }

    /// Sends a GET request: credentials, redirects and retries are taken care of.
    pub async fn get(&self, request: Request) -> Result<Response, Error> {
        let _ = &self.shared.reporter;
        todo!("{request:?} {:?}", self.shared.options)
    }
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

    /// The URL that answered, after redirects: the base of relative links.
    pub fn url(&self) -> &SafeUrl {
        &self.final_url
    }
}
