//! Secrets as a type: what cannot be printed cannot leak.

use std::fmt;

use base64::Engine as _;
use percent_encoding::percent_decode_str;
use reqwest::header::HeaderValue;
use url::Url;

/// A password or token. Neither `Debug` nor anything else prints it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself: for what is sent, never for what is shown or stored.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("****")
    }
}

/// How credentials are written into the `Authorization` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    /// User and password in base64, as UTF-8 (RFC 7617).
    Basic,
    /// The token as it is (RFC 6750).
    Bearer,
}

/// The value of `Authorization`; it is marked as sensitive, so that HTTP/2 does not index it and no log shows it.
/// `None` when a bearer token has characters that no header can hold.
pub(super) fn authorization(scheme: Scheme, user: &str, password: &Secret) -> Option<HeaderValue> {
    let text = match scheme {
        Scheme::Basic => {
            let pair = format!("{user}:{}", password.reveal());
            format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
        }
        Scheme::Bearer => format!("Bearer {}", password.reveal()),
    };
    let mut value = HeaderValue::from_str(&text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// User and password in a URL, percent-decoded; the password is `None` when it is absent or empty beside a user.
pub(super) fn userinfo(url: &Url) -> Option<(String, Option<Secret>)> {
    let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let user = decode(url.username());
    let password = url.password().map(decode).filter(|password| !password.is_empty());
    (!user.is_empty() || password.is_some()).then(|| (user, password.map(Secret::new)))
}
