//! URLs that cannot leak what stands in them.

use std::fmt;
use std::path::{Path, PathBuf};

use memchr::memmem;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{HashAlgorithm, HashDigest, Hasher};

/// The index that answers when nothing else is set: PyPI.
pub const DEFAULT_INDEX_URL: &str = "https://pypi.org/simple/";

/// Names of parameters of a query whose value opens a door, in lower case.
pub(crate) const SECRET_PARAMETERS: &[&str] = &[
    "access_token",
    "api_key",
    "apikey",
    "auth_token",
    "authtoken",
    "awsaccesskeyid",
    "googleaccessid",
    "job_token",
    "jwt",
    "key-pair-id",
    "password",
    "private_token",
    "sig",
    "signature",
    "token",
    "x-amz-signature",
    "x-goog-signature",
];

/// How the names of parameters begin that are parts of a signature, and mean nothing without it.
const SIGNATURE_PREFIXES: [&str; 2] = ["x-amz-", "x-goog-"];

/// Whether a parameter of a query or fragment opens a door.
fn is_secret_parameter(pair: &str) -> bool {
    let key = pair.split('=').next().unwrap_or_default().to_ascii_lowercase();
    SECRET_PARAMETERS.contains(&key.as_str()) || SIGNATURE_PREFIXES.iter().any(|prefix| key.starts_with(prefix))
}

/// The parameters that open no door, where others do; `None`: none does.
fn open_parameters(text: &str) -> Option<String> {
    let kept = || text.split('&').filter(|pair| !is_secret_parameter(pair)).collect::<Vec<_>>().join("&");
    text.split('&').any(is_secret_parameter).then(kept)
}

/// A URL whose `Display` and `Debug` never show credentials.
///
/// `Display` writes `user:****@`, hides a lone user name (it may be a token) and the values of a query string
/// (signed URLs carry their signature there). The whole URL is reachable only through [`SafeUrl::reveal`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SafeUrl(Url);

/// A text that is not a URL; the text itself is not repeated, it may hold a credential.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// The text does not parse.
    #[error("not a valid URL ({0})")]
    Invalid(#[from] url::ParseError),
    /// A URL whose scheme was forgotten, in the place of the path that it looks like.
    #[error("it has a user and no scheme: write `https://` before it, or name a folder that is there")]
    NoScheme,
    /// A path that cannot be written as a `file://` URL.
    #[error("`{}` cannot be written as a file URL", .0.display())]
    Path(PathBuf),
}

