//! A bundle held against the lock that it was made from.

use std::collections::BTreeMap;
use std::path::Path;

use super::CheckError;
use super::code::Code;
use super::dists::Dists;
use super::finding::{Finding, Grade};
use crate::lock::{Lock, LockKind, LockPlace, LockRequest, select};
use crate::requirements::ProjectSet;
use crate::spec::{Operator, PackageName, Version, VersionOrUrl, parse_requirement};
use crate::target::Target;

/// A project of a lock, and its version; a folder says its own only when it is built.
pub(super) type LockedVersion = (PackageName, Option<Version>);

/// What differs.
pub(super) fn findings(dists: &Dists, locked: &[LockedVersion], target: &Target) -> Vec<Finding> {
    let locked: BTreeMap<&PackageName, Option<&Version>> =
        locked.iter().map(|(name, version)| (name, version.as_ref())).collect();
    let mut findings = Vec::new();
    let mut find = |name: &PackageName, message: String| {
        findings.push(
            Finding::new(Code::NotInLock, Grade::Error, name.to_string(), message).fix("bundle again from the lock"),
        );
    };
    for dist in &dists.all {
        match locked.get(&dist.name) {
            None => {
                find(&dist.name, format!("the bundle has {} {}, which is not in the lock", dist.name, dist.version));
            }
            Some(Some(version)) if **version != dist.version => {
                find(&dist.name, format!("the lock has {} {version}, the bundle {}", dist.name, dist.version));
            }
            Some(_) => {}
        }
    }
    for (name, version) in locked {
        // What the runtime brings may have been left to it.
        if dists.named(name).is_none() && !target.runtime().provides(name) {
            let version = version.map(|version| format!(" {version}")).unwrap_or_default();
            find(name, format!("the lock has {name}{version}, which is not in the bundle"));
        }
    }
    findings
}

/// The projects and versions that a lock has for a target: of any tool, or requirements that are pinned.
///
/// # Errors
/// A file that cannot be read; a lock that is malformed or was made for other targets.
pub fn read_lock(path: &Path, target: &Target) -> Result<Vec<LockedVersion>, CheckError> {
    let bytes = crate::regular::read(path).map_err(|source| CheckError::Read { path: path.to_owned(), source })?;
    let text = String::from_utf8_lossy(&bytes);
    let kind = LockKind::of(path).or_else(|| text.contains("lock-version").then_some(LockKind::Pylock));
    if let Some(kind) = kind {
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        let place = LockPlace { path: path.to_owned(), folder, ..LockPlace::default() };
        let wanted = LockRequest { allow_build: ProjectSet::All, ..LockRequest::default() };
        let packages = Lock::read_as(kind, &bytes, &place).and_then(|lock| select(&lock, &wanted, target));
        let packages =
            packages.map_err(|source| CheckError::Lock { path: path.to_owned(), source: Box::new(source) })?;
        return Ok(packages.into_iter().map(|package| (package.name, package.version)).collect());
    }
    Ok(text.lines().filter_map(|line| pin(line, target)).collect())
}

/// The pin of a line of a requirements file, where it has one for the target.
fn pin(line: &str, target: &Target) -> Option<LockedVersion> {
    let line = line.split(" --hash").next()?.split(" #").next()?.trim().trim_end_matches('\\').trim();
    if line.is_empty() || line.starts_with(['#', '-']) {
        return None;
    }
    let requirement = parse_requirement(line).ok()?;
    if !requirement.marker.evaluate(target.markers(), &[]) {
        return None;
    }
    let Some(VersionOrUrl::VersionSpecifier(specifiers)) = &requirement.version_or_url else { return None };
    let exact = specifiers.iter().find(|one| matches!(one.operator(), Operator::Equal | Operator::ExactEqual))?;
    Some((requirement.name, Some(exact.version().clone())))
}
