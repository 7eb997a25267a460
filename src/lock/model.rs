//! A lock without a target: what a lock file of any tool says, before anybody asks for a runtime.
//!
//! There are two shapes of lock. In a *flat* one every package says itself when it is wanted (`pylock.toml`,
//! `pdm.lock`, `Pipfile.lock`, `poetry.lock` since 2.1). In a *walked* one packages say what they require, and what is
//! wanted follows from the project (`uv.lock`, older `poetry.lock`). [`select`](super::select()) takes both.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

use super::locked_file::{FilePlace, LockedFile};
use super::made_of::MadeOf;
use super::words::FileText;
use super::{LockError, plain_toml};
use crate::archive::normalized;
use crate::spec::{ExtraName, PackageName, SafeUrl, Version, VersionSpecifiers, toml_reason};

/// The tools whose locks are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LockKind {
    /// `pylock.toml`, `pylock.NAME.toml` (PEP 751).
    #[default]
    Pylock,
    /// `uv.lock`.
    Uv,
    /// `poetry.lock`.
    Poetry,
    /// `pdm.lock`.
    Pdm,
    /// `Pipfile.lock`.
    Pipfile,
}

impl LockKind {
    /// Every kind, the one that is preferred first.
    pub const ALL: [Self; 5] = [Self::Pylock, Self::Uv, Self::Poetry, Self::Pdm, Self::Pipfile];

    /// The name that its files usually have.
    pub fn file_name(self) -> &'static str {
        self.names().0
    }

    /// The command of its own tool that brings it up to date.
    pub fn update_command(self) -> &'static str {
        self.names().1
    }

    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Pylock => ("pylock.toml", "barrow lock"),
            Self::Uv => ("uv.lock", "uv lock"),
            Self::Poetry => ("poetry.lock", "poetry lock"),
            Self::Pdm => ("pdm.lock", "pdm lock --update-reuse"),
            Self::Pipfile => ("Pipfile.lock", "pipenv lock"),
        }
    }
}

/// A lock as it was read. Nothing of it depends on a target.
#[derive(Clone, Debug, Default)]
pub struct Lock {
    /// Whose it is.
    pub kind: LockKind,
    /// The file, as the user named it: for messages.
    pub path: PathBuf,
    /// The folder that it lies in, absolute: its relative paths start there.
    pub folder: PathBuf,
    /// Pythons that it was made for, and where that stands.
    pub requires_python: Option<(Pythons, usize)>,
    /// It was made for environments in which one of these holds; none: for all.
    pub environments: Vec<Condition>,
    /// Indexes that its packages name.
    pub indexes: Vec<LockedIndex>,
    /// Extras that can be chosen.
    pub extras: Vec<ExtraName>,
    /// Groups that can be chosen.
    pub groups: Vec<ExtraName>,
    /// Groups that are taken although nobody chose them.
    pub default_groups: Vec<ExtraName>,
    /// Every package, in the order of the file.
    pub packages: Vec<LockedPackage>,
    /// Where a walk starts; `None`: the lock is flat.
    pub roots: Option<Roots>,
    /// The user's project beside a flat lock, by its place among the packages.
    pub project: Option<usize>,
    /// The digest of what it was made of, in its tool's own recipe.
    pub content_hash: Option<String>,
    /// The tool that says to have made it, where the format has a place for that.
    pub created_by: Option<String>,
    /// What it was made of, where it says so.
    pub made_of: Option<MadeOf>,
    /// Parts of projects that exclude each other; its markers hold their names.
    pub conflicts: Vec<ConflictingParts>,
    /// Settings that it was made with, where it repeats them.
    pub settings: LockedSettings,
    pub(super) text: FileText,
}

