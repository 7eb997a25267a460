//! Archives: reading that has one meaning and cannot escape its folder, writing that is reproducible.

mod partial_zip;
mod safe_path;

pub use partial_zip::{Located, PartialZip, PartialZipError};
pub use safe_path::{SafePath, SafePathError};
