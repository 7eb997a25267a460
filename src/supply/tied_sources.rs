//! Ties in the tables of what was fetched: they count for what the project in a repository or archive requires.

use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use super::SupplyError;
use super::material::{BuildSource, Whereabouts};
use crate::archive::{Limits, SafePath, read_source, unpack_source};
use crate::blocking::blocking;
use crate::build::{BuildError, Checkout, SOURCE_DATE};
use crate::requirements::{DirectReference, SourceTree, TieContext, may_tie};
use crate::spec::{CoreMetadata, ExtraName, MarkerTree, PackageName};
use crate::target::Target;

/// Largest pyproject.toml that is read, bytes.
const PYPROJECT_MOST: u64 = 16 << 20;

/// What the user's own files say of where names come from.
#[derive(Default)]
pub(super) struct OwnTies(pub(super) Vec<(PackageName, MarkerTree)>);

impl OwnTies {
    pub(super) fn on(&self, target: &Target) -> Vec<PackageName> {
        let counting = self.0.iter().filter(|(_, marker)| marker.evaluate(target.markers(), &[]));
        counting.map(|(name, _)| name.clone()).collect()
    }
}

/// Whose word counts, and for what.
pub(super) struct TieWords {
    /// Names of which the user's own files say where they come from.
    pub(super) settled: Vec<PackageName>,
    /// Extras that the user asks for.
    pub(super) extras: Vec<ExtraName>,
    pub(super) target: Target,
}

/// The metadata of a source with the places that its tables tie names to, and those places. An archive is unpacked for
/// that in the folder of `room`, within the limits.
pub(super) async fn tied(
    material: &BuildSource,
    reference: &DirectReference,
    mut metadata: CoreMetadata,
    words: TieWords,
    (room, limits): (TempDir, Limits),
) -> Result<(CoreMetadata, Vec<DirectReference>), SupplyError> {
    let (label, below) = (material.label.clone(), material.subdirectory.clone());
    let (origin, home) = (material.origin.clone(), reference.clone());
    let reading = blocking(move || {
        let TieWords { settled, extras, target } = words;
        let below = below.as_ref().map(SafePath::as_str);
        let (top, settled) = match &origin {
            Whereabouts::Git(Checkout { folder, .. }) => (folder.clone(), settled),
            // What a folder ties is known from the reading on; a build may have written a place that is no more.
            Whereabouts::Folder { path, .. } => (path.clone(), all_names(&metadata)),
            Whereabouts::Archive { file } => {
                if !archive_may_tie(&file.path, below, &label, &limits)? {
                    return Ok((metadata, Vec::new()));
                }
                let date = SystemTime::UNIX_EPOCH + Duration::from_secs(SOURCE_DATE);
                let top = unpack_source(&file.path, room.path(), date, &limits)
                    .map_err(|source| BuildError::Unpack { label: label.clone(), source })?;
                (top, settled)
            }
        };
        let tree = SourceTree { top: &top, below, home: &home };
        let context = TieContext { settled: &settled, extras: &extras, markers: target.markers() };
        let places = tree
            .tie(&mut metadata, &context)
            .map_err(|reason| BuildError::Metadata { label: label.clone(), reason })?;
        Ok::<_, BuildError>((metadata, places))
    });
    Ok(reading.await?)
}

fn all_names(metadata: &CoreMetadata) -> Vec<PackageName> {
    metadata.requires_dist.iter().map(|requirement| requirement.name.clone()).collect()
}

fn archive_may_tie(
    archive: &std::path::Path,
    below: Option<&str>,
    label: &str,
    limits: &Limits,
) -> Result<bool, BuildError> {
    let name = below.map_or_else(|| "pyproject.toml".to_owned(), |below| format!("{below}/pyproject.toml"));
    let kept = read_source(archive, &[&name], PYPROJECT_MOST, limits)
        .map_err(|source| BuildError::Unpack { label: label.to_owned(), source })?;
    Ok(kept.get(&name).is_some_and(|bytes| may_tie(&String::from_utf8_lossy(bytes))))
}
