//! What a resolution depends on, and so how long it may be taken for the answer.

use std::path::Path;

use crate::request::{IndexSettings, local_indexes};
use crate::requirements::Manifest;
use crate::resolution::{Resolution, ResolvedDist};
use crate::spec::SafeUrl;

/// What a resolution stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Footing {
    /// On digests that the user gave: nothing else can change it.
    Fixed,
    /// On pages of indexes, and on inputs that are in the fingerprint.
    Pages,
    /// On something that can change without a page or an input showing it.
    Open,
}

/// What a resolution stands on.
pub(crate) fn footing(
    resolution: &Resolution,
    asked: &[SafeUrl],
    settings: &IndexSettings,
    manifest: &Manifest,
) -> Footing {
    // What was built of a source depends on the Python of this machine, and on its backend.
    if resolution.dists.iter().any(|dist| dist.file.filename.as_wheel().is_none()) {
        return Footing::Open;
    }
    if resolution.dists.iter().all(|dist| dist.hashes_from.is_some()) {
        return Footing::Fixed;
    }
    // The content of folders that are asked like indexes is part of the key (`InputKey`).
    let mut known = local_indexes(settings, manifest);
    known.retain(|path| path.is_dir());
    let is_known = |path: &Path| known.iter().any(|folder| path.starts_with(folder));
    // A folder that only a lock names is not part of the key.
    let is_unknown = |url: &SafeUrl| url.to_file_path().is_some_and(|path| path.is_dir() && !is_known(&path));
    let may_change = |dist: &ResolvedDist| match dist.file.url.to_file_path() {
        // A file that a requirement names is an input, with its content.
        Some(path) => !dist.is_direct && !is_known(&path),
        None => dist.is_direct || dist.accepted_hashes.is_empty(),
    };
    let is_open = asked.iter().any(is_unknown) || resolution.dists.iter().any(may_change);
    if is_open { Footing::Open } else { Footing::Pages }
}
