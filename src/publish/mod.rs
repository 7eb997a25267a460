//! Publishing a bundle as a folder or zip: whole or not at all.
//!
//! ```text
//! Bundle ──▶ publish ──────▶ OUT (folder or zip)
//!        └─▶ install_into ─▶ DIR, beside what lies there
//! ```
//!
//! Nothing of barrow's own ever lies in a bundle: what it has to remember about OUT lies in a state folder, and what it
//! needs while it works in a hidden folder that is gone when it ends, or is removed by the next run.

mod error;
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
mod transaction;
mod installed_before;
mod install_into;
#[cfg(test)]
mod tests;

pub use error::PublishError;
pub use install_into::install_into;
pub use mark::outputs_around;
pub use transaction::{
    OutputFormat, PublishOptions, Published, check_out, is_installed_unchanged, is_unchanged, publish, tidy,
};
pub use zip::PublishedZip;
