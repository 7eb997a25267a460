//! Why the world could not give what a run needs.

use crate::archive::{ArchiveError, Bound};
use crate::build::BuildError;
use crate::bundle::BundleError;
use crate::cache::CacheError;
use crate::context::Interrupted;
use crate::fetch::FetchError;
use crate::http;
use crate::index::IndexError;
use crate::install::{InstallError, WheelFault};
use crate::lock::{LockError, NoWheel};
use crate::publish::PublishError;
use crate::request::RequestError;
use crate::requirements::{Origin, RequirementsError};
use crate::resolve::ResolveError;
use crate::spec::{PackageName, SafeUrl};

/// What to do about a file that a mirror lacks.
pub(crate) const MIRROR_IT: &str =
    "`barrow mirror` with the same requirements and targets, on a machine with a network, adds it to a mirror";

/// The world could not give what a run needs.
#[derive(Debug, thiserror::Error)]
pub enum SupplyError {
    /// What the run asks for could not be read.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The user's own files or words are malformed.
    #[error(transparent)]
    Requirements(#[from] RequirementsError),
    /// What the user names would have to be built, and `--no-build` was given.
    #[error("{}", .0.join("\n"))]
    BuildForbidden(Vec<String>),
    /// Options that contradict each other, or name what does not exist.
    #[error("{message}")]
    Usage {
        /// What is wrong.
        message: String,
        /// What to do instead.
        hint: Option<String>,
    },
    /// The HTTP client could not be set up.
    #[error(transparent)]
    Http(#[from] http::Error),
    /// The indexes cannot be used as configured.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The cache could not be used.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// No choice of versions meets the requirements, or the world could not be asked.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// A source could not be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// What a backend needs cannot be had.
    #[error("what building {label} requires cannot be had")]
    BuildRequirements {
        /// The source.
        label: String,
        /// Why.
        #[source]
        source: Box<Self>,
    },
    /// Another package asks for a source that the user has not named.
    #[error("`{name}` would have to be built from {what}, which your requirements do not name")]
    BuildNotAllowed {
        /// The project.
        name: PackageName,
        /// The source.
        what: String,
    },
    /// A repository is needed, and the run is offline.
    #[error("the run is offline, and {0} would have to be fetched")]
    OfflineRepository(SafeUrl),
    /// A repository is needed, and a mirror stands for every other place.
    #[error("{0} would have to be fetched, and nothing but the mirror is asked")]
    RepositoryBeyondMirror(SafeUrl),
    /// A file could not be downloaded, or is not what was promised.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The mirror lacks files of a lock.
    #[error("{lacking}")]
    MirrorLacks {
        /// Which.
        lacking: FetchError,
        /// What adds them.
        command: String,
    },
    /// A wheel was refused.
    #[error(transparent)]
    Install(#[from] InstallError),
    /// The bundle could not be put together.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The bundle could not be published.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The lock could not be written in this form.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// A file that a lock names by its digest alone cannot be found.
    #[error("{origin}: {what} cannot be had{}: {why}", index.as_ref().map(|index| format!(" from {index}")).unwrap_or_default())]
    NotListed {
        /// Where it is locked.
        origin: Origin,
        /// The file, else the project and its version.
        what: String,
        /// The index that the lock names.
        index: Option<SafeUrl>,
        /// Why.
        why: &'static str,
    },
    /// A thread of ours could not be started, or ended before its work was done.
    #[error("the {0} stopped before its work was done")]
    Worker(&'static str),
    /// The user interrupted the run.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl SupplyError {
    /// Whether the command line or an input is wrong, rather than the world.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Requirements(_)
            | Self::Usage { .. }
            | Self::Request(RequestError::Requirements(_) | RequestError::Usage { .. }) => true,
            Self::Lock(error) | Self::Request(RequestError::Lock(error)) => error.is_usage(),
            Self::Bundle(error) | Self::Request(RequestError::Source(error)) => is_wrong_pattern(error),
            _ => false,
        }
    }

    /// What the user can do, a sentence each.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::Usage { hint, .. } | Self::Request(RequestError::Usage { hint, .. }) => {
                hint.iter().cloned().collect()
            }
            Self::Bundle(error) | Self::Request(RequestError::Source(error)) => {
                source_hint(error).into_iter().collect()
            }
            Self::Resolve(ResolveError::NoSolution { hints, .. }) => hints.clone(),
            Self::Resolve(ResolveError::Source(error)) => error.hint.iter().cloned().collect(),
            Self::Build(BuildError::Unpack { source, .. }) => limit_hint(source),
            Self::Build(error) => error.hint().into_iter().collect(),
            Self::BuildRequirements { source, .. } => source.hints(),
            Self::BuildNotAllowed { name, .. } => vec![format!("allow it with `--allow-build {name}`")],
            Self::Lock(error) | Self::Request(RequestError::Lock(error)) => lock_hints(error),
            Self::MirrorLacks { command, .. } => {
                vec![format!("`{command}` on a machine with a network adds them to a mirror")]
            }
            Self::RepositoryBeyondMirror(_) => vec![
                "a mirror holds files: name a wheel or a source archive of it, or a clone on this machine".to_owned(),
            ],
            Self::Fetch(FetchError::NotInMirror { .. }) => vec![MIRROR_IT.to_owned()],
            Self::Fetch(FetchError::Offline(_)) => vec![
                "run once without `--offline`, or write a mirror of the same requirements with `barrow mirror`"
                    .to_owned(),
            ],
            Self::Http(error) | Self::Fetch(FetchError::Download { source: error, .. }) => {
                error.hint().into_iter().collect()
            }
            Self::Install(InstallError::Refused { fault: WheelFault::Archive(error), .. }) => limit_hint(error),
            Self::Install(InstallError::Record { name, .. }) => vec![format!(
                "if you trust where it comes from, accept it with `--accept-record {name}` (`accept-record` in barrow.toml)"
            )],
            Self::Install(InstallError::Alike { .. }) => {
                vec!["write a zip, or work on a file system that tells such names apart".to_owned()]
            }
            Self::Install(InstallError::Requirements { .. }) => {
                vec!["the index serves metadata that does not belong to its files: tell its keeper".to_owned()]
            }
            _ => Vec::new(),
        }
    }
}

