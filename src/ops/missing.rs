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
        ResolveError::NoSolution { explanation, mut hints } if !missing.is_empty() => {
            let names: Vec<String> = missing.iter().map(|name| format!("`{name}`")).collect();
            hints.push(format!(
                "missing: {}; `{command}` on a machine with a network fetches them with all that they need",
                names.join(", ")
            ));
            ResolveError::NoSolution { explanation, hints }
        }
        other => other,
    }
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
