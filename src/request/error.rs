//! Why what a run asks for could not be read.

use std::fmt;
use std::path::PathBuf;

use crate::build::BuildError;
use crate::bundle::BundleError;
use crate::lock::LockError;
use crate::requirements::RequirementsError;

/// What a run asks for could not be read.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// The user's own files or words are malformed.
    #[error(transparent)]
    Requirements(#[from] RequirementsError),
    /// A lock is malformed, or does not fit the target.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// A file that is named as one of requirements and belongs to another program.
    #[error("`{}` is {what}", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Whose file it is, as its name tells.
        what: ForeignFile,
    },
    /// A file with the name of a lock that lists requirements.
    #[error("`{}` is called a lock, and is a list of requirements", path.display())]
    ListCalledLock {
        /// The file.
        path: PathBuf,
    },
    /// Extras stand behind the name of a file, as they may behind that of a project.
    #[error("there is no file `{}`; extras of `{}` are not written behind its name", path.display(), file.display())]
    ExtrasBehindName {
        /// As it was given.
        path: PathBuf,
        /// The file that is there.
        file: PathBuf,
        /// What stands in the brackets.
        extras: Vec<String>,
    },
    /// A lock stands for a whole resolution, and something is required beside it.
    #[error("`{}` is a lock: no other requirements can be given beside it", path.display())]
    BesideLock {
        /// The lock.
        path: PathBuf,
    },
    /// Extras or groups are asked for, and nothing is there that has any.
    #[error("extras and groups are selected from a pyproject.toml or a lock, and there is none")]
    NothingToSelectFrom,
    /// Groups alone are asked for, and extras of the project too, which is not.
    #[error("dependency groups alone are asked for, and extras belong to the project, which is left out then")]
    ExtrasBesideGroups,
    /// An input file could not be read.
    #[error("failed to read `{}`", path.display())]
    ReadInput {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A project folder could not be looked through.
    #[error(transparent)]
    Folder(#[from] BuildError),
    /// The user's own source could not be looked through.
    #[error(transparent)]
    Source(#[from] BundleError),
}

impl RequestError {
    /// Whether the command line or an input is wrong, rather than the world.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Requirements(_)
            | Self::Foreign { .. }
            | Self::ListCalledLock { .. }
            | Self::ExtrasBehindName { .. }
            | Self::BesideLock { .. }
            | Self::NothingToSelectFrom
            | Self::ExtrasBesideGroups => true,
            Self::Lock(error) => error.is_usage(),
            Self::Source(error) => error.is_usage(),
            Self::ReadInput { .. } | Self::Folder(_) => false,
        }
    }
}

/// Files of other programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForeignFile {
    /// `setup.py`, `setup.cfg`.
    Setuptools,
    /// `Pipfile`, whose lock is what can be taken.
    Pipfile,
    /// `package.json` and its lock.
    Npm,
    /// `environment.yml` of conda.
    CondaEnvironment,
    /// What `conda list` prints.
    CondaList,
}

impl fmt::Display for ForeignFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Setuptools => "a file of setuptools, not a list of requirements",
            Self::Pipfile => "a file of Pipenv, not a list of requirements",
            Self::Npm => "a file of npm",
            Self::CondaEnvironment => "an environment of conda, which has other packages",
            Self::CondaList => "a list of conda's packages, written by `conda list`",
        })
    }
}
