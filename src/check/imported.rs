//! A module that is imported, an import that leads nowhere, and how sure either is.

use super::finding::Grade;
use crate::python::Moment;

/// How sure it is that a module is imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Certainty {
    /// Perhaps, when a function is called.
    Later,
    /// If this is what the function is for, which nobody said.
    Probably,
    /// Whenever the function starts.
    Surely,
}

impl Certainty {
    /// How bad it is where such an import fails.
    pub(super) fn grade(self) -> Grade {
        if self == Self::Surely { Grade::Error } else { Grade::Warning }
    }
}

/// A module that is imported.
pub(super) struct ImportedModule {
    /// Its dotted name.
    pub(super) name: String,
    /// Its file; none for a namespace, and for what the runtime brings.
    pub(super) file: Option<usize>,
    /// Where its submodules are searched; `None` where it has none.
    pub(super) folders: Option<Vec<String>>,
    /// The runtime brings it: nothing is known about what is in it.
    pub(super) is_of_runtime: bool,
    pub(super) level: Certainty,
    /// Who imported it first, and in which line.
    pub(super) from: Option<(usize, usize)>,
    pub(super) is_users: bool,
    /// A package that it is imported from may have something else of that name, for which Python asks first.
    pub(super) may_be_attribute: bool,
}

/// An import that leads nowhere.
#[derive(Clone, Debug)]
pub(super) struct Missing {
    /// The dotted name, as far as it is missing: in `a.b.c`, `a.b` where `a` is there.
    pub(super) name: String,
    /// The folders in which it was searched.
    pub(super) folders: Vec<String>,
    pub(super) importer: usize,
    pub(super) line: usize,
    pub(super) level: Certainty,
    pub(super) moment: Moment,
    /// Whether it is a name behind `from … import`, which need not be a module.
    pub(super) is_name: bool,
}

/// The line of an import that stands in no source.
pub(super) const NO_LINE: usize = 0;

/// A place in a file.
pub(super) fn place(label: &str, line: usize) -> String {
    if line == NO_LINE { label.to_owned() } else { format!("{label}:{line}") }
}
