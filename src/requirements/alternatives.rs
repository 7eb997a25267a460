//! Versions that no single list of specifiers can say, as `~2.7 || ^3.6` of Poetry.

use super::Origin;
use crate::spec::{MarkerTree, PackageName, VersionSpecifiers};

/// What a requirement says of versions beside its specifiers: one of several lists has to take the version.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Alternatives {
    /// The project.
    pub(crate) name: PackageName,
    /// Where it counts.
    pub(crate) marker: MarkerTree,
    /// The lists of which one is enough.
    pub(crate) any_of: Vec<VersionSpecifiers>,
    /// The requirement as it is written.
    pub(crate) text: String,
    /// Where it stands.
    pub(crate) origin: Origin,
}
