//! What a run is told: every setting as an argument, nothing from the host.

use std::path::PathBuf;

use crate::http::ClientOptions;
use crate::requirements::{FormatControl, ManifestInputs};
use crate::resolve::ResolveOptions;
use crate::spec::SafeUrl;

/// The index that answers when nothing else is set: PyPI.
pub const DEFAULT_INDEX_URL: &str = "https://pypi.org/simple/";

/// The indexes of a run as the user gave them; their order is decided when a run starts.
#[derive(Clone, Debug)]
pub struct IndexSettings {
    /// `--index` and `[[index]]`, in order.
    pub named: Vec<NamedIndex>,
    /// `--extra-index-url`.
    pub extra: Vec<SafeUrl>,
    /// `--index-url`.
    pub default: NamedIndex,
    /// Whether the user chose the default index: then no requirements file may replace it.
    pub default_is_chosen: bool,
    /// `--find-links`: pages and folders.
    pub find_links: Vec<SafeUrl>,
    /// `--no-index`.
    pub no_index: bool,
    /// `--index-strategy unsafe-best-match`.
    pub best_match: bool,
    /// `[sources]`: which index alone may answer for which projects.
    pub sources: Vec<ProjectSource>,
}

/// An index that may have a name.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedIndex {
    /// The user's name for it.
    pub name: Option<String>,
    /// Its URL, with the credentials that were given for it.
    pub url: SafeUrl,
    /// It answers only for projects that `[sources]` gives to it.
    pub explicit: bool,
    /// HTTP status codes by which it means "not here".
    pub ignore_status: Vec<u16>,
}

impl NamedIndex {
    /// An index without a name.
    pub fn anonymous(url: SafeUrl) -> Self {
        Self { name: None, url, explicit: false, ignore_status: Vec::new() }
    }
}

/// An entry of `[sources]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectSource {
    /// Project name, or a pattern with `*`.
    pub pattern: String,
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
    /// HTTP; the URLs of indexes and insecure hosts of requirements files are added when the run starts.
    pub client: ClientOptions,
    /// The cache folder; `None`: a temporary one below `temporary_folder`.
    pub cache_folder: Option<PathBuf>,
    /// Where temporary files go.
    pub temporary_folder: PathBuf,
}
