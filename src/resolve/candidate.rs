//! Which files and versions can be used at all, and why the others cannot.

use crate::spec::VersionSpecifiers;
use crate::target::TagMismatch;

/// Why a version or file cannot be used: a value that travels to messages, never a silence.
#[derive(Clone, Debug, PartialEq)]
pub enum Exclusion {
    /// No wheel fits the target: the nearest miss of all its wheels.
    Tags(TagMismatch),
    /// Withdrawn, with the publisher's reason.
    Yanked(String),
    /// Needs another Python.
    RequiresPython(VersionSpecifiers),
    /// Uploaded after `--exclude-newer`.
    TooNew,
    /// Its upload time is not known and `--exclude-newer` was given.
    UploadTimeUnknown,
    /// A source distribution, and building is not allowed.
    OnlySdist,
    /// `--no-binary` leaves nothing.
    NoBinary,
    /// A pre-release, and none is allowed.
    Prerelease,
    /// No file has one of the digests that the user demands.
    Hash,
    /// Its metadata cannot be read.
    Metadata(String),
}