/// Settings of the resolution that a lock repeats.
#[derive(Clone, Debug, Default)]
pub struct LockedSettings {
    pub constraints: Vec<DeclaredRequirement>,
    pub overrides: Vec<DeclaredRequirement>,
    /// Constraints on what builds packages.
    pub build_constraints: Vec<DeclaredRequirement>,
    /// Projects that nothing may require.
    pub excludes: Vec<String>,
    /// Options that are not at their defaults, by the names that the project's file has for them.
    pub options: BTreeMap<&'static str, String>,
    /// What stands in the place of the metadata of packages.
    pub dependency_metadata: Vec<toml::Table>,
    /// Files from some time on were left out.
    pub has_exclude_newer: bool,
    /// Projects with a time of their own.
    pub exclude_newer_package: BTreeSet<String>,
}

/// Which Pythons something is for: one of these has to take the version.
#[derive(Clone, Debug)]
pub struct Pythons {
    /// As it is written.
    pub text: String,
    /// The alternatives: one of them has to take the version.
    pub any_of: Vec<VersionSpecifiers>,
}

/// Where the walk through a lock starts.
#[derive(Clone, Debug, Default)]
pub struct Roots {
    /// The user's own projects: the folder of each, absolute, and its place among the packages.
    pub members: Vec<(PathBuf, usize)>,
    /// What a workspace requires whose root is no project, or a script.
    pub dependencies: Vec<Edge>,
    /// The groups of such a workspace.
    pub groups: BTreeMap<ExtraName, Vec<Edge>>,
}

/// An index that packages of a lock come from.
#[derive(Clone, Debug, PartialEq)]
pub struct LockedIndex {
    /// What the lock calls it.
    pub name: Option<String>,
    /// Where it is; it may hold a credential that the lock names by a variable.
    pub url: SafeUrl,
}

/// One version of one project.
#[derive(Clone, Debug)]
pub struct LockedPackage {
    /// Normalized name.
    pub name: PackageName,
    /// Its version; of a folder that says it only when it is built, none.
    pub version: Option<Version>,
    /// Where it comes from.
    pub source: LockedSource,
    /// Tells packages of one name and version apart: the source, in the text by which edges of the lock name it.
    pub source_key: Option<String>,
    /// The branch, tag or commit of its repository that was asked for, where the lock says so.
    pub revision: Option<String>,
    pub wheels: Vec<LockedFile>,
    /// Its source archive.
    pub sdist: Option<LockedFile>,
    /// Pythons that it runs on.
    pub requires_python: Option<Pythons>,
    /// In a flat lock: when it is wanted. One that holds is enough.
    pub wanted: Vec<WantedFor>,
    /// What it requires.
    pub dependencies: Vec<Edge>,
    /// What each of its extras requires beside that.
    pub extras: BTreeMap<ExtraName, Vec<Edge>>,
    /// What each of its dependency groups requires.
    pub groups: BTreeMap<ExtraName, Vec<Edge>>,
    /// What it declared when the lock was made, where the lock says so: of the user's own projects.
    pub declared: Option<Box<Declared>>,
    /// Where its entry starts in the text, bytes.
    pub at: usize,
}

/// What a project of the user's declared when the lock was made.
#[derive(Clone, Debug, Default)]
pub struct Declared {
    /// Its requirements, those of extras with a marker that says so.
    pub requires: Vec<DeclaredRequirement>,
    pub extras: Vec<ExtraName>,
    /// Its dependency groups.
    pub groups: BTreeMap<ExtraName, Vec<DeclaredRequirement>>,
}

/// One requirement as a lock repeats it.
#[derive(Clone, Debug)]
pub struct DeclaredRequirement {
    /// The project.
    pub name: PackageName,
    pub extras: Vec<ExtraName>,
    /// Version specifiers, as they are written; empty: none.
    pub specifiers: String,
    /// The marker; empty: none.
    pub marker: String,
    /// A word for where it comes from, and the place: `git https://…`; `None`: an index that is not named.
    pub source: Option<(String, String)>,
}

/// A part of a project, and the marker under which a package is wanted for it.
#[derive(Clone, Debug)]
pub struct WantedFor {
    pub part: ProjectPart,
    /// The marker; `None`: always.
    pub marker: Option<Condition>,
}

