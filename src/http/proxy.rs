//! Which proxy a request goes through (the variables that curl made a custom: `HTTPS_PROXY`, `NO_PROXY`, …; where none
//! is set, on a Mac, the system's settings).

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use ipnet::IpNet;
use url::Url;

use super::aws::is_metadata_service;
use super::error::Error;
use super::options::ClientOptions;
use super::realm::split_port;
use super::system_proxies::SystemProxies;

/// The proxies of a run.
pub(super) struct Proxies {
    set: ProxyChoice,
    /// Where nothing is set: what the system says, which is asked when the first request is made.
    system: Option<(PathBuf, OnceLock<ProxyChoice>)>,
}

/// Proxies, and who is asked directly.
struct ProxyChoice {
    http: Option<Proxy>,
    https: Option<Proxy>,
    exempt: Vec<String>,
    system: Option<SystemProxies>,
}

/// A proxy's URL; where it is none, the setting, which matters only to requests that would go that way.
type Proxy = Result<Url, String>;

impl Proxies {
    /// Reads the settings: an explicit proxy serves both schemes; lower-case variables come before upper-case ones,
    /// and empty ones count as unset.
    pub(super) fn new(options: &ClientOptions) -> Self {
        let set = ProxyChoice::set(options);
        let is_set = set.http.is_some() || set.https.is_some();
        let system = options.system_proxies.clone().filter(|_| !is_set).map(|program| (program, OnceLock::new()));
        Self { set, system }
    }

    /// The proxy for a URL.
    pub(super) fn for_url(&self, url: &Url) -> Option<&Url> {
        self.decide(url)?.as_ref().ok()
    }

    /// Whether the proxy for a URL, if any, can be used.
    pub(super) fn check(&self, url: &Url) -> Result<(), Error> {
        match self.decide(url) {
            Some(Err(setting)) => Err(Error::Proxy { setting: setting.clone() }),
            _ => Ok(()),
        }
    }

    fn decide(&self, url: &Url) -> Option<&Proxy> {
        if is_metadata_service(url) {
            return None;
        }
        let chosen = match &self.system {
            Some((program, asked)) => asked.get_or_init(|| ProxyChoice::by_system(program, self.set.exempt.clone())),
            None => &self.set,
        };
        let proxy = if url.scheme() == "https" { &chosen.https } else { &chosen.http };
        proxy.as_ref().filter(|_| !chosen.exempts(url))
    }
}

impl ProxyChoice {
    fn set(options: &ClientOptions) -> Self {
        let variable = |name: &str| {
            let value = |name: &str| {
                let mut set = options.proxy_environment.iter().filter(|(_, value)| !value.reveal().trim().is_empty());
                set.find(|(key, _)| key == name).map(|(_, value)| value.reveal().trim().to_owned())
            };
            value(&name.to_ascii_lowercase()).or_else(|| value(name))
        };
        let proxy = |name: &str| variable(name).map(|text| parse(&text, name));
        let exempt = variable("NO_PROXY").unwrap_or_default();
        let exempt =
            exempt.split([',', ' ']).map(str::trim).filter(|entry| !entry.is_empty()).map(str::to_owned).collect();
        if let Some(explicit) = &options.proxy {
            let explicit = Some(parse(explicit.reveal().as_str(), "the proxy setting"));
            return Self { http: explicit.clone(), https: explicit, exempt, system: None };
        }
        let all = proxy("ALL_PROXY");
        let (http, https) = (proxy("HTTP_PROXY").or_else(|| all.clone()), proxy("HTTPS_PROXY").or(all));
        Self { http, https, exempt, system: None }
    }

    fn by_system(program: &Path, exempt: Vec<String>) -> Self {
        let system = SystemProxies::ask(program);
        let proxy =
            |text: &Option<String>| text.as_deref().map(|text| parse(text, "the network settings of the system"));
        Self { http: proxy(&system.http), https: proxy(&system.https), exempt, system: Some(system) }
    }

    fn exempts(&self, url: &Url) -> bool {
        self.exempt.iter().any(|entry| is_exempt(entry, url))
            || self.system.as_ref().is_some_and(|system| system.exempts(url))
    }
}

/// A proxy is often given without a scheme.
fn parse(text: &str, setting: &str) -> Proxy {
    let text = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let is_spoken = |url: &Url| {
        let schemes = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"];
        url.host_str().is_some_and(|host| !host.is_empty()) && schemes.contains(&url.scheme())
    };
    Url::parse(&text).ok().filter(is_spoken).ok_or_else(|| setting.to_owned())
}

/// Whether an entry of `NO_PROXY` covers the URL: `*`, a domain with all below it (also as `.domain` and `*.domain`),
/// an address, a network (`10.0.0.0/8`); each with an optional port.
fn is_exempt(entry: &str, url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    if entry == "*" {
        return true;
    }
    let host = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
    if entry.contains('/') {
        let network = entry.parse::<IpNet>();
        return network.is_ok_and(|network| host.parse().is_ok_and(|address: IpAddr| network.contains(&address)));
    }
    let (name, port) = split_port(entry);
    if port.is_some_and(|port| Some(port) != url.port_or_known_default()) {
        return false;
    }
    if let (Ok(address), Ok(entry)) = (host.parse::<IpAddr>(), name.parse::<IpAddr>()) {
        return address == entry;
    }
    let name = name.trim_start_matches('*').trim_start_matches('.').trim_end_matches('.').to_ascii_lowercase();
    let host = host.to_ascii_lowercase();
    !name.is_empty() && host.strip_suffix(&name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}
