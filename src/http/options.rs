//! Settings of the client, as the command line, the environment and the configuration gave them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::aws::{AwsOptions, CodeArtifactIndex};
use super::login::{CredentialSource, Login};
use super::secret::{Scheme, Secret, userinfo};
use crate::spec::SafeUrl;

/// Slowest body that is waited for: below it a server is dripping, not sending.
///
/// Source: GSM's circuit-switched data of 9,600 bits a second, the slowest link on which anyone has used an index,
/// carries five times as much; Cargo's `http.low-speed-limit` is 10, over the same 30 seconds.
const SLOWEST_BYTES_PER_SECOND: u32 = 256;

/// Settings of the client.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// Requests at the same time.
    pub concurrency: usize,
    /// Time for a connection.
    pub connect_timeout: Duration,
    /// Time without a byte after which a request is given up; answers slower than `slowest` over this time are too.
    pub timeout: Duration,
    /// Slowest body that is waited for, bytes a second: `SLOWEST_BYTES_PER_SECOND` unless the content can be had
    /// elsewhere.
    pub slowest: u32,
    /// How long a server that says nothing is waited for in all the attempts of one request.
    pub patience: Duration,
    /// Attempts after the first for faults that may pass.
    pub retries: u32,
    /// Pause before the first repetition; it doubles each time, up to [`ClientOptions::longest_pause`].
    pub first_pause: Duration,
    /// Longest pause; a server that asks for a longer one (`Retry-After`) is given up.
    pub longest_pause: Duration,
    /// URLs of all indexes, with userinfo where they have it: the longest prefix of a request's URL decides about its
    /// credentials.
    pub index_urls: Vec<SafeUrl>,
    /// Further URLs that the user has named, those of requirements: netrc's `default` is for their hosts, and for those
    /// of `index_urls`.
    pub named_urls: Vec<SafeUrl>,
    /// Credentials that settings give to indexes; userinfo in an index's URL comes before them.
    pub credentials: Vec<NamedCredentials>,
    /// For indexes with a name, how the variables begin that would give credentials for them (`BARROW_INDEX_CORP`), for
    /// messages.
    pub variables: Vec<(SafeUrl, String)>,
    /// netrc file; `None`: no netrc.
    pub netrc: Option<PathBuf>,
    /// Whether a missing netrc file is an error (it was named by the user).
    pub netrc_required: bool,
    /// Ask the `keyring` program.
    pub keyring: bool,
    /// The `keyring` program, looked for on the `PATH` when it is a bare name.
    pub keyring_program: PathBuf,
    /// Where tokens for CodeArtifact come from; `None`: none are got.
    pub aws: Option<AwsOptions>,
    /// Indexes that were named as repositories of CodeArtifact, wherever they are.
    pub repositories: Vec<CodeArtifactIndex>,
    /// Time that a program which is asked for credentials may take.
    pub helper_timeout: Duration,
    /// CA bundle (PEM file, or folder of such) that replaces the system's roots.
    pub ca_bundle: Option<PathBuf>,
    /// Client certificate and key (PEM).
    pub client_certificate: Option<PathBuf>,
    /// Proxy for all requests but those that `NO_PROXY` exempts; `None`: as `proxy_environment` says.
    pub proxy: Option<SafeUrl>,
    /// `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY` and their lower-case forms, as the environment has them.
    pub proxy_environment: Vec<(String, Secret)>,
    /// Program that prints the proxies of the system, asked where neither of the two names one: `scutil` of macOS.
    pub system_proxies: Option<PathBuf>,
    /// `host` or `host:port` whose certificates are not verified and that may get credentials over plain http.
    pub insecure_hosts: Vec<String>,
    /// No socket is opened.
    pub offline: bool,
    /// What stands for every other place: no request begins anywhere but on its server.
    pub only: Option<SafeUrl>,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            concurrency: 50,
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(30),
            slowest: SLOWEST_BYTES_PER_SECOND,
            // Whoever watches a build takes it for stuck after two minutes.
            patience: Duration::from_secs(100),
            retries: 3,
            first_pause: Duration::from_millis(400),
            longest_pause: Duration::from_mins(1),
            index_urls: Vec::new(),
            named_urls: Vec::new(),
            credentials: Vec::new(),
            variables: Vec::new(),
            netrc: None,
            netrc_required: false,
            keyring: false,
            keyring_program: "keyring".into(),
            aws: None,
            repositories: Vec::new(),
            helper_timeout: Duration::from_secs(30),
            ca_bundle: None,
            client_certificate: None,
            proxy: None,
            proxy_environment: Vec::new(),
            system_proxies: None,
            insecure_hosts: Vec::new(),
            offline: false,
            only: None,
        }
    }
}

