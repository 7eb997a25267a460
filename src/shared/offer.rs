//! A result that others may use.

use std::path::PathBuf;
use std::time::Duration;

use super::ClaimKind;
use crate::spec::HashDigest;

/// A result that others may use.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    /// The kind and the key of the claim about it. `None`: whoever wants the file knows its digest, as that of a file
    /// of an index.
    pub about: Option<(ClaimKind, HashDigest)>,
    /// Its name in messages.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// sha256 of the file.
    pub digest: HashDigest,
    /// Size of the file, bytes.
    pub size: u64,
    /// How long making it took.
    pub took: Duration,
    /// Facts about the result that whoever takes it needs, by its kind.
    pub details: serde_json::Value,
    /// Something of it comes from a private index.
    pub is_private: bool,
}
