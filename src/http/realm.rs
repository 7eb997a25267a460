//! Where credentials are valid: scheme, host and port.

use url::{Host, Url};

/// Scheme, host and port: credentials of one realm are never sent to another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Realm {
    scheme: String,
    host: String,
    port: Option<u16>,
}

impl Realm {
    /// The realm of a URL.
    pub(super) fn of(url: &Url) -> Self {
        Self {
            scheme: url.scheme().to_owned(),
            host: url.host_str().unwrap_or_default().to_ascii_lowercase(),
            port: url.port_or_known_default(),
        }
    }
}

/// Whether the host is this machine, so that plain http stays on it.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            name == "localhost" || name.ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether the user named this host (`host` or `host:port`) as one that need not prove itself.
pub(super) fn is_allowed_insecure(url: &Url, allowed: &[String]) -> bool {
    let Some(host) = url.host_str() else { return false };
    allowed.iter().any(|entry| {
        let (name, port) = split_port(entry.trim());
        name.eq_ignore_ascii_case(host.trim_start_matches('[').trim_end_matches(']'))
            && port.is_none_or(|port| Some(port) == url.port_or_known_default())
    })
}

/// Splits `host:port`, `[::1]:port`, `::1` and `host`; the name comes without brackets.
pub(super) fn split_port(entry: &str) -> (&str, Option<u16>) {
    if let Some((name, rest)) = entry.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return (name, rest.strip_prefix(':').and_then(|port| port.parse().ok()));
    }
    match entry.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') => port.parse().map_or((entry, None), |port| (name, Some(port))),
        _ => (entry, None),
    }
}
