//! Everything that one run asks for, read and parsed once.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::{
    Alternatives, Brought, DeclaredIndex, FileOptions, FormatControl, NamePattern, Origin, Problem, PyprojectInput,
    PythonLimit, RequirementEntry, TableSettings,
};
use crate::regular::FileBytes;
use crate::spec::{HashDigest, MarkerTree, PackageName, SafeUrl};

/// Everything that one run asks for.
#[derive(Clone, Debug, Default)]
pub struct Manifest {
    /// Requirements, in the order of reading: command line, `pyproject.toml`, requirement files.
    pub requirements: Vec<RequirementEntry>,
    /// Requirements whose name stands in the archive or repository that they lead to; until it is read there, they have
    /// one that means nothing.
    pub unnamed: Vec<RequirementEntry>,
    /// Constraints: they limit versions and never add a project.
    pub constraints: Vec<RequirementEntry>,
    /// Constraints on what builds require.
    pub build_constraints: Vec<RequirementEntry>,
    /// Overrides: they replace every requirement on their project.
    pub overrides: Vec<RequirementEntry>,
    /// Projects that are left out wherever something requires them.
    pub excluded: Vec<PackageName>,
    /// Patterns of names of such projects.
    pub excluded_patterns: Vec<NamePattern>,
    /// Versions that tables of Poetry take and no list of specifiers can say.
    pub(crate) alternatives: Vec<Alternatives>,
    /// Option lines of all files, combined.
    pub options: FileOptions,
    /// Names that tables tie to an index.
    pub(crate) pins: Vec<Pin>,
    /// Indexes that tables declare.
    pub(crate) indexes: Vec<DeclaredIndex>,
    /// Names that tables tie to what cannot be had: whoever needs one of them has to be told.
    pub(crate) refused: Vec<RefusedName>,
    /// Settings of the resolution that tables hold.
    pub(crate) settings: TableSettings,
    /// The versions of Python that the user's projects take.
    pub python: Vec<PythonLimit>,
    /// Every local file that was read, in order of first reading: inputs of the fingerprint.
    pub(crate) files_read: Vec<FileRead>,
    /// What was read but says nothing, one sentence each with its place, for warnings.
    pub warnings: Vec<String>,
}

/// A name that a table ties to an index: no other one is asked for it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pin {
    /// The project, by its normalized name.
    pub(crate) name: PackageName,
    /// What the index is called.
    pub(crate) index: String,
    /// Where it counts.
    pub(crate) marker: MarkerTree,
    /// Where it stands.
    pub(crate) origin: Origin,
}

/// A name that a table ties to what cannot be had.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RefusedName {
    /// The project, by its normalized name.
    pub(crate) name: PackageName,
    /// Where it counts.
    pub(crate) marker: MarkerTree,
    /// What is wrong, with its place.
    pub(crate) problem: Problem,
}

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileRead {
    /// Absolute path.
    pub(crate) path: PathBuf,
    /// The sha256 of its text without the credentials in its URLs (`sha256_without_userinfo`).
    pub(crate) content: HashDigest,
    /// What it holds.
    pub(crate) bytes: FileBytes,
}

/// What to read.
#[derive(Clone, Debug, Default)]
pub struct ManifestInputs {
    /// Requirement files (`-r`), in order: paths, or `file` and `http(s)` URLs. A `pyproject.toml` among them
    /// gives its `[project] dependencies`.
    pub requirement_files: Vec<PathBuf>,
    /// Whether they were found in a folder that the user named, and not named themselves.
    pub are_found: bool,
    /// Those of the requirement files whose projects come without what they require in turn (`--no-deps-requirement`).
    pub no_deps_files: Vec<PathBuf>,
    /// Requirements of a project.
    pub pyproject: Option<PyprojectInput>,
    /// Constraint files (`-c`).
    pub constraint_files: Vec<PathBuf>,
    /// The constraint files stand in the environment or in settings: they are for whatever is resolved.
    pub has_common_constraints: bool,
    /// Override files (`--override`).
    pub override_files: Vec<PathBuf>,
    /// Requirements on the command line.
    pub positional: Vec<String>,
    /// Projects to leave out (`--exclude-package`).
    pub excluded: Vec<PackageName>,
    /// Patterns of names of projects to leave out (`--exclude-package`).
    pub excluded_patterns: Vec<NamePattern>,
    /// What is there already (`--without`): what is chosen agrees with it.
    pub brought: Vec<Brought>,
    /// What the file `-` stands for: standard input, whose relative paths start from the working folder. `None`: it is
    /// a file of that name.
    pub standard_input: Option<FileBytes>,
    /// The folder that relative paths on the command line start from; absolute.
    pub working_folder: PathBuf,
    /// Environment variables for `${NAME}`.
    pub environment: BTreeMap<String, String>,
    /// `--no-binary` and `--only-binary` of the command line: what files say comes after it, so that the later word on
    /// a project counts, as in pip.
    pub format_control: FormatControl,
    /// uv's files of settings beside those of the project.
    pub uv: UvFiles,
    /// How requirements files behind `http(s)` URLs are fetched; without it they are an error.
    pub remote: Option<RemoteFiles>,
}

/// uv's files of settings that lie in no folder of the project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UvFiles {
    /// Those of the user and the system, or the one that was named; best first, absolute.
    pub files: Vec<PathBuf>,
    /// Whether they count in the place of what stands in the project (`UV_CONFIG_FILE`, `UV_NO_CONFIG`).
    pub are_alone: bool,
}

/// Fetches requirements files that are named by URL. The room itself never touches the network.
#[derive(Clone)]
pub struct RemoteFiles(Arc<FetchFile>);

type FetchFile = dyn Fn(&SafeUrl) -> Result<Vec<u8>, String> + Send + Sync;

impl RemoteFiles {
    /// Takes a function that gives the body of a page, or the reason why there is none.
    pub fn new(fetch: impl Fn(&SafeUrl) -> Result<Vec<u8>, String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(fetch))
    }

    pub(super) fn fetch(&self, url: &SafeUrl) -> Result<Vec<u8>, String> {
        (self.0)(url)
    }
}

impl fmt::Debug for RemoteFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RemoteFiles")
    }
}

impl Manifest {
    /// Whether the user wants a project left out wherever something requires it.
    pub fn excludes(&self, name: &PackageName) -> bool {
        self.excluded.contains(name) || self.excluded_patterns.iter().any(|pattern| pattern.matches(name))
    }

    /// Takes the versions of what is there already as constraints, so that all else agrees with them.
    pub(super) fn agree_with(&mut self, brought: &[Brought]) {
        self.constraints.extend(brought.iter().filter_map(Brought::constraint));
    }
}
