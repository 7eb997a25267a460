//! The digest of a zip as far as its distributions reach, kept in the cache.
//!
//! Zips of the same distributions begin alike, whatever the user's own files behind them are, and to hash that beginning
//! takes as long as to copy it out of the wheels. So the state of the sha256 there is kept, and the next such zip goes
//! on from it. Two things have to be certain for that, and each is found out when everything is copied:
//!
//! - The beginning is the same. It is told by the directory of the zip, and of each file by the data, where it was
//!   compressed in this run, or else by the digest of the wheel and the place in it.
//! - What was copied out of a wheel is what the wheel's digest is of: the wheel looks as it did when it was last hashed
//!   (`install/verified.rs`), so nobody has written to it until after the copying.
//!
//! Otherwise the zip is hashed as it lies there.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::archive::DataSpan;
use crate::bundle::{Bundle, BundleFile};
use crate::cache::{Bucket, Cache};
use crate::install::{InstalledDist, is_as_verified};
use crate::spec::{HashAlgorithm, HashDigest, HashState, Hasher};

/// Changes with what identifies a beginning.
const FORMAT: &str = "beginning of a zip 1";

/// What is kept for zips of the same distributions.
pub(super) struct KeptDigest<'a> {
    cache: &'a Cache,
    dists: Vec<&'a InstalledDist>,
    /// Where it lies.
    pub(super) entry: PathBuf,
    kept: Option<KeptBeginning>,
}

/// What is kept of a beginning.
#[derive(Serialize, Deserialize)]
pub(super) struct KeptBeginning {
    /// Identifies what it is.
    pub(super) identity: HashDigest,
    /// The state of the sha256 behind it.
    pub(super) state: HashState,
}

impl<'a> KeptDigest<'a> {
    /// Looks for the beginning of a zip of this bundle: `files` are those that do not belong to the user.
    pub(super) fn find(bundle: &Bundle<'a>, files: &[&BundleFile<'a>], cache: &'a Cache) -> Self {
        let size: u64 = files.iter().map(|file| file.size).sum();
        let prefix = bundle.layout.prefix.as_ref().map_or("", |prefix| prefix.as_str());
        let mut key = format!("{FORMAT}\n{prefix}\n{} {size}\n", files.len());
        bundle.dists.iter().for_each(|dist| key.extend([&dist.digest.hex(), "\n"]));
        let entry = cache.entry(Bucket::Bundles, &key);
        let kept = cache.recall(&entry);
        Self { cache, dists: bundle.dists.clone(), entry, kept }
    }

    /// Whether there is a state from which the digest most likely can go on.
    pub(super) fn is_there(&self) -> bool {
        self.kept.is_some()
    }

    /// The digest behind what was written and is `identity`, if it is certain.
    pub(super) fn resume(&self, identity: &HashDigest) -> Option<Hasher> {
        let kept = self.kept.as_ref().filter(|kept| kept.identity == *identity)?;
        if self.has_sure_wheels() { Hasher::resume(&kept.state) } else { None }
    }

    /// Keeps the state behind what was written and is `identity`.
    pub(super) fn keep(&self, identity: HashDigest, state: &HashState) {
        let is_known = self.kept.as_ref().is_some_and(|kept| kept.identity == identity && kept.state == *state);
        if !is_known && self.has_sure_wheels() {
            self.cache.keep(&self.entry, &KeptBeginning { identity, state: state.clone() });
        }
    }

    fn has_sure_wheels(&self) -> bool {
        self.dists.iter().all(|dist| is_as_verified(dist, self.cache))
    }
}

/// Identifies what is written to a zip, while it is written.
pub(super) struct Identity(Hasher);

impl Identity {
    pub(super) fn new() -> Self {
        Self(Hasher::new(HashAlgorithm::Sha256))
    }

    /// Data that this run has made.
    pub(super) fn add(&mut self, data: &[u8]) {
        self.0.update(b"made");
        self.0.update(data);
    }

    /// Data that is copied out of a wheel.
    pub(super) fn add_copied(&mut self, dist: &InstalledDist, span: &DataSpan) {
        self.0.update(b"copied");
        self.0.update(dist.digest.bytes());
        self.0.update(&span.offset.to_le_bytes());
    }

    /// All of it: the directory says where the data of each file begins and ends, and what it is the data of.
    pub(super) fn finish(mut self, directory: &[u8]) -> HashDigest {
        self.0.update(directory);
        self.0.finish()
    }
}
