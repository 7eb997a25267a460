//! One file per command joins the rooms; each reads as the arrows of the crate's picture.
//!
//! Everything is asynchronous on the outside and plain within: the solver has a thread of its own, unpacking and
//! publishing run where blocking is allowed. Nothing is written to OUT before every wheel is verified.

mod error;
mod context;
mod locked;
mod indexes;
mod ahead;
mod source;
mod table_settings;
mod python_limits;
mod bench;
mod material;
mod obtaining;
mod building;
mod tied_sources;
mod naming;
mod virtual_projects;
mod building_source;
mod installing;
mod session;
mod inquiry;
mod published;
mod resolutions;
mod bundle;
mod build;
mod lock;
mod fingerprint;
mod mirror;
mod missing;
mod unchanged;
#[cfg(test)]
mod tests;

pub use build::{BuildUnit, Built, build};
pub use bundle::{Preparation, Recall, bundle, bundle_in, recall};
pub use context::Context;
pub use error::Error;
pub use fingerprint::fingerprint;
pub use lock::{LockForm, LockOptions, Locked, lock, resolve_only};
pub use mirror::{
    MirrorApplication, MirrorOptions, Mirrored, compare_mirrors, list_mirror, mirror, remove_from_mirror, verify_mirror,
};
pub use published::{BundledDist, Published};
pub use python_limits::newest_runtime_for;
pub use session::Session;
pub use source::LiveSource;

/// `1 package`, `2 packages`.
pub fn packages(count: usize) -> String {
    format!("{count} package{}", if count == 1 { "" } else { "s" })
}
