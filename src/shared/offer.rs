//! A result that others may use.

use std::path::PathBuf;
use std::time::Duration;

use super::ClaimKind;
use crate::spec::HashDigest;

/// A result that others may use.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    /// What it was made of: the kind and the key of the claim about it. `None`: whoever wants it knows its digest, as
    /// that of a file of an index.
    pub about: Option<(ClaimKind, HashDigest)>,
    /// What it is called.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// sha256 of the file.
    pub digest: HashDigest,
    /// Size of the file, bytes.
    pub size: u64,
    /// How long it took to make.
    pub took: Duration,
    /// What else is to be known of it.
    pub details: serde_json::Value,
    /// Something of it comes from a private index.
    pub is_private: bool,
}
