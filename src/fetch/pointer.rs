//! Pointers: what a file without a promised digest was, when it was last fetched.

use serde::{Deserialize, Serialize};

use crate::cache::{Bucket, Cache};
use crate::spec::{HashDigest, SafeUrl};

/// The digest that a URL or path had, and what must be unchanged for it to have it still.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Pointer {
    pub(super) sha256: HashDigest,
    pub(super) unchanged: Unchanged,
}

/// What must be unchanged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Unchanged {
    /// The server's validators.
    Server { etag: Option<String>, last_modified: Option<String> },
    /// A local file: size, modification and change time in nanoseconds, inode.
    Local { size: u64, modified: i128, changed: i128, inode: u64 },
}

/// Time after a change in which another one could get the same time, nanoseconds: file systems count in steps of up to
/// ten milliseconds (one or two seconds on old ones, whose files are then just copied again).
const STEP: i128 = 100_000_000;

impl Unchanged {
    /// Whether this file was changed so long after the other that a later change of the other would show.
    pub(super) fn is_well_after(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Local { changed: later, .. }, Self::Local { changed, .. }) => changed + STEP < *later,
            _ => false,
        }
    }
}

impl Pointer {
    /// The pointer of a URL, if there is one.
    pub(super) fn read(cache: &Cache, url: &SafeUrl) -> Option<Self> {
        cache.recall(&cache.entry(Bucket::Metadata, &key(url)))
    }

    /// Keeps the pointer of a URL. A cache that cannot be written only costs a later run its time.
    pub(super) fn write(&self, cache: &Cache, url: &SafeUrl) {
        if let Ok(bytes) = rmp_serde::to_vec(self) {
            let _ = cache.write(&cache.entry(Bucket::Metadata, &key(url)), &bytes);
        }
    }
}

fn key(url: &SafeUrl) -> String {
    format!("pointer\n{}\n{}", url.reveal().username(), url.without_credentials().reveal())
}
