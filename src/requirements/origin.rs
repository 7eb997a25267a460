//! Where a requirement was written.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Where a requirement, constraint or option was written: messages end in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Origin {
    /// A line of a file.
    File {
        /// The file, as the user named it (a URL is shown without credentials).
        file: PathBuf,
        /// One-based number of the line on which it starts.
        line: u32,
    },
    /// The command line.
    CommandLine,
    /// What a lock or layer brings (`--without`).
    Brought {
        /// The lock or layer, as the user named it.
        by: PathBuf,
    },
    /// What the backend of a source asks for.
    Build,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, line } => write!(f, "{}:{line}", file.display()),
            Self::CommandLine => f.write_str("command line"),
            Self::Brought { by } => write!(f, "what `{}` brings", by.display()),
            Self::Build => f.write_str("to build it"),
        }
    }
}
