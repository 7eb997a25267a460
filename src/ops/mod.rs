//! One file per command joins the rooms; each reads as the arrows of the crate's picture.
//!
//! Everything is asynchronous on the outside and plain within: the solver has a thread of its own, unpacking and
//! publishing run where blocking is allowed. Nothing is written to OUT before every wheel is verified.
//!
//! `examples/resolve.rs` and `examples/bundle.rs` are whole programs. What needs no network at all:
//!
//! ```
//! use barrow::ops::fingerprint;
//! use barrow::request::{AssemblySettings, BundleKind, FingerprintOptions, RequestOptions, SourceSettings};
//! use barrow::target::{Architecture, Runtime, Target};
//!
//! let folder = tempfile::tempdir()?;
//! let print = |handler: &str| -> Result<_, Box<dyn std::error::Error>> {
//!     std::fs::write(folder.path().join("handler.py"), handler)?;
//!     let mut files = SourceSettings::default();
//!     files.folder = Some(folder.path().to_owned());
//!     let mut assembly = AssemblySettings::new(BundleKind::Function);
//!     assembly.source = Some(files);
//!     let request = RequestOptions::new(folder.path(), std::env::temp_dir(), 0);
//!     let target = Target::new(Runtime::newest(), Architecture::Arm64);
//!     Ok(fingerprint(&FingerprintOptions::new(request, assembly, folder.path().to_owned(), target))?)
//! };
//! let before = print("def handler(event, context): return 1\n")?;
//! assert_ne!(print("def handler(event, context): return 2\n")?, before);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod audit;
mod newest;
mod build;
mod brought;
mod bundle;
mod bytecode;
mod chosen;
mod contents;
mod edited;
mod error;
mod fingerprint;
mod lacking;
mod layers;
mod left_out;
mod left_out_error;
mod lock;
mod mirror;
mod obtained;
mod output;
mod own_files;
mod own_part;
mod shared_cache;
mod shared_zip;
mod survey;
mod too_large;

pub use audit::{AuditSubject, Audited, audit, audit_with, subjects_of, subjects_of_mirror};
pub use brought::{brought, brought_to_all, is_layer};
pub use build::{BuildUnit, Built, build};
pub use bundle::{Preparation, Recall, bundle, recall};
pub use bytecode::find_compiler;
pub use contents::{BundleContents, BundledFile, FileOwner, contents};
pub use error::{Allowance, Error};
pub use fingerprint::fingerprint;
pub use left_out_error::LeftOutError;
pub use lock::{LockForm, LockOptions, WrittenLock, lock, resolve_only};
pub use mirror::{MirrorApplication, MirrorOptions, MirrorRemoval, Mirrored, UploadOptions, Uploaded};
pub use mirror::{bill_of_mirror, compare_mirrors, list_mirror, mirror, read_mirror, remove_from_mirror, sign_mirror};
pub use mirror::{upload_mirror, verify_mirror};
pub use newest::{Newest, newest_barrow};
pub use shared_cache::{
    Pulled, prune_shared_cache, pull_from_shared_cache, push_to_shared_cache, shared_cache_standing,
};
pub use survey::{Survey, Surveyed, newest_versions, survey};

pub use crate::context::{Context, Interrupted};
pub use crate::memory::{BundledDist, DistChange, LeftOutFiles, Published, PublishedLayer};
pub use crate::publish::{is_written_by_barrow, write_noted};
pub use crate::supply::{LiveSource, MirrorInputs, PythonRefused, SupplyError, newest_runtime_for};
pub use crate::whole_file::write_whole;
