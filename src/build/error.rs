//! Why something could not be built.

use std::io;
use std::path::PathBuf;

use crate::archive::ArchiveError;
use crate::cache::CacheError;
use crate::spec::SafeUrl;

/// A source that could not be built, or whose wheel cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// There is no Python to build with.
    #[error("building {label} needs {wanted}, and there is none: {}", if tried.is_empty() { "no python is on the PATH".to_owned() } else { tried.join("; ") })]
    NoInterpreter {
        /// What was to be built.
        label: String,
        /// What would do.
        wanted: String,
        /// The programs that were asked, and why each does not do.
        tried: Vec<String>,
    },
    /// The Python that the user named cannot be used.
    #[error("`{}` cannot be used for building: {reason}", path.display())]
    Interpreter { path: PathBuf, reason: String },
    /// The Python that compiles sources failed.
    #[error("`{}` failed to compile the sources of the bundle ({status}){}", program.display(), indented(output))]
    Bytecode {
        program: PathBuf,
        /// How it ended.
        status: String,
        /// What it wrote last.
        output: String,
    },
    /// The project's own files do not say how to build it.
    #[error("the pyproject.toml of {label} cannot be used: {reason}")]
    Pyproject { label: String, reason: String },
    /// What the source says about itself cannot be read.
    #[error("the metadata of {label} cannot be used: {reason}")]
    Metadata { label: String, reason: String },
    /// The archive was refused.
    #[error("failed to unpack {label}")]
    Unpack { label: String, source: ArchiveError },
    /// A program could not be started.
    #[error("the program `{}` could not be started", program.display())]
    Start { program: PathBuf, source: io::Error },
    /// The build ended without a wheel.
    #[error("building {label} failed: {step} ended with {status}{}", indented(output))]
    Failed {
        /// The source.
        label: String,
        /// What was being done.
        step: &'static str,
        /// How it ended.
        status: String,
        /// The last lines that it wrote.
        output: String,
        /// Whether it wanted the network, which it did not have.
        misses_network: bool,
        /// What built it, where that is no Python of the target's version.
        other_python: Option<Box<OtherPython>>,
    },
    /// The build made something else than the one wheel that was asked for.
    #[error("building {label} gave no wheel that can be used: {reason}")]
    Result { label: String, reason: String },
    /// The wheel runs on this machine and not on the target.
    #[error("building {label} on this machine made `{wheel}`, which {target} cannot load: {reason}")]
    Foreign {
        /// The source.
        label: String,
        /// The wheel's name.
        wheel: String,
        /// What it is for.
        target: String,
        /// Why not.
        reason: String,
        /// What built it, where that is no Python of the target's version.
        other_python: Option<Box<OtherPython>>,
    },
    /// A repository could not be fetched.
    #[error("failed to fetch {url}: {step} ended with {status}{}", indented(output))]
    Git {
        /// The repository.
        url: SafeUrl,
        /// What was being done.
        step: &'static str,
        /// How it ended.
        status: String,
        /// The last lines that git wrote.
        output: String,
    },
    /// A folder or file of the build could not be read or written.
    #[error("failed to {action} `{}`", path.display())]
    File { action: &'static str, path: PathBuf, source: io::Error },
    /// The cache could not be written.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// The user wants to stop.
    #[error("interrupted")]
    Interrupted,
}

/// A Python that builds in the place of one of the target's version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherPython {
    /// The full version of what builds.
    pub used: String,
    /// The minor version that the target has, such as `3.13`.
    pub wanted: String,
    /// Whether the user named it, so that none of the target's version was looked for.
    pub is_named: bool,
}

impl BuildError {
    /// The same, with a word on the Python that built.
    #[must_use]
    pub(crate) fn built_with(mut self, other: Option<&OtherPython>) -> Self {
        if let Self::Failed { other_python, .. } | Self::Foreign { other_python, .. } = &mut self {
            *other_python = other.cloned().map(Box::new);
        }
        self
    }
}

/// Lines of a program below the message, set off from it.
fn indented(output: &str) -> String {
    output.lines().flat_map(|line| ["\n  | ", line]).collect()
}
