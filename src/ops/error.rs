//! Why a command could not do its work.

use std::path::PathBuf;

use crate::build::BuildError;
use crate::bundle::{BundleError, Bytes};
use crate::cache::CacheError;
use crate::context::Interrupted;
use crate::fetch::FetchError;
use crate::http;
use crate::install::InstallError;
use crate::lock::LockError;
use crate::mirror::MirrorError;
use crate::publish::PublishError;
use crate::request::RequestError;
use crate::spec::PackageName;
use crate::store::StoreError;
use crate::supply::{SupplyError, is_wrong_pattern, limit_hint, source_hint};

/// A command that could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What the run asks for could not be read, or the world could not give it.
    #[error(transparent)]
    Supply(SupplyError),
    /// Options that contradict each other, or name what does not exist.
    #[error("{message}")]
    Usage {
        /// What is wrong.
        message: String,
        /// What to do instead.
        hint: Option<String>,
    },
    /// An input file could not be read.
    #[error("failed to read `{}`", path.display())]
    ReadInput {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Something that is to be mirrored is no file of a release.
    #[error("`{0}` comes from a folder or a repository, which a mirror cannot hold")]
    NotAFile(PackageName),
    /// The bundle could not be put together.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The bundle is larger than `--max-size` allows.
    #[error(
        "the bundle is {} unzipped, {} more than the {} that {allows}; largest:\n  {}",
        Bytes(*size),
        Bytes(*size - *limit),
        Bytes(*limit),
        largest.join("\n  ")
    )]
    TooLarge {
        /// Size, bytes.
        size: u64,
        /// What is allowed, bytes.
        limit: u64,
        /// Who allows that, as the end of a sentence.
        allows: &'static str,
        /// The largest parts, who asked for them, a fragment each.
        largest: Vec<String>,
        /// What would make it smaller, a sentence each.
        ways: Vec<String>,
    },
    /// The bundle could not be published.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The lock could not be written to its place.
    #[error("failed to write the lock `{}`", path.display())]
    WriteLock {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The mirror could not be read or written.
    #[error(transparent)]
    Mirror(#[from] MirrorError),
    /// A store could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Some of what was to be mirrored could not be; the rest was.
    #[error("not everything could be mirrored:\n{}", .0.join("\n"))]
    MirrorFindings(Vec<String>),
    /// A mirror whose files are not what its manifest says.
    #[error("the mirror `{}` is damaged:\n{}", path.display(), problems.join("\n"))]
    MirrorDamaged {
        /// Its folder.
        path: PathBuf,
        /// What is wrong, a fragment each.
        problems: Vec<String>,
    },
    /// A name that is not in the resolution.
    #[error("`{0}` is not in the resolution")]
    NotInResolution(PackageName),
    /// A thread of ours could not be started, or ended before its work was done.
    #[error("the {0} stopped before its work was done")]
    Worker(&'static str),
    /// The user interrupted the run.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl From<SupplyError> for Error {
    fn from(error: SupplyError) -> Self {
        match error {
            SupplyError::Interrupted(interrupted) => Self::Interrupted(interrupted),
            other => Self::Supply(other),
        }
    }
}

/// Errors of the rooms below `supply`, which are its own as well.
macro_rules! supply_errors {
    ($($error:ty),*) => {
        $(impl From<$error> for Error {
            fn from(error: $error) -> Self {
                Self::Supply(error.into())
            }
        })*
    };
}

supply_errors!(RequestError, CacheError, FetchError, InstallError, LockError, http::Error, BuildError);

impl Error {
    /// Whether the command line or an input is wrong, rather than the world.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Supply(error) => error.is_usage(),
            Self::Usage { .. } => true,
            Self::Bundle(error) => is_wrong_pattern(error),
            _ => false,
        }
    }

    /// What the user can do, a sentence each.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::Supply(error) => error.hints(),
            Self::Usage { hint, .. } => hint.iter().cloned().collect(),
            Self::TooLarge { ways, .. } => ways.clone(),
            Self::Bundle(BundleError::LayersFull { enough: Some(enough), .. }) => {
                vec![format!("`--split {enough}` has room for all of them")]
            }
            Self::Bundle(BundleError::LayersFull { .. }) => {
                vec!["a function has five layers at most: leave something out, with --slim, --exclude-runtime or --exclude-package".to_owned()]
            }
            Self::Bundle(BundleError::HoldsSecret { files }) => {
                let name = files.first().map_or("NAME", |(path, _)| path.as_str());
                vec![format!("leave it out with `--exclude {name}`, or take it as it is with `--include {name}`")]
            }
            Self::Bundle(error) => source_hint(error).into_iter().collect(),
            Self::Publish(PublishError::Occupied { .. }) => {
                vec!["name an empty or new folder, or replace what is there with --force".to_owned()]
            }
            Self::Publish(PublishError::Busy { process, .. }) | Self::Mirror(MirrorError::Busy { process, .. }) => {
                vec![match process {
                    Some(process) => {
                        format!("if process {process} is stuck, end it (`kill -9 {process}`) and run again")
                    }
                    None => "end the run that is stuck, and run again".to_owned(),
                }]
            }
            Self::Store(error) => error.request().and_then(http::Error::hint).into_iter().collect(),
            Self::Mirror(MirrorError::Write { source, .. }) if source.kind() == std::io::ErrorKind::StorageFull => vec![
                "the disk with the mirror is full: what is in the mirror is whole and stays; make room, and the same command goes on"
                    .to_owned(),
            ],
            Self::Publish(PublishError::Alike { .. }) => {
                vec!["write a zip, or work on a file system that tells such names apart".to_owned()]
            }
            Self::NotAFile(name) => {
                vec![format!(
                    "build a wheel of {name} and offer it with `--find-links`, or leave it out with `--exclude-package`"
                )]
            }
            Self::Mirror(MirrorError::Wheel { source, .. }) => limit_hint(source),
            Self::Mirror(MirrorError::Occupied { .. }) => vec!["name an empty or new folder".to_owned()],
            Self::Mirror(MirrorError::MostWouldGo { .. } | MirrorError::NothingRequired { .. }) => vec![
                "nothing was removed: with `--force` it is; `--list` shows the applications that are remembered"
                    .to_owned(),
            ],
            Self::Mirror(MirrorError::OtherBytes { .. }) => {
                vec!["nothing was replaced: find out who changed the file; a new folder takes the new one".to_owned()]
            }
            Self::MirrorDamaged { .. } => {
                vec!["`barrow mirror --verify` with the requirements fetches damaged files again".to_owned()]
            }
            _ => Vec::new(),
        }
    }
}
