//! Connections: TLS roots, client certificates, proxies, and one pool for each kind of trust.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::{Certificate, Identity};
use url::Url;

use super::error::Error;
use super::names::SystemNames;
use super::options::ClientOptions;
use super::proxy::Proxies;
use super::realm::is_allowed_insecure;
use super::tls;

/// Window of one HTTP/2 stream, bytes: one file from a server far away is not slowed down by acknowledgements.
const STREAM_WINDOW: u32 = 4 * 1024 * 1024;

/// Window of an HTTP/2 connection, bytes: all files that it carries.
const CONNECTION_WINDOW: u32 = 32 * 1024 * 1024;

/// How far a server is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trust {
    /// Plain http: no roots are loaded.
    Plain,
    /// Certificates are verified.
    Verified,
    /// The user said that they need not be.
    Unverified,
}

/// The pools of connections, each made when first needed.
pub(super) struct Transport {
    proxies: Arc<Proxies>,
    pools: Mutex<Vec<(Trust, reqwest::Client)>>,
}

impl Transport {
    pub(super) fn new(options: &ClientOptions) -> Self {
        Self { proxies: Arc::new(Proxies::new(options)), pools: Mutex::default() }
    }

    /// The proxy for a URL.
    pub(super) fn proxy(&self, url: &Url) -> Option<&Url> {
        self.proxies.for_url(url)
    }

    /// The pool for a URL. Bodies are handed on as they come.
    pub(super) fn pool(&self, url: &Url, options: &ClientOptions) -> Result<reqwest::Client, Error> {
        self.proxies.check(url)?;
        let is_tls = url.scheme() == "https" || self.proxy(url).is_some_and(|proxy| proxy.scheme() == "https");
        let trust = match is_tls {
            false => Trust::Plain,
            true if is_allowed_insecure(url, &options.insecure_hosts) => Trust::Unverified,
            true => Trust::Verified,
        };
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, pool)) = pools.iter().find(|(kind, _)| *kind == trust) {
            return Ok(pool.clone());
        }
        let pool = self.build(trust, options)?;
        pools.push((trust, pool.clone()));
        Ok(pool)
    }

    fn build(&self, trust: Trust, options: &ClientOptions) -> Result<reqwest::Client, Error> {
        // Fails only when one was installed before, which is then the one that we want or a library user's choice.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let failed = |error: reqwest::Error| Error::Setup { reason: super::fault::root_cause(&error) };
        let proxies = Arc::clone(&self.proxies);
        let base = || {
            let proxies = Arc::clone(&proxies);
            reqwest::Client::builder()
                .user_agent(concat!("barrow/", env!("CARGO_PKG_VERSION")))
                .redirect(reqwest::redirect::Policy::none())
                .referer(false)
                .no_proxy()
                .dns_resolver(SystemNames)
                .proxy(reqwest::Proxy::custom(move |url| proxies.for_url(url).cloned()))
                .connect_timeout(options.connect_timeout)
                .http2_initial_stream_window_size(STREAM_WINDOW)
                .http2_initial_connection_window_size(CONNECTION_WINDOW)
                .tcp_nodelay(true)
        };
        let with_identity = || -> Result<reqwest::ClientBuilder, Error> {
            match &options.client_certificate {
                Some(path) => Ok(base().identity(read_identity(path)?)),
                None => Ok(base()),
            }
        };
        match (trust, &options.ca_bundle) {
            (Trust::Plain, _) => base().tls_certs_only([]).build().map_err(failed),
            (Trust::Unverified, _) => {
                with_identity()?.tls_certs_only([]).tls_danger_accept_invalid_certs(true).build().map_err(failed)
            }
            (Trust::Verified, Some(bundle)) => {
                let config = tls::config(bundle, options.client_certificate.as_deref())?;
                base().tls_backend_preconfigured(config).build().map_err(failed)
            }
            // A slim container image has no roots at all: then Mozilla's, which come with barrow, serve.
            (Trust::Verified, None) => with_identity()?.build().or_else(|_| {
                let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter();
                let roots = roots.filter_map(|root| Certificate::from_der(root).ok());
                with_identity()?.tls_certs_only(roots).build().map_err(failed)
            }),
        }
    }
}

/// Reads a client certificate and its key from one PEM file.
fn read_identity(path: &Path) -> Result<Identity, Error> {
    let failed = |reason: String| Error::Certificates { path: path.to_owned(), reason };
    let bytes = fs_err::read(path).map_err(|error| failed(super::error::unreadable(&error)))?;
    tls::read_client_certificate(path)?;
    Identity::from_pem(&bytes).map_err(|error| failed(super::fault::root_cause(&error)))
}
