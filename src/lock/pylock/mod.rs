//! A lock in the standard form (PEP 751, `pylock.toml`).
//!
//! Written: for each target the file that was chosen for each package, the targets' markers in `environments`, the
//! runtime in `[tool.barrow]`. Read: the specification's steps for installing. An sdist of an index is taken where it
//! may be built; what the lock names as source (`vcs`, `directory`, an archive that is no wheel) unless nothing may be.

mod read;
mod write;

pub use read::is_pylock;
pub(super) use read::read;
pub use write::write;
