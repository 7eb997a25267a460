//! Asking indexes: project pages (PEP 503, PEP 691) and core metadata (PEP 658, else ranges, else the whole file),
//! from servers and from folders.
//!
//! Rules that keep a private name private:
//! - indexes are asked in order, one after the other, and under `first-index` the first that knows a name answers
//!   alone;
//! - only "not found" (404, 410, and what the user lists in `ignore_status`) leads to the next index: an index that
//!   refuses, fails or is silent stops the run;
//! - a pinned project is looked for on its index only.
//!
//! Files of `--find-links` are the user's own addition and stand beside the answer of the indexes, as in pip and uv.

mod client;
mod error;
mod find_links;
mod folder;
mod metadata;
mod mirrored;
mod options;
mod page_store;
mod readings;
mod repositories;
mod release;
mod server;
mod sizes;
mod stand_in;
mod static_pages;

pub use client::IndexClient;
pub(crate) use client::{Listing, Still};
pub use error::{IndexError, LocalPlace};
pub use mirrored::MirroredRepository;
pub(crate) use mirrored::{
    MIRROR_FORM, REPOSITORY_SUFFIX, UNKNOWN_PLACE, is_sha256, mirrored_path, other_form, source_of,
};
pub(crate) use options::PageUrls;
pub use options::{IndexLocation, IndexOptions, IndexStrategy};
pub(crate) use readings::{Evidence, Freshness, PagesRead};
pub(crate) use stand_in::MirrorIndex;
pub(crate) use static_pages::{MIRROR_MANIFEST, MIRROR_MANIFEST_MOST};
