//! Which files and versions can be used at all, and why the others cannot.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::policy::{Policy, ProjectRules};
use super::ranges;
use crate::reporter::one_line;
use crate::requirements::{DirectReference, Origin};
use crate::spec::{DistFile, DistFilename, HashDigest, PackageName, Requirement, Version, VersionSpecifiers, Yanked};
use crate::target::{TagMismatch, TagPriority};

/// Why a version or file cannot be used: a value that travels to messages, never a silence.
///
/// `Display` gives the end of a sentence that starts with the version: "its wheels need glibc 2.27, the runtime has 2.26".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Exclusion {
    /// No wheel fits the target: the nearest miss of all its wheels.
    Tags(TagMismatch),
    /// Withdrawn, with the publisher's reason.
    Yanked(String),
    /// Needs another Python.
    RequiresPython {
        /// What it needs.
        specifiers: VersionSpecifiers,
        /// What the target has.
        available: Version,
    },
    /// Uploaded after `--exclude-newer`.
    TooNew,
    /// Its upload time is not known and `--exclude-newer` was given.
    UploadTimeUnknown,
    /// A source distribution, and building is not allowed.
    OnlySdist,
    /// It would have to be built, and another version that fits has a wheel.
    WheelPreferred,
    /// `--no-binary` leaves nothing.
    NoBinary,
    /// A pre-release, and none is allowed.
    Prerelease,
    /// No file has one of the digests that the user demands.
    Hash,
    /// Its metadata cannot be read.
    Metadata(String),
    /// A constraint of the user's does not take it.
    Constraint {
        /// The constraint's text.
        text: String,
        /// Where it was written.
        origin: Origin,
    },
    /// It requires what the rest of the resolution does not allow.
    Conflict {
        /// Its requirement.
        requirement: Box<Requirement>,
        /// The version that was chosen instead.
        chosen: Version,
    },
    /// It requires what no usable version meets, whatever else is chosen.
    Unmet(Box<Requirement>),
    /// It requires what does not go with a project that the user names, whatever its version.
    Rivalled {
        /// Its requirement.
        requirement: Box<Requirement>,
        /// The project; `None`: the user requires another version.
        by: Option<PackageName>,
    },
}

impl fmt::Display for Exclusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tags(TagMismatch::Glibc { needed, available }) => {
                write!(f, "its wheels need glibc {needed}, the runtime has {available}")
            }
            Self::Tags(TagMismatch::Python(tags)) => write!(f, "its wheels are for other Pythons: {tags}"),
            Self::Tags(TagMismatch::Abi(tags)) => write!(f, "its wheels are for another ABI: {tags}"),
            Self::Tags(TagMismatch::Platform(tags)) => write!(f, "its wheels are for other platforms: {tags}"),
            Self::Tags(TagMismatch::Architecture(tags)) => {
                write!(f, "its wheels are for other processors: {tags}")
            }
            Self::Yanked(reason) if reason.trim().is_empty() => f.write_str("it is yanked"),
            Self::Yanked(reason) => write!(f, "it is yanked: {}", one_line(reason.trim())),
            Self::RequiresPython { specifiers, available } => {
                write!(f, "it needs Python {specifiers}, the runtime has {available}")
            }
            Self::TooNew => f.write_str("it was uploaded after --exclude-newer"),
            Self::UploadTimeUnknown => f.write_str("its upload time is not known, which --exclude-newer needs"),
            Self::OnlySdist => f.write_str("it has only a source distribution, and building is not allowed"),
            Self::WheelPreferred => f.write_str("it has only a source distribution, and an older version has a wheel"),
            Self::NoBinary => f.write_str("--no-binary leaves no file of it"),
            Self::Prerelease => f.write_str("it is a pre-release"),
            Self::Hash => f.write_str("none of its files has a digest that the requirements accept"),
            Self::Metadata(reason) => write!(f, "its metadata is not usable: {}", one_line(reason)),
            Self::Constraint { text, origin } => write!(f, "the constraint `{text}` at {origin} does not take it"),
            Self::Conflict { requirement, chosen } => {
                write!(f, "it requires `{requirement}`, and {} {chosen} was chosen", requirement.name)
            }
            Self::Unmet(requirement) => write!(f, "it requires `{requirement}`, which no usable version meets"),
            Self::Rivalled { requirement, by: Some(by) } => {
                write!(f, "it requires `{requirement}`, which no version of {by} goes with")
            }
            Self::Rivalled { requirement, by: None } => {
                write!(f, "it requires `{requirement}`, and you require another version")
            }
        }
    }
}

