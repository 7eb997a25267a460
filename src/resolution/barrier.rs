//! What stands against building a source.

use std::fmt;

/// What stands against building a source, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Barrier {
    /// The user forbids all building.
    NoBuild,
    /// The user takes only wheels of the project.
    OnlyBinary,
    /// Nobody has allowed it.
    NotAllowed,
}

impl fmt::Display for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoBuild => ": building is forbidden",
            Self::OnlyBinary => ": only wheels of it are wanted",
            Self::NotAllowed => "",
        })
    }
}