/// A part of what a project requires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProjectPart {
    /// What it always requires.
    Main,
    Group(ExtraName),
    /// An extra, or a group: the lock does not tell which.
    Named(ExtraName),
}

/// Parts of projects of which one may be wanted.
#[derive(Clone, Debug)]
pub struct ConflictingParts {
    pub parts: Vec<ConflictingPart>,
    /// Where that stands, bytes.
    pub at: usize,
}

/// A part of a project that excludes others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConflictingPart {
    /// The project.
    pub package: PackageName,
    pub part: ExclusivePart,
}

/// Which part of a project excludes others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExclusivePart {
    /// What it always requires.
    Main,
    Group(ExtraName),
    Extra(ExtraName),
}

/// What one package requires of another.
#[derive(Clone, Debug)]
pub struct Edge {
    /// The project.
    pub name: PackageName,
    /// Which of several packages of that name.
    pub which: Which,
    pub extras: Vec<ExtraName>,
    /// When it is required; `None`: always.
    pub marker: Option<Condition>,
}

/// Which of several packages of a name an edge leads to.
#[derive(Clone, Debug, Default)]
pub struct Which {
    pub version: Option<Version>,
    /// One of these takes its version.
    pub any_of: Vec<VersionSpecifiers>,
    /// The source, as a text that stands for it.
    pub source: Option<String>,
    /// What the project ties it to now.
    pub tie: Option<Box<ProjectTie>>,
}

/// What a project ties a name to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectTie {
    /// The place, in words that compare.
    pub place: String,
    /// A branch, tag or commit of a repository.
    pub revision: Option<String>,
}

/// A marker, read when it is asked for: most of a lock is for other targets.
#[derive(Clone, Debug)]
pub struct Condition {
    /// As it is written.
    pub text: String,
    /// Where it stands in the lock, in bytes from its start.
    pub at: usize,
}

/// Where a package comes from.
#[derive(Clone, Debug)]
pub enum LockedSource {
    /// An index, by its place in [`Lock::indexes`]; `None`: whichever the user has.
    Index(Option<usize>),
    /// One archive, the only file of the package: a URL or path of the user's.
    Archive {
        /// The folder of the project in it.
        subdirectory: Option<String>,
    },
    Folder {
        /// Absolute path.
        path: PathBuf,
        /// The folder of the project below that.
        subdirectory: Option<String>,
        /// It is installed in place by its own tool.
        editable: bool,
        /// It is never built: only what it requires counts.
        is_virtual: bool,
    },
    /// A Git repository.
    Git {
        /// Its URL, without revision.
        url: SafeUrl,
        /// The whole name of the commit.
        commit: String,
        /// The folder of the project in it.
        subdirectory: Option<String>,
    },
}

impl LockedPackage {
    /// One of which nothing else is known.
    pub(super) fn new(name: PackageName, version: Option<Version>, source: LockedSource, at: usize) -> Self {
        Self {
            name,
            version,
            source,
            source_key: None,
            revision: None,
            wheels: Vec::new(),
            sdist: None,
            requires_python: None,
            wanted: Vec::new(),
            dependencies: Vec::new(),
            extras: BTreeMap::new(),
            groups: BTreeMap::new(),
            declared: None,
            at,
        }
    }

    /// Every file of it, the source archive last.
    pub(super) fn files(&self) -> impl Iterator<Item = &LockedFile> {
        self.wheels.iter().chain(&self.sdist)
    }
}

impl Lock {
    /// The tool that made it, and where that tool is told what to lock, where it locks for no other machine than the
    /// one that it runs on.
    pub fn made_for_its_machine(&self) -> Option<(&'static str, &'static str)> {
        match (self.kind, self.created_by.as_deref()) {
            (LockKind::Pipfile, _) => Some(("Pipenv", "in the Pipfile")),
            // `pip lock` evaluates markers and chooses files for the Python that runs it.
            (LockKind::Pylock, Some("pip")) => Some(("pip", "among what pip locks")),
            _ => None,
        }
    }

