//! Locks of barrow, which say what they were made of.

use std::collections::BTreeSet;
use std::path::Path;

use super::Comparison;
use crate::archive::normalized;
use crate::lock::MadeOf;
use crate::lock::model::{Lock, LockPlace, LockedPackage};
use crate::requirements::{Origin, RequirementEntry};
use crate::spec::VersionOrUrl;
use crate::target::Target;

/// Compares what the inputs ask for now with what they asked for. Where one of them is not there any more, nothing can
/// be said.
pub(super) fn compare(lock: &Lock, place: &LockPlace, target: &Target) -> Comparison {
    let mut findings = Comparison::default();
    let Some(made_of) = &lock.made_of else { return findings };
    let now = match made_of.read(&lock.folder, &place.environment) {
        None => return findings,
        Some(Err(error)) => {
            let path = lock.path.display();
            let reason = error.to_string();
            let reason = reason.lines().next().unwrap_or_default();
            findings.warnings.push(format!("whether `{path}` is up to date is not known: {reason}"));
            return findings;
        }
        Some(Ok(now)) if made_of.says(&now, &lock.folder) => return findings,
        Some(Ok(now)) => now,
    };
    let applies = |entry: &&RequirementEntry| entry.requirement.evaluate_markers(target.markers(), &[]);
    let is_locked =
        |entry: &&RequirementEntry| lock.packages.iter().any(|package| package.name == entry.requirement.name);
    let limits = now.constraints.iter().chain(&now.overrides).filter(is_locked);
    let unmet = now.requirements.iter().chain(limits).filter(applies).filter_map(|entry| unmet(lock, entry));
    findings.differences.extend(unmet);
    if findings.differences.is_empty() {
        findings.differences.push(format!("{} asked for something else when the lock was made", names(lock, made_of)));
    }
    findings
}

/// What is wrong with the locked version of something that is asked for.
fn unmet(lock: &Lock, entry: &RequirementEntry) -> Option<String> {
    let name = &entry.requirement.name;
    let text = &entry.text;
    let origin = match &entry.origin {
        Origin::File { file, line } => format!("{}:{line}", shown(lock, file)),
        other => other.to_string(),
    };
    let locked: Vec<&LockedPackage> = lock.packages.iter().filter(|package| package.name == *name).collect();
    if locked.is_empty() {
        return Some(format!("{origin} asks for `{text}`, the lock does not have it"));
    }
    let Some(VersionOrUrl::VersionSpecifier(specifiers)) = &entry.requirement.version_or_url else { return None };
    let versions: Option<BTreeSet<_>> = locked.iter().map(|package| package.version.as_ref()).collect();
    let versions = versions?;
    if versions.iter().any(|version| crate::resolve::contains(specifiers, version)) {
        return None;
    }
    let versions: Vec<String> = versions.iter().map(ToString::to_string).collect();
    Some(format!("{origin} asks for `{text}`, the lock has {name} {}", versions.join(" and ")))
}

/// The files in words.
fn names(lock: &Lock, made_of: &MadeOf) -> String {
    made_of.files().map(|file| shown(lock, Path::new(file))).collect::<Vec<_>>().join(" or ")
}

/// A file that is named relative to the lock, as messages call it.
fn shown(lock: &Lock, file: &Path) -> String {
    normalized(&lock.path.parent().unwrap_or(Path::new("")).join(file)).display().to_string()
}