/// Whether it is the user's pattern that is wrong.
pub(crate) fn is_wrong_pattern(error: &BundleError) -> bool {
    matches!(error, BundleError::Pattern { .. } | BundleError::EmptyPattern { .. } | BundleError::IgnoreLine { .. })
}

/// What helps where the user's own files cannot be bundled.
pub(crate) fn source_hint(error: &BundleError) -> Option<String> {
    match error {
        BundleError::LinkOutside { .. } => Some(
            "`--follow-links` takes what it leads to; `--exclude` leaves it out; `--source DIR:PREFIX` takes a whole folder"
                .to_owned(),
        ),
        BundleError::SourceCollision { .. } => {
            Some("give one of the sources a prefix (`--source DIR:PREFIX`), or leave the file out with `exclude`".to_owned())
        }
        _ => None,
    }
}

/// What helps where a lock cannot be used.
fn lock_hints(error: &LockError) -> Vec<String> {
    match error {
        LockError::OutOfDate { command, .. } => {
            vec![format!("bring it up to date with `{command}`, or take it as it is with `--frozen`")]
        }
        LockError::NoWheel(lacking) => {
            let NoWheel { name, elsewhere, has_source, .. } = lacking.as_ref();
            let mut hints = Vec::new();
            if *has_source {
                hints.push(format!("its source is locked too: build it with `--allow-build {name}`"));
            }
            if let Some(target) = elsewhere.last() {
                hints.push(format!("there is a wheel for {target}, or lock another version of {name}"));
            } else {
                hints.push(format!("lock another version of {name}, one with a wheel for Linux"));
            }
            hints
        }
        LockError::Unhashable { .. } => vec!["leave out --generate-hashes, or write pylock.toml".to_owned()],
        LockError::Malformed { path, .. } | LockError::Refused { path, .. } => {
            let beside = path.with_file_name("requirements.txt");
            let is_there = beside != *path && beside.is_file();
            is_there.then(|| format!("`{}` is there too: name it with -r", beside.display())).into_iter().collect()
        }
        LockError::NeedsBuilding { .. } | LockError::NoHashes { .. } => Vec::new(),
    }
}

/// What helps against a bound that the user may move.
pub(crate) fn limit_hint(error: &ArchiveError) -> Vec<String> {
    let flag = match error {
        ArchiveError::Limit { what: Bound::UnpackedBytes, .. } => "--max-unpacked-size",
        ArchiveError::Limit { what: Bound::Ratio, .. } => "--max-ratio",
        _ => return Vec::new(),
    };
    vec![format!("if you know the package, raise the limit with {flag}")]
}

/// An error with its causes.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", chain(source)),
        None => error.to_string(),
    }
}
