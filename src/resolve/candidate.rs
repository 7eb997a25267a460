//! Which files and versions can be used at all, and why the others cannot.

use std::cmp::Ordering;

use super::policy::{Demand, Limit, Policy, ProjectRules};
use super::ranges;
use super::source::DirectDist;
use crate::requirements::DirectReference;
use crate::resolution::Exclusion;
use crate::spec::{DistFile, DistFilename, HashDigest, VersionSpecifiers, Yanked};
use crate::target::TagPriority;

/// How good a usable file is beside others of its version: greater is better.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FileRank<'a> {
    /// The index lists a digest of it that the user accepts; without one, only a download can tell.
    digest_is_accepted: bool,
    /// `None`: a source distribution, which comes after every wheel.
    tags: Option<TagPriority>,
    build: Option<(u64, &'a str)>,
}

/// Judges a file: its rank, or the first thing that stands against it.
///
/// The order of the questions decides which reason a message gives: what no option can change comes before what the
/// user could allow, so that a hint ("pin it exactly") is true of the file.
pub(super) fn judge<'a>(policy: &Policy, rules: &ProjectRules, file: &'a DistFile) -> Result<FileRank<'a>, Exclusion> {
    if let Some(limit) = policy.exclude_newer(file.filename.name()) {
        match file.upload_time {
            None => return Err(Exclusion::UploadTimeUnknown),
            Some(time) if time >= limit => return Err(Exclusion::TooNew),
            Some(_) => {}
        }
    }
    judge_apart_from_time(policy, rules, file)
}

/// Judges a file as if `--exclude-newer` had not been given.
pub(super) fn judge_apart_from_time<'a>(
    policy: &Policy,
    rules: &ProjectRules,
    file: &'a DistFile,
) -> Result<FileRank<'a>, Exclusion> {
    policy.check_python(file.requires_python.as_ref())?;
    let wheel = match &file.filename {
        DistFilename::Sdist(_) if rules.may_build => None,
        DistFilename::Sdist(_) => return Err(Exclusion::OnlySdist),
        DistFilename::Wheel(_) if rules.no_binary => return Err(Exclusion::NoBinary),
        DistFilename::Wheel(wheel) => Some(wheel),
    };
    let tags = wheel.map(|wheel| policy.target.tags().compatibility(wheel)).transpose().map_err(Exclusion::Tags)?;
    let digest = digest_of(rules, file);
    if digest == DigestFit::Refused {
        return Err(Exclusion::Hash);
    }
    if let Some(reason) = withdrawn(rules, file) {
        return Err(Exclusion::Yanked(reason.to_owned()));
    }
    Ok(FileRank {
        digest_is_accepted: digest == DigestFit::Accepted,
        tags,
        build: wheel.and_then(|wheel| wheel.build.as_ref()).map(|(number, rest)| (*number, rest.as_ref())),
    })
}

/// Whether nothing but the target stands against a wheel, time apart.
pub(super) fn is_taken_elsewhere(rules: &ProjectRules, file: &DistFile) -> bool {
    !rules.no_binary && digest_of(rules, file) != DigestFit::Refused && withdrawn(rules, file).is_none()
}

fn digest_of(rules: &ProjectRules, file: &DistFile) -> DigestFit {
    rules.hashes.as_ref().map_or(DigestFit::Accepted, |hashes| digest_fit(&file.hashes, &hashes.digests))
}

/// The reason of a withdrawal that counts.
fn withdrawn<'a>(rules: &ProjectRules, file: &'a DistFile) -> Option<&'a str> {
    match &file.yanked {
        Yanked::Yes(reason) if !rules.pins_exactly(file.version()) => Some(reason),
        _ => None,
    }
}

/// Judges the file of a direct reference, which the user asked for whatever its time, format and withdrawal.
pub(super) fn judge_direct(
    policy: &Policy,
    rules: &ProjectRules,
    reference: &DirectReference,
    dist: &DirectDist,
) -> Result<(), Exclusion> {
    let is_another = |demand: &&Demand| !demand.reference.is_same_place(reference);
    if let Some(demand) = rules.demand.as_ref().filter(is_another) {
        return Err(Exclusion::Constraint { text: demand.text.clone(), origin: demand.origin.clone() });
    }
    policy.check_python(dist.metadata.requires_python.as_ref())?;
    if let DistFilename::Wheel(wheel) = &dist.file.filename {
        policy.target.tags().compatibility(wheel).map_err(Exclusion::Tags)?;
    }
    rules.limit_against(dist.file.version()).map(Limit::exclusion).map_or(Ok(()), Err)
}

/// Compares two usable files of one version; the name decides where nothing else does, so the page's order never does.
pub(super) fn compare_files(left: (&FileRank, &DistFile), right: (&FileRank, &DistFile)) -> Ordering {
    left.0.cmp(right.0).then_with(|| right.1.filename.as_str().cmp(left.1.filename.as_str()))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum DigestFit {
    Accepted,
    /// The index gives no digest of an algorithm that the user named.
    Unknown,
    Refused,
}

fn digest_fit(offered: &[HashDigest], accepted: &[HashDigest]) -> DigestFit {
    if offered.iter().any(|digest| accepted.contains(digest)) {
        DigestFit::Accepted
    } else if offered.iter().any(|digest| accepted.iter().any(|other| other.algorithm() == digest.algorithm())) {
        DigestFit::Refused
    } else {
        DigestFit::Unknown
    }
}

impl Policy {
    /// Excludes what is not for the target's Python.
    pub(super) fn check_python(&self, required: Option<&VersionSpecifiers>) -> Result<(), Exclusion> {
        let python = self.target.python_full_version();
        match required.filter(|specifiers| !ranges::contains(specifiers, python)) {
            Some(specifiers) => {
                Err(Exclusion::RequiresPython { specifiers: specifiers.clone(), available: python.clone() })
            }
            None => Ok(()),
        }
    }
}
