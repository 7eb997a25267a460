//! Python source as a value: what a module imports and when, which names it binds, whether the target can parse it.
//!
//! Nothing is run. The grammar is that of the target's Python version, by the parser of Ruff, whose crates are pinned
//! exactly because they promise no stable interface; no other room names them. What an import means is decided by its
//! position:
//!
//! - **hard**: it runs whenever the module is imported. At the level of the module or of a class, and in a function
//!   that the module itself calls there.
//! - **guarded**: somebody catches its failure (`try … except ImportError`, `suppress`). A handler that always raises
//!   guards nothing. What stands in the handler is a **fallback**, and runs when what was guarded is missing; what
//!   stands behind `else` runs when it is not.
//! - **conditional**: below an `if` that cannot be decided here. Comparisons of `sys.version_info`, `sys.platform` and
//!   `os.name` can.
//! - **lazy**: in a function, or declared so.
//! - **typing**: for type checkers only.
//!
//! Hostile source is expected: [`on_large_stack`] gives a parser the stack that its deepest accepted input needs.

mod calls;
mod condition;
mod dynamic;
mod encoding;
mod flow;
mod imports;
mod indentation;
mod module;
mod module_names;
mod placement;
mod read;
mod stack;
mod standard_library;
#[cfg(test)]
mod tests;

pub use module::Moment;
pub(crate) use module::{Import, Module, is_of_every_module};
pub(crate) use module_names::{project_meant_by, project_of_module};
pub use read::read;
pub use stack::on_large_stack;
pub(crate) use standard_library::{is_built_in, is_standard, only_system, removal};
