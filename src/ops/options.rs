//! What a run is told: every setting as an argument, nothing from the host.

use std::path::PathBuf;

use crate::http::ClientOptions;
use crate::index::{IndexLocation, IndexStrategy};
use crate::requirements::{FormatControl, ManifestInputs};
use crate::resolve::ResolveOptions;
use crate::spec::SafeUrl;

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
    /// `[sources]`: which index alone may answer for which projects.
    pub sources: Vec<ProjectSource>,
    /// `--refresh`.
    pub refresh: bool,
    /// Hosts that the user's netrc file has an entry for.
    pub netrc_hosts: Vec<String>,
}

/// An entry of `[sources]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectSource {
    /// Project name, or a pattern with `*`.
    pub pattern: globset::Glob,
    /// Name of the index.
    pub index: String,
}

/// Everything about asking for requirements and resolving them.
#[derive(Clone, Debug)]
pub struct RequestOptions {
    /// Files and names.
    pub inputs: ManifestInputs,
    /// `--require-hashes`.
    pub require_hashes: bool,
    /// `--no-binary` and `--only-binary`.
    pub format_control: FormatControl,
    /// Settings of the solver.
    pub resolve: ResolveOptions,
    /// Indexes.
    pub indexes: IndexSettings,
    /// HTTP; the URLs of indexes and the trusted hosts of requirements files are added when the run starts.
    pub client: ClientOptions,
    /// The cache folder; `None`: a temporary one below `temporary_folder`.
    pub cache_folder: Option<PathBuf>,
    /// Where temporary files go.
    pub temporary_folder: PathBuf,
    /// Seconds since 1970 when the run began.
    pub now: u64,
}
