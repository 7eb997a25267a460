//! A lock in the standard form (PEP 751, `pylock.toml`).
//!
//! Written: one target, the file that was chosen for each package, the target's marker in `environments`, the runtime in
//! `[tool.barrow]`. Read: the specification's steps for installing. An sdist of an index is taken where it may be built; what
//! the lock names as source (`vcs`, `directory`, an archive that is no wheel) unless nothing may be.

mod marker;
mod read;
mod write;

pub use read::{PylockInput, is_pylock, read, unknown_version};
pub use write::write;
