//! Publishing a bundle as a folder or zip: whole or not at all, over what barrow made before and over nothing else.
//!
//! ```text
//! Bundle ──▶ publish ──────▶ OUT (folder or zip)
//!        └─▶ install_into ─▶ DIR, beside what lies there
//! ```
//!
//! Both are one transaction (`transaction.rs`) over three kinds of output. The new content is prepared in a hidden
//! folder beside OUT; a mount point cannot be left by a rename, so there the hidden folder lies inside it.
//!
//! Nothing of barrow's own ever lies in a bundle: what it has to remember about OUT lies in a state folder, and what it
//! needs while it works in a hidden folder that is gone when it ends, or is removed by the next run.

mod error;
mod digesting;
mod place;
mod rename;
mod options;
mod content_id;
mod marked_zip;
mod kept_digest;
mod zip;
mod stored;
mod inspection;
mod mark;
mod standing;
mod marking;
mod out_lock;
mod journal;
mod workplace;
mod site;
mod stage;
mod installed_before;
mod names_on_disk;
mod packages;
mod delta;
mod transaction;
mod amend;
mod outputs;
mod noted_file;
#[cfg(test)]
mod tests;

pub(crate) use amend::Amendment;
pub use error::PublishError;
pub use noted_file::{is_written_by_barrow, write_noted};
pub use options::PublishedZip;
pub(crate) use options::{OutputForm, PublishOptions, PublishedOutput, ReadyFile};
pub use outputs::mark_beside;
pub(crate) use outputs::{
    check_out, install_into, is_installed_unchanged, is_unchanged, outputs_around, publish, publish_together, tidy,
};
