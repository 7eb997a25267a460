//! Why a mirror could not be read or written.

use std::path::PathBuf;

use crate::archive::ArchiveError;
use crate::file_lock::named;
use crate::index::MIRROR_MANIFEST;
use crate::reporter::counted;
use crate::signing::Distrust;
use crate::spec::HashDigest;

/// A mirror that could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum MirrorError {
    /// The folder holds something else where the mirror's files belong.
    #[error("`{}` holds `{name}` and is no mirror of barrow", path.display())]
    Occupied { path: PathBuf, name: String },
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
    #[error("`{}` is no mirror: it has no manifest `{}`", .0.display(), MIRROR_MANIFEST)]
    None(PathBuf),
    /// The manifest is not one that this version reads.
    #[error("the manifest `{}` cannot be read", path.display())]
    Manifest { path: PathBuf, source: serde_json::Error },
    /// The manifest has a form that this version does not know.
    #[error("the manifest `{}` has the form {found}, and this version of barrow knows {known}", path.display())]
    ManifestForm { path: PathBuf, found: u32, known: u32 },
    /// The manifest says something that no manifest may.
    #[error("the manifest `{}` {reason}", path.display())]
    ManifestContent { path: PathBuf, reason: String },
    /// A file of the mirror could not be read.
    #[error("failed to read `{}`", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    /// A file of the mirror could not be written.
    #[error("failed to write `{}`", path.display())]
    Write { path: PathBuf, source: std::io::Error },
    /// The cached file is not what it was when it came.
    #[error("the cached copy of `{0}` is damaged")]
    Damaged(String),
    /// The archive of a wheel cannot be read.
    #[error("`{file}` is not a wheel that can be read")]
    Wheel { file: String, source: ArchiveError },
    /// The mirror has other bytes under the name of a file that is offered. Nothing is replaced: either may be the
    /// wrong one.
    #[error("`{file}` has the sha256 {offered}, and the mirror has a file of this name with {held}")]
    OtherBytes {
        file: String,
        /// sha256 of the one in the mirror, hexadecimal.
        held: String,
        /// sha256 of the one that is offered now, hexadecimal.
        offered: String,
    },
    /// No application of this name is remembered.
    #[error("the mirror `{}` has no application `{name}`{}", path.display(), listing(known))]
    NoApplication {
        /// The folder.
        path: PathBuf,
        name: String,
        /// Names of the applications that are there.
        known: Vec<String>,
    },
    /// An application that has files in the mirror would need none any more.
    #[error("`{name}` requires nothing, and the mirror holds {} for it", counted(*held, "file"))]
    NothingRequired {
        /// The application.
        name: String,
        /// Files that are there for its sake.
        held: usize,
    },
    /// Pruning would remove most of the mirror.
    #[error("{} of {total} files would be removed: {}", names.len(), names.join(", "))]
    MostWouldGo { names: Vec<String>, total: usize },
    /// Pruning would remove files of which it is not known who needs them.
    #[error("the manifest was lost, and it is not known who needs these: {}", names.join(", "))]
    UnknownWouldGo { names: Vec<String> },
    /// The mirror is another one than expected.
    #[error("the mirror `{}` has the digest {actual}, and {expected} was expected", path.display())]
    NotExpected { path: PathBuf, expected: HashDigest, actual: HashDigest },
    /// The manifest is not signed by anyone who is trusted.
    #[error("the mirror `{}` is not trusted", path.display())]
    NotTrusted { path: PathBuf, source: Distrust },
    /// A wheel without METADATA.
    #[error("`{0}` has no METADATA")]
    NoMetadata(String),
}

fn listing(names: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!(": it has {}", names.join(", ")) }
}
