//! The proxies in the settings of macOS, for runs that no option and no variable names one for.
//!
//! `scutil --proxy`, a program of the system, prints them as text: what `SCDynamicStoreCopyProxies` of Apple's System
//! Configuration gives to programs. A script that chooses a proxy (`ProxyAutoConfigEnable`) would have to be run, and
//! is not.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use ipnet::Ipv4Net;
use url::Url;

/// What the system says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct SystemProxies {
    /// For plain http.
    pub(super) http: Option<String>,
    pub(super) https: Option<String>,
    exceptions: Vec<String>,
    /// Hosts without a dot are asked directly.
    exempts_simple_names: bool,
}

impl SystemProxies {
    /// Asks the program. One that is not there, or fails, says nothing.
    pub(super) fn ask(program: &Path) -> Self {
        let output = Command::new(program).arg("--proxy").stdin(Stdio::null()).stderr(Stdio::null()).output();
        let said = output.ok().filter(|output| output.status.success());
        said.map(|output| Self::read(&String::from_utf8_lossy(&output.stdout))).unwrap_or_default()
    }

    /// Reads what it prints: dictionaries and arrays in braces, a line for each value. Those of single network
    /// interfaces are nested deeper, and not read.
    fn read(text: &str) -> Self {
        let (mut values, mut exceptions) = (HashMap::new(), Vec::new());
        let mut inside: Vec<&str> = Vec::new();
        for line in text.lines().map(str::trim) {
            let (key, value) = line.split_once(" : ").unwrap_or(("", line));
            if value == "}" {
                inside.pop();
            } else if value.ends_with('{') {
                inside.push(key);
            } else if inside == [""] {
                values.insert(key, value);
            } else if inside == ["", "ExceptionsList"] {
                exceptions.push(value.to_owned());
            }
        }
        let is_on = |key: &str| values.get(key) == Some(&"1");
        let proxy = |kind: &str, scheme: &str| {
            let host = values.get(format!("{kind}Proxy").as_str()).filter(|_| is_on(&format!("{kind}Enable")))?;
            let host = if host.contains(':') { format!("[{host}]") } else { (*host).to_owned() };
            let port = values.get(format!("{kind}Port").as_str()).filter(|port| **port != "0");
            Some(format!("{scheme}://{host}{}", port.map(|port| format!(":{port}")).unwrap_or_default()))
        };
        let other = || proxy("SOCKS", "socks5h");
        Self {
            http: proxy("HTTP", "http").or_else(other),
            https: proxy("HTTPS", "http").or_else(other),
            exceptions,
            exempts_simple_names: is_on("ExcludeSimpleHostnames"),
        }
    }

    /// Whether a URL is asked directly all the same. This machine itself always is.
    pub(super) fn exempts(&self, url: &Url) -> bool {
        let Some(host) = url.host_str() else { return false };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        let address = host.parse::<IpAddr>().ok();
        if host == "localhost" || address.is_some_and(|address| address.is_loopback()) {
            return true;
        }
        self.exempts_simple_names && address.is_none() && !host.contains('.')
            || self.exceptions.iter().any(|entry| is_exception(&entry.to_ascii_lowercase(), &host, address))
    }
}

/// Whether an entry covers a host: a name with `*` in it, or a network of which the last parts may be missing
/// (`169.254/16`).
fn is_exception(entry: &str, host: &str, address: Option<IpAddr>) -> bool {
    if let (Some(IpAddr::V4(address)), Some(network)) = (address, network(entry)) {
        return network.contains(&address);
    }

    is_like(entry, host)
}

/// A network of IPv4 and its bits: `10`, `169.254/16`, `192.168.1.2`.
fn network(entry: &str) -> Option<Ipv4Net> {
    let (address, bits) = entry.split_once('/').map_or((entry, None), |(address, bits)| (address, Some(bits)));
    let parts: Vec<u8> = address.split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let given = u8::try_from(parts.len()).ok().filter(|given| *given <= 4)?;
    let mut all = [0; 4];
    all[..parts.len()].copy_from_slice(&parts);
    Ipv4Net::new(all.into(), bits.map_or(Some(8 * given), |bits| bits.parse().ok())?).ok()
}

/// Whether a text is like a pattern in which `*` stands for anything.
fn is_like(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(text) = text.strip_prefix(start) else { return false };
    let mut ends = (0..=text.len()).filter(|at| text.is_char_boundary(*at));
    ends.any(|at| is_like(rest, &text[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "<dictionary> {
  ExceptionsList : <array> {
    0 : *.local
    1 : 169.254/16
    2 : intern*.example.com
  }
  ExcludeSimpleHostnames : 1
  FTPPassive : 1
  HTTPEnable : 1
  HTTPPort : 3128
  HTTPProxy : proxy.example
  HTTPSEnable : 0
  HTTPSPort : 8443
  HTTPSProxy : old.example
  SOCKSEnable : 1
  SOCKSPort : 1080
  SOCKSProxy : fd00::1
  __SCOPED__ : <dictionary> {
    en0 : <dictionary> {
      HTTPSEnable : 1
      HTTPSProxy : other.example
    }
  }
}
";

    #[test]
    fn what_the_system_prints() {
        let read = SystemProxies::read(SAID);
        assert_eq!(read.http.as_deref(), Some("http://proxy.example:3128"));
        assert_eq!(read.https.as_deref(), Some("socks5h://[fd00::1]:1080"));
        assert_eq!(SystemProxies::read("<dictionary> {\n  HTTPEnable : 0\n}\n"), SystemProxies::default());
        assert_eq!(SystemProxies::read("no such thing"), SystemProxies::default());
    }

    #[test]
    fn whom_it_exempts() {
        let read = SystemProxies::read(SAID);
        let exempts = |url: &str| read.exempts(&Url::parse(url).unwrap());
        for url in [
            "http://printer.local/",
            "https://169.254.7.7/simple/",
            "https://intern-2.EXAMPLE.com/",
            "http://wiki/",
            "http://127.0.0.1:8000/",
            "http://[::1]/",
        ] {
            assert!(exempts(url), "{url}");
        }
        for url in
            ["https://pypi.example/simple/", "https://169.253.7.7/", "https://local.example/", "http://[fd00::2]/"]
        {
            assert!(!exempts(url), "{url}");
        }
    }

    #[test]
    fn a_program_that_is_not_there_says_nothing() {
        assert_eq!(SystemProxies::ask(Path::new("/no/such/program")), SystemProxies::default());
    }
}
