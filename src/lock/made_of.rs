//! What a lock of barrow was made of, so that it can be asked whether it still says that.
//!
//! A pylock.toml has no place for that, and a table for what a tool knows: `[tool.barrow.inputs]` names the files, by
//! their places relative to the lock, and has a digest of all that they ask for. Comments, blanks and the order of lines
//! are no part of it, nor is a credential. Requirements on the command line stand in no file that could change.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};

use crate::archive::{self, normalized};
use crate::requirements::{
    DirectReference, Manifest, ManifestInputs, PyprojectInput, RemoteFiles, RequirementEntry, RequirementsError,
};
use crate::spec::{ExtraName, MarkerTree, SafeUrl, VersionOrUrl, sha256};

/// The files that a lock was made of, by their places relative to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct MadeOf {
    /// Requirements files, and projects without any of their extras and groups.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub requirements: Vec<String>,
    /// Constraint files.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub constraints: Vec<String>,
    /// Override files.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<String>,
    /// The project of which extras or groups were chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// These extras of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extras: Vec<String>,
    /// All of them.
    #[serde(skip_serializing_if = "is_false")]
    pub all_extras: bool,
    /// These groups.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// Nothing but these groups.
    #[serde(skip_serializing_if = "is_false")]
    pub only_groups: bool,
    /// The digest of what they ask for.
    sha256: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks in this way")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

impl MadeOf {
    /// What a lock in `folder` is made of, of which `manifest` was read; `None`: nothing that could be asked again, as
    /// a file is no file of this machine, or has changed meanwhile.
    pub(crate) fn of(inputs: &ManifestInputs, manifest: &Manifest, folder: &Path) -> Option<Self> {
        let place = |file: &PathBuf| {
            let path = normalized(&inputs.working_folder.join(file));
            let is_input = inputs.standard_input.is_some() && file == Path::new("-");
            (path.is_file() && !is_input && is_near(&path, folder)).then(|| relative(&path, folder))
        };
        let places = |files: &[PathBuf]| files.iter().map(place).collect::<Option<BTreeSet<String>>>();
        let list = |files: &[PathBuf]| Some(places(files)?.into_iter().collect::<Vec<String>>());
        // Constraints of the environment are for whatever is resolved here, and elsewhere they are others.
        let constraints = if inputs.has_common_constraints { &[][..] } else { &inputs.constraint_files };
        let mut made_of = Self {
            requirements: list(&inputs.requirement_files)?,
            constraints: list(constraints)?,
            overrides: list(&inputs.override_files)?,
            ..Self::default()
        };
        if let Some(PyprojectInput { path, extras, all_extras, groups, only_groups }) = &inputs.pyproject {
            let names = |names: &[ExtraName]| names.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
            made_of.project = Some(place(path)?);
            made_of.extras = names(extras).into_iter().collect();
            made_of.groups = names(groups).into_iter().collect();
            (made_of.all_extras, made_of.only_groups) = (*all_extras, *only_groups);
        }
        made_of.files().next()?;
        let read = made_of.read(folder, &inputs.environment)?.ok()?;
        let is_same = read.files_read.iter().all(|file| manifest.files_read.contains(file));
        made_of.sha256 = digest(&read, folder);
        is_same.then_some(made_of)
    }

    /// Every file, relative to the lock.
    pub(super) fn files(&self) -> impl Iterator<Item = &String> {
        self.project.iter().chain(&self.requirements).chain(&self.constraints).chain(&self.overrides)
    }

    /// Where they lie, for a lock in `folder`.
    fn places(&self, folder: &Path) -> Vec<PathBuf> {
        self.files().map(|file| normalized(&folder.join(file))).collect()
    }

    /// The same, with the files that they include.
    pub(super) fn all_places(&self, folder: &Path, environment: &BTreeMap<String, String>) -> Vec<PathBuf> {
        let read = self.read(folder, environment).and_then(Result::ok);
        let included = read.into_iter().flat_map(|manifest| manifest.files_read).map(|file| file.path);
        self.places(folder).into_iter().chain(included).collect()
    }

