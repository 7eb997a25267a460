//! Everything that one run asks for, read and parsed once.

use std::path::PathBuf;

use super::Origin;
use crate::spec::{HashDigest, PackageName, Requirement, SafeUrl};

/// Everything that one run asks for.
#[derive(Clone, Debug, Default)]
pub struct Manifest {
    /// Requirements, in the order of reading.
    pub requirements: Vec<RequirementEntry>,
    /// Constraints: they limit versions and never add a project.
    pub constraints: Vec<RequirementEntry>,
    /// Overrides: they replace every requirement on their project.
    pub overrides: Vec<RequirementEntry>,
    /// Projects that are left out wherever something requires them.
    pub excluded: Vec<PackageName>,
    /// Option lines of all files, combined.
    pub options: FileOptions,
    /// Every file that was read, in order of first reading: inputs of the fingerprint.
    pub files_read: Vec<PathBuf>,
}

/// One requirement and what stood beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct RequirementEntry {
    /// The parsed requirement. A direct reference's URL stands in it and, taken apart, in `direct`.
    pub requirement: Requirement,
    /// Its text as the user wrote it, without comment and options, credentials hidden: for messages.
    pub text: String,
    /// Digests of `--hash`, any of which is accepted.
    pub hashes: Vec<HashDigest>,
    /// What the URL or path of a direct reference leads to.
    pub direct: Option<DirectReference>,
    /// Where it was written.
    pub origin: Origin,
}

/// What a URL or path requirement leads to.
#[derive(Clone, Debug, PartialEq)]
pub enum DirectReference {
    /// A wheel: `http(s)` or `file` URL without fragment.
    Wheel {
        /// Where it is.
        url: SafeUrl,
    },
    /// A source archive.
    Sdist {
        /// Where it is.
        url: SafeUrl,
        /// `#subdirectory=`.
        subdirectory: Option<String>,
    },
    /// A folder with a project in it.
    Folder {
        /// Absolute path.
        path: PathBuf,
        /// Given with `-e`.
        editable: bool,
    },
    /// A version control URL.
    Git {
        /// The URL after `git+`, without revision and fragment.
        url: SafeUrl,
        /// The text after `@`.
        revision: Option<String>,
        /// `#subdirectory=`.
        subdirectory: Option<String>,
    },
}

/// Option lines of requirements files (pip documentation, "Requirements File Format", "Global options").
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FileOptions {
    /// `-i`/`--index-url`: the last one wins.
    pub index_url: Option<SafeUrl>,
    /// `--extra-index-url`.
    pub extra_index_urls: Vec<SafeUrl>,
    /// `-f`/`--find-links`: pages (URL) and folders or files (`file` URL).
    pub find_links: Vec<SafeUrl>,
    /// `--no-index`.
    pub no_index: bool,
    /// `--no-binary` and `--only-binary`.
    pub format_control: FormatControl,
    /// `--prefer-binary`.
    pub prefer_binary: bool,
    /// `--require-hashes`; also set as soon as one requirement has a hash.
    pub require_hashes: bool,
    /// `--pre`.
    pub pre: bool,
    /// `--trusted-host`: `host` or `host:port`.
    pub trusted_hosts: Vec<String>,
}

/// Which projects may come as wheels and which as sdists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormatControl {
    /// No wheels for these.
    pub no_binary: NoBinary,
    /// No sdists for these.
    pub only_binary: NoBinary,
}

/// A set of projects as `--no-binary` and `--only-binary` name it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum NoBinary {
    /// None.
    #[default]
    None,
    /// `:all:`.
    All,
    /// These.
    Projects(Vec<PackageName>),
}

/// What to read.
#[derive(Clone, Debug, Default)]
pub struct ManifestInputs {
    /// Requirement files (`-r`), in order.
    pub requirement_files: Vec<PathBuf>,
    /// Constraint files (`-c`).
    pub constraint_files: Vec<PathBuf>,
    /// Override files (`--override`).
    pub override_files: Vec<PathBuf>,
    /// Requirements on the command line.
    pub positional: Vec<String>,
    /// Projects to leave out (`--exclude-package`).
    pub excluded: Vec<PackageName>,
    /// The folder that relative paths on the command line start from.
    pub working_folder: PathBuf,
    /// Environment variables for `${NAME}`.
    pub environment: std::collections::BTreeMap<String, String>,
}

/// What is wrong in the user's own files: all of it, not only the first.
#[derive(Debug, thiserror::Error)]
pub enum RequirementsError {
    /// One or more lines cannot be used; each message stands with `file:line:column`.
    #[error("{}", .0.join("\n"))]
    Invalid(Vec<String>),
}

impl Manifest {
    /// Reads everything that `inputs` names.
    pub fn read(_inputs: &ManifestInputs) -> Result<Self, RequirementsError> {
        todo!()
    }
}
