//! Where settings come from.

use std::fmt;
use std::path::PathBuf;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Flag(&'static str),
    Variable(String),
    File {
        file: PathBuf,
        line: usize,
    },
    /// Anything else, in words.
    Other(String),
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => write!(f, "--{name}"),
            Self::Variable(name) => write!(f, "${name}"),
            Self::File { file, line } => write!(f, "{}:{line}", file.display()),
            Self::Other(words) => f.write_str(words),
            Self::Default => f.write_str("default"),
        }
    }
}
