//! Why the world could not give what a run needs.

use crate::build::BuildError;
use crate::bundle::BundleError;
use crate::cache::CacheError;
use crate::context::Interrupted;
use crate::fetch::FetchError;
use crate::http;
use crate::index::IndexError;
use crate::install::InstallError;
use crate::lock::LockError;
use crate::publish::PublishError;
use crate::request::RequestError;
use crate::requirements::{Origin, PythonLimit, RequirementsError};
use crate::resolve::ResolveError;
use crate::shared::SharedError;
use crate::spec::{PackageName, SafeUrl, Version};
use crate::target::{Runtime, Target};

/// The world could not give what a run needs.
#[derive(Debug, thiserror::Error)]
pub enum SupplyError {
    /// What the run asks for could not be read.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The user's own files or words are malformed.
    #[error(transparent)]
    Requirements(#[from] RequirementsError),
    /// What the user names would have to be built, and the user forbids it.
    #[error("{}", .0.join("\n"))]
    BuildForbidden(Vec<String>),
    /// A project of the user's does not take the Python of the target.
    #[error(transparent)]
    PythonLimit(Box<PythonRefused>),
    /// Names that are tied to two places at once for the target.
    #[error("{0}")]
    Contradiction(String),
    /// A setting in a table of the project that is not understood.
    #[error("{origin}: `{key}`: {reason}")]
    Setting {
        /// Where it stands.
        origin: Origin,
        /// The setting.
        key: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// A requirement leads to a project without saying which, and only its own code could.
    #[error("{origin}: `{text}`: the project's own files do not say its name without being run")]
    Unnamed {
        /// Where it stands.
        origin: Origin,
        /// As it is written.
        text: String,
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
    /// The shared cache is required and in trouble.
    #[error(transparent)]
    Shared(#[from] SharedError),
    /// No choice of versions meets the requirements, or the world could not be asked.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// No choice of versions meets the requirements with what is at hand, and nothing more can be fetched.
    #[error("{error}")]
    Lacking {
        /// What the solver says.
        error: ResolveError,
        /// Projects of which nothing is at hand, sorted; none where a mirror has not the versions that are wanted.
        missing: Vec<PackageName>,
        /// What a mirror would have to be made of to have them.
        mirrored: Box<MirrorInputs>,
    },
    /// A source could not be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// What a backend needs cannot be had.
    #[error("what building {label} requires cannot be had")]
    BuildRequirements {
        /// The source.
        label: String,
        /// Why.
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
    /// What a backend requires would have to be built itself.
    #[error("`{name}` would have to be built from {what}, and nothing is built for a build")]
    NothingBuiltForABuild {
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
    /// The mirror holds a repository as it was before it had this.
    #[error("`{revision}` of {url} is not in the mirror, or what its submodules need is not")]
    RevisionBeyondMirror {
        /// The repository.
        url: SafeUrl,
        /// The branch, tag or commit.
        revision: String,
        /// What git says.
        source: Box<BuildError>,
    },
    /// A file could not be downloaded, or is not what was promised.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The mirror lacks files of a lock.
    #[error("{lacking}")]
    MirrorLacks {
        /// The files that are lacking.
        lacking: FetchError,
        /// What a mirror would have to be made of to have them.
        mirrored: Box<MirrorInputs>,
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
            | Self::PythonLimit(_)
            | Self::Contradiction(_)
            | Self::Setting { .. }
            | Self::Unnamed { .. } => true,
            Self::Request(error) => error.is_usage(),
            Self::Lock(error) => error.is_usage(),
            Self::Bundle(error) => error.is_usage(),
            _ => false,
        }
    }
}

/// A project that does not take the Python of the target.
#[derive(Debug, thiserror::Error)]
#[error("{}: the project says `{}`, and {runtime} has Python {python}", limit.origin, limit.text)]
pub struct PythonRefused {
    /// What the project takes.
    pub limit: PythonLimit,
    /// The runtime of the target.
    pub runtime: Runtime,
    /// Its Python.
    pub python: Version,
    /// The runtimes that every project of the user's takes, oldest first.
    pub fitting: Vec<Runtime>,
    /// Where there is none: a release of a runtime's Python that would be taken. Which one Lambda has is AWS's choice.
    pub release: Option<Version>,
}

/// What a mirror would have to be made of: the inputs of a run, without credentials, and its target.
#[derive(Clone, Debug)]
pub struct MirrorInputs {
    /// Files of requirements.
    pub requirement_files: Vec<String>,
    /// Files of constraints.
    pub constraint_files: Vec<String>,
    /// Requirements that were given one by one.
    pub positional: Vec<String>,
    /// The target.
    pub target: Target,
}
