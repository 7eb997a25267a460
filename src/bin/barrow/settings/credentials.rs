//! Credentials of named indexes from the environment: `BARROW_INDEX_<NAME>_USERNAME`, `_PASSWORD`, `_TOKEN`, and uv's
//! `UV_INDEX_<NAME>_USERNAME` and `_PASSWORD`.

use barrow::spec::SafeUrl;

use super::Host;

/// The URL with the credentials that the environment has for the name. What stands in the URL itself is final.
pub(super) fn with_environment(host: &Host, name: Option<&str>, url: SafeUrl) -> SafeUrl {
    let Some(name) = name else { return url };
    let given = url.reveal();
    if given.password().is_some() || !matches!(given.scheme(), "http" | "https") {
        return url;
    }
    let part = |prefix: &str, what: &str| host.variable(&format!("{prefix}_{}_{what}", in_variable(name)));
    let own_user = part("BARROW_INDEX", "USERNAME");
    let own_password = part("BARROW_INDEX", "PASSWORD");
    let (user, password) = if let Some(token) = part("BARROW_INDEX", "TOKEN") {
        (own_user.or(Some("__token__")), Some(token))
    } else if own_user.is_some() || own_password.is_some() {
        (own_user, own_password)
    } else {
        (part("UV_INDEX", "USERNAME"), part("UV_INDEX", "PASSWORD"))
    };
    if user.is_none() && password.is_none() {
        return url;
    }
    let mut revealed = given.clone();
    if revealed.username().is_empty() {
        let _ = revealed.set_username(user.unwrap_or_default());
    }
    let _ = revealed.set_password(password);
    SafeUrl::parse(revealed.as_str()).unwrap_or(url)
}

/// A name as it stands in variables: upper case, everything but letters and digits an underscore.
fn in_variable(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}