    /// The user's own project in a folder, absolute; `None`: the lock knows none there.
    pub fn project_in(&self, folder: &Path) -> Option<LockedProject> {
        let members = self.roots.iter().flat_map(|roots| &roots.members).map(|(_, at)| *at);
        members.chain(self.project).find_map(|at| {
            let package = &self.packages[at];
            let LockedSource::Folder { path, is_virtual, .. } = &package.source else { return None };
            (path == folder).then(|| LockedProject { name: package.name.clone(), is_built: !is_virtual })
        })
    }

    /// Packages that an index of the lock has to be asked for: name, and place among [`Lock::indexes`].
    pub fn asked(&self) -> impl Iterator<Item = (&PackageName, usize)> {
        self.packages.iter().filter_map(|package| match &package.source {
            LockedSource::Index(Some(at)) if package.files().any(|file| file.place() == FilePlace::Index) => {
                Some((&package.name, *at))
            }
            _ => None,
        })
    }

    /// Folders, archives and repositories of the user that the lock leads to, absolute, whatever the target: their
    /// content is part of what a bundle is made of.
    pub fn reached(&self) -> Vec<LocalInput> {
        let mut reached = Vec::new();
        for package in &self.packages {
            match &package.source {
                LockedSource::Folder { path, is_virtual: false, .. } => reached.push(LocalInput::Folder(path.clone())),
                LockedSource::Git { url, commit, .. } if url.to_file_path().is_some() => {
                    reached.push(LocalInput::Repository(url.clone(), commit.clone()));
                }
                LockedSource::Folder { .. } | LockedSource::Git { .. } => {}
                LockedSource::Archive { .. } | LockedSource::Index(_) => {
                    let paths = package.files().filter_map(|file| match file.place() {
                        FilePlace::Path(path) => Some(LocalInput::File(self.folder.join(self.text.get(path)))),
                        FilePlace::Url(_) | FilePlace::Index => None,
                    });
                    reached.extend(paths);
                }
            }
        }
        reached
    }

    /// A lock that holds nothing yet.
    pub(super) fn empty(kind: LockKind, text: Arc<String>, place: &LockPlace) -> Self {
        Self {
            kind,
            path: place.path.clone(),
            folder: place.folder.clone(),
            text: FileText::new(text),
            ..Self::default()
        }
    }

    /// Puts the user's own project among the packages.
    pub(super) fn add_project(&mut self, project: Option<LockedPackage>) {
        let Some(project) = project else { return };
        self.project = Some(self.packages.len());
        self.packages.push(project);
    }

    /// Reads the whole file as TOML; most of what is read may be parts of `text`.
    pub(super) fn parse_toml<'t, T: Deserialize<'t>>(&self, text: &'t str) -> Result<T, LockError> {
        plain_toml::read(text).or_else(|_| self.parse_any_toml(text))
    }

