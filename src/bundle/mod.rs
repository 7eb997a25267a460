//! Putting installed distributions and the user's own files together: what an output will hold, before anything is written.
//!
//! ```text
//! SOURCE ──▶ SourceFiles::collect ──┐
//! InstalledDists ───────────────────┴──▶ assemble ──▶ Bundle ──▶ check_size ──▶ publish
//! ```

mod limits;
mod error;
mod patterns;
mod source;
mod slim;
mod assemble;
mod conflicts;
mod contents;
mod sizes;
mod split;
#[cfg(test)]
pub(crate) mod tests;

pub use assemble::assemble;
pub use contents::{Bundle, BundleContent, BundleFile, Layout};
pub use error::BundleError;
pub use limits::{Bytes, LAYER_LIMIT, SizeError, UNZIPPED_LIMIT_BYTES, ZIP_UPLOAD_LIMIT_BYTES};
pub use sizes::{check_size, check_zip_size};
pub use slim::{FileSelection, ServiceChoice, SlimRules, Slimmed, is_dist_pattern, saved_by_slim, slim_rules};
pub use source::{LeftOut, SourceFile, SourceFiles, SourceOptions, SourceRules, Why, credentials_line, refuse_secrets};
pub use split::{numbered, split};
