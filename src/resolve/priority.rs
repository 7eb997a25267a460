//! The order in which packages get their versions.
//!
//! What leaves no choice goes first: direct references, then exact pins. Then what has been part of many conflicts, so
//! that the others yield to it. Then what the user names, and of that first what is limited from above: it will not
//! move, and the newest versions of others may not go with it. The rest goes in the order of first sight, which is
//! breadth first from the user's own requirements (by name, not by line): what the user names is as new as possible,
//! and what it brings along yields.
//!
//! A project whose versions are turned down one after the other was asked too late: what it cannot be used with had its
//! version already. Then solving starts over, and the project has a [`Standing`]: it goes before what the user has not
//! named, and when that was not enough, before everything that leaves a choice. What was fetched is not fetched again.
//! An extra whose versions are turned down because its project has another one already goes before its project: it can
//! have no version but the project's, so that all of them would be looked at for nothing.
//!
//! Nothing here depends on what has been fetched already, so the network's timing cannot change an answer.

use std::cmp::Reverse;
use std::ops::Bound;

use pubgrub::Ranges;

use super::package::Package;
use super::ranges;
use super::sourced::{SourcedVersion, VersionSource};

/// After so many conflicts a package is decided before the ordinary ones.
const MANY_CONFLICTS: u32 = 5;

/// After so many rejected versions a project is decided before the ordinary ones.
const MANY_REJECTIONS: u32 = 5;

/// After so many rejected versions a project is decided even before those that the user names.
const TOO_MANY_REJECTIONS: u32 = 25;

/// Most times that solving starts over. Each time repeats much of what was done before, so hopeless cases have to end.
pub(super) const MOST_RESTARTS: u32 = 20;

/// What earlier runs have taught about a project or an extra; greater goes earlier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    #[default]
    Ordinary,
    /// Before what only comes along.
    Rejected,
    /// Before what the user names, too.
    Stubborn,
}

impl Standing {
    /// The standing of a project of which so many versions were turned down.
    pub(super) fn after(rejections: u32, is_named: bool) -> Self {
        match rejections {
            TOO_MANY_REJECTIONS.. => Self::Stubborn,
            MANY_REJECTIONS.. if is_named => Self::Stubborn,
            MANY_REJECTIONS.. => Self::Rejected,
            _ => Self::Ordinary,
        }
    }
}

/// What a package's turn depends on, its range apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Merits {
    pub(super) is_named: bool,
    /// The user's own requirement keeps its newest versions out.
    pub(super) is_limited: bool,
    pub(super) standing: Standing,
    /// How many had got a standing before it: who was hard pressed first goes first.
    pub(super) place: u32,
    /// Whether it is an extra that has a standing of its own.
    pub(super) is_pressed_extra: bool,
    pub(super) conflicts: u32,
    pub(super) first_seen: u32,
}

/// Greater is decided earlier.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Priority {
    class: Class,
    conflicts: u32,
    place: Reverse<u32>,
    is_pressed_extra: bool,
    first_seen: Reverse<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Ordinary,
    Rejected,
    Named,
    Limited,
    Conflicting,
    Stubborn,
    Exact,
    Direct,
    Root,
}

impl Priority {
    pub(super) fn of(package: &Package, range: &Ranges<SourcedVersion>, merits: Merits) -> Self {
        let class = if *package == Package::Root {
            Class::Root
        } else if is_direct(range) {
            Class::Direct
        } else if is_exact(range) {
            Class::Exact
        } else if merits.standing == Standing::Stubborn {
            Class::Stubborn
        } else if merits.conflicts >= MANY_CONFLICTS {
            Class::Conflicting
        } else if merits.is_named && merits.is_limited {
            Class::Limited
        } else if merits.is_named {
            Class::Named
        } else if merits.standing == Standing::Rejected {
            Class::Rejected
        } else {
            Class::Ordinary
        };
        let conflicts = if class == Class::Conflicting { merits.conflicts } else { 0 };
        let has_place = matches!(class, Class::Stubborn | Class::Rejected);
        let place = Reverse(if has_place { merits.place } else { 0 });
        let is_pressed_extra = has_place && merits.is_pressed_extra;
        Self { class, conflicts, place, is_pressed_extra, first_seen: Reverse(merits.first_seen) }
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
