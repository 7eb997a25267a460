//! Why what a run asks for could not be read.

use std::path::PathBuf;

use crate::build::BuildError;
use crate::bundle::BundleError;
use crate::lock::LockError;
use crate::requirements::RequirementsError;

/// What a run asks for could not be read.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// The user's own files or words are malformed.
    #[error(transparent)]
    Requirements(#[from] RequirementsError),
    /// A lock is malformed, or does not fit the target.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// Options that contradict each other, or name what does not exist.
    #[error("{message}")]
    Usage {
        /// What is wrong.
        message: String,
        /// What to do instead.
        hint: Option<String>,
    },
    /// An input file could not be read.
    #[error("failed to read `{}`", path.display())]
    ReadInput {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A project folder could not be looked through.
    #[error(transparent)]
    Folder(#[from] BuildError),
    /// The user's own source could not be looked through.
    #[error(transparent)]
    Source(#[from] BundleError),
}
