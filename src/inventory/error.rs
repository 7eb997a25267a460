//! Why an output cannot be listed.

use std::io;
use std::path::PathBuf;

/// Why an output cannot be listed.
#[derive(Debug, thiserror::Error)]
pub enum InventoryError {
    /// Something in it cannot be read.
    #[error("failed to read `{}`", path.display())]
    Read { path: PathBuf, source: io::Error },
    /// A file that is no zip.
    #[error("`{}` is neither a folder nor a zip archive", .0.display())]
    NoArchive(PathBuf),
    /// A zip that cannot be read.
    #[error("the archive `{}` cannot be read: {reason}", path.display())]
    Archive { path: PathBuf, reason: String },
    /// Larger than anything that Lambda takes.
    #[error("`{}` holds more than is read here: {what}", path.display())]
    TooMuch {
        /// Which output.
        path: PathBuf,
        /// How much of what is read.
        what: String,
    },
}
