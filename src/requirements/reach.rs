//! Taking in what tables say, and the tables of every project folder that requirements lead to.
//!
//! A name that a project ties to a place is not asked from another one, whoever requires it. So the ties of the input,
//! of the `pyproject.toml` beside a requirements file, and of each local project that is reached count for the whole
//! run; where two of them contradict each other, that is an error.

use std::path::{Path, PathBuf};

use super::problem::Problem;
use super::requirements_txt::RequirementsReader;
use super::scope::Scope;
use super::script::said_part;
use super::tables::{Format, PyprojectDocument, Tables, Tie, TiedTo, project_above, shown_path, uv_settings_file};
use super::toml_text::TomlText;
use super::{
    DeclaredIndex, DirectReference, IndexRole, Manifest, ManifestInputs, Origin, Pin, ProjectSet, PythonLimit,
    RefusedName, RequirementEntry, TableSettings, UvFiles,
};
use crate::regular::FileBytes;
use crate::spec::{MarkerTree, PackageName, push_new};

impl RequirementsReader<'_> {
    /// Reads the tables beside the files that were read, and those of every folder that is reached from there.
    pub(super) fn read_reached(&mut self) {
        let is_list = |path: &PathBuf| path.file_name().is_none_or(|name| name != "pyproject.toml");
        let mut beside: Vec<PathBuf> =
            self.manifest.files_read.iter().map(|read| read.path.clone()).filter(is_list).collect();
        // What stands in no file is said in the working folder.
        if !self.inputs.positional.is_empty() || self.inputs.standard_input.is_some() {
            beside.push(self.inputs.working_folder.join("command line"));
        }
        let mut folders: Vec<PathBuf> =
            beside.iter().chain(&self.tables_read).filter_map(|file| Some(file.parent()?.to_owned())).collect();
        folders.dedup();
        for file in &beside {
            self.read_tables(&file.with_file_name("pyproject.toml"), Scope::Beside);
        }
        self.read_uv_settings(&folders);
        for folder in &folders {
            self.read_ties_above(folder);
        }
        let mut reached = Vec::new();
        for at in 0.. {
            self.folders().into_iter().for_each(|folder| push_new(&mut reached, folder));
            let Some(folder) = reached.get(at) else { break };
            self.read_tables(&folder.join("pyproject.toml"), Scope::Reached);
        }
        self.refuse_contradictions();
    }

    /// The folders of projects that entries lead to.
    fn folders(&self) -> Vec<PathBuf> {
        let manifest = &self.manifest;
        let entries = manifest.requirements.iter().chain(&manifest.constraints).chain(&manifest.overrides);
        let folder = |entry: &RequirementEntry| match entry.direct.as_ref()? {
            DirectReference::Folder { path, subdirectory, .. } => {
                Some(subdirectory.as_ref().map_or_else(|| path.clone(), |below| path.join(below)))
            }
            _ => None,
        };
        entries.filter_map(folder).collect()
    }

    pub(super) fn read_tables(&mut self, path: &Path, scope: Scope<'_>) {
        if self.tables_read.iter().any(|known| known == path) || !path.is_file() {
            return;
        }
        self.tables_read.push(path.to_owned());
        self.read_as(path, Tables::read, scope);
    }

    /// Takes in what `read` finds in a file.
    fn read_as(&mut self, path: &Path, read: impl Fn(&PyprojectDocument<'_>) -> Tables, scope: Scope<'_>) {
        let shown = shown_path(path, &self.inputs.working_folder);
        let bytes = self.bytes_of(path);
        let Some(text) = bytes.as_deref().and_then(|bytes| std::str::from_utf8(bytes).ok()) else {
            let origin = Origin::File { file: shown, line: 1 };
            return self.problems.push(Problem::whole(origin, "failed to read it: it is no readable text", None));
        };
        let toml = TomlText { text: text.trim_start_matches('\u{feff}'), file: &shown };
        let folder = path.parent().unwrap_or(Path::new("/"));
        match PyprojectDocument::parse(toml, folder, &self.inputs.working_folder) {
            Ok(document) => {
                let tables = read(
                    &document.with_uv_settings(!self.inputs.uv.are_alone).with_environment(&self.inputs.environment),
                );
                self.take_tables(tables, scope);
            }
            Err(problem) => self.problems.push(problem),
        }
    }

    /// Reads uv's settings for these folders, then those of the user and the system.
    pub(super) fn read_uv_settings(&mut self, folders: &[PathBuf]) {
        let UvFiles { files, are_alone } = &self.inputs.uv;
        let nearest = folders.iter().filter(|_| !are_alone).filter_map(|folder| uv_settings_file(folder));
        let files: Vec<PathBuf> = nearest.chain(files.iter().cloned()).collect();
        for file in files {
            if !self.settings_read.contains(&file) {
                self.settings_read.push(file.clone());
                self.read_as(&file, Tables::of_uv, Scope::Beside);
            }
        }
    }

    /// Reads what a project above a folder without one ties: the folder is a part of that project, whether or not it is
    /// a member of the workspace.
    fn read_ties_above(&mut self, folder: &Path) {
        if folder.join("pyproject.toml").is_file() {
            return;
        }
        if let Some(file) = project_above(folder).filter(|file| !self.tables_read.contains(file)) {
            self.tables_read.push(file.clone());
            self.read_as(&file, Tables::ties_above, Scope::Beside);
        }
    }

    /// What a file holds, which is read once; `None`: it cannot be read.
    fn bytes_of(&mut self, path: &Path) -> Option<FileBytes> {
        if self.manifest.files_read.iter().all(|known| known.path != path) {
            self.note_read(path, fs_err::read(path).ok()?.into());
        }
        self.manifest.files_read.iter().find(|known| known.path == path).map(|known| known.bytes.clone())
    }

    /// Makes what the tables of a file say a part of the manifest.
    pub(super) fn take_tables(&mut self, mut tables: Tables, scope: Scope<'_>) {
        for file in &tables.files {
            let _ = self.bytes_of(file);
        }
        self.settings_read.append(&mut tables.settings_of);
        let ties = tables.ties.clone();
        for tie in ties.iter().filter(|tie| counts(tie, &ties, scope)) {
            self.take_tie(tie);
        }
        let is_reached = matches!(scope, Scope::Reached);
        for mut index in tables.indexes {
            if is_reached {
                // Of other projects than the user's own, only what is tied to it is asked from an index.
                if index.name.is_none() || index.role == IndexRole::Links {
                    continue;
                }
                index.role = IndexRole::Explicit;
            }
            let known = self.manifest.indexes.iter().find(|known| index.name.is_some() && known.name == index.name);
            match known {
                Some(known) if known.url.without_credentials() != index.url.without_credentials() => {
                    let name = index.name.unwrap_or_default();
                    let message = format!("the index `{name}` has another URL at {}", known.origin);
                    self.problems.push(Problem::whole(index.origin, &message, None));
                }
                Some(_) => {}
                None => self.manifest.indexes.push(index),
            }
        }
        if is_reached {
            return;
        }
        self.problems.append(&mut tables.problems);
        self.manifest.python.extend(tables.python);
        if let Scope::Input { groups, .. } = scope {
            let of_groups = tables.group_pythons.into_iter().filter(|(group, _)| groups.contains(group));
            self.manifest.python.extend(of_groups.map(|(_, limit)| limit));
        }
        self.manifest.warnings.append(&mut tables.warnings);
        self.manifest.constraints.append(&mut tables.constraints);
        self.manifest.build_constraints.append(&mut tables.build_constraints);
        self.manifest.overrides.append(&mut tables.overrides);
        self.take_formats(&tables.formats);
        self.manifest.excluded.append(&mut tables.excluded);
        let (settings, found) = (&mut self.manifest.settings, tables.settings);
        settings.exclude_newer = settings.exclude_newer.take().or(found.exclude_newer);
        // The tables of the user's own project come first, and the first word on a project counts.
        settings.exclude_newer_package.extend(found.exclude_newer_package);
        settings.dependency_metadata.extend(found.dependency_metadata);
        settings.prerelease = settings.prerelease.take().or(found.prerelease);
        settings.resolution = settings.resolution.take().or(found.resolution);
        settings.no_index = settings.no_index.take().or(found.no_index);
        settings.prereleases_of.extend(found.prereleases_of);
    }

    /// What tables leave out. A word of the command line or of a requirements file on the same project counts more.
    fn take_formats(&mut self, formats: &[(Format, String)]) {
        let control = &mut self.manifest.options.format_control;
        for (format, name) in formats {
            let (set, other) = match format {
                Format::NoBinary => (&mut control.no_binary, &mut control.only_binary),
                Format::OnlyBinary => (&mut control.only_binary, &mut control.no_binary),
            };
            let is_said = name.parse::<PackageName>().is_ok_and(|name| other.names(&name)) || *other == ProjectSet::All;
            if !is_said {
                // What is no name leaves nothing out.
                let _ = set.extend(name, &mut ProjectSet::None);
            }
        }
    }

    fn take_tie(&mut self, tie: &Tie) {
        match &tie.to {
            TiedTo::Place(reference) => {
                let constraint = tie.as_constraint(reference);
                let is_known = self
                    .manifest
                    .constraints
                    .iter()
                    .any(|known| known.requirement == constraint.requirement && known.direct == constraint.direct);
                if !is_known {
                    self.manifest.constraints.push(constraint);
                }
            }
            TiedTo::Index(index) => {
                let (name, index, origin) = (tie.name.clone(), index.clone(), tie.origin.clone());
                let pin = Pin { name, index, marker: tie.marker.clone(), origin };
                push_new(&mut self.manifest.pins, pin);
            }
            TiedTo::Unusable(problem) => {
                let refused =
                    RefusedName { name: tie.name.clone(), marker: tie.marker.clone(), problem: (**problem).clone() };
                push_new(&mut self.manifest.refused, refused);
            }
        }
    }

    /// A name that is tied to two places at once has none; where markers decide, that is judged for a target. One that
    /// some file ties to a place is no longer refused.
    fn refuse_contradictions(&mut self) {
        let manifest = &mut self.manifest;
        let constraints = &manifest.constraints;
        let has_place = |name: &PackageName| {
            constraints.iter().any(|entry| entry.direct.is_some() && entry.requirement.name == *name)
        };
        manifest.refused.retain(|refused| !has_place(&refused.name));
        let found = manifest.contradictions(MarkerTree::is_true);
        self.problems.extend(found);
    }
}

