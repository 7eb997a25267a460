//! What the tables of tools in a `pyproject.toml` say: where names come from, which indexes there are, and what limits
//! versions.
//!
//! `[tool.uv]` (uv documentation, "Settings", "Managing dependencies"), `[tool.poetry]` (Poetry documentation, "The
//! pyproject.toml file", "Dependency specification"), `[tool.pdm]`, `[tool.hatch]` and `[tool.rye]` are read as far as
//! they tie a name to a place. A name that is tied is never asked from another one, so whatever a table says and this
//! module does not understand is kept as a [`Tie`] that cannot be used: whoever needs that name gets an error with its
//! line.

mod document;
mod hatch;
mod pdm;
mod place;
mod poetry;
mod standard;
mod stated;
mod uv;
mod uv_files;
mod workspace;

use std::path::{Path, PathBuf};

pub(super) use document::PyprojectDocument;
pub(super) use place::PLAIN;
pub(super) use poetry::PoetryDependency;
pub(crate) use uv::is_virtual_project;
pub(super) use uv_files::project_above;
pub use uv_files::uv_settings_file;

use super::direct::Reference;
use super::line::LineRequirement;
use super::problem::Problem;
use super::{Origin, RequirementEntry};
use crate::spec::{ExtraName, MarkerTree, PackageName, Requirement, SafeUrl, Version, VersionSpecifiers};

/// A name that a table ties to a place.
#[derive(Clone, Debug)]
pub(super) struct Tie {
    pub(super) name: PackageName,
    pub(super) to: TiedTo,
    /// Where it counts: the target, and the extra or group that the requirement stands in.
    pub(super) marker: MarkerTree,
    pub(super) extra: Option<ExtraName>,
    pub(super) group: Option<ExtraName>,
    /// The words of the table, for messages.
    pub(super) text: String,
    pub(super) origin: Origin,
}

/// What a name is tied to.
#[derive(Clone, Debug)]
pub(super) enum TiedTo {
    /// A folder, archive or repository.
    Place(Box<Reference>),
    /// The index of that name.
    Index(String),
    /// Something that cannot be had, and why.
    Unusable(Box<Problem>),
}

/// An index that a table declares.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DeclaredIndex {
    /// What ties call it.
    pub(crate) name: Option<String>,
    /// Its base URL; for [`IndexRole::Links`], a page or folder of links.
    pub(crate) url: SafeUrl,
    /// Which names it is asked for.
    pub(crate) role: IndexRole,
    /// Where it stands.
    pub(crate) origin: Origin,
}

/// Which names a declared index is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IndexRole {
    /// Every name, in order.
    Listed,
    /// Every name, after the listed ones.
    Later,
    /// Every name, in the place of PyPI.
    Default,
    /// The names that are tied to it.
    Explicit,
    /// Not an index but links to files.
    Links,
}

/// What a table leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// As `--no-binary`.
    NoBinary,
    /// As `--only-binary`.
    OnlyBinary,
}

/// A text and where it stands.
type SpannedText = (String, std::ops::Range<usize>);

/// The versions of Python that a project takes.
#[derive(Clone, Debug, PartialEq)]
pub struct PythonLimit {
    /// One of these must take the version.
    pub alternatives: Vec<VersionSpecifiers>,
    /// As it is written.
    pub text: String,
    /// Where it stands.
    pub origin: Origin,
}

/// What the tables of one file say.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) ties: Vec<Tie>,
    pub(super) indexes: Vec<DeclaredIndex>,
    pub(super) constraints: Vec<RequirementEntry>,
    pub(super) build_constraints: Vec<RequirementEntry>,
    pub(super) overrides: Vec<RequirementEntry>,
    /// Projects whose wheels, or whose sources, may not be used: which of the two, and the name.
    pub(super) formats: Vec<(Format, String)>,
    pub(super) excluded: Vec<PackageName>,
    /// `[tool.poetry.dependencies]` and the groups.
    pub(super) poetry: Vec<PoetryDependency>,
    /// Names of `[tool.poetry.extras]`.
    pub(super) poetry_extras: Vec<ExtraName>,
    /// The versions of Python that the project takes.
    pub(super) python: Option<PythonLimit>,
    /// Those that a dependency group of the project takes.
    pub(super) group_pythons: Vec<(ExtraName, PythonLimit)>,
    /// Whether there is a `[tool.flit.metadata]`, and its `requires`.
    pub(super) has_flit_metadata: bool,
    pub(super) flit: Vec<SpannedText>,
    /// Files of requirements that stand in the place of `dependencies`, or of an extra.
    pub(super) dynamic: Vec<(Option<ExtraName>, SpannedText)>,
    /// Whether there is a `[tool.poetry.dependencies]`.
    pub(super) has_poetry_dependencies: bool,
    /// Requirements by group in tables that are older than `[dependency-groups]`.
    pub(super) groups: Vec<(ExtraName, Vec<SpannedText>)>,
    /// Settings of the resolution.
    pub(super) settings: TableSettings,
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<String>,
    /// Other files that were read.
    pub(super) files: Vec<PathBuf>,
    /// Every `pyproject.toml` whose settings of uv are among these.
    pub(super) settings_of: Vec<PathBuf>,
}

