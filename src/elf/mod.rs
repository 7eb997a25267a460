//! What a native file needs of the system that loads it (System V ABI, "Object Files"; Linux Standard Base Core
//! Specification, "Symbol Versioning"; GNU hash tables as the dynamic loader of glibc reads them).
//!
//! What tags promise is the builder's word; this is the file's own. Everything is read as the loader reads it, by
//! program headers: section headers may be stripped, and nothing that runs looks at them. Only what Lambda can run is
//! read beyond its first bytes: 64 bits, little end first.

mod fields;
mod foreign;
mod object;
mod symbols;
#[cfg(test)]
mod tests;

pub(crate) use foreign::{FOREIGN_PREFIX, WINDOWS, foreign_format};
pub(crate) use object::{ElfError, is_elf};
pub use object::{Machine, NeededVersion, Object};
