//! What is in a mirror, and the manifest that says so.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Application, MirrorError, MirrorFile};
use crate::index::{MIRROR_FORM, MIRROR_MANIFEST, MirroredRepository, other_form};
use crate::regular;
use crate::spec::ProjectStatus;

/// Name of the manifest.
pub(crate) const MANIFEST: &str = MIRROR_MANIFEST;

/// The manifest as it is read.
#[derive(Deserialize)]
#[serde(expecting = "the manifest of a mirror")]
struct MirrorManifest {
    #[expect(dead_code, reason = "a manifest without one is none")]
    schema: u32,
    #[serde(default)]
    applications: Vec<Application>,
    #[serde(default)]
    statuses: BTreeMap<String, ProjectStatus>,
    #[serde(default)]
    repositories: Vec<MirroredRepository>,
    files: Vec<MirrorFile>,
}

/// The manifest as it is written: the fields of [`MirrorManifest`], borrowed.
#[derive(Serialize)]
struct WrittenManifest<'a> {
    schema: u32,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    applications: Vec<&'a Application>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    statuses: &'a BTreeMap<String, ProjectStatus>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    repositories: Vec<&'a MirroredRepository>,
    files: Vec<&'a MirrorFile>,
}

/// What a mirror lists, each kind by its names.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) applications: BTreeMap<String, Application>,
    /// The statuses (PEP 792) of projects that have one worth telling, by project.
    pub(super) statuses: BTreeMap<String, ProjectStatus>,
    pub(super) files: BTreeMap<String, MirrorFile>,
    /// Repositories, by the names that applications call them.
    pub(super) repositories: BTreeMap<String, MirroredRepository>,
}

impl Contents {
    /// Every path that is neither a page nor the manifest, below the mirror.
    pub(super) fn paths(&self) -> impl Iterator<Item = String> {
        let of_files = self.files.values().flat_map(|file| [Some(file.path()), file.metadata_path()]).flatten();
        of_files.chain(self.repositories.values().map(MirroredRepository::path))
    }

    /// Writes the manifest.
    pub(super) fn write_manifest(&self, to: impl std::io::Write) -> std::io::Result<()> {
        let Self { applications, statuses, files, repositories } = self;
        let manifest = WrittenManifest {
            schema: MIRROR_FORM,
            applications: applications.values().collect(),
            statuses,
            repositories: repositories.values().collect(),
            files: files.values().collect(),
        };
        let mut to = std::io::BufWriter::new(to);
        serde_json::to_writer_pretty(&mut to, &manifest)?;
        to.write_all(b"\n")?;
        to.flush()
    }

    /// Drops the statuses of projects that have no files here any more.
    pub(super) fn forget_statuses(&mut self) {
        let projects: BTreeSet<&str> = self.files.values().map(|file| file.project.as_str()).collect();
        self.statuses.retain(|project, _| projects.contains(project.as_str()));
    }
}

/// The manifest of a place, which may be a folder or a copy of a manifest itself.
pub(super) fn manifest_of(place: &Path) -> PathBuf {
    if place.is_file() { place.to_owned() } else { place.join(MANIFEST) }
}

/// What a manifest says; `None`: there is no manifest.
pub(super) fn read_manifest(path: &Path) -> Result<Option<Contents>, MirrorError> {
    manifest_bytes(path)?.map(|bytes| parse_manifest(&bytes, path)).transpose()
}

/// The bytes of a manifest; `None`: there is no manifest.
pub(super) fn manifest_bytes(path: &Path) -> Result<Option<Vec<u8>>, MirrorError> {
    match regular::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(MirrorError::Read { path: path.to_owned(), source }),
    }
}

/// The files that a manifest lists, sorted by name.
///
/// # Errors
/// What is no manifest.
pub(crate) fn files_of_manifest(bytes: &[u8]) -> Result<Vec<MirrorFile>, MirrorError> {
    Ok(parse_manifest(bytes, Path::new(MANIFEST))?.files.into_values().collect())
}

/// What the bytes of a manifest say; messages call it `path`.
pub(super) fn parse_manifest(bytes: &[u8], path: &Path) -> Result<Contents, MirrorError> {
    let path = path.to_owned();
    // One of a later form may have other fields.
    if let Some(found) = other_form(bytes) {
        return Err(MirrorError::ManifestForm { path, found, known: MIRROR_FORM });
    }
    let manifest: MirrorManifest = match serde_json::from_slice(bytes) {
        Ok(manifest) => manifest,
        Err(source) => return Err(MirrorError::Manifest { path, source }),
    };
    if let Some((file, problem)) = manifest.files.iter().find_map(|file| Some((file, file.problem()?))) {
        let reason = format!("lists `{}` with {problem}", file.filename);
        return Err(MirrorError::ManifestContent { path, reason });
    }
    if let Some((held, problem)) = manifest.repositories.iter().find_map(|held| Some((held, held.problem()?))) {
        let reason = format!("lists the repository `{}` with {problem}", held.filename);
        return Err(MirrorError::ManifestContent { path, reason });
    }
    let named = |held: MirroredRepository| Some((held.name()?, held));
    let by_name = |application: Application| (application.name.clone(), application);
    Ok(Contents {
        applications: manifest.applications.into_iter().map(by_name).collect(),
        statuses: manifest.statuses,
        files: manifest.files.into_iter().map(|file| (file.filename.clone(), file)).collect(),
        repositories: manifest.repositories.into_iter().filter_map(named).collect(),
    })
}
