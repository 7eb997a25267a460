//! Why a request failed for good, in words for the person who ran it.

use std::fmt;
use std::path::PathBuf;

use super::login::SentAs;
pub(super) use super::shown::{shown, shown_url};
use crate::spec::SafeUrl;

/// A request that failed for good. Messages never hold a credential or a raw control character.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The run is offline.
    #[error("`{url}` was not asked: the run is offline")]
    Offline { url: Box<SafeUrl> },
    /// A mirror stands for every other place.
    #[error("`{url}` was not asked: the mirror `{mirror}` stands for it")]
    NotTheMirror { url: Box<SafeUrl>, mirror: Box<SafeUrl> },
    /// Neither http nor https, nor a store where one is spoken with.
    #[error("`{url}` cannot be fetched: only http and https are spoken")]
    Scheme { url: Box<SafeUrl> },
    /// The client could not be set up.
    #[error("failed to set up the HTTP client: {reason}")]
    Setup { reason: String },
    /// A repository of AWS CodeArtifact in its short form could not be turned into an index.
    #[error("`{url}` cannot be found: {reason}")]
    Repository {
        /// The short form.
        url: Box<SafeUrl>,
        reason: String,
    },
    /// A file of certificates could not be used.
    #[error("failed to read the certificates in `{}`: {reason}", path.display())]
    Certificates { path: PathBuf, reason: String },
    /// The file with the client certificate has not what it should.
    #[error("the client certificate `{}` cannot be used: {fault}", path.display())]
    ClientCertificate { path: PathBuf, fault: ClientCertificateFault },
    /// The netrc file that the user named could not be read.
    #[error("failed to read the netrc file `{}`: {reason}", path.display())]
    Netrc { path: PathBuf, reason: String },
    /// A proxy setting that is no URL; it is not repeated, it may hold a password.
    #[error("the proxy given by {setting} is not an http, https or socks URL")]
    Proxy {
        /// The flag, variable or key that names the proxy.
        setting: String,
    },
    /// No connection to the server came about.
    #[error("failed to connect to `{url}`{via}: {reason}")]
    Connect { url: Box<SafeUrl>, via: Via, reason: String },
    /// The proxy wants credentials, or other ones.
    #[error(
        "`{url}` was not reached{via}, which {} (407 Proxy Authentication Required)",
        if *has_login { "refuses the user and password that it was given" } else { "wants a user and password" }
    )]
    ProxyRefused { url: Box<SafeUrl>, via: Via, has_login: bool },
    /// The server's certificate, or the handshake, was not acceptable.
    #[error("failed to make a secure connection to `{url}`: {reason}")]
    Tls { url: Box<SafeUrl>, reason: TlsReason },
    /// Nothing, or too little, came in time.
    #[error("`{url}` {what} within {seconds} seconds")]
    Timeout { url: Box<SafeUrl>, what: &'static str, seconds: f32 },
    /// The connection broke, or what came was not HTTP.
    #[error("the connection to `{url}`{via} broke: {reason}")]
    Broken { url: Box<SafeUrl>, via: Via, reason: String },
    /// The body ended early.
    #[error("the answer of `{url}` was cut off after {received} bytes{}", of(*expected))]
    Truncated { url: Box<SafeUrl>, received: u64, expected: Option<u64> },
    /// The body broke off, and the server now gives another one.
    #[error("the answer of `{url}` changed while it was read")]
    Changed { url: Box<SafeUrl> },
    /// The answer is in a content coding that we do not know, or not what its coding says.
    #[error("the answer of `{url}` cannot be decoded: {reason}")]
    Coding { url: Box<SafeUrl>, reason: String },
    /// The answer is larger than the caller accepts.
    #[error("the answer of `{url}` is larger than {limit} bytes")]
    TooLarge { url: Box<SafeUrl>, limit: u64 },
    /// A status that no caller handles.
    #[error("`{url}` answered {}{}", status_text(*status), with(sent_as.as_deref(), looked_in.as_deref()))]
    Status {
        /// What was asked.
        url: Box<SafeUrl>,
        /// HTTP status.
        status: u16,
        /// As whom; `None`: without credentials.
        sent_as: Option<Box<SentAs>>,
        /// Where credentials were looked for, when there were none and they may matter.
        looked_in: Option<Box<LookedIn>>,
    },
    /// An object store did not let itself be asked.
    #[error("`{url}` cannot be asked for: {reason}")]
    Bucket { url: Box<SafeUrl>, reason: String },
    /// An object store refused.
    #[error("`{url}` answered {}{}, asked with {whence}", status_text(*status), in_brackets(code))]
    Refused {
        /// What was asked.
        url: Box<SafeUrl>,
        /// HTTP status.
        status: u16,
        /// The store's own word for the reason, such as `AccessDenied`; may be empty.
        code: String,
        /// Which credentials it was asked with, or where none were found.
        whence: Box<str>,
    },
    /// What was to be sent could not be read.
    #[error("`{url}` was not sent its content: {reason}")]
    Content { url: Box<SafeUrl>, reason: String },
    /// The server wants a longer pause than we make.
    #[error("`{url}` answered {} and asks to come back in {seconds} seconds", status_text(*status))]
    ComeBackLater { url: Box<SafeUrl>, status: u16, seconds: u64 },
    /// More redirects than any sound server makes.
    #[error("`{url}` redirects more than {limit} times, last to `{last}`")]
    TooManyRedirects { url: Box<SafeUrl>, limit: usize, last: Box<SafeUrl> },
    /// A redirect to where we came from.
    #[error("`{url}` redirects in a circle, through `{last}`")]
    RedirectLoop { url: Box<SafeUrl>, last: Box<SafeUrl> },
    /// From https to http.
    #[error("`{url}` redirects to `{target}`, which is not encrypted")]
    InsecureRedirect { url: Box<SafeUrl>, target: Box<SafeUrl> },
    /// A redirect that leads nowhere.
    #[error("`{url}` redirects to something that is not an http URL: `{location}`")]
    BadRedirect {
        /// What was asked.
        url: Box<SafeUrl>,
        /// The header, made safe to print.
        location: String,
    },
    /// There are credentials for a URL to which they must not be sent.
    #[error("the credentials for `{url}` were not sent: the connection is not encrypted")]
    PlainHttp { url: Box<SafeUrl> },
    /// The credentials have characters that no header can hold.
    #[error("the credentials for `{url}` cannot be sent: they hold characters that are not allowed in a header")]
    Unsendable { url: Box<SafeUrl> },
}

