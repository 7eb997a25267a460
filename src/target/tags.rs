//! The tags that a target can load, in order (PEP 425, PEP 600).

use super::{Architecture, Glibc, Runtime};
use crate::spec::{Tag, WheelFilename};

/// The tags that a target can load, best first.
#[derive(Clone, Debug)]
pub struct Tags {
    ordered: Vec<Tag>,
}

/// How well a wheel fits: greater is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TagPriority(u32);

/// Why the target cannot load a wheel: the nearest miss of all its tags.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TagMismatch {
    /// Made for another interpreter or Python version; the tags it has.
    Python(String),
    /// Made for another ABI (free-threaded, debug…); the tags it has.
    Abi(String),
    /// Made for another operating system or libc; the tags it has.
    Platform(String),
    /// Made for another processor; the tags it has.
    Architecture(String),
    /// Made for a newer glibc: the oldest that would do.
    Glibc(Glibc),
}

impl Tags {
    /// The tags of a runtime on an architecture with a glibc ceiling.
    pub fn new(_runtime: Runtime, _architecture: Architecture, _glibc: Glibc) -> Self {
        todo!()
    }

    /// All tags, best first.
    pub fn iter(&self) -> impl Iterator<Item = &Tag> {
        self.ordered.iter()
    }

    /// How well the best of a wheel's tags fits, or why none does.
    pub fn compatibility(&self, _wheel: &WheelFilename) -> Result<TagPriority, TagMismatch> {
        todo!()
    }
}
