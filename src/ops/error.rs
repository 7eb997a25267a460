//! Why a command could not do its work.

use std::fmt;
use std::path::PathBuf;

use super::left_out_error::LeftOutError;
use crate::audit::AuditError;
use crate::build::BuildError;
use crate::bundle::{BundleError, Bytes};
use crate::cache::CacheError;
use crate::context::Interrupted;
use crate::fetch::FetchError;
use crate::http;
use crate::index::IndexError;
use crate::install::InstallError;
use crate::inventory::InventoryError;
use crate::lock::LockError;
use crate::mirror::MirrorError;
use crate::publish::PublishError;
use crate::reporter::counted;
use crate::request::RequestError;
use crate::requirements::RequirementsError;
use crate::shared::SharedError;
use crate::spec::{PackageName, SafeUrl};
use crate::store::StoreError;
use crate::supply::SupplyError;

/// Who says how large a bundle may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowance {
    /// The user, who has given a limit.
    OfUser,
    /// AWS, for a function together with its layers.
    OfLambda,
}

impl fmt::Display for Allowance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OfUser => "you allow",
            Self::OfLambda => "Lambda accepts for a function with its layers",
        })
    }
}

/// A command that could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What the run asks for could not be read, or the world could not give it.
    #[error(transparent)]
    Supply(SupplyError),
    /// What is said to be there already is not what is needed.
    #[error(transparent)]
    LeftOut(#[from] LeftOutError),
    /// A layer of the same run that brings a part of it.
    #[error("its layer {0} could not be built")]
    LayerFailed(String),
    /// The lock would be written over one of its own inputs.
    #[error("`{}` is an input of the lock, and would be overwritten", path.display())]
    OverInput {
        /// The file.
        path: PathBuf,
    },
    /// The file that the lock is written over is none whose versions could be kept.
    #[error(transparent)]
    ExistingLock(LockError),
    /// A form of lock that holds one target, and several targets.
    #[error("only `pylock.toml` holds a lock for several targets")]
    SeveralTargets,
    /// An input file could not be read.
    #[error("failed to read `{}`", path.display())]
    ReadInput {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The bundle could not be put together.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The bundle is larger than the user or Lambda allows.
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
        /// Who allows that.
        allows: Allowance,
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
        source: std::io::Error,
    },
    /// The mirror could not be read or written.
    #[error(transparent)]
    Mirror(#[from] MirrorError),
    /// A store could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Some of what was to be mirrored could not be; the rest was.
    #[error("not everything could be mirrored:\n  {}", .0.join("\n  "))]
    MirrorFindings(Vec<String>),
    /// A mirror whose files are not what its manifest says.
    #[error("the mirror `{}` is damaged:\n  {}", path.display(), problems.join("\n  "))]
    MirrorDamaged {
        /// Its folder.
        path: PathBuf,
        /// What is wrong, a fragment each.
        problems: Vec<String>,
    },
    /// Distributions whose licences the user does not want.
    #[error("{} may not be in it, by their licences:\n{}", counted(.0.len(), "package"), .0.join("\n"))]
    DeniedLicenses(Vec<String>),
    /// Advisories that cannot be used.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// No server may be asked about vulnerabilities.
    #[error("there is no server to be asked about vulnerabilities")]
    NobodyToAsk,
    /// An index that knows of no advisories.
    #[error("the index {0} says nothing about vulnerabilities")]
    NoAdvisories(SafeUrl),
    /// What lies in an output cannot be listed.
    #[error(transparent)]
    Inventory(#[from] InventoryError),
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

supply_errors!(SharedError, RequestError, RequirementsError, CacheError, FetchError, InstallError, IndexError);
supply_errors!(LockError, http::Error, BuildError);

impl Error {
    /// Whether the command line or an input is wrong, rather than the world.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Supply(error) => error.is_usage(),
            Self::OverInput { .. }
            | Self::ExistingLock(_)
            | Self::SeveralTargets
            | Self::LeftOut(_)
            | Self::NobodyToAsk
            | Self::Audit(_)
            | Self::Inventory(_) => true,
            Self::Bundle(error) => error.is_usage(),
            _ => false,
        }
    }
}