impl Error {
    /// The HTTP status, when it is one that failed the request.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Status { status, .. } | Self::ComeBackLater { status, .. } | Self::Refused { status, .. } => {
                Some(*status)
            }
            _ => None,
        }
    }
}

/// What a file lacks that should have a client certificate and its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientCertificateFault {
    /// It has no certificate in PEM form.
    NoCertificate,
    /// It has no private key in PEM form.
    NoKey,
    /// Its private key has a password.
    EncryptedKey,
}

impl fmt::Display for ClientCertificateFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoCertificate => "it holds no certificate in PEM form",
            Self::NoKey => "it holds no private key in PEM form",
            Self::EncryptedKey => "its private key is encrypted",
        })
    }
}

/// Why a secure connection was not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsReason {
    /// What answers there does not speak TLS.
    NotTls,
    /// The certificate is of a time that is over; the date, when the server's certificate names it.
    Expired(Option<String>),
    /// The certificate is of a time that has not come.
    NotYetValid(Option<String>),
    /// The certificate is signed by an authority that is not trusted, or by nobody else.
    UnknownAuthority,
    /// The server wants a client certificate.
    WantsCertificate,
    /// The server speaks no version of TLS that is spoken here.
    OldVersion,
    /// The server ended the handshake without a reason.
    Refused,
    /// Anything else, in the words of the library.
    Other(String),
}