impl Exclusion {
    /// How near the file came to being used: of several files, the nearest one's reason is told.
    fn nearness(&self) -> (u8, Option<&TagMismatch>) {
        match self {
            Self::TooNew => (0, None),
            Self::UploadTimeUnknown => (1, None),
            Self::OnlySdist => (2, None),
            Self::NoBinary => (3, None),
            Self::RequiresPython { .. } => (4, None),
            Self::Tags(mismatch) => (5, Some(mismatch)),
            Self::Hash => (6, None),
            Self::Yanked(_) => (7, None),
            Self::Metadata(_) => (8, None),
            Self::Prerelease
            | Self::WheelPreferred
            | Self::Constraint { .. }
            | Self::Conflict { .. }
            | Self::Unmet(_)
            | Self::Rivalled { .. } => (9, None),
        }
    }

    /// The nearer of two.
    pub(super) fn nearer(self, other: Self) -> Self {
        if other.nearness() > self.nearness() { other } else { self }
    }
}

/// How good a usable file is beside others of its version: greater is better.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FileRank<'a> {
    /// One of its digests is one that the user accepts; else it can be known only after the download.
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
    if let Some(limit) = policy.exclude_newer {
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
    let python = policy.target.python_full_version();
    if let Some(specifiers) = &file.requires_python
        && !policy.python_fits(specifiers)
    {
        return Err(Exclusion::RequiresPython { specifiers: specifiers.clone(), available: python.clone() });
    }
    let wheel = match &file.filename {
        DistFilename::Sdist(_) if rules.may_build => None,
        DistFilename::Sdist(_) => return Err(Exclusion::OnlySdist),
        DistFilename::Wheel(_) if rules.no_binary => return Err(Exclusion::NoBinary),
        DistFilename::Wheel(wheel) => Some(wheel),
    };
    let tags = wheel.map(|wheel| policy.target.tags().compatibility(wheel)).transpose().map_err(Exclusion::Tags)?;
    let digest = rules.hashes.as_ref().map_or(DigestFit::Accepted, |hashes| digest_fit(&file.hashes, &hashes.digests));
    if digest == DigestFit::Refused {
        return Err(Exclusion::Hash);
    }
    if let Yanked::Yes(reason) = &file.yanked
        && !rules.pins_exactly(file.version())
    {
        return Err(Exclusion::Yanked(reason.clone()));
    }
    Ok(FileRank {
        digest_is_accepted: digest == DigestFit::Accepted,
        tags,
        build: wheel.and_then(|wheel| wheel.build.as_ref()).map(|(number, rest)| (*number, rest.as_ref())),
    })
}

/// Judges the file of a direct reference, which the user asked for whatever its time, format and withdrawal.
pub(super) fn judge_direct(
    policy: &Policy,
    rules: &ProjectRules,
    reference: &DirectReference,
    file: &DistFile,
) -> Result<(), Exclusion> {
    if let Some(demand) = rules.demand.as_ref().filter(|demand| demand.reference != *reference) {
        return Err(Exclusion::Constraint { text: demand.text.clone(), origin: demand.origin.clone() });
    }
    if let Some(specifiers) = &file.requires_python
        && !policy.python_fits(specifiers)
    {
        let available = policy.target.python_full_version().clone();
        return Err(Exclusion::RequiresPython { specifiers: specifiers.clone(), available });
    }
    if let DistFilename::Wheel(wheel) = &file.filename {
        policy.target.tags().compatibility(wheel).map_err(Exclusion::Tags)?;
    }
    if let Some(limit) = rules.limit_against(file.version()) {
        return Err(Exclusion::Constraint { text: limit.text.clone(), origin: limit.origin.clone() });
    }
    Ok(())
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
    /// Whether the target's Python is one of these.
    pub(super) fn python_fits(&self, specifiers: &VersionSpecifiers) -> bool {
        ranges::contains(specifiers, self.target.python_full_version())
    }
}
