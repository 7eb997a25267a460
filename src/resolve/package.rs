//! What the solver decides on.

use std::fmt;

use crate::spec::{ExtraName, PackageName};

/// A thing that gets a version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Package {
    /// The user's own requirements.
    Root,
    /// A project.
    Project(PackageName),
    /// A project's extra: it has the versions of the project and requires exactly its own there.
    Extra(PackageName, ExtraName),
}

impl Package {
    /// The project that it is or belongs to.
    pub(super) fn name(&self) -> Option<&PackageName> {
        match self {
            Self::Root => None,
            Self::Project(name) | Self::Extra(name, _) => Some(name),
        }
    }
}

impl fmt::Display for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => f.write_str("your requirements"),
            Self::Project(name) => write!(f, "{name}"),
            Self::Extra(name, extra) => write!(f, "{name}[{extra}]"),
        }
    }
}
