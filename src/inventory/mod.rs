//! What is in an output, as a value: every distribution with its licence, size, files and origin, and the files that
//! belong to none.
//!
//! ```text
//! finished folder or zip ──▶ finished ──┐
//! Resolution + install plans ─▶ planned ┴──▶ Inventory ──▶ (tree, bills of materials, audits, licences)
//! ```
//!
//! A finished output is read as it lies there, whoever made it: `.dist-info` folders say what it is made of, RECORD
//! says whose a file is, and sizes and digests are those of the files themselves. What only the maker knew, such as the
//! URL of a wheel, can be told afterwards with [`Inventory::with_origins`].

mod error;
mod component;
mod listing;
mod graph;
mod foreign_zip;
mod contents;
mod finished;
mod planned;
#[cfg(test)]
mod tests;

pub use component::{Component, Requested};
pub(crate) use component::{FileEntry, Sbom, WheelOrigin};
pub(crate) use contents::small_files_of_zip;
pub(crate) use error::InventoryError;
pub use finished::{Reading, has_distributions, read_finished};
pub(crate) use foreign_zip::{ForeignZip, NoZip, foreign_zip, open_foreign_zip, plain_name};
pub use listing::Inventory;
pub(crate) use listing::denied_line;
pub(crate) use planned::of_resolution;
pub(crate) use planned::requested_by;
