//! What is asked of this room, what it answers, and the moments in between.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use serde::{Deserialize, Serialize};

use super::PublishError;
use crate::cache::Cache;
use crate::install::LinkMode;
use crate::spec::HashDigest;

/// What a bundle becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OutputForm {
    Folder,
    Zip,
}

/// Where and how to publish.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PublishOptions<'a> {
    /// OUT; a link to a folder is followed.
    pub out: &'a Path,
    /// Folder or zip.
    pub format: OutputForm,
    /// How files get from the cache to a folder.
    pub link_mode: LinkMode,
    /// Replace an OUT that holds what barrow did not make (`--force`).
    pub force: bool,
    /// Folders for the mark "barrow made this", best first: the user's state folder, then the cache.
    pub state_folders: &'a [PathBuf],
    /// Folders of barrow's own that OUT must not contain, such as the cache.
    pub own_folders: &'a [PathBuf],
    /// Identifies what the output is made of, so that a later run can ask [`super::is_unchanged`].
    pub fingerprint: Option<&'a str>,
    /// Where the digests of zips may be kept as far as their distributions reach (`kept_digest.rs`); `None`: a zip is
    /// hashed whole.
    pub cache: Option<&'a Cache>,
    /// The zip, where it was made already; the bundle then only says what is in it.
    pub ready: Option<ReadyFile<'a>>,
    /// Set when the user interrupts.
    pub cancel: Option<&'a AtomicBool>,
}

/// A zip that was made already.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadyFile<'a> {
    /// Where it lies; it may be moved away from there.
    pub path: &'a Path,
    /// The digest of its bytes.
    pub sha256: &'a HashDigest,
    /// Its size, bytes.
    pub size_bytes: u64,
}

/// What was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PublishedOutput {
    /// OUT without links.
    pub out: PathBuf,
    /// Number of files.
    pub files: usize,
    /// Unzipped size, bytes.
    pub size_bytes: u64,
    /// The zip, when it is one.
    pub zip: Option<PublishedZip>,
    /// Whether there was something before.
    pub replaced: bool,
    /// What the user should know.
    pub warnings: Vec<String>,
}

/// A zip as it was published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedZip {
    /// Its size, bytes.
    pub size_bytes: u64,
    pub sha256: HashDigest,
}

impl PublishedZip {
    /// The digest as Lambda and Terraform write it.
    pub fn sha256_base64(&self) -> String {
        base64::engine::general_purpose::STANDARD.encode(self.sha256.bytes())
    }
}

/// The moments of publishing, for tests that die at one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Step {
    /// The new content is whole, OUT untouched.
    Staged,
    /// The mark names old and new.
    Marked,
    /// The journal is written.
    Journaled,
    /// One old and one new entry have changed places.
    Exchanged,
    /// One old entry was moved away.
    Removed,
    /// One new entry was moved in.
    Placed,
    /// OUT is new.
    Swapped,
}

/// Is told of each step.
pub(super) type Steps<'a> = &'a dyn Fn(Step);

impl PublishOptions<'_> {
    /// To be called between pieces of work, as long as OUT is untouched.
    pub(super) fn refuse_cancelled(&self) -> Result<(), PublishError> {
        let cancelled = self.cancel.is_some_and(|cancel| cancel.load(Ordering::Relaxed));
        if cancelled { Err(PublishError::Cancelled) } else { Ok(()) }
    }
}
