//! Versions together with where they come from, so that one solver sees index versions and direct references alike.
//!
//! A specifier takes a version wherever it comes from; a direct reference takes one version of one source. With the
//! source as the lesser key of the order, both are ranges, and "two different URLs" or "a URL whose version the
//! specifier does not take" are conflicts like any other.

use std::fmt;
use std::ops::Bound;

use pubgrub::Ranges;

use crate::spec::Version;

/// A version of a project and where it comes from.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct SourcedVersion {
    pub(super) version: Version,
    pub(super) source: VersionSource,
}

/// Where a version comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum VersionSource {
    /// Indexes, find-links pages and folders.
    Listed,
    /// The direct reference of that number.
    Direct(u32),
}

const LAST_SOURCE: VersionSource = VersionSource::Direct(u32::MAX);

impl SourcedVersion {
    pub(super) fn listed(version: Version) -> Self {
        Self { version, source: VersionSource::Listed }
    }
}

/// The set of versions with any source.
pub(super) fn from_any_source(range: &Ranges<Version>) -> Ranges<SourcedVersion> {
    let at = |version: &Version, source| SourcedVersion { version: version.clone(), source };
    range
        .iter()
        .map(|(lower, upper)| {
            let lower = match lower {
                Bound::Unbounded => Bound::Unbounded,
                Bound::Included(version) => Bound::Included(at(version, VersionSource::Listed)),
                Bound::Excluded(version) => Bound::Excluded(at(version, LAST_SOURCE)),
            };
            let upper = match upper {
                Bound::Unbounded => Bound::Unbounded,
                Bound::Included(version) => Bound::Included(at(version, LAST_SOURCE)),
                Bound::Excluded(version) => Bound::Excluded(at(version, VersionSource::Listed)),
            };
            (lower, upper)
        })
        .collect()
}

impl fmt::Display for SourcedVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.version)
    }
}

impl fmt::Debug for SourcedVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.source {
            VersionSource::Listed => write!(f, "{}", self.version),
            VersionSource::Direct(number) => write!(f, "{}@{number}", self.version),
        }
    }
}
