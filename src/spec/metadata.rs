//! Core metadata: METADATA of wheels and PKG-INFO of sdists, as far as resolving needs it (core metadata 1.0 to 2.5).

use super::{ExtraName, PackageName, Requirement, Version, VersionSpecifiers};

/// The fields of core metadata that barrow uses.
#[derive(Clone, Debug, PartialEq)]
pub struct CoreMetadata {
    /// `Name`, normalized.
    pub name: PackageName,
    /// `Version`.
    pub version: Version,
    /// `Requires-Dist`, in the order of the file. Old forms are repaired where the ecosystem does so.
    pub requires_dist: Vec<Requirement>,
    /// `Requires-Python`; `None` when absent, or when malformed beyond repair.
    pub requires_python: Option<VersionSpecifiers>,
    /// `Provides-Extra`, normalized.
    pub provides_extras: Vec<ExtraName>,
    /// `Dynamic` (2.2 and later), lower case: fields of an sdist that its wheel may answer differently.
    pub dynamic: Vec<String>,
    /// `Metadata-Version`, major and minor.
    pub metadata_version: (u32, u32),
    /// Lines that could not be used, for warnings: the text and the reason.
    pub warnings: Vec<String>,
}
