//! What can go wrong with lock files.

use std::path::PathBuf;

use crate::spec::{PackageName, Version};

/// A lock could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Hashes were asked for and the index gives none.
    #[error("no digest is known for {name} {version}: the index lists none that counts")]
    NoHashes {
        /// Project.
        name: PackageName,
        /// Version.
        version: Version,
    },
    /// The file is not what it should be.
    #[error("{}:{line}: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// One-based line.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// The file is well formed, and cannot be used for the target.
    #[error("`{}` cannot be used: {reason}", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A package has no wheel, and may not be built.
    #[error("{}:{line}: {name} is {what} and would have to be built: {way_out}", path.display())]
    NeedsBuilding {
        /// The file.
        path: PathBuf,
        /// One-based line.
        line: usize,
        /// Project.
        name: PackageName,
        /// What there is in place of a wheel.
        what: &'static str,
        /// What would allow it.
        way_out: String,
    },
}

impl LockError {
    /// Whether the user's file is wrong, rather than the world.
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::Malformed { .. })
    }
}
