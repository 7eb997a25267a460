//! What is shared with whom.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use crate::signing::{PublicKey, SigningKey};
use crate::spec::SafeUrl;

/// Characters of a namespace, at most.
const LONGEST: usize = 63;

/// How long a run that is done otherwise waits for its uploads.
const USUAL_WAIT: Duration = Duration::from_secs(10);

/// A part of a shared cache: a store can let some write to it and others not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Namespace(String);

/// A text that is no namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a namespace has letters, digits, `-`, `_` and `.`, begins with a letter or digit, and has at most {LONGEST} characters"
)]
pub struct NamespaceError;

impl Namespace {
    /// The one that is read when none is named.
    pub fn usual() -> Self {
        Self("main".to_owned())
    }
}

impl FromStr for Namespace {
    type Err = NamespaceError;

    fn from_str(text: &str) -> Result<Self, NamespaceError> {
        let is_fine = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let begins = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
        let is_namespace = begins && text.len() <= LONGEST && text.bytes().all(is_fine);
        is_namespace.then(|| Self(text.to_owned())).ok_or(NamespaceError)
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A shared cache, and what this run may do with it.
#[derive(Clone, Debug)]
pub struct SharedOptions {
    /// The store.
    pub place: SafeUrl,
    /// Namespaces that are read, in this order.
    pub read: Vec<Namespace>,
    /// The namespace that is written; `None`: none.
    pub write: Option<Namespace>,
    /// Namespaces that may hold what comes from private indexes.
    pub private: Vec<Namespace>,
    /// Keys of which one must have signed a claim; none: claims need not be signed.
    pub keys: Vec<PublicKey>,
    /// Nothing is taken on the word of a claim, only what has a digest that an index, a lock or the user says.
    pub no_claims: bool,
    /// Signs the claims that are written.
    pub sign_key: Option<Arc<SigningKey>>,
    /// Trouble with the store is an error.
    pub required: bool,
    /// How long a run that is done otherwise waits for its uploads.
    pub wait: Duration,
}

impl SharedOptions {
    /// A cache that is read and not written, from the usual namespace.
    pub fn new(place: SafeUrl) -> Self {
        Self {
            place,
            read: vec![Namespace::usual()],
            write: None,
            private: Vec::new(),
            keys: Vec::new(),
            no_claims: false,
            sign_key: None,
            required: false,
            wait: USUAL_WAIT,
        }
    }
}
