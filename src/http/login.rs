//! Credentials ready to be sent, and where they came from.

use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use reqwest::header::HeaderValue;

use super::secret::{Scheme, Secret, authorization};

/// Where credentials came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialSource {
    /// The URL itself.
    Url,
    /// A setting, by its name.
    Setting(String),
    /// An entry of a netrc file.
    Netrc {
        /// The file.
        path: PathBuf,
        /// Line on which the entry starts.
        line: usize,
    },
    /// The `keyring` program.
    Keyring,
    /// A token of AWS CodeArtifact, and in words how it was got.
    CodeArtifact(String),
}

impl fmt::Display for CredentialSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url => f.write_str("credentials from the URL"),
            Self::Setting(name) => write!(f, "credentials from {name}"),
            Self::Netrc { path, line } => write!(f, "credentials from netrc line {line} (`{}`)", path.display()),
            Self::Keyring => f.write_str("credentials from keyring"),
            Self::CodeArtifact(whence) => f.write_str(whence),
        }
    }
}

/// Who a request was sent as; shown in messages, so without the password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentAs {
    /// The user; `None` for bearer tokens, and where the user name may itself be the token.
    pub user: Option<String>,
    /// Where the credentials came from.
    pub source: CredentialSource,
}

impl fmt::Display for SentAs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(user) = &self.user {
            write!(f, "user `{}`, ", super::shown::shown(user))?;
        }
        write!(f, "{}", self.source)
    }
}

/// Credentials of one index or host, shared by the requests that carry them.
#[derive(Debug)]
pub(super) struct Login {
    user: String,
    password: Secret,
    scheme: Scheme,
    source: CredentialSource,
    /// The password is a token, and the user beside it only a placeholder.
    is_token: bool,
    /// A server has asked for bearer tokens.
    wants_bearer: AtomicBool,
    verdict: Mutex<LoginVerdict>,
    /// Held by the request that tries unproven credentials: wrong ones are tried once, because servers lock accounts.
    pub(super) trial: tokio::sync::Mutex<()>,
}

/// What servers have said of a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LoginVerdict {
    /// Never tried.
    Untried,
    /// A server has answered something else than 401 to it.
    Accepted,
    /// The first try was answered with 401.
    Refused,
}

impl Login {
    pub(super) fn new(user: String, password: Secret, scheme: Scheme, source: CredentialSource) -> Self {
        let verdict = Mutex::new(LoginVerdict::Untried);
        let wants_bearer = AtomicBool::new(scheme == Scheme::Bearer);
        let trial = tokio::sync::Mutex::new(());
        Self { user, password, scheme, source, is_token: false, wants_bearer, verdict, trial }
    }

    /// Marks the password as a token, which may also be sent as a bearer token.
    pub(super) fn marked_as_token(self) -> Self {
        Self { is_token: true, ..self }
    }

    /// Sends a token as a bearer token from now on; false for what is none, and when that was done before.
    pub(super) fn turn_to_bearer(&self) -> bool {
        self.is_token && !self.wants_bearer.swap(true, Ordering::AcqRel)
    }

    fn scheme(&self) -> Scheme {
        if self.wants_bearer.load(Ordering::Acquire) { Scheme::Bearer } else { self.scheme }
    }

    /// The value of the `Authorization` header; `None` when no header can hold it.
    pub(super) fn header(&self) -> Option<HeaderValue> {
        authorization(self.scheme(), &self.user, &self.password)
    }

    /// What may be shown.
    pub(super) fn sent_as(&self) -> SentAs {
        let is_user_public =
            self.scheme() == Scheme::Basic && !self.user.is_empty() && !self.password.reveal().is_empty();
        SentAs { user: is_user_public.then(|| self.user.clone()), source: self.source.clone() }
    }

    /// What of it nobody else may see: the password, and a user who is a token.
    pub(super) fn secrets(&self) -> Vec<Secret> {
        let token = Some(&self.user).filter(|_| self.password.reveal().is_empty()).map(Secret::new);
        token.into_iter().chain([self.password.clone()]).filter(|secret| !secret.reveal().is_empty()).collect()
    }

    /// The user; empty for bearer tokens.
    pub(super) fn user(&self) -> &str {
        &self.user
    }

    /// Whether it is what to send when a URL names this user: bearer tokens have none.
    pub(super) fn serves(&self, user: &str) -> bool {
        self.scheme == Scheme::Bearer || self.user == user
    }

    /// Whether the same would be sent.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.user == other.user && self.password == other.password && self.scheme == other.scheme
    }

    pub(super) fn verdict(&self) -> LoginVerdict {
        *self.verdict.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what a server said. Once accepted, a refusal means another path or an expired token.
    pub(super) fn answered(&self, status: u16) {
        let mut verdict = self.verdict.lock().unwrap_or_else(PoisonError::into_inner);
        match (*verdict, status) {
            (LoginVerdict::Untried, 401) => *verdict = LoginVerdict::Refused,
            (_, 401) => {}
            _ => *verdict = LoginVerdict::Accepted,
        }
    }
}
