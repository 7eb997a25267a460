//! What a run without a network lacks: all of it, not the first.

use std::path::PathBuf;

use super::MirrorInputs;
use super::building_source::BuildingSource;
use crate::request::RequestOptions;
use crate::requirements::Manifest;
use crate::resolution::{Barrier, Resolution};
use crate::resolve::{Hint, ResolveError, ResolveOptions, resolve};
use crate::spec::{PackageName, SafeUrl};
use crate::target::Target;

/// The projects of which nothing is at hand, sorted: what was found missing is left out, and the solver goes on, until
/// nothing more is missing. What the missing ones require cannot be known.
pub(super) fn all_missing(
    manifest: &Manifest,
    target: &Target,
    options: &ResolveOptions,
    source: &BuildingSource,
) -> Vec<PackageName> {
    let mut manifest = manifest.clone();
    let excluded = manifest.excluded.clone();
    loop {
        let missing = source.missing();
        let known = manifest.excluded.len();
        manifest.excluded = excluded.iter().chain(&missing).cloned().collect();
        if manifest.excluded.len() == known || !is_unsolvable(&resolve(&manifest, target, options, source)) {
            return source.missing();
        }
    }
}

fn is_unsolvable(resolution: &Result<Resolution, ResolveError>) -> bool {
    matches!(resolution, Err(ResolveError::NoSolution { .. }))
}

/// The error with every project that would have to be built, not the first alone. What was found is left out, and the
/// solver goes on, until nothing more is found; what those require cannot be known.
pub(super) fn with_unbuilt(
    error: ResolveError,
    manifest: &Manifest,
    target: &Target,
    options: &ResolveOptions,
    source: &BuildingSource,
) -> ResolveError {
    let ResolveError::NoSolution { explanation, mut hints, unbuilt } = error else { return error };
    let mut manifest = manifest.clone();
    let mut all = unbuilt.clone();
    let (mut told, mut newest) = (hints.clone(), unbuilt);
    loop {
        newest.extend(told.iter().filter_map(only_source).cloned());
        let known = manifest.excluded.len();
        for name in newest.drain(..) {
            if !manifest.excluded.contains(&name) {
                manifest.excluded.push(name);
            }
        }
        if manifest.excluded.len() == known || !told.iter().any(|hint| only_source(hint).is_some()) {
            break;
        }
        match resolve(&manifest, target, options, source) {
            Err(ResolveError::NoSolution { hints: further, unbuilt, .. }) => {
                all.extend(unbuilt.iter().cloned());
                hints.extend(further.iter().filter(|hint| only_source(hint).is_some()).cloned());
                (told, newest) = (further, unbuilt);
            }
            _ => break,
        }
    }
    all.sort_unstable();
    all.dedup();
    if all.len() > 1 {
        let barriers = hints.iter().filter_map(|hint| match hint {
            Hint::OnlySource { barrier, .. } => Some(*barrier),
            _ => None,
        });
        let barrier = barriers.min().unwrap_or(Barrier::NotAllowed);
        hints.retain(|hint| !matches!(hint, Hint::OnlySource { twin: None, .. }));
        hints.push(Hint::OnlySources { names: all.clone(), barrier, room: options.wheel_room });
    }
    ResolveError::NoSolution { explanation, hints, unbuilt: all }
}

/// The project that has only sources, where a hint says so.
fn only_source(hint: &Hint) -> Option<&PackageName> {
    if let Hint::OnlySource { name, .. } = hint { Some(name) } else { None }
}

/// What a mirror would have to be made of to have everything that `request` needs.
pub(super) fn mirrored(request: &RequestOptions, target: &Target) -> MirrorInputs {
    let inputs = &request.inputs;
    let files =
        |files: &[PathBuf]| files.iter().map(|file| without_secrets(&file.display().to_string())).collect::<Vec<_>>();
    MirrorInputs {
        requirement_files: files(&inputs.requirement_files),
        constraint_files: files(&inputs.constraint_files),
        positional: inputs.positional.iter().map(|text| without_secrets(text)).collect(),
        target: target.clone(),
    }
}

/// What may be shown of a word: of a requirement by URL its name, of a URL what is no credential.
fn without_secrets(word: &str) -> String {
    match (word.split_once('@'), SafeUrl::parse(word)) {
        (_, Ok(url)) if word.contains("://") => url.without_credentials().to_string(),
        (Some((name, _)), _) if word.contains("://") => name.trim().to_owned(),
        _ => word.to_owned(),
    }
}
