//! Credentials of named indexes from the environment. A token is sent as a password, unless the index asks for bearer
//! tokens.

use barrow::http::NamedCredentials;
use barrow::index::IndexLocation;

use super::Host;

/// What the environment has for an index. What stands in the URL itself comes first; that is for the client to see to.
pub(super) fn from_environment(host: &Host, index: &IndexLocation, bearer: bool) -> Option<NamedCredentials> {
    let found = NamedCredentials::of_variables(&host.environment, index.name.as_deref()?, &index.url)?;
    Some(NamedCredentials { bearer: bearer && found.token.is_some(), ..found })
}