impl SafeUrl {
    /// Parses an absolute URL.
    ///
    /// # Errors
    /// What is no absolute URL.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        Ok(Self(Url::parse(text)?))
    }

    /// The `file://` URL of an absolute path; a folder's ends in `/`.
    ///
    /// # Errors
    /// A path that is not absolute.
    pub fn from_path(path: &Path, is_folder: bool) -> Result<Self, UrlError> {
        let url = if is_folder { Url::from_directory_path(path) } else { Url::from_file_path(path) };
        url.map(Self).map_err(|()| UrlError::Path(path.to_owned()))
    }

    /// The `file://` URL of the path that a `text` means where a URL may stand as well. One with a user is refused where
    /// nothing lies there: it is a URL whose scheme was forgotten, and would be shown with its credential.
    ///
    /// # Errors
    /// Such a text, and a path that is not absolute.
    pub fn from_named_path(text: &str, path: &Path, is_folder: bool) -> Result<Self, UrlError> {
        if text.contains('@') && !path.exists() {
            return Err(UrlError::NoScheme);
        }
        Self::from_path(path, is_folder)
    }

    /// Resolves a reference found on the page at this URL; userinfo is not inherited.
    ///
    /// Source: WHATWG URL, section 4.5; credentials of a page belong to requests, not to the names of files.
    ///
    /// # Errors
    /// What makes no URL together with this one.
    pub fn join(&self, reference: &str) -> Result<Self, UrlError> {
        let mut joined = self.0.join(reference)?;
        let same_userinfo = joined.username() == self.0.username() && joined.password() == self.0.password();
        if same_userinfo && !reference.contains("://") {
            let _ = joined.set_username("");
            let _ = joined.set_password(None);
        }
        Ok(Self(joined))
    }

    /// The URL of a place below this one: `segments` are added to its path; it keeps its credentials.
    #[must_use]
    pub fn below(&self, segments: &[&str]) -> Self {
        let mut url = self.0.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        Self(url)
    }

    /// The same URL with `suffix` at the end of its path, before the query.
    #[must_use]
    pub fn with_path_suffix(&self, suffix: &str) -> Self {
        let mut url = self.0.clone();
        url.set_path(&format!("{}{suffix}", self.0.path()));
        Self(url)
    }

    /// The URL with everything that it holds, credentials included: for requests only.
    pub fn reveal(&self) -> &Url {
        &self.0
    }

    /// The same URL without userinfo: safe to store in locks, records and caches.
    #[must_use]
    pub fn without_credentials(&self) -> Self {
        let mut url = self.0.clone();
        let _ = url.set_username("");
        let _ = url.set_password(None);
        Self(url)
    }

    /// The top of the server of this URL, with its credentials.
    #[must_use]
    pub fn root(&self) -> Self {
        let mut url = self.0.clone();
        url.set_path("/");
        url.set_query(None);
        url.set_fragment(None);
        Self(url)
    }

    /// This URL with the userinfo of another one on the same server, where it has none itself.
    #[must_use]
    pub fn with_credentials_of(mut self, other: &Self) -> Self {
        let is_bare = self.0.username().is_empty() && self.0.password().is_none();
        if is_bare && self.root() == other.root().without_credentials() {
            let _ = self.0.set_username(other.0.username());
            let _ = self.0.set_password(other.0.password());
        }
        self
    }

    /// This URL with a user and a password, each where it is given.
    #[must_use]
    pub fn with_login(mut self, user: Option<&str>, password: Option<&str>) -> Self {
        if let Some(user) = user {
            let _ = self.0.set_username(user);
        }
        if let Some(password) = password {
            let _ = self.0.set_password(Some(password));
        }
        self
    }

    /// The same URL without userinfo and without the parameters of its query and fragment that open a door, such as
    /// `token`.
    #[must_use]
    pub fn without_secrets(&self) -> Self {
        let mut plain = self.without_credentials();
        if let Some(kept) = self.0.query().and_then(open_parameters) {
            plain.0.set_query(Some(kept.as_str()).filter(|query| !query.is_empty()));
        }
        if let Some(kept) = self.0.fragment().and_then(open_parameters) {
            plain.0.set_fragment(Some(kept.as_str()).filter(|fragment| !fragment.is_empty()));
        }
        plain
    }

    /// The URL as it is told to others: without credentials, and without a query, which may be a signature. `None`: it
    /// names a place of this machine, which is of no use to them and says who wrote it.
    pub fn for_others(&self) -> Option<String> {
        (!self.is_file()).then(|| self.without_credentials().without_query().to_string())
    }

    /// Whether both lead to the same index: neither credentials nor slashes at the end make a difference.
    pub fn is_same_index(&self, other: &Self) -> bool {
        let [one, other] = [self, other].map(Self::without_credentials);
        one.0.as_str().trim_end_matches('/') == other.0.as_str().trim_end_matches('/')
    }

    /// Whether it names a place of this machine (`file://`), which means nothing on another one.
    pub fn is_file(&self) -> bool {
        self.0.scheme() == "file"
    }

    /// The local path of a `file://` URL.
    pub fn to_file_path(&self) -> Option<PathBuf> {
        self.is_file().then(|| self.0.to_file_path().ok()).flatten()
    }

    /// The fragment (`sha256=…`, `egg=…`), still percent-encoded.
    pub fn fragment(&self) -> Option<&str> {
        self.0.fragment()
    }

    /// The same URL without its fragment.
    #[must_use]
    pub fn without_fragment(&self) -> Self {
        let mut url = self.0.clone();
        url.set_fragment(None);
        Self(url)
    }

    /// The same URL without its query.
    #[must_use]
    pub fn without_query(&self) -> Self {
        let mut url = self.0.clone();
        url.set_query(None);
        Self(url)
    }

    /// The last path segment, percent-decoded: the name of the file. `None` when there is none or it is not UTF-8.
    pub fn file_name(&self) -> Option<String> {
        let segment = self.0.path_segments()?.next_back().filter(|segment| !segment.is_empty())?;
        percent_encoding::percent_decode_str(segment).decode_utf8().ok().map(Into::into)
    }
}

