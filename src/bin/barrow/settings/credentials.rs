//! Credentials of named indexes from the environment: `BARROW_INDEX_<NAME>_USERNAME`, `_PASSWORD`, `_TOKEN`, and uv's
//! `UV_INDEX_<NAME>_USERNAME` and `_PASSWORD`. A token is sent as a password, unless the index asks for bearer tokens.

use barrow::http::{NamedCredentials, Secret};
use barrow::index::IndexLocation;

use super::Host;

/// What the environment has for an index. What stands in the URL itself comes first; that is for the client to see to.
pub(super) fn from_environment(host: &Host, index: &IndexLocation, bearer: bool) -> Option<NamedCredentials> {
    let name = in_variable(index.name.as_deref()?);
    let own = find(host, index, &format!("BARROW_INDEX_{name}"));
    let found = own.or_else(|| find(host, index, &format!("UV_INDEX_{name}")))?;
    Some(NamedCredentials { bearer: bearer && found.token.is_some(), ..found })
}

fn find(host: &Host, index: &IndexLocation, prefix: &str) -> Option<NamedCredentials> {
    let part = |what: &str| host.variable(&format!("{prefix}_{what}"));
    let (username, password, token) = (part("USERNAME"), part("PASSWORD"), part("TOKEN"));
    let what = match (token, password, username) {
        (Some(_), _, _) => "TOKEN",
        (None, Some(_), _) => "PASSWORD",
        (None, None, Some(_)) => "USERNAME",
        (None, None, None) => return None,
    };
    Some(NamedCredentials {
        url: index.url.clone(),
        username: username.map(str::to_owned),
        password: password.map(Secret::new),
        token: token.map(Secret::new),
        bearer: false,
        setting: format!("{prefix}_{what}"),
    })
}

/// A name as it stands in variables: upper case, everything but letters and digits an underscore.
fn in_variable(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}
