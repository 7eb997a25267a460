//! Why a mirror could not be read or written.

use std::path::PathBuf;

use crate::archive::ArchiveError;
use crate::file_lock::named;

/// A mirror that could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum MirrorError {
    /// The folder holds something else where the mirror's files belong.
    #[error("`{}` has a folder `{name}` and is no mirror of barrow", path.display())]
    Occupied {
        /// The folder.
        path: PathBuf,
        /// What stands where the mirror's own files would.
        name: &'static str,
    },
    /// Another process changes the mirror, and does not come to an end.
    #[error("another run{} is changing the mirror `{}` all the time", named(*process), path.display())]
    Busy {
        /// The folder.
        path: PathBuf,
        /// Number of the process, where the system tells.
        process: Option<u32>,
    },
    /// The user interrupted the run.
    #[error("interrupted")]
    Cancelled,
    /// There is no mirror.
    #[error("`{}` is no mirror: it has no manifest `{}`", .0.display(), super::folder::MANIFEST)]
    None(PathBuf),
    /// The manifest is not one that this version reads.
    #[error("the manifest `{}` cannot be read", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// The manifest says something that no manifest may.
    #[error("the manifest `{}` {reason}", path.display())]
    ManifestContent {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file of the mirror could not be read.
    #[error("failed to read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file of the mirror could not be written.
    #[error("failed to write `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The cached file is not what it was when it came.
    #[error("the cached copy of `{0}` is damaged")]
    Damaged(String),
    /// The archive of a wheel cannot be read.
    #[error("`{file}` is not a wheel that can be read")]
    Wheel {
        /// The wheel.
        file: String,
        /// Why.
        #[source]
        source: ArchiveError,
    },
    /// A wheel without METADATA.
    #[error("`{0}` has no METADATA")]
    NoMetadata(String),
}
