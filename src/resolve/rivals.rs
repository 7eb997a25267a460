//! What is certain to be in every answer, by which candidates are screened.

use std::collections::BTreeMap;
use std::rc::Rc;

use pubgrub::Ranges;

use super::sourced::SourcedVersion;
use crate::spec::PackageName;

/// Choices of one project in one run after which candidates are screened.
pub(super) const SCREENED_AFTER: u32 = 60;

/// What is certain to be in every answer, and the versions that it leaves of other projects.
pub(super) struct Rival {
    /// A project that the user names; `None` for the user's own requirements.
    pub(super) by: Option<PackageName>,
    /// For each other project, the versions that at least one usable version of this one can stand beside.
    pub(super) leaves: BTreeMap<PackageName, Ranges<SourcedVersion>>,
}

/// The rivals that are known, the user's requirements first, and the projects that may become some.
#[derive(Default)]
pub(super) struct Rivals {
    pub(super) known: Vec<Rc<Rival>>,
    /// Projects that the user names, of which the metadata of some usable version is not known yet.
    pub(super) open: Vec<(PackageName, Ranges<SourcedVersion>)>,
}
