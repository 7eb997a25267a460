//! One file of the user's, as a bundle takes it.

use std::path::PathBuf;
use std::sync::Arc;

use crate::archive::SafePath;
use crate::regular::FileBytes;

/// One file of the user's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SourceFile {
    /// Path in the bundle.
    pub path: SafePath,
    /// Where the bytes are, without links.
    pub from: PathBuf,
    /// It is a link to another file of its source, and this its text.
    pub link: Option<String>,
    /// The owner may execute it: mode 0755 instead of 0644.
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
