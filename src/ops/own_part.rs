//! The user's own files in an output, as they are remembered for a run that finds nothing else changed (`edited.rs`).

use std::collections::HashSet;

use crate::bundle::{Bundle, SourceFiles, UNZIPPED_LIMIT_BYTES, largest};
use crate::install::InstalledDist;
use crate::memory::OwnPart;
use crate::request::{BundleKind, BundleOptions};

/// What a later run needs to publish an output with other contents of the same own files; `None`: it would have to be
/// put together anew. `ways` are those that would make a bundle smaller that is too large for Lambda.
pub(super) fn own_part(
    bundle: &Bundle,
    dists: &[InstalledDist],
    source: Option<&SourceFiles>,
    ways: &[String],
    options: &BundleOptions,
) -> Option<OwnPart> {
    if !can_be_edited(options) {
        return None;
    }
    // An own file that replaces one of a distribution changes the RECORD of that distribution.
    let own: HashSet<&str> = source?.files.iter().map(|file| file.path.as_str()).collect();
    let is_in_the_way = dists.iter().flat_map(|dist| &dist.files).any(|file| own.contains(file.path.as_str()));
    if own.is_empty() || is_in_the_way {
        return None;
    }
    let is_too_large = bundle.size_bytes > UNZIPPED_LIMIT_BYTES;
    let largest = is_too_large.then(|| largest(bundle));
    let names_own = |line: &String| line.starts_with("source files ");
    if largest.iter().flatten().any(names_own) {
        return None;
    }
    let (bytes, warnings) = (bundle.own_bytes(), bundle.warnings.clone());
    Some(OwnPart { bytes, warnings, largest, ways: ways.to_vec() })
}

/// Whether no other file of such an output depends on the contents of own files.
pub(super) fn can_be_edited(BundleOptions { assembly, .. }: &BundleOptions) -> bool {
    assembly.split.is_none() && assembly.bytecode.is_none() && assembly.kind != BundleKind::Packages
}
