//! What went wrong with one attempt, and whether another may go better.

use std::error::Error as StdError;
use std::time::Duration;

use url::Url;

use super::error::{Error, TlsReason, Via, shown, shown_url};
use super::shown::has_login;

/// A failed attempt.
#[derive(Debug)]
pub(super) struct Fault {
    /// What is reported when no attempt is left.
    pub(super) error: Error,
    /// Whether the fault may pass.
    pub(super) may_pass: bool,
    /// The pause that the server wants before the next attempt.
    pub(super) pause: Option<Duration>,
}

impl Fault {
    /// A fault that may pass.
    pub(super) fn passing(error: Error) -> Self {
        Self { error, may_pass: true, pause: None }
    }

    /// Sorts an error of the transport.
    pub(super) fn of_transport(error: &reqwest::Error, url: &Url, via: Option<&Url>) -> Self {
        let reason = root_cause(error);
        let shown = shown_url(url);
        let has_login = via.is_some_and(has_login);
        let via = Via(via.map(shown_url));
        if let Some(tls) = find::<rustls::Error>(error) {
            let reason = TlsReason::of(tls, reason);
            let is_verdict = !matches!(tls, rustls::Error::AlertReceived(_) | rustls::Error::General(_))
                || matches!(reason, TlsReason::WantsCertificate | TlsReason::OldVersion);
            return Self { may_pass: !is_verdict, ..Self::passing(Error::Tls { url: shown, reason }) };
        }
        if error.is_timeout() {
            return Self::passing(Error::Connect { url: shown, via, reason: "no connection in time".to_owned() });
        }
        if error.is_builder() {
            return Self::from(Error::Setup { reason });
        }
        // The type behind it is not exported. Not repeated: proxies lock accounts too.
        if reason.ends_with("proxy authorization required") {
            return Self::from(Error::ProxyRefused { url: shown, via, has_login });
        }
        if reason == "tls handshake eof" {
            let reason =
                "the connection was closed before it was secure, as a server does that speaks plain HTTP there";
            return Self::passing(Error::Connect { url: shown, via, reason: reason.to_owned() });
        }
        if error.is_connect() {
            return Self::passing(Error::Connect { url: shown, via, reason });
        }
        Self::passing(Error::Broken { url: shown, via, reason })
    }
}

/// A fault that will not pass.
impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self { error, may_pass: false, pause: None }
    }
}

/// The innermost reason of an error, safe to print. The outer ones repeat the URL or say only "request failed".
pub(super) fn root_cause(error: &(dyn StdError + 'static)) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    shown(&cause.to_string())
}

/// Looks for an error of one type in the chain, also inside `io::Error`s.
fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(current) = next {
        if let Some(found) = current.downcast_ref() {
            return Some(found);
        }
        let inner = current.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if let Some(found) = inner.and_then(|inner| find(inner)) {
            return Some(found);
        }
        next = current.source();
    }
    None
}