/// The versions of Python that a pyproject.toml or a script takes, as far as it can be read; `working_folder` is
/// absolute, and where messages show paths from.
pub(crate) fn python_limit(file: &Path, working_folder: &Path) -> Option<PythonLimit> {
    let text = fs_err::read_to_string(file).ok()?;
    let text = said_part(file, text.trim_start_matches('\u{feff}'));
    let shown = shown_path(file, working_folder);
    let toml = TomlText { text: &text, file: &shown };
    Tables::read(&PyprojectDocument::parse(toml, file.parent()?, working_folder).ok()?).python
}

/// The indexes that the tables of the project in a folder declare, and the names that they tie to one, as far as its
/// file can be read: for locks that name neither.
pub(crate) fn declared_indexes(folder: &Path, inputs: &ManifestInputs) -> (Vec<DeclaredIndex>, Vec<Pin>) {
    let path = folder.join("pyproject.toml");
    let shown = shown_path(&path, &inputs.working_folder);
    let text = fs_err::read_to_string(&path).unwrap_or_default();
    let toml = TomlText { text: text.trim_start_matches('\u{feff}'), file: &shown };
    let Ok(document) = PyprojectDocument::parse(toml, folder, &inputs.working_folder) else {
        return Default::default();
    };
    let tables = Tables::read(&document.with_environment(&inputs.environment));
    let pin = |tie: Tie| match tie.to {
        TiedTo::Index(index) => Some(Pin { name: tie.name, index, marker: tie.marker, origin: tie.origin }),
        TiedTo::Place(_) | TiedTo::Unusable(_) => None,
    };
    (tables.indexes, tables.ties.into_iter().filter_map(pin).collect())
}

