//! A lock in the standard form (PEP 751, `pylock.toml`).
//!
//! Written: one target, the file that was chosen for each package, the target's marker in `environments`, the runtime in
//! `[tool.barrow]`. Read: the specification's steps for installing, for wheels and archives that are wheels; what would
//! have to be built (`vcs`, `directory`, an sdist alone) is refused by name.

mod marker;
mod read;
mod write;

pub use read::{PylockInput, is_pylock, read};
pub use write::write;
