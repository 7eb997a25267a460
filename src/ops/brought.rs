//! `--without`: what a lock, a layer's folder or a layer's zip brings already.

use std::path::{Path, PathBuf};

use super::{Error, LeftOutError};
use crate::inventory::{Reading, read_finished};
use crate::lock::{Lock, LockKind, LockPlace, LockRequest, select};
use crate::request::RequestOptions;
use crate::requirements::{Brought, Manifest, ManifestInputs};
use crate::spec::{Operator, VersionOrUrl, WheelFilename};
use crate::target::{TagMismatch, Target};

/// Everything that these files and folders bring to `target`, by name. `request` has the working folder and the
/// environment.
///
/// # Errors
/// One of them cannot be read, holds no distribution, or is a list of requirements without versions; two bring one
/// project in different versions; one holds native code for another target.
pub fn brought(places: &[PathBuf], target: &Target, request: &RequestOptions) -> Result<Vec<Brought>, Error> {
    brought_beside(places, &[], target, request)
}

/// Everything that they bring to all of these targets: the same versions to each.
///
/// # Errors
/// As [`brought`]; they bring a project to one target in another version than to the next.
pub fn brought_to_all(places: &[PathBuf], targets: &[Target], request: &RequestOptions) -> Result<Vec<Brought>, Error> {
    let mut all = Vec::new();
    for target in targets {
        brought(places, target, request)?.into_iter().try_for_each(|found| add(&mut all, found))?;
    }
    Ok(all)
}

/// The same, with layers that were made a moment ago: those may hold the user's own files alone.
pub(super) fn brought_beside(
    places: &[PathBuf],
    layers: &[PathBuf],
    target: &Target,
    request: &RequestOptions,
) -> Result<Vec<Brought>, Error> {
    let mut all: Vec<Brought> = Vec::new();
    for (place, is_made) in places.iter().map(|place| (place, false)).chain(layers.iter().map(|layer| (layer, true))) {
        by_one(place, is_made, target, request)?.into_iter().try_for_each(|found| add(&mut all, found))?;
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(all)
}

/// Adds a distribution that is not among them yet.
fn add(all: &mut Vec<Brought>, found: Brought) -> Result<(), Error> {
    match all.iter().find(|other| other.name == found.name) {
        Some(other) if other.version != found.version => {
            let (first, second) = ((other.by.clone(), other.version.clone()), (found.by, found.version));
            Err(LeftOutError::TwoVersions { name: found.name, first, second }.into())
        }
        Some(_) => Ok(()),
        None => {
            all.push(found);
            Ok(())
        }
    }
}

fn by_one(by: &Path, is_made: bool, target: &Target, request: &RequestOptions) -> Result<Vec<Brought>, Error> {
    let path = request.inputs.working_folder.join(by);
    let brought = |name, version| Brought { name, version, by: by.to_owned() };
    if LockKind::of(&path).is_some() {
        let place = LockPlace::new(by, &request.inputs.working_folder, request.inputs.environment.clone());
        let bytes = fs_err::read(&path).map_err(|error| unreadable(by, error))?;
        let selected = select(&Lock::read(&bytes, &place)?, &LockRequest::default(), target)?;
        return Ok(selected.into_iter().filter_map(|one| Some(brought(one.name, one.version?))).collect());
    }
    if path.extension().is_some_and(|extension| extension == "txt" || extension == "in") {
        let inputs = ManifestInputs {
            requirement_files: vec![by.to_owned()],
            working_folder: request.inputs.working_folder.clone(),
            environment: request.inputs.environment.clone(),
            ..ManifestInputs::default()
        };
        return pinned(by, &Manifest::read(&inputs)?, target);
    }
    let inventory = read_finished(&path, target, Reading::Sizes).map_err(|error| unreadable(by, error))?;
    if let Some((dist, mismatch)) = inventory.dists.iter().find_map(|dist| Some((dist, mismatch(&dist.tags, target)?)))
    {
        let (name, version) = (dist.name.clone(), dist.version.clone());
        return Err(
            LeftOutError::OtherTarget { by: by.to_owned(), name, version, mismatch, target: shown(target) }.into()
        );
    }
    let found: Vec<Brought> = inventory.dists.into_iter().map(|dist| brought(dist.name, dist.version)).collect();
    if found.is_empty() && !is_made {
        return Err(LeftOutError::BringsNothing { by: by.to_owned() }.into());
    }
    Ok(found)
}

/// Whether something that brings distributions is a layer, whose files can be looked at, and no list of versions.
pub fn is_layer(place: &Path) -> bool {
    LockKind::of(place).is_none() && place.extension().is_none_or(|extension| extension != "txt" && extension != "in")
}

/// Why the target cannot load what was a wheel with these tags. A newer glibc is no reason: whoever put the layer
/// together may know better, and a check looks at the files. Nothing is concluded from what is no tag.
fn mismatch(tags: &[String], target: &Target) -> Option<TagMismatch> {
    let mut nearest = None;
    for tag in tags {
        let wheel: WheelFilename = format!("any-1-{tag}.whl").parse().ok()?;
        match target.tags().compatibility(&wheel) {
            Ok(_) | Err(TagMismatch::Glibc { .. }) => return None,
            Err(mismatch) => nearest = nearest.max(Some(mismatch)),
        }
    }
    nearest
}

fn shown(target: &Target) -> String {
    format!("{} on {}", target.runtime(), target.architecture())
}

/// The pins of a requirements file that apply to the target.
fn pinned(by: &Path, manifest: &Manifest, target: &Target) -> Result<Vec<Brought>, Error> {
    let applying =
        manifest.requirements.iter().filter(|entry| entry.requirement.marker.evaluate(target.markers(), &[]));
    let one = |entry: &crate::requirements::RequirementEntry| {
        let specifiers = match &entry.requirement.version_or_url {
            Some(VersionOrUrl::VersionSpecifier(specifiers)) => specifiers.iter().collect(),
            _ => Vec::new(),
        };
        match specifiers[..] {
            [only] if matches!(only.operator(), Operator::Equal | Operator::ExactEqual) => {
                Ok(Brought { name: entry.requirement.name.clone(), version: only.version().clone(), by: by.to_owned() })
            }
            _ => {
                let (name, origin) = (entry.requirement.name.clone(), entry.origin.to_string());
                Err(LeftOutError::NotExact { by: by.to_owned(), name, origin }.into())
            }
        }
    };
    applying.map(one).collect()
}

fn unreadable(by: &Path, error: impl std::error::Error + Send + Sync + 'static) -> Error {
    LeftOutError::Unreadable { by: by.to_owned(), source: Box::new(error) }.into()
}