    /// The same for a text that is not plain, or does not fit the type.
    pub(super) fn parse_any_toml<'t, T: Deserialize<'t>>(&self, text: &'t str) -> Result<T, LockError> {
        toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            self.malformed(at, toml_reason(text, &error))
        })
    }

    /// The place of an index among [`Lock::indexes`], where it is put if it is new.
    pub(super) fn index(&mut self, index: LockedIndex) -> usize {
        self.indexes.iter().position(|other| *other == index).unwrap_or_else(|| {
            self.indexes.push(index);
            self.indexes.len() - 1
        })
    }

    /// The whole name of a commit; a branch or a part of a name can become another one.
    pub(super) fn commit(&self, name: &PackageName, text: &str, at: usize) -> Result<String, LockError> {
        if matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(text.to_ascii_lowercase());
        }
        Err(self.malformed(at, format!("the commit of {name} is not one")))
    }

    /// The files that say what the user's projects ask for now, absolute, whether or not they exist.
    pub fn project_files(&self, environment: &BTreeMap<String, String>) -> Vec<PathBuf> {
        let beside = match self.kind {
            LockKind::Pylock => None,
            LockKind::Pipfile => Some("Pipfile"),
            LockKind::Uv | LockKind::Poetry | LockKind::Pdm => Some("pyproject.toml"),
        };
        let members = self.packages.iter().filter(|package| package.declared.is_some());
        let members = members.filter_map(|package| match &package.source {
            LockedSource::Folder { path, .. } => Some(path.join("pyproject.toml")),
            _ => None,
        });
        // uv reads its settings there too.
        let settings = (self.kind == LockKind::Uv).then_some("uv.toml");
        let beside = beside.into_iter().chain(settings).map(|name| self.folder.join(name));
        let inputs = self.made_of.iter().flat_map(|made_of| made_of.all_places(&self.folder, environment));
        let mut files: Vec<PathBuf> = beside.chain(members).chain(inputs).collect();
        files.sort();
        files.dedup();
        files
    }

    /// One-based number of the line at an offset of the text.
    pub(super) fn line(&self, at: usize) -> usize {
        self.text.line(at)
    }

    /// The text of the file.
    pub fn text(&self) -> &str {
        &self.text.text
    }

    pub(super) fn malformed(&self, at: usize, reason: impl Into<String>) -> LockError {
        LockError::Malformed { path: self.path.clone(), line: self.line(at), reason: reason.into() }
    }

    pub(super) fn refused(&self, reason: impl Into<String>) -> LockError {
        LockError::Refused { path: self.path.clone(), reason: reason.into() }
    }
}

/// The user's own project, as a lock knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockedProject {
    pub name: PackageName,
    /// Its tool builds and installs it; else its files are used as they lie there.
    pub is_built: bool,
}

/// Something of the user's that a lock leads to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LocalInput {
    /// A folder with a project in it.
    Folder(PathBuf),
    /// A distribution file.
    File(PathBuf),
    /// A repository on this machine, and the commit.
    Repository(SafeUrl, String),
}

/// Which file is read, and what its reading depends on.
#[derive(Clone, Debug, Default)]
pub struct LockPlace {
    /// The file, as the user named it: for messages.
    pub path: PathBuf,
    /// Absolute path of the folder that it lies in.
    pub folder: PathBuf,
    /// Values for `${NAME}` in URLs.
    pub environment: BTreeMap<String, String>,
}

impl LockPlace {
    /// The place of a file as the user named it in `working_folder`, which is absolute.
    pub fn new(path: &Path, working_folder: &Path, environment: BTreeMap<String, String>) -> Self {
        let absolute = normalized(&working_folder.join(path));
        Self { path: path.to_owned(), folder: absolute.parent().unwrap_or(Path::new("/")).to_owned(), environment }
    }

    /// The whole path of the file.
    pub fn file(&self) -> PathBuf {
        self.folder.join(self.path.file_name().unwrap_or_default())
    }
}

/// Reads the name of a project.
pub(super) fn project_name(text: &str) -> Result<PackageName, String> {
    text.parse().map_err(|_| format!("`{text}` is not the name of a project"))
}

impl Pythons {
    /// Reads specifiers that all have to hold.
    pub(super) fn all_of(text: &str) -> Result<Self, String> {
        Ok(Self { text: text.to_owned(), any_of: vec![crate::spec::lenient::specifiers(text)?] })
    }

    /// Whether a version of Python is one of them.
    pub(super) fn take(&self, version: &Version) -> bool {
        self.any_of.iter().any(|specifiers| crate::resolve::contains(specifiers, version))
    }
}

impl From<toml::Spanned<String>> for Condition {
    fn from(text: toml::Spanned<String>) -> Self {
        Self { at: text.span().start, text: text.into_inner() }
    }
}