/// What the tables of the project in a folder, and uv's files of settings for it, say of where backends come from, as
/// far as they can be read: indexes, which names are tied to one, and limits on what backends require. It is for locks,
/// which have only what is installed. `None`: they say nothing of it.
pub(crate) fn said_of_builds(folder: &Path, inputs: &ManifestInputs) -> Option<Manifest> {
    let mut reader = RequirementsReader::new(inputs);
    reader.read_tables(&folder.join("pyproject.toml"), Scope::Beside);
    reader.read_uv_settings(&[folder.to_owned()]);
    let Manifest { indexes, pins, build_constraints, settings, .. } = reader.manifest;
    let is_silent = indexes.is_empty() && pins.is_empty() && build_constraints.is_empty();
    let settings = TableSettings { no_index: settings.no_index, ..TableSettings::default() };
    let is_silent = is_silent && settings.no_index.is_none();
    (!is_silent).then(|| Manifest { build_constraints, pins, indexes, settings, ..Manifest::default() })
}

/// Whether a tie counts for the whole run.
fn counts(tie: &Tie, all: &[Tie], scope: Scope<'_>) -> bool {
    if let Scope::Input { extras, groups } = scope {
        return tie.extra.as_ref().is_none_or(|extra| extras.contains(extra))
            && tie.group.as_ref().is_none_or(|group| groups.contains(group));
    }
    // Which extras of another project are asked for is not known yet; where they decide, nothing can be said for all.
    tie.group.is_none() && (tie.extra.is_none() || all.iter().filter(|other| other.name == tie.name).count() == 1)
}
