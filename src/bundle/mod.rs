//! Putting installed distributions and the user's own files together, and publishing them whole or not at all.
//!
//! ```text
//! SOURCE ──▶ SourceFiles::collect ──┐
//! InstalledDists ───────────────────┴──▶ assemble ──▶ Bundle ──▶ check_size ──▶ publish ──▶ OUT (folder or zip)
//!                                                               └──────────▶ install_into ──▶ DIR, beside what lies there
//! ```
//!
//! Nothing of barrow's own ever lies in a bundle: what it has to remember about OUT lies in a state folder, and what it
//! needs while it works in a hidden folder that is gone when it ends, or is removed by the next run.

mod limits;
mod error;
mod exclude;
mod source_files;
mod assemble;
mod conflicts;
mod place;
mod rename;
mod mark;
mod inspection;
mod journal;
mod out_lock;
mod workplace;
mod stage;
mod digesting;
mod zip;
mod publish;
mod installed_before;
mod install_into;
#[cfg(test)]
mod tests;

pub use assemble::{Bundle, BundleContent, BundleFile, Layout, assemble};
pub use error::BundleError;
pub use install_into::install_into;
pub use limits::{
    Bytes, LAYER_LIMIT, SizeError, UNZIPPED_LIMIT_BYTES, ZIP_UPLOAD_LIMIT_BYTES, check_size, check_zip_size,
};
pub use publish::{
    OutputFormat, PublishOptions, Published, check_out, is_installed_unchanged, is_unchanged, publish, tidy,
};
pub use source_files::{SourceFile, SourceFiles, SourceOptions};
pub use zip::PublishedZip;
