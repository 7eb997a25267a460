//! One file per command joins the rooms; each reads as the arrows of the crate's picture.
//!
//! Everything is asynchronous on the outside and plain within: the solver has a thread of its own, unpacking and
//! publishing run where blocking is allowed. Nothing is written to OUT before every wheel is verified.

mod audit;
mod build;
mod brought;
mod bundle;
mod bytecode;
mod contents;
mod error;
mod fingerprint;
mod layers;
mod left_out;
mod left_out_error;
mod lock;
mod mirror;
mod mirror_upkeep;
mod mirror_upload;
mod shared_cache;
mod shared_zip;
mod survey;
mod too_large;

pub use audit::{Audited, audit, audit_with};
pub use brought::brought;
pub use build::{BuildUnit, Built, build};
pub use bundle::{Preparation, Recall, bundle, bundle_in, recall};
pub use bytecode::find_compiler;
pub use contents::{Contents, FileOwner, ListedFile, contents};
pub use error::Error;
pub use fingerprint::fingerprint;
pub use left_out_error::LeftOutError;
pub use lock::{LockForm, LockOptions, Locked, lock, resolve_only};
pub use mirror::{MirrorApplication, MirrorOptions, Mirrored, mirror};
pub use mirror_upkeep::{compare_mirrors, list_mirror, remove_from_mirror, sign_mirror, verify_mirror};
pub use mirror_upload::{UploadOptions, Uploaded, upload_mirror};
pub use shared_cache::{push_to_shared_cache, shared_cache_standing};
pub use survey::{Survey, Surveyed, newest_versions, survey};

pub use crate::context::{Context, Interrupted};
pub use crate::memory::{BundledDist, DistChange, LeftOutFiles, Published, PublishedLayer};
pub use crate::reporter::packages;
pub use crate::supply::{LiveSource, MirrorInputs, PythonRefused, Session, SupplyError, newest_runtime_for};
