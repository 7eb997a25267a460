//! How servers are asked: credentials, certificates, proxies, patience.

use std::path::PathBuf;
use std::time::Duration;

use barrow::http::{AwsOptions, ClientOptions, Secret};
use barrow::spec::SafeUrl;

use super::layers::Layers;
use super::origin::Source;
use super::{Host, SettingsError, parse};
use crate::args::{KeyringProvider, seconds, whole_number};

pub(super) fn read_client(
    layers: &mut Layers<'_>,
    index: crate::args::IndexArgs,
) -> Result<ClientOptions, SettingsError> {
    let defaults = ClientOptions::default();
    let host = layers.host;
    let keyring = layers.one("keyring-provider", index.keyring_provider, keyring_provider)?;
    let named_netrc = layers.path("netrc-file", index.netrc_file);
    let netrc_required = named_netrc.is_some();
    let netrc = named_netrc.or_else(|| usual_netrc(layers));
    let ca_bundle = layers.path_of_all_programs("cert", index.cert);
    let client_certificate = layers.path_of_all_programs("client-cert", index.client_cert);
    let proxy_url = |text: &str| {
        let with_scheme = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        SafeUrl::parse(&with_scheme).map_err(|error| error.to_string())
    };
    let flag = index.proxy.as_deref().map(proxy_url).transpose();
    let flag = flag.map_err(|why| SettingsError::value("proxy", &Source::Flag("proxy"), why))?;
    let proxy = layers.one("proxy", flag, proxy_url)?;
    let insecure_hosts = layers.many("allow-insecure-host", index.allow_insecure_host, |text| Ok(text.to_owned()))?;
    let timeout = layers.one("timeout", index.timeout, seconds)?;
    let retries = layers.one("retries", index.retries.map(u64::from), whole_number)?;
    let concurrency = read_count(layers, "concurrent-requests", index.concurrent_requests)?;
    let timeout = timeout.map_or(defaults.timeout, |seconds| Duration::from_secs(seconds.max(1)));
    Ok(ClientOptions {
        concurrency: concurrency.unwrap_or(defaults.concurrency),
        keyring: keyring == Some(KeyringProvider::Subprocess),
        netrc,
        netrc_required,
        ca_bundle,
        client_certificate,
        proxy,
        proxy_environment: proxy_environment(layers),
        system_proxies: cfg!(target_os = "macos").then(|| PathBuf::from(SCUTIL)),
        aws: Some(aws_options(host)),
        insecure_hosts,
        // Whoever has less patience than that has less for connecting too.
        connect_timeout: defaults.connect_timeout.min(timeout),
        timeout,
        retries: retries.map_or(defaults.retries, |count| u32::try_from(count).unwrap_or(u32::MAX)),
        ..defaults
    })
}

/// The program of macOS that prints the proxies in its settings.
const SCUTIL: &str = "/usr/sbin/scutil";

/// A number of things at the same time: at least one.
pub(super) fn read_count(
    layers: &mut Layers<'_>,
    name: &'static str,
    flag: Option<u64>,
) -> Result<Option<usize>, SettingsError> {
    match layers.one(name, flag, whole_number)? {
        Some(0) => Err(SettingsError::Other(format!("`{name}` must be at least 1"))),
        count => Ok(count.map(|count| usize::try_from(count).unwrap_or(usize::MAX))),
    }
}

/// pip has two more words, for keyring as a module of Python and for either; the program asks the same store.
fn keyring_provider(text: &str) -> Result<KeyringProvider, String> {
    match text {
        "import" | "auto" => Ok(KeyringProvider::Subprocess),
        text => parse::choice(text),
    }
}

/// What environment and home folder say about AWS, and about HMAC keys of Google's store. No server is asked for
/// credentials before an index of CodeArtifact or a bucket needs them.
fn aws_options(host: &Host) -> AwsOptions {
    let own = host.environment.iter().filter(|(name, _)| name.starts_with("AWS_") || name.starts_with("GS_"));
    let variables = own.map(|(name, value)| (name.clone(), Secret::new(value.clone()))).collect();
    AwsOptions { variables, home: host.home.clone(), program: Some("aws".into()) }
}

/// `$NETRC`, else `.netrc` or `_netrc` in the home folder, as pip has it. Where none is there, the usual name is what
/// messages tell.
fn usual_netrc(layers: &mut Layers<'_>) -> Option<PathBuf> {
    let host = layers.host;
    let (path, source) = if let Some(path) = host.variable("NETRC") {
        (host.absolute(&host.working_folder, path), Source::Variable("NETRC".to_owned()))
    } else {
        let home = host.home.as_ref()?;
        let mut names = [".netrc", "_netrc"].iter().map(|name| home.join(name));
        let Some(path) = names.find(|path| path.is_file()) else { return Some(home.join(".netrc")) };
        (path, Source::Default)
    };
    layers.record("netrc-file", vec![path.display().to_string()], source);
    Some(path)
}

/// The proxies of the environment, which matter where no setting names one.
fn proxy_environment(layers: &mut Layers<'_>) -> Vec<(String, Secret)> {
    let host = layers.host;
    let names = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"];
    names
        .iter()
        .flat_map(|name| [(*name).to_owned(), name.to_lowercase()])
        .filter_map(|name| Some((host.variable(&name)?.to_owned(), name)))
        .map(|(value, name)| {
            layers.record("proxy", vec![shown_proxy(&name, &value)], Source::Variable(name.clone()));
            (name, Secret::new(value))
        })
        .collect()
}

/// A proxy variable without its password; what is no URL is not shown at all, it may hold one.
fn shown_proxy(name: &str, value: &str) -> String {
    if name.eq_ignore_ascii_case("NO_PROXY") {
        return value.to_owned();
    }
    let with_scheme = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
    SafeUrl::parse(&with_scheme).map_or_else(|_| "****".to_owned(), |url| url.to_string())
}
