//! What a run is told: every setting as an argument, nothing from the host.

use std::path::PathBuf;

use crate::archive::Limits;
use crate::bundle::Bytes;
use crate::http::ClientOptions;
use crate::index::{IndexLocation, IndexStrategy};
use crate::install::LinkMode;
use crate::requirements::{FormatControl, ManifestInputs};
use crate::resolve::ResolveOptions;
use crate::spec::{ExtraName, SafeUrl};

/// The index that answers when nothing else is set: PyPI.
pub const DEFAULT_INDEX_URL: &str = "https://pypi.org/simple/";

/// The indexes of a run as the user gave them; their order is decided when a run starts.
#[derive(Clone, Debug)]
pub struct IndexSettings {
    /// `--index` and `[[index]]`, in order.
    pub named: Vec<IndexLocation>,
    /// `--extra-index-url`.
    pub extra: Vec<SafeUrl>,
    /// `--index-url`.
    pub default: IndexLocation,
    /// Whether the user chose the default index.
    pub default_is_chosen: bool,
    /// `--find-links`: pages and folders.
    pub find_links: Vec<SafeUrl>,
    /// `--no-index`.
    pub no_index: bool,
    /// Which of several indexes answer.
    pub strategy: IndexStrategy,
    /// `[sources]`: patterns of project names, and the index that alone may answer for them.
    pub sources: Vec<(globset::Glob, String)>,
    /// `--refresh`.
    pub refresh: bool,
}

/// Building from source; which projects may be built is a setting of the solver.
#[derive(Clone, Debug, Default)]
pub struct BuildSettings {
    /// `--no-build`: nothing at all, not even what the user names as source.
    pub forbidden: bool,
    /// `--build-python`: a path, or the name of a program on the PATH.
    pub python: Option<String>,
    /// `--config-settings`, for every build that no requirement has settings for.
    pub config_settings: Vec<(String, String)>,
}

/// Everything about asking for requirements and resolving them.
#[derive(Clone, Debug)]
pub struct RequestOptions {
    /// Files and names.
    pub inputs: ManifestInputs,
    /// `--extra`: of the pyproject.toml or lock among the inputs.
    pub extras: Vec<ExtraName>,
    /// `--group`: likewise.
    pub groups: Vec<ExtraName>,
    /// `--require-hashes`.
    pub require_hashes: bool,
    /// `--no-binary` and `--only-binary`.
    pub format_control: FormatControl,
    /// Settings of the solver.
    pub resolve: ResolveOptions,
    /// Building from source.
    pub build: BuildSettings,
    /// Indexes.
    pub indexes: IndexSettings,
    /// HTTP; the URLs of indexes and the trusted hosts of requirements files are added when the run starts.
    pub client: ClientOptions,
    /// The cache folder; `None`: a temporary one below `temporary_folder`.
    pub cache_folder: Option<PathBuf>,
    /// Where temporary files go.
    pub temporary_folder: PathBuf,
    /// `--max-unpacked-size`, `--max-ratio`: how much an archive may hold.
    pub limits: Limits,
    /// Seconds since 1970 when the run began.
    pub now: u64,
}

/// Where a bundle goes, and in what form.
#[derive(Clone, Debug)]
pub struct PublishSettings {
    /// OUT.
    pub out: PathBuf,
    /// A zip rather than a folder.
    pub zip: bool,
    /// Replace what barrow did not put there.
    pub force: bool,
    /// Leave out what the Lambda runtime brings.
    pub exclude_runtime: bool,
    /// How files get from the cache into a folder.
    pub link_mode: LinkMode,
    /// Largest unzipped size.
    pub max_size: Option<Bytes>,
    /// Where barrow remembers what it published, best first.
    pub state_folders: Vec<PathBuf>,
}