impl TlsReason {
    /// Sorts an error of the library.
    pub(super) fn of(error: &rustls::Error, shown: String) -> Self {
        use rustls::AlertDescription::{CertificateRequired, HandshakeFailure, ProtocolVersion};
        use rustls::CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext, UnknownIssuer};
        match error {
            rustls::Error::InvalidMessage(_) => Self::NotTls,
            rustls::Error::AlertReceived(CertificateRequired) => Self::WantsCertificate,
            rustls::Error::AlertReceived(ProtocolVersion) => Self::OldVersion,
            rustls::Error::AlertReceived(HandshakeFailure) => Self::Refused,
            rustls::Error::InvalidCertificate(fault) => match fault {
                Expired => Self::Expired(None),
                ExpiredContext { not_after, .. } => Self::Expired(date(*not_after)),
                NotValidYet => Self::NotYetValid(None),
                NotValidYetContext { not_before, .. } => Self::NotYetValid(date(*not_before)),
                UnknownIssuer => Self::UnknownAuthority,
                _ => Self::Other(shown),
            },
            _ => Self::Other(shown),
        }
    }
}

impl fmt::Display for TlsReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let on = |date: &Option<String>| date.as_ref().map_or_else(String::new, |date| format!(" on {date}"));
        match self {
            Self::NotTls => f.write_str("what answers there does not speak TLS"),
            Self::Expired(date) => write!(f, "its certificate expired{}", on(date)),
            Self::NotYetValid(Some(date)) => write!(f, "its certificate is valid only from {date}"),
            Self::NotYetValid(None) => f.write_str("its certificate is not valid yet"),
            Self::UnknownAuthority => {
                f.write_str("its certificate is signed by an authority that this machine does not know")
            }
            Self::WantsCertificate => f.write_str("it wants a client certificate"),
            Self::OldVersion => f.write_str("it speaks neither TLS 1.2 nor TLS 1.3"),
            Self::Refused => f.write_str("it ended the handshake without a reason"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

/// The day of a moment, as `YYYY-MM-DD` in UTC.
fn date(time: rustls::pki_types::UnixTime) -> Option<String> {
    let moment = jiff::Timestamp::from_second(i64::try_from(time.as_secs()).ok()?).ok()?;
    Some(moment.to_zoned(jiff::tz::TimeZone::UTC).date().to_string())
}

/// The proxy through which a request went, as part of a message.
#[derive(Clone, Debug)]
pub struct Via(pub Option<Box<SafeUrl>>);

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |proxy| write!(f, " through the proxy `{proxy}`"))
    }
}

fn status_text(status: u16) -> String {
    let reason = reqwest::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    reason.map_or_else(|| format!("{status}"), |reason| format!("{status} {reason}"))
}

/// ` (WORD)`; nothing where there is none.
fn in_brackets(word: &str) -> String {
    if word.is_empty() { String::new() } else { format!(" ({word})") }
}

fn of(expected: Option<u64>) -> String {
    expected.map_or_else(String::new, |expected| format!(" of {expected}"))
}

fn with(sent_as: Option<&SentAs>, looked_in: Option<&LookedIn>) -> String {
    match (sent_as, looked_in) {
        (Some(sent_as @ SentAs { user: Some(_), .. }), _) => format!(", asked as {sent_as}"),
        // A name alone may be a token, so it is not told.
        (Some(sent_as), _) => format!(", asked with {sent_as}"),
        (None, Some(looked_in)) => format!(", asked without credentials ({looked_in})"),
        (None, None) => String::new(),
    }
}

/// Where credentials were looked for in vain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookedIn {
    pub(super) words: String,
    /// What the `keyring` program said; `None`: it was not asked.
    pub keyring: Option<KeyringSilence>,
}

impl fmt::Display for LookedIn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.words)
    }
}

/// Why the `keyring` program gave no credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyringSilence {
    /// It has none for the URL.
    Nothing,
    /// It could not be run, or failed; a warning has said why.
    Failed,
}

/// Why a file could not be read, in words that name nothing.
pub(super) fn unreadable(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        kind => kind.to_string(),
    }
}