    /// Reads the files of a lock in `folder` as they are now; `None`: not all of them can be asked.
    pub(crate) fn read(
        &self,
        folder: &Path,
        environment: &BTreeMap<String, String>,
    ) -> Option<Result<Manifest, RequirementsError>> {
        if !self.places(folder).iter().all(|file| file.is_file()) {
            return None;
        }
        let is_remote = Arc::new(AtomicBool::new(false));
        let is_asked = Arc::clone(&is_remote);
        let remote = RemoteFiles::new(move |_| {
            is_asked.store(true, Ordering::Relaxed);
            Err("it is not on this machine".to_owned())
        });
        let paths = |files: &[String]| files.iter().map(PathBuf::from).collect::<Vec<_>>();
        let names = |names: &[String]| names.iter().filter_map(|name| name.parse().ok()).collect();
        let read = Manifest::read(&ManifestInputs {
            requirement_files: paths(&self.requirements),
            constraint_files: paths(&self.constraints),
            override_files: paths(&self.overrides),
            pyproject: self.project.as_ref().map(|path| PyprojectInput {
                path: path.into(),
                extras: names(&self.extras),
                all_extras: self.all_extras,
                groups: names(&self.groups),
                only_groups: self.only_groups,
            }),
            working_folder: folder.to_owned(),
            environment: environment.clone(),
            remote: Some(remote),
            ..ManifestInputs::default()
        });
        (!is_remote.load(Ordering::Relaxed)).then_some(read)
    }

    /// Whether the files ask for what they asked for when the lock was made.
    pub(super) fn says(&self, now: &Manifest, folder: &Path) -> bool {
        self.sha256 == digest(now, folder)
    }
}

/// The digest of what files ask for: the same on every machine where the lock lies beside them in the same way.
fn digest(manifest: &Manifest, folder: &Path) -> String {
    let Manifest { requirements, unnamed, constraints, overrides, excluded, alternatives, pins, .. } = manifest;
    let mut lines = BTreeSet::new();
    for (list, entries, has_name) in [
        ("requirement", requirements, true),
        ("requirement", unnamed, false),
        ("constraint", constraints, true),
        ("override", overrides, true),
    ] {
        lines.extend(entries.iter().map(|entry| format!("{list} {}", line_of(entry, has_name, folder))));
    }
    let words = |marker: &MarkerTree| marker.try_to_string().unwrap_or_default();
    lines.extend(excluded.iter().map(|name| format!("excluded {name}")));
    lines.extend(alternatives.iter().map(|said| {
        let any_of: BTreeSet<String> = said.any_of.iter().map(ToString::to_string).collect();
        let any_of: Vec<String> = any_of.into_iter().collect();
        format!("alternatives {} {}; {}", said.name, any_of.join(" || "), words(&said.marker))
    }));
    lines.extend(pins.iter().map(|pin| format!("index {} {}; {}", pin.name, pin.index, words(&pin.marker))));
    let lines: Vec<String> = lines.into_iter().collect();
    sha256(lines.join("\n").as_bytes()).hex()
}

/// All that counts of an entry.
fn line_of(entry: &RequirementEntry, has_name: bool, folder: &Path) -> String {
    let RequirementEntry { requirement, text, hashes, config_settings, direct, is_alone: _, origin: _ } = entry;
    let name = if has_name { requirement.name.to_string() } else { String::new() };
    let extras: BTreeSet<String> = requirement.extras.iter().map(ToString::to_string).collect();
    let which = match (direct, &requirement.version_or_url) {
        // Its value may be another one elsewhere, and a secret.
        _ if text.contains("${") => text.split_whitespace().collect(),
        (Some(direct), _) => format!("@ {}", place_of(direct, folder)),
        (None, Some(VersionOrUrl::VersionSpecifier(specifiers))) => {
            let specifiers: BTreeSet<String> = specifiers.iter().map(ToString::to_string).collect();
            specifiers.into_iter().collect::<Vec<_>>().join(",")
        }
        (None, _) => String::new(),
    };
    let marker = requirement.marker.try_to_string().unwrap_or_default();
    let hashes: BTreeSet<String> = hashes.iter().map(ToString::to_string).collect();
    let settings: Vec<String> = config_settings.iter().map(|(key, value)| format!("{key}={value}")).collect();
    format!("{name} {extras:?} {which}; {marker} {hashes:?} {settings:?}")
}

/// Whether a file and a folder have more in common than the machine: a temporary file is nowhere else, and has another
/// name each time.
fn is_near(path: &Path, folder: &Path) -> bool {
    path.components().zip(folder.components()).take_while(|(one, other)| one == other).count() > 1
}

/// A path as seen from the lock, with the slashes of every system.
fn relative(path: &Path, folder: &Path) -> String {
    let path = archive::relative(&normalized(path), &normalized(folder));
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn place_of(direct: &DirectReference, folder: &Path) -> String {
    let shown = |url: &SafeUrl| match url.to_file_path() {
        Some(path) => relative(&path, folder),
        None => url.without_secrets().reveal().to_string(),
    };
    let (place, revision) = match direct {
        DirectReference::Folder { path, .. } => (relative(path, folder), None),
        DirectReference::Wheel { url } | DirectReference::Sdist { url, .. } => (shown(url), None),
        DirectReference::Git { url, revision, .. } => (shown(url), revision.as_deref()),
    };
    let below = direct.subdirectory().unwrap_or_default();
    format!("{place} {} {below}", revision.unwrap_or_default())
}
