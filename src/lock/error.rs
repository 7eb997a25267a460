//! What can go wrong with lock files.

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
}
