//! Lock files: resolutions on paper.
//!
//! [`requirements`] writes what pip and uv read back, [`pylock`] the standard form (PEP 751), [`json`] everything that
//! barrow knows. No form holds a credential. Writing is pure: the same resolution gives the same text.

pub mod json;
pub mod pylock;
pub mod requirements;

mod error;
mod preferences;
#[cfg(test)]
mod tests;

pub use error::LockError;
pub use preferences::preferences;
