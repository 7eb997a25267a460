//! What can go wrong in this room.

use std::io;
use std::path::PathBuf;

use super::limits::{Bytes, ZIP_UPLOAD_LIMIT_BYTES};
use crate::archive::SafePath;
use crate::spec::ForeignName;

/// A bundle that could not be put together. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// SOURCE, or something in it, could not be read.
    #[error("failed to read the source at `{}`", path.display())]
    ReadSource { path: PathBuf, source: io::Error },
    /// A file of SOURCE has a name that a bundle cannot hold.
    #[error("the source file `{}` cannot be bundled: {reason}", ForeignName(&path.to_string_lossy()))]
    SourceName { path: PathBuf, reason: &'static str },
    /// A link in SOURCE that cannot be followed.
    #[error("the link `{}` in the source {reason}", path.display())]
    SourceLink { path: PathBuf, reason: &'static str },
    /// A link that leads out of its source, and links are not followed.
    #[error("the link `{}` in the source leads out of the source folder, to `{}`", path.display(), target.display())]
    LinkOutside { path: PathBuf, target: PathBuf },
    /// A line of an ignore file that is no pattern.
    #[error("{}:{line}: not a pattern", path.display())]
    IgnoreLine {
        /// The file.
        path: PathBuf,
        /// The line of the file, from 1.
        line: usize,
        source: ignore::Error,
    },
    /// Two sources bring different files for one path.
    #[error("`{path}` comes from {owner} and, with other content, from {other}")]
    SourceCollision { path: SafePath, owner: String, other: String },
    /// Something in SOURCE that is no file.
    #[error("`{}` in the source is {kind}, which cannot be bundled", path.display())]
    SourceKind { path: PathBuf, kind: &'static str },
    /// A pattern that is none.
    #[error("`{pattern}` is not a pattern that `{option}` understands")]
    Pattern {
        pattern: String,
        /// Where it was given.
        option: &'static str,
        source: globset::Error,
    },
    /// A pattern with nothing in it.
    #[error("{} of `{option}` names nothing", if pattern.is_empty() { "an empty pattern".to_owned() } else { format!("`{pattern}`") })]
    EmptyPattern {
        pattern: String,
        /// Where it was given.
        option: &'static str,
    },
    /// Files of SOURCE that hold what must not be in a bundle.
    #[error("{}", holds_secret(files))]
    HoldsSecret {
        /// Path in the bundle, and what is in it.
        files: Vec<(String, &'static str)>,
    },
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
        reason: &'static str,
    },
    /// Nothing to put into the bundle.
    #[error("there is nothing to bundle: no dependency and no source file")]
    Empty,
    /// Larger than the user allows.
    #[error("the bundle is {} unzipped, more than the {} that is allowed", Bytes(*size), Bytes(*limit))]
    TooLarge {
        /// Size, bytes.
        size: u64,
        /// What is allowed, bytes.
        limit: u64,
    },
    /// The layers that a layer is split into are too few.
    #[error("{}", full(*layers, *zipped))]
    LayersFull {
        /// How many there may be.
        layers: usize,
        /// What the dependencies take as zips, bytes.
        zipped: u64,
        /// How many would be enough; `None`: more than a function can have.
        enough: Option<usize>,
    },
}

impl BundleError {
    /// Whether it is a pattern of the user's that is wrong, rather than the world.
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::Pattern { .. } | Self::EmptyPattern { .. } | Self::IgnoreLine { .. })
    }
}

fn holds_secret(files: &[(String, &str)]) -> String {
    let lines = files.iter().map(|(path, what)| format!("the source file `{path}` holds {what}, so it is not bundled"));
    lines.collect::<Vec<_>>().join("\n")
}

/// How much too large the zips of all layers together are, as a fragment.
fn full(layers: usize, zipped: u64) -> String {
    let limit = Bytes(ZIP_UPLOAD_LIMIT_BYTES);
    let room = ZIP_UPLOAD_LIMIT_BYTES * layers as u64;
    let hold =
        if layers == 1 { format!("1 layer of {limit} holds") } else { format!("{layers} layers of {limit} hold") };
    let excess = match zipped.checked_sub(room) {
        Some(excess) if excess > 0 => format!(": {} too much", Bytes(excess)),
        _ => ", and do not come out even".to_owned(),
    };
    format!("the dependencies are {} as zips, and {hold} {}{excess}", Bytes(zipped), Bytes(room))
}
