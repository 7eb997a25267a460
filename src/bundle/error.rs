//! What can go wrong in this room.

use std::io;
use std::path::PathBuf;

use super::limits::Bytes;
use crate::archive::SafePath;
use crate::file_lock::named;
use crate::install::LinkError;

/// A bundle that could not be made. OUT is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// SOURCE, or something in it, could not be read.
    #[error("failed to read the source at `{}`", path.display())]
    ReadSource {
        /// What could not be read.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file of SOURCE has a name that a bundle cannot hold.
    #[error("the source file `{}` cannot be bundled: {reason}", path.to_string_lossy().escape_debug())]
    SourceName {
        /// The file.
        path: PathBuf,
        /// What is wrong with its name.
        reason: &'static str,
    },
    /// A link in SOURCE that cannot be followed.
    #[error("the link `{}` in the source {reason}", path.display())]
    SourceLink {
        /// The link.
        path: PathBuf,
        /// Where it leads.
        reason: &'static str,
    },
    /// Something in SOURCE that is no file.
    #[error("`{}` in the source is {kind}, which cannot be bundled", path.display())]
    SourceKind {
        /// The thing.
        path: PathBuf,
        /// What it is.
        kind: &'static str,
    },
    /// A pattern of `--exclude` that is none.
    #[error("`{glob}` is not a pattern that `--exclude` understands")]
    Exclude {
        /// The pattern.
        glob: String,
        /// Why.
        #[source]
        source: globset::Error,
    },
    /// A pattern of `--exclude` with nothing in it.
    #[error("`{0}` is not a pattern that `--exclude` understands: it names nothing")]
    EmptyExclude(String),
    /// Two paths that cannot stand beside each other.
    #[error("`{path}` of {owner} cannot stand beside `{other}` of {other_owner}: {reason}")]
    Clash {
        /// One path.
        path: SafePath,
        /// Whose it is.
        owner: String,
        /// The other path.
        other: String,
        /// Whose that is.
        other_owner: String,
        /// Why.
        reason: &'static str,
    },
    /// Nothing to put into the bundle.
    #[error("there is nothing to bundle: no dependency and no source file")]
    Empty,
    /// Larger than `--max-size` allows.
    #[error("the bundle is {} unzipped, more than the {} that `--max-size` allows", Bytes(*size), Bytes(*limit))]
    TooLarge {
        /// Size, bytes.
        size: u64,
        /// What is allowed, bytes.
        limit: u64,
    },
    /// OUT cannot be an output at all.
    #[error("`{}` cannot be the output: {reason}", out.display())]
    Unfit {
        /// OUT.
        out: PathBuf,
        /// Why.
        reason: String,
    },
    /// OUT holds what barrow did not make.
    #[error("`{}` holds what barrow did not make ({files}), so it is left alone", out.display())]
    Occupied {
        /// OUT.
        out: PathBuf,
        /// A few of them.
        files: String,
    },
    /// A distribution was given without its unpacked files.
    #[error("`{0}` has not been unpacked")]
    NotUnpacked(String),
    /// A file of the bundle could not be written beside OUT.
    #[error("failed to write `{path}` of the bundle for `{}`", out.display())]
    Stage {
        /// The file.
        path: String,
        /// OUT.
        out: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The files of a distribution could not be placed beside OUT.
    #[error("failed to place the files of `{dist}` for `{}`", out.display())]
    Link {
        /// The distribution.
        dist: String,
        /// OUT.
        out: PathBuf,
        /// Why.
        #[source]
        source: LinkError,
    },
    /// OUT could not be looked at, prepared or replaced.
    #[error("failed to {action} `{}`", out.display())]
    Publish {
        /// What was tried.
        action: &'static str,
        /// OUT.
        out: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Another run is publishing at the same OUT, and does not come to an end.
    #[error("another run{} has been publishing to `{}` for a minute", named(*process), out.display())]
    Busy {
        /// OUT.
        out: PathBuf,
        /// Number of its process, where the system tells.
        process: Option<u32>,
    },
    /// The user interrupted the run.
    #[error("interrupted")]
    Cancelled,
}
