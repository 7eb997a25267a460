//! Downloading distribution files into the cache, hashing bytes as they pass.
//!
//! A file lies in the cache under the sha256 of its bytes, and gets there by a rename, so what is found there is whole
//! but for damage from outside: a hit is checked for its length and the zip's end, and RECORD is checked at install.
//! Local files are copied into the cache, never used in place: their bytes could change after they were hashed.
//!
//! A file without a promised digest is found again by a *pointer*: an entry under its URL that holds the digest and
//! what has to be unchanged, the server's validator or the local file's size, times and inode.

mod download;
mod error;
mod fetched;
mod fetcher;
mod local;
mod pointer;
mod stand_in;
mod stored;
mod wanted;

use error::DigestMismatch;
pub use error::FetchError;
pub use fetched::{FetchedFile, FetchedWheel, Proof};
pub use fetcher::{FetchOptions, Fetcher};
pub(crate) use fetcher::{Fetches, UnderWay};
pub(crate) use stand_in::{LocatedFile, StandIn};
pub use stored::digest as digest_of_file;
pub use wanted::WantedFile;
pub(crate) use wanted::only_sha256;
