//! What can go wrong in this room.

use std::io;
use std::path::PathBuf;

use crate::file_lock::named;
use crate::install::LinkError;

/// An output that could not be published. It is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// A file of SOURCE could not be read.
    #[error("failed to read the source at `{}`", path.display())]
    ReadSource { path: PathBuf, source: io::Error },
    /// OUT cannot be an output at all.
    #[error("`{}` cannot be the output: {reason}", out.display())]
    Unfit { out: PathBuf, reason: String },
    /// OUT holds what barrow did not make.
    #[error("`{}` holds what barrow did not make ({files}), so it is left alone", out.display())]
    Occupied {
        out: PathBuf,
        /// A few of them.
        files: String,
    },
    /// A distribution was given without its unpacked files.
    #[error("`{0}` has not been unpacked")]
    NotUnpacked(String),
    /// A file of the bundle could not be written beside OUT.
    #[error("failed to write `{path}` of the bundle for `{}`", out.display())]
    Stage { path: String, out: PathBuf, source: io::Error },
    /// OUT lies on a file system that cannot hold two of the paths.
    #[error(
        "`{}` cannot hold both `{first}` and `{second}`: its file system takes names for one that differ only in case",
        out.display()
    )]
    Alike { first: String, second: String, out: PathBuf },
    /// A package comes with another spelling of a folder that has to stay because of what else is in it.
    #[error(
        "`{}` cannot be installed in `{}`: other files keep `{}` there, and its file system takes the two names for one",
        new.display(),
        out.display(),
        there.display()
    )]
    Respelled { there: PathBuf, new: PathBuf, out: PathBuf },
    /// The files of a distribution could not be placed beside OUT.
    #[error("failed to place the files of `{dist}` for `{}`", out.display())]
    Link { dist: String, out: PathBuf, source: LinkError },
    /// OUT could not be looked at, prepared or replaced.
    #[error("failed to {action} `{}`", out.display())]
    Publish { action: &'static str, out: PathBuf, source: io::Error },
    /// Another run is publishing at the same OUT, and does not come to an end.
    #[error("another run{} has been publishing to `{}` for a minute", named(*process), out.display())]
    Busy {
        out: PathBuf,
        /// Number of its process, where the system tells.
        process: Option<u32>,
    },
    /// The user interrupted the run.
    #[error("interrupted")]
    Cancelled,
}

impl PublishError {
    /// Whether a file in the cache turned out to be changed. It can be mended, and then the same be published.
    pub fn found_a_changed_file(&self) -> bool {
        matches!(self, Self::Link { source: LinkError::Changed { .. }, .. })
    }
}
