//! Archives: reading that has one meaning and cannot escape its folder, writing that is reproducible.

mod safe_path;

pub use safe_path::{SafePath, SafePathError};
