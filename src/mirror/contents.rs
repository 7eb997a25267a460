//! What is in a mirror, and the manifest that says so.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Application, MirrorError, MirrorFile};
use crate::index::MIRROR_MANIFEST;
use crate::regular;
use crate::spec::ProjectStatus;

/// Name of the manifest.
pub const MANIFEST: &str = MIRROR_MANIFEST;

/// The version of the manifest's form.
const SCHEMA: u32 = 1;

/// Everything that a mirror lists.
#[derive(Serialize, Deserialize)]
struct MirrorManifest {
    schema: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    applications: Vec<Application>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    statuses: BTreeMap<String, ProjectStatus>,
    files: Vec<MirrorFile>,
}

/// The same, by names.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) applications: BTreeMap<String, Application>,
    /// What is to be told of projects as a whole, by their names.
    pub(super) statuses: BTreeMap<String, ProjectStatus>,
    pub(super) files: BTreeMap<String, MirrorFile>,
}

impl Contents {
    /// The manifest, which lies at `path`.
    pub(super) fn to_manifest(&self, path: &Path) -> Result<String, MirrorError> {
        let Self { applications, statuses, files } = self;
        let manifest = MirrorManifest {
            schema: SCHEMA,
            applications: applications.values().cloned().collect(),
            statuses: statuses.clone(),
            files: files.values().cloned().collect(),
        };
        let text = serde_json::to_string_pretty(&manifest);
        Ok(text.map_err(|source| MirrorError::Manifest { path: path.to_owned(), source })? + "\n")
    }

    /// Of a project without files nothing is told.
    pub(super) fn forget_statuses(&mut self) {
        let projects: BTreeSet<&str> = self.files.values().map(|file| file.project.as_str()).collect();
        self.statuses.retain(|project, _| projects.contains(project.as_str()));
    }
}

/// What a manifest says; `None`: there is no manifest.
pub(super) fn read_manifest(path: &Path) -> Result<Option<Contents>, MirrorError> {
    let path = path.to_owned();
    let bytes = match regular::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(MirrorError::Read { path, source }),
    };
    parse_manifest(&bytes, &path).map(Some)
}

/// The files that a manifest lists, sorted by name.
///
/// # Errors
/// What is no manifest.
pub fn files_of_manifest(bytes: &[u8]) -> Result<Vec<MirrorFile>, MirrorError> {
    Ok(parse_manifest(bytes, Path::new(MANIFEST))?.files.into_values().collect())
}

/// What the bytes of a manifest say; messages call it `path`.
pub(super) fn parse_manifest(bytes: &[u8], path: &Path) -> Result<Contents, MirrorError> {
    let path = path.to_owned();
    let manifest: MirrorManifest = match serde_json::from_slice(bytes) {
        Ok(manifest) => manifest,
        Err(source) => return Err(MirrorError::Manifest { path, source }),
    };
    if manifest.schema != SCHEMA {
        let reason = format!("has the form {}, and this version of barrow knows {SCHEMA}", manifest.schema);
        return Err(MirrorError::ManifestContent { path, reason });
    }
    if let Some((file, problem)) = manifest.files.iter().find_map(|file| Some((file, file.problem()?))) {
        let reason = format!("lists `{}` with {problem}", file.filename);
        return Err(MirrorError::ManifestContent { path, reason });
    }
    let by_name = |application: Application| (application.name.clone(), application);
    Ok(Contents {
        applications: manifest.applications.into_iter().map(by_name).collect(),
        statuses: manifest.statuses,
        files: manifest.files.into_iter().map(|file| (file.filename.clone(), file)).collect(),
    })
}