/// Credentials that settings give to one index.
#[derive(Clone, Debug)]
pub struct NamedCredentials {
    /// URL of the index: they are for what lies below it, and for files beside it in the same realm.
    pub url: SafeUrl,
    /// User name; without one, that in `url` is taken.
    pub username: Option<String>,
    pub password: Option<Secret>,
    /// Token; sent as the password of `username`, or of `__token__` when there is none. A server that asks for bearer
    /// tokens and for nothing else gets it as one.
    pub token: Option<Secret>,
    /// Send the token as `Bearer`.
    pub bearer: bool,
    /// Which setting it was (`BARROW_INDEX_CORP_PASSWORD`), for messages.
    pub setting: String,
}

impl NamedCredentials {
    /// What variables of an environment have for the index `name`: `BARROW_INDEX_<NAME>_USERNAME`, `_PASSWORD`,
    /// `_TOKEN`, uv's `UV_INDEX_<NAME>_…`, and Poetry's `POETRY_HTTP_BASIC_<NAME>_…`. A name stands there in upper
    /// case, with an underscore for everything but letters and digits.
    pub fn of_variables(variables: &BTreeMap<String, String>, name: &str, url: &SafeUrl) -> Option<Self> {
        let name = in_variables(name);
        let prefixes = [OWN_VARIABLES, "UV_INDEX", "POETRY_HTTP_BASIC"];
        prefixes.iter().find_map(|prefix| Self::of_prefix(variables, &format!("{prefix}_{name}"), url))
    }

    /// How the variables begin that give credentials for the index `name`: `BARROW_INDEX_CORP`.
    pub fn variables_of(name: &str) -> String {
        format!("{OWN_VARIABLES}_{}", in_variables(name))
    }

    fn of_prefix(variables: &BTreeMap<String, String>, prefix: &str, url: &SafeUrl) -> Option<Self> {
        let part = |what: &str| variables.get(&format!("{prefix}_{what}")).cloned();
        let (username, password, token) = (part("USERNAME"), part("PASSWORD"), part("TOKEN"));
        let what = match (&token, &password, &username) {
            (Some(_), _, _) => "TOKEN",
            (None, Some(_), _) => "PASSWORD",
            (None, None, Some(_)) => "USERNAME",
            (None, None, None) => return None,
        };
        Some(Self {
            url: url.clone(),
            username,
            password: password.map(Secret::new),
            token: token.map(Secret::new),
            bearer: false,
            setting: format!("{prefix}_{what}"),
        })
    }

    /// What is sent; `None` when there is neither password nor token.
    pub(super) fn login(&self) -> Option<Login> {
        let user_of_url = userinfo(self.url.reveal()).map(|(user, _)| user);
        let user = self.username.clone().or(user_of_url);
        let source = self.source();
        match (&self.token, &self.password) {
            (Some(token), _) if self.bearer => Some(Login::new(String::new(), token.clone(), Scheme::Bearer, source)),
            (Some(token), _) => {
                let user = user.unwrap_or_else(|| "__token__".to_owned());
                Some(Login::new(user, token.clone(), Scheme::Basic, source).marked_as_token())
            }
            (None, Some(password)) => {
                Some(Login::new(user.unwrap_or_default(), password.clone(), Scheme::Basic, source))
            }
            (None, None) => None,
        }
    }

    pub(super) fn source(&self) -> CredentialSource {
        CredentialSource::Setting(self.setting.clone())
    }
}

/// How variables of barrow's own for an index begin.
const OWN_VARIABLES: &str = "BARROW_INDEX";

/// The name of an index as it stands in the names of variables.
fn in_variables(name: &str) -> String {
    let shown = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    name.chars().map(shown).collect()
}
