//! The order in which packages get their versions.
//!
//! What leaves no choice goes first: direct references, then exact pins. Then what has been part of many conflicts, so
//! that the others yield to it. The rest goes in the order of first sight, which is breadth first from the user's own
//! requirements (by name, not by line): what the user names is as new as possible, and what it brings along yields.
//! Nothing here depends on what has been fetched already, so the network's timing cannot change an answer.

use std::cmp::Reverse;
use std::ops::Bound;

use pubgrub::Ranges;

use super::package::Package;
use super::ranges;
use super::sourced::{SourcedVersion, VersionSource};

/// Conflicts from which on a package is decided before the ordinary ones.
const MANY_CONFLICTS: u32 = 5;

/// Greater is decided earlier.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Priority {
    class: Class,
    conflicts: u32,
    first_seen: Reverse<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Ordinary,
    Conflicting,
    Exact,
    Direct,
    Root,
}

impl Priority {
    pub(super) fn of(package: &Package, range: &Ranges<SourcedVersion>, conflicts: u32, first_seen: u32) -> Self {
        let class = if *package == Package::Root {
            Class::Root
        } else if is_direct(range) {
            Class::Direct
        } else if is_exact(range) {
            Class::Exact
        } else if conflicts >= MANY_CONFLICTS {
            Class::Conflicting
        } else {
            Class::Ordinary
        };
        let conflicts = if class == Class::Conflicting { conflicts } else { 0 };
        Self { class, conflicts, first_seen: Reverse(first_seen) }
    }
}

fn is_direct(range: &Ranges<SourcedVersion>) -> bool {
    range.as_singleton().is_some_and(|version| version.source != VersionSource::Listed)
}

/// Whether a range holds one version and its local versions only.
fn is_exact(range: &Ranges<SourcedVersion>) -> bool {
    match range.bounding_range() {
        Some((Bound::Included(lower), Bound::Included(upper))) => lower.version == upper.version,
        Some((Bound::Included(lower), Bound::Excluded(upper))) => {
            ranges::after_locals(&lower.version).is_some_and(|next| next == upper.version)
        }
        _ => false,
    }
}
