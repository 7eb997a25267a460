//! Reads requirements files and prints what was read as JSON, for comparing it with another tool's reading.
//!
//! Standard input is an object: `environments` is a list of marker environments, `cases` a list of objects with
//! `folder` (absolute), `requirements`, `constraints`, `overrides` (file names), `positional` (texts) and `environment`
//! (variables). Standard output is a list with one object for each case: `errors`, or `entries`, `constraints`,
//! `options` and `warnings`. A marker is printed as its value in each environment.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;

use barrow::requirements::{
    DirectReference, FileOptions, Manifest, ManifestInputs, Origin, ProjectSet, RequirementEntry, RequirementsError,
};
use barrow::spec::{MarkerEnvironment, VersionOrUrl};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Input {
    environments: Vec<MarkerEnvironment>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Case {
    folder: PathBuf,
    requirements: Vec<PathBuf>,
    constraints: Vec<PathBuf>,
    overrides: Vec<PathBuf>,
    positional: Vec<String>,
    environment: BTreeMap<String, String>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let input: Input = serde_json::from_str(&text)?;
    let answers: Vec<Value> = input.cases.into_iter().map(|case| answer(case, &input.environments)).collect();
    serde_json::to_writer(std::io::stdout(), &answers)?;
    std::io::stdout().write_all(b"\n")?;
    Ok(())
}

fn answer(case: Case, environments: &[MarkerEnvironment]) -> Value {
    let inputs = ManifestInputs {
        requirement_files: case.requirements,
        constraint_files: case.constraints,
        override_files: case.overrides,
        positional: case.positional,
        working_folder: case.folder,
        environment: case.environment,
        ..ManifestInputs::default()
    };
    match Manifest::read(&inputs) {
        Err(RequirementsError::Invalid(problems)) => {
            json!({ "errors": problems.iter().map(ToString::to_string).collect::<Vec<_>>() })
        }
        Ok(manifest) => {
            let all =
                |entries: &[RequirementEntry]| entries.iter().map(|one| entry(one, environments)).collect::<Vec<_>>();
            json!({
                "entries": all(&manifest.requirements),
                "constraints": all(&manifest.constraints),
                "overrides": all(&manifest.overrides),
                "options": options(&manifest.options),
                "warnings": manifest.warnings,
            })
        }
    }
}

fn entry(entry: &RequirementEntry, environments: &[MarkerEnvironment]) -> Value {
    let requirement = &entry.requirement;
    let (specifiers, url) = match &requirement.version_or_url {
        None => (String::new(), None),
        Some(VersionOrUrl::VersionSpecifier(specifiers)) => {
            (specifiers.iter().map(ToString::to_string).collect::<Vec<_>>().join(","), None)
        }
        Some(VersionOrUrl::Url(url)) => (String::new(), Some(url.reveal().to_string())),
    };
    let line = match &entry.origin {
        Origin::File { line, .. } => *line,
        Origin::CommandLine | Origin::Brought { .. } | Origin::Build => 0,
    };
    let settings: Vec<Value> = entry.config_settings.iter().map(|(key, value)| json!([key, value])).collect();
    json!({
        "name": requirement.name.to_string(),
        "extras": requirement.extras.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "specifiers": specifiers,
        "url": url,
        "marker": environments.iter().map(|environment| requirement.marker.evaluate(environment, &[])).collect::<Vec<_>>(),
        "hashes": entry.hashes.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "config_settings": settings,
        "editable": entry.direct.as_ref().is_some_and(DirectReference::is_editable),
        "direct": direct(entry.direct.as_ref()),
        "line": line,
        "printed": entry.to_string(),
    })
}

fn direct(direct: Option<&DirectReference>) -> Value {
    match direct {
        None => Value::Null,
        Some(DirectReference::Wheel { url }) => json!({ "kind": "wheel", "url": url.reveal().as_str() }),
        Some(DirectReference::Sdist { url, subdirectory }) => {
            json!({ "kind": "sdist", "url": url.reveal().as_str(), "subdirectory": subdirectory })
        }
        Some(DirectReference::Folder { path, subdirectory, .. }) => {
            json!({ "kind": "folder", "path": path, "subdirectory": subdirectory })
        }
        Some(DirectReference::Git { url, revision, subdirectory, .. }) => {
            json!({ "kind": "git", "url": url.reveal().as_str(), "revision": revision, "subdirectory": subdirectory })
        }
    }
}

fn options(options: &FileOptions) -> Value {
    let set = |set: &ProjectSet| match set {
        ProjectSet::None => json!([]),
        ProjectSet::All => json!([":all:"]),
        ProjectSet::Projects(names) => names.iter().map(|name| json!(name.to_string())).collect(),
    };
    let urls = |urls: &[barrow::spec::SafeUrl]| urls.iter().map(|url| url.reveal().to_string()).collect::<Vec<_>>();
    json!({
        "index_url": options.index_url.as_ref().map(|url| url.reveal().to_string()),
        "extra_index_urls": urls(&options.extra_index_urls),
        "find_links": urls(&options.find_links),
        "no_index": options.no_index,
        "no_binary": set(&options.format_control.no_binary),
        "only_binary": set(&options.format_control.only_binary),
        "all_releases": set(&options.release_control.all_releases),
        "only_final": set(&options.release_control.only_final),
        "prefer_binary": options.prefer_binary,
        "require_hashes": options.require_hashes,
        "pre": options.pre,
        "trusted_hosts": options.trusted_hosts,
        "features": options.features,
    })
}
