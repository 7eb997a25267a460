//! Putting installed distributions and the user's own files together: what an output will hold, before anything is
//! written.
//!
//! ```text
//! SOURCE ──▶ SourceFiles::collect ──┐
//! InstalledDists ───────────────────┴──▶ assemble ──▶ Bundle ──▶ check_size ──▶ publish
//! ```

mod limits;
mod error;
mod patterns;
mod table_patterns;
mod source;
mod slim;
mod assemble;
mod conflicts;
mod contents;
mod sizes;
mod split;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use assemble::assemble;
pub(crate) use contents::{Bundle, BundleContent, BundleFile, BundleLayout};
pub use error::BundleError;
pub use limits::{Bytes, LAYER_LIMIT, UNZIPPED_LIMIT_BYTES, ZIP_UPLOAD_LIMIT_BYTES};
pub(crate) use sizes::{check_size, check_zip_size, largest, too_large_for_lambda};
pub(crate) use slim::{FileSelection, SlimRules, saved_by_slim, slim_rules};
pub use slim::{ServiceChoice, is_dist_pattern};
pub use source::LeftOut;
pub(crate) use source::{
    SourceFile, SourceFiles, SourceOptions, SourceRules, Why, credentials_line, foreign_natives, refuse_secrets,
};
pub use split::numbered;
pub(crate) use split::split;
