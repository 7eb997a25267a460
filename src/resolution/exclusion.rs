//! Why a version or file was refused.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::reporter::one_line;
use crate::requirements::Origin;
use crate::spec::{PackageName, Requirement, Version, VersionSpecifiers};
use crate::target::TagMismatch;

/// Why a version or file cannot be used: a value that travels to messages, never a silence.
///
/// `Display` gives the end of a sentence that starts with the version: "its wheels need glibc 2.27, the runtime has
/// 2.26".
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
        /// The requirement that is not met.
        requirement: Box<Requirement>,
        /// The version that was chosen instead.
        chosen: Version,
    },
    /// It requires what no usable version meets, whatever else is chosen.
    Unmet(Box<Requirement>),
    /// It requires what does not go with a project that the user names, whatever its version.
    Rivalled {
        /// The requirement that cannot be met beside that project.
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
            Self::Tags(TagMismatch::FreeThreaded(tags)) => {
                write!(f, "its wheels are for free-threaded Python, which no Lambda runtime is: {tags}")
            }
            Self::Tags(TagMismatch::Platform(tags)) => write!(f, "its wheels are for other platforms: {tags}"),
            Self::Tags(TagMismatch::Architecture(tags)) => {
                write!(f, "its wheels are for other processors: {tags}")
            }
            Self::Yanked(reason) if reason.trim().is_empty() => f.write_str("it is yanked"),
            Self::Yanked(reason) => write!(f, "it is yanked: {}", one_line(reason.trim())),
            Self::RequiresPython { specifiers, available } => {
                write!(f, "it needs Python {specifiers}, the runtime has {available}")
            }
            Self::TooNew => f.write_str("it was uploaded after the date that you set"),
            Self::UploadTimeUnknown => f.write_str("its upload time is not known, and you set a date"),
            Self::OnlySdist => f.write_str("it has only a source distribution, and building is not allowed"),
            Self::WheelPreferred => f.write_str("it has only a source distribution, and an older version has a wheel"),
            Self::NoBinary => f.write_str("leaving out wheels leaves no file of it"),
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
    pub(crate) fn nearer(self, other: Self) -> Self {
        if other.nearness() > self.nearness() { other } else { self }
    }
}
