//! One file of the user's, as a bundle takes it.

use std::borrow::Cow;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::archive::SafePath;
use crate::regular::{self, FileBytes, show_pieces};
use crate::spec::{HashAlgorithm, HashDigest, Hasher};

/// One file of the user's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SourceFile {
    /// Path in the bundle.
    pub path: SafePath,
    /// Where the bytes are, without links.
    pub from: PathBuf,
    /// The text of the link, where the file is a link to another file of its source.
    pub link: Option<String>,
    /// Whether its owner may execute it: mode 0755 instead of 0644.
    pub executable: bool,
    /// Size when it was collected, bytes.
    pub size: u64,
    /// What it holds, where the run has read it already: it is not opened again.
    pub bytes: Option<FileBytes>,
    /// A pattern of `--include` names it, so the user knows what it holds.
    pub is_included: bool,
    /// Whose it is, for messages: `the source folder`.
    pub owner: Arc<str>,
}

impl SourceFile {
    /// Its content from the beginning on: what the run has read already, else what lies there now.
    pub(crate) fn open(&self) -> io::Result<Box<dyn io::Read + '_>> {
        Ok(match &self.bytes {
            Some(bytes) => Box::new(&**bytes),
            None => Box::new(regular::open(&self.from)?),
        })
    }

    /// The digest of that content, and its size in bytes.
    pub(crate) fn digest(&self) -> io::Result<(HashDigest, u64)> {
        let mut hasher = Hasher::new(HashAlgorithm::Sha256);
        let size = show_pieces(self.open()?, self.size, |piece| hasher.update(piece))?;
        Ok((hasher.finish(), size))
    }

    /// All of that content.
    pub(crate) fn read(&self) -> io::Result<Cow<'_, [u8]>> {
        match &self.bytes {
            Some(bytes) => Ok(Cow::Borrowed(bytes)),
            None => regular::read(&self.from).map(Cow::Owned),
        }
    }
}
