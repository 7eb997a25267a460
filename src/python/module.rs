//! A source file in summary.

use std::collections::{BTreeSet, HashSet};

use serde::{Deserialize, Serialize};

/// What a source file says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Module {
    /// What it imports, in the order of the file.
    pub imports: Vec<Import>,
    /// Guards whose `try` does not run whenever the module does: when it runs, in the order of the guards.
    pub nested: Vec<(u32, Moment)>,
    /// The names that it binds at its own level, in whatever branch.
    pub names: BTreeSet<String>,
    /// Names or submodules may come into being while it runs.
    pub is_dynamic: bool,
    /// It changes where modules are searched.
    pub changes_path: bool,
    /// What the target's Python cannot parse.
    pub fault: Option<SyntaxFault>,
    /// It is larger than what is read, or in an encoding that is not known: nothing is known about it.
    pub is_unread: bool,
}

/// One import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// The module as written; empty in `from . import x`.
    pub module: String,
    /// Number of leading dots.
    pub level: u32,
    /// The names behind `from … import`; `*` for all.
    pub names: Vec<String>,
    /// Line of the file, from 1.
    pub line: usize,
    /// When it runs.
    pub moment: Moment,
}

/// When an import runs. A number joins what belongs to one `try` statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Moment {
    /// Whenever the module is imported.
    Hard,
    /// Whenever the module is imported, within a `try` that catches its failure.
    Guarded(u32),
    /// When something that was guarded is missing.
    Fallback(u32),
    /// When nothing of what was guarded is missing.
    Otherwise(u32),
    /// In a branch of which nothing is known.
    Conditional,
    /// When a function is called.
    Lazy,
    /// Never; type checkers read it.
    Typing,
}

impl Import {
    /// The last part of the module, and the names that are taken from it: of these, some may be modules.
    pub(crate) fn last_names(&self) -> impl Iterator<Item = &str> {
        let last = self.module.rsplit('.').next().filter(|last| !last.is_empty());
        last.into_iter().chain(self.names.iter().map(String::as_str))
    }

    /// Whether every name in it is ASCII.
    pub(super) fn is_ascii(&self) -> bool {
        self.module.is_ascii() && self.names.iter().all(|name| name.is_ascii())
    }
}

/// The names that a module has before its first statement runs, sorted: those that the import system gives it, and those
/// of every object of the type `module`.
///
/// Sources: "The import system" (import-related attributes on module objects) and "Data model" of the Python reference.
const OF_EVERY_MODULE: [&str; 34] = [
    "__annotations__",
    "__builtins__",
    "__cached__",
    "__class__",
    "__delattr__",
    "__dict__",
    "__dir__",
    "__doc__",
    "__eq__",
    "__file__",
    "__format__",
    "__ge__",
    "__getattribute__",
    "__getstate__",
    "__gt__",
    "__hash__",
    "__init__",
    "__init_subclass__",
    "__le__",
    "__loader__",
    "__lt__",
    "__name__",
    "__ne__",
    "__new__",
    "__package__",
    "__path__",
    "__reduce__",
    "__reduce_ex__",
    "__repr__",
    "__setattr__",
    "__sizeof__",
    "__spec__",
    "__str__",
    "__subclasshook__",
];

/// Whether a module has a name that its source need not bind. (`__path__` is that of packages alone; of other modules
/// nobody asks for it.)
pub(crate) fn is_of_every_module(name: &str) -> bool {
    OF_EVERY_MODULE.binary_search(&name).is_ok()
}

impl Module {
    /// A file of which nothing is known.
    pub(crate) fn unread() -> Self {
        Self { is_unread: true, is_dynamic: true, ..Self::default() }
    }

    /// When an import runs, now that it is known behind which guards something is missing; `None`: never.
    pub fn moment(&self, import: &Import, failed: &HashSet<u32>) -> Option<Moment> {
        let (guard, is_wanted) = match import.moment {
            Moment::Fallback(guard) => (guard, true),
            Moment::Otherwise(guard) => (guard, false),
            moment => return Some(moment),
        };
        if failed.contains(&guard) == is_wanted { self.moment_of_guard(guard, failed) } else { None }
    }

    /// When the `try` of a guard runs, where something behind these guards is missing; `None`: never.
    fn moment_of_guard(&self, guard: u32, failed: &HashSet<u32>) -> Option<Moment> {
        let mut guard = guard;
        // What is outside has a smaller number.
        while let Ok(at) = self.nested.binary_search_by_key(&guard, |(inner, _)| *inner) {
            let (outer, is_wanted) = match self.nested[at].1 {
                Moment::Fallback(outer) => (outer, true),
                Moment::Otherwise(outer) => (outer, false),
                moment => return Some(moment),
            };
            if failed.contains(&outer) != is_wanted || outer >= guard {
                return None;
            }
            guard = outer;
        }
        Some(Moment::Hard)
    }
}

impl Moment {
    /// The moment of what stands deeper, below a statement that alone would make it `inner`.
    pub(super) fn within(self, inner: Self) -> Self {
        match (self, inner) {
            (Self::Hard, inner) => inner,
            (outer, Self::Hard) => outer,
            // Nobody runs it, whatever is around it.
            (Self::Typing, _) | (_, Self::Typing) => Self::Typing,
            // What was guarded is over when the function is called.
            (_, Self::Lazy) => Self::Lazy,
            // What catches its failure does so below a fallback and within a function as well, and `Module::nested`
            // has what is outside.
            (Self::Fallback(_) | Self::Otherwise(_), inner)
            | (Self::Lazy | Self::Conditional, inner @ (Self::Guarded(_) | Self::Fallback(_) | Self::Otherwise(_))) => {
                inner
            }
            (outer, _) => outer,
        }
    }
}

/// Why a file cannot be parsed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyntaxFault {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub reason: String,
    /// Another Python version could parse it.
    pub is_of_another_version: bool,
}