/// A text with the credentials hidden of all URLs in it, as [`SafeUrl`] shows them: for texts that quote what somebody
/// wrote, whatever that was meant to be. A URL that was taken for a path has one slash.
#[must_use]
pub fn hide_credentials(text: &str) -> String {
    let (mut shown, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find(":/") {
        let is_url = rest[at..].starts_with("://");
        let is_path = rest[..at].ends_with("http") || rest[..at].ends_with("https");
        let (before, url) = rest.split_at(at + if is_url { 3 } else { 2 });
        if !is_url && !is_path {
            shown.push_str(before);
            rest = url;
            continue;
        }
        shown.push_str(before);
        let ends = |c: char| c.is_whitespace() || "/?#\\\"'`<>".contains(c);
        let (authority, behind) = url.split_at(url.find(ends).unwrap_or(url.len()));
        match authority.rsplit_once('@') {
            Some((userinfo, host)) => {
                let user = userinfo.split_once(':').filter(|(_, password)| !password.is_empty());
                let user = user.map(|(user, _)| [user, ":"]).unwrap_or_default();
                shown.extend(user.into_iter().chain(["****@", host]));
            }
            None => shown.push_str(authority),
        }
        rest = behind;
    }
    shown + rest
}

impl From<Url> for SafeUrl {
    fn from(url: Url) -> Self {
        Self(url)
    }
}

impl fmt::Display for SafeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let has_userinfo = !self.0.username().is_empty() || self.0.password().is_some();
        if !has_userinfo && self.0.query().is_none() {
            return write!(f, "{}", self.0);
        }
        let mut shown = self.0.clone();
        if has_userinfo {
            let user_alone = self.0.password().is_none_or(str::is_empty);
            if user_alone {
                let _ = shown.set_password(None);
                let _ = shown.set_username("****");
            } else {
                let _ = shown.set_password(Some("****"));
            }
        }
        if self.0.query().is_some() {
            shown.set_query(Some("****"));
        }
        write!(f, "{shown}")
    }
}

impl fmt::Debug for SafeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Serializes without userinfo: what is stored is never a password. What people read has no token in its query either;
/// records of the cache keep it, because without it the address leads nowhere.
impl Serialize for SafeUrl {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let is_readable = serializer.is_human_readable();
        let has_userinfo = !self.0.username().is_empty() || self.0.password().is_some();
        if !has_userinfo && (!is_readable || self.0.query().is_none()) {
            return serializer.serialize_str(self.0.as_str());
        }
        let plain = if is_readable { self.without_secrets() } else { self.without_credentials() };
        serializer.serialize_str(plain.0.as_str())
    }
}

impl<'de> Deserialize<'de> for SafeUrl {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl pep508_rs::Pep508Url for SafeUrl {
    type Err = UrlError;

    fn parse_url(url: &str, _: Option<&Path>) -> Result<Self, UrlError> {
        Self::parse(url)
    }
}

/// The sha256 of a text with the userinfo of its URLs taken out.
pub(crate) fn sha256_without_userinfo(text: &[u8]) -> HashDigest {
    let mut hasher = Hasher::new(HashAlgorithm::Sha256);
    let mut rest = text;
    while let Some(at) = memmem::find(rest, b"://") {
        let (before, after) = rest.split_at(at + 3);
        hasher.update(before);
        let end = after.iter().position(|byte| byte.is_ascii_whitespace() || b"/?#\"'".contains(byte));
        let authority = &after[..end.unwrap_or(after.len())];
        let start = authority.iter().rposition(|byte| *byte == b'@').map_or(0, |at| at + 1);
        rest = &after[start..];
    }
    hasher.update(rest);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_hidden_wherever_a_url_stands() {
        for (text, shown) in [
            ("`https://ci:hunter2@host/x` is no name", "`https://ci:****@host/x` is no name"),
            ("two: https://hunter2@a/,http://u:hunter2@b:80?c=@d", "two: https://****@a/,http://u:****@b:80?c=@d"),
            ("postgres://u:hunter2@h@host", "postgres://u:****@host"),
            ("https://ci:****@host and https://****@host", "https://ci:****@host and https://****@host"),
            ("https://host/a@b, me@here://, ://", "https://host/a@b, me@here://, ://"),
        ] {
            assert_eq!(hide_credentials(text), shown);
        }
    }

    #[test]
    fn credentials_are_for_one_server() {
        let of = |text: &str| SafeUrl::parse(text).unwrap();
        let own = of("https://me:secret@git.example:8443/team/main.git");
        for (other, expected) in [
            ("https://git.example:8443/sub.git", "https://me:secret@git.example:8443/sub.git"),
            ("https://you@git.example:8443/sub.git", "https://you@git.example:8443/sub.git"),
            ("https://git.example/sub.git", "https://git.example/sub.git"),
            ("http://git.example:8443/sub.git", "http://git.example:8443/sub.git"),
            ("https://other.example:8443/sub.git", "https://other.example:8443/sub.git"),
        ] {
            assert_eq!(of(other).with_credentials_of(&own).reveal().as_str(), expected);
        }
        assert_eq!(own.root().reveal().as_str(), "https://me:secret@git.example:8443/");
    }
}