/// Settings of the resolution that tables hold; flags and barrow's own files count more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TableSettings {
    /// `exclude-newer`, as it is written, and where.
    pub(crate) exclude_newer: Option<(String, Origin)>,
    /// `exclude-newer-package`: the same for single projects; `None`: `exclude-newer` does not count for this one.
    pub(crate) exclude_newer_package: Vec<(PackageName, Option<String>, Origin)>,
    /// `dependency-metadata`: what counts in the place of what these projects say of themselves.
    pub(crate) dependency_metadata: Vec<StatedMetadata>,
    /// `prerelease`.
    pub(crate) prerelease: Option<(String, Origin)>,
    /// `resolution`.
    pub(crate) resolution: Option<(String, Origin)>,
    /// `no-index`, on or off, and where.
    pub(crate) no_index: Option<(bool, Origin)>,
    /// Projects of which pre-releases count like final versions.
    pub(crate) prereleases_of: Vec<PackageName>,
}

/// What the user says of a project in the place of its own metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StatedMetadata {
    /// The project.
    pub(crate) name: PackageName,
    /// The version that it is said of; `None`: every one.
    pub(crate) version: Option<Version>,
    /// What it requires.
    pub(crate) requires_dist: Vec<Requirement>,
    /// The versions of Python that it takes.
    pub(crate) requires_python: Option<VersionSpecifiers>,
    /// Its extras.
    pub(crate) provides_extras: Vec<ExtraName>,
}

impl Tables {
    /// Reads the tables of `document`, and those of the workspace that it belongs to.
    pub(super) fn read(document: &PyprojectDocument<'_>) -> Self {
        let mut tables = Self::default();
        standard::read(document, &mut tables);
        uv::read(document, &mut tables);
        poetry::read(document, &mut tables);
        pdm::read(document, &mut tables);
        hatch::read(document, &mut tables);
        tables
    }

    /// Reads a file of uv's settings.
    pub(super) fn of_uv(document: &PyprojectDocument<'_>) -> Self {
        let mut tables = Self::default();
        uv::read_settings_file(document, &mut tables);
        tables
    }

    /// Reads what a project ties for requirements that lie below it.
    pub(super) fn ties_above(document: &PyprojectDocument<'_>) -> Self {
        let mut tables = Self::default();
        uv::read_ties(document, &mut tables);
        tables
    }

    /// The ties of a name that may count for a requirement in this extra or group.
    pub(super) fn ties_of(
        &self,
        name: &PackageName,
        extra: Option<&ExtraName>,
        group: Option<&ExtraName>,
    ) -> Vec<&Tie> {
        let counts = |tie: &&Tie| {
            tie.name == *name
                && tie.extra.as_ref().is_none_or(|wanted| extra == Some(wanted))
                && tie.group.as_ref().is_none_or(|wanted| group == Some(wanted))
        };
        self.ties.iter().filter(counts).collect()
    }
}

/// The text of a requirement in `[project]` with what tools put in the place of the project's folder.
pub(super) fn expanded(document: &PyprojectDocument<'_>, text: &str) -> String {
    if text.contains(pdm::PROJECT_ROOT) || text.contains("{root") {
        pdm::expanded(document, &hatch::formatted(document, text))
    } else {
        text.to_owned()
    }
}

impl Tie {
    /// A tie that counts everywhere.
    pub(super) fn new(name: PackageName, to: TiedTo, text: String, origin: Origin) -> Self {
        Self { name, to, marker: MarkerTree::TRUE, extra: None, group: None, text, origin }
    }

    /// The tie as a constraint, which demands its place wherever the name is required.
    pub(super) fn as_constraint(&self, reference: &Reference) -> RequirementEntry {
        let (name, marker) = (self.name.clone(), self.marker.clone());
        let requirement = Requirement { name, extras: Vec::new(), version_or_url: None, marker, origin: None };
        let mut constraint = LineRequirement::new(requirement, self.text.clone());
        constraint.tie_to(reference);
        constraint.into_entry(self.origin.clone(), &[])
    }
}

/// A path as messages show it: below the folder of the run where it lies there.
pub(super) fn shown_path(path: &Path, working_folder: &Path) -> PathBuf {
    path.strip_prefix(working_folder).map_or_else(|_| path.to_owned(), Path::to_owned)
}
