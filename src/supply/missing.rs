//! What a run without a network lacks: all of it, not the first.

use super::building_source::BuildingSource;
use crate::request::RequestOptions;
use crate::requirements::Manifest;
use crate::resolution::Resolution;
use crate::resolve::{ResolveError, ResolveOptions, resolve};
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

/// The error with all that is missing, and how to fetch it.
pub(super) fn with_missing(error: ResolveError, missing: &[PackageName], command: &str) -> ResolveError {
    match error {
        ResolveError::NoSolution { explanation, mut hints, unbuilt } if !missing.is_empty() => {
            let names: Vec<String> = missing.iter().map(|name| format!("`{name}`")).collect();
            hints.push(format!(
                "missing: {}; `{command}` on a machine with a network fetches them with all that they need",
                names.join(", ")
            ));
            ResolveError::NoSolution { explanation, hints, unbuilt }
        }
        other => other,
    }
}

/// What marks the hint on a project that has only sources.
const ONLY_SOURCES: &str = "has only a source distribution";

/// The error with every project that would have to be built, not the first alone. What was found is left out, and the solver
/// goes on, until nothing more is found; what those require cannot be known.
pub(super) fn with_unbuilt(
    error: ResolveError,
    manifest: &Manifest,
    target: &Target,
    options: &ResolveOptions,
    source: &BuildingSource,
) -> ResolveError {
    let (explanation, mut hints, unbuilt) = match error {
        ResolveError::NoSolution { explanation, hints, unbuilt } => (explanation, hints, unbuilt),
        other => return other,
    };
    if !hints.iter().any(|hint| hint.contains(ONLY_SOURCES)) {
        return ResolveError::NoSolution { explanation, hints, unbuilt };
    }
    let mut manifest = manifest.clone();
    let mut all = unbuilt.clone();
    let mut newest: Vec<PackageName> = all.clone();
    let mut told = hints.clone();
    loop {
        // Names with a twin are told by their hint, which begins with the name.
        let named = told.iter().filter(|hint| hint.contains(ONLY_SOURCES));
        newest.extend(named.filter_map(|hint| hint.split(' ').next()?.parse().ok()));
        let known = manifest.excluded.len();
        for name in newest.drain(..) {
            if !manifest.excluded.contains(&name) {
                manifest.excluded.push(name);
            }
        }
        if manifest.excluded.len() == known {
            break;
        }
        match resolve(&manifest, target, options, source) {
            Err(ResolveError::NoSolution { hints: further, unbuilt, .. }) => {
                all.extend(unbuilt.iter().cloned());
                hints.extend(further.iter().filter(|hint| hint.contains(ONLY_SOURCES)).cloned());
                (told, newest) = (further, unbuilt);
            }
            _ => break,
        }
    }
    all.sort_unstable();
    all.dedup();
    if all.len() > 1 {
        hints.retain(|hint| !(hint.contains(ONLY_SOURCES) && hint.contains("--allow-build")));
        let names: Vec<&str> = all.iter().map(AsRef::as_ref).collect();
        hints.push(format!(
            "{} have only source distributions: allow building them with `--allow-build {}`, or offer wheels of them with \
             `--find-links`",
            names.join(", "),
            names.join(",")
        ));
    }
    ResolveError::NoSolution { explanation, hints, unbuilt: all }
}

/// The command that would write a mirror of everything that `request` needs.
pub(super) fn mirror_command(request: &RequestOptions, target: &Target) -> String {
    let inputs = &request.inputs;
    let mut words = vec!["barrow mirror".to_owned()];
    let files = |flag: &str, files: &[std::path::PathBuf]| -> Vec<String> {
        files.iter().map(|file| format!("{flag} {}", quoted(&without_secrets(&file.display().to_string())))).collect()
    };
    words.extend(files("-r", &inputs.requirement_files));
    words.extend(files("-c", &inputs.constraint_files));
    words.extend(inputs.positional.iter().map(|text| quoted(&without_secrets(text))));
    let arch = target.architecture().as_str();
    words.push(format!("--runtime {} --arch {arch} -o DIR", target.runtime().name()));
    words.join(" ")
}

/// What may be shown of a word: of a requirement by URL its name, of a URL what is no credential.
fn without_secrets(word: &str) -> String {
    match (word.split_once('@'), SafeUrl::parse(word)) {
        (_, Ok(url)) if word.contains("://") => url.without_credentials().to_string(),
        (Some((name, _)), _) if word.contains("://") => name.trim().to_owned(),
        _ => word.to_owned(),
    }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=+:,@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}
