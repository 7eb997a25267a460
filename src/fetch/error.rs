//! Why a file could not be had.

use std::path::PathBuf;

use crate::cache::CacheError;
use crate::http;
use crate::requirements::Origin;
use crate::shared::SharedError;
use crate::spec::{HashDigest, SafeUrl, WeakDigest};

/// A file that could not be had.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The bytes arrived but are not the ones that were promised. Never retried, never cached.
    #[error(transparent)]
    DigestMismatch(Box<DigestMismatch>),
    /// The bytes have another digest of a kind that proves nothing when it fits, and enough when it does not.
    #[error("`{file}` from {url} has digest {actual}, but {expected} was promised")]
    WeakMismatch {
        /// File name.
        file: String,
        /// Where it came from.
        url: SafeUrl,
        /// What was promised.
        expected: WeakDigest,
        /// What the bytes have.
        actual: WeakDigest,
    },
    /// A shared cache is required, and in trouble.
    #[error(transparent)]
    Shared(Box<SharedError>),
    /// More or fewer bytes than the index says.
    #[error("`{file}` from {url} has {actual} bytes, but the index says {expected}")]
    SizeMismatch {
        /// File name.
        file: String,
        /// Where it came from.
        url: SafeUrl,
        /// What the index says.
        expected: u64,
        /// What arrived (more may have been on the way).
        actual: u64,
    },
    /// Digests are demanded, and there is none.
    #[error("`{file}` has no sha256 digest, neither in the requirements nor from {index}, but hashes are required")]
    NoDigest { file: String, index: SafeUrl },
    /// The request failed.
    #[error("failed to download `{file}`")]
    Download { file: String, source: http::Error },
    /// The index lists it, and it is not there.
    #[error("`{file}` is listed, but {url} answered with status {status}")]
    Gone { file: String, url: SafeUrl, status: u16 },
    /// The run is offline and these are not in the cache: all of them.
    #[error("the run is offline, and not in the cache: {}", .0.join(", "))]
    Offline(Vec<String>),
    /// A mirror stands for every place that files come from, and does not have these: all of them.
    #[error("not in the mirror {place}: {}", files.join(", "))]
    NotInMirror { files: Vec<String>, place: SafeUrl },
    /// The mirror that stands for every place could not be asked.
    #[error("failed to look for `{file}` in the mirror")]
    StandIn { file: String, source: Box<dyn std::error::Error + Send + Sync> },
    /// A local file could not be read.
    #[error("failed to read `{}`", path.display())]
    Local { path: PathBuf, source: std::io::Error },
    /// A source distribution stands where only a wheel can be used.
    #[error("`{0}` is not a wheel")]
    NotAWheel(String),
    /// The cache could not be written.
    #[error(transparent)]
    Cache(#[from] CacheError),
}

/// Bytes that are not the ones that were promised.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{file}` from {url} has digest {actual}, but {} was promised{}",
    one_of(expected),
    from_line(hashes_from.as_ref())
)]
pub struct DigestMismatch {
    /// File name.
    pub file: String,
    /// Where it came from.
    pub url: SafeUrl,
    /// Digests of which one was needed.
    pub expected: Vec<HashDigest>,
    /// What the bytes have.
    pub actual: HashDigest,
    /// The line that promised the digests; `None`: the index.
    pub hashes_from: Option<Origin>,
}

fn one_of(digests: &[HashDigest]) -> String {
    let digests: Vec<String> = digests.iter().map(ToString::to_string).collect();
    digests.join(" or ")
}

fn from_line(origin: Option<&Origin>) -> String {
    origin.map_or_else(String::new, |origin| format!(" by {origin}"))
}
