//! Why something cannot be left to what is said to be there already.

use std::path::PathBuf;

use crate::spec::{PackageName, Version};
use crate::target::{Runtime, TagMismatch};

/// What is there already, by the user's word, is not what is needed, or cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum LeftOutError {
    /// The user asks for certain versions of what the runtime is to bring.
    #[error(
        "{} left to {runtime}, whose versions differ by region and date, so that it may not have what is asked for:\n  {}",
        if lines.len() == 1 { "this would be" } else { "these would be" },
        lines.join("\n  ")
    )]
    Pinned {
        /// The runtime that is to bring the projects.
        runtime: Runtime,
        /// What is asked for, and where.
        lines: Vec<String>,
        /// The projects.
        names: Vec<PackageName>,
    },
    /// A lock has another version than what is to bring it.
    #[error("{name} {locked} is locked, and `{}`, which is to bring it, has {brought}", by.display())]
    OtherVersion {
        /// The project.
        name: PackageName,
        /// The version in the lock that is bundled.
        locked: Version,
        /// What is to bring it.
        by: PathBuf,
        /// The version that `by` has.
        brought: Version,
    },
    /// Two bring one project in different versions.
    #[error("`{}` brings {name} {}, and `{}` brings {}", first.0.display(), first.1, second.0.display(), second.1)]
    TwoVersions {
        /// The project.
        name: PackageName,
        /// One of them.
        first: (PathBuf, Version),
        /// The other.
        second: (PathBuf, Version),
    },
    /// A layer holds native code that the target cannot load.
    #[error("`{}` brings {name} {version} for another target than {target}: it {mismatch}", by.display())]
    OtherTarget {
        /// The folder or zip.
        by: PathBuf,
        /// The project.
        name: PackageName,
        /// Its version.
        version: Version,
        /// What it is made for.
        mismatch: TagMismatch,
        /// Runtime and processor of what is made.
        target: String,
    },
    /// A folder or zip that is said to bring distributions has none.
    #[error("`{}` brings nothing: no distribution lies at its top or below `python/`", by.display())]
    BringsNothing {
        /// The folder or zip.
        by: PathBuf,
    },
    /// A file that is said to be a lock is a list of requirements.
    #[error("`{}` has no exact version of {name} ({origin})", by.display())]
    NotExact {
        /// The file.
        by: PathBuf,
        /// The project.
        name: PackageName,
        /// The line.
        origin: String,
    },
    /// A lock, folder or zip that is said to bring distributions cannot be read.
    #[error("what `{}` brings cannot be read", by.display())]
    Unreadable {
        /// The lock, folder or zip.
        by: PathBuf,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
