//! Settings of the client, as the command line, the environment and the configuration gave them.

use std::path::PathBuf;
use std::time::Duration;

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
