//! What a run asks for: its options, the files that they name, and one key over everything that can change the result.
//!
//! ```text
//! RequestOptions ──▶ Request (files read, once) ──▶ InputKey ──▶ fingerprint · remembered results · remembered resolutions
//! ```
//!
//! ```
//! use barrow::request::{BundleOptions, RequestOptions};
//! use barrow::target::{Architecture, Runtime, Target};
//!
//! let request = RequestOptions::new("/project", "/tmp", 0).file("app/requirements.txt").requirement("requests>=2");
//! let target = Target::new(Runtime::newest(), Architecture::Arm64);
//! let mut options = BundleOptions::new(request, target, "out.zip", "/state").source("app");
//! options.assembly.exclude_runtime = true;
//! assert!(options.publish.zip, "by its name");
//! ```
//!
//! # Adding an option
//! Every option struct is taken apart by name in `input_key.rs` or `encodings.rs`, without `..`, so a new field does
//! not compile until somebody has decided what it is:
//! - It can change a byte of the result: give it to `InputKey` as an option under its flag, to count `Everywhere`
//!   when it changes what is chosen, `ForOutput` when it changes what is made of the chosen files.
//! - It changes only the form or the fate of the output on this machine (a zip, the way of linking, a bound that
//!   refuses): it counts `ForResult`, so that a remembered result is not taken for it; the fingerprint stays.
//! - It changes nothing in the result: bind it to `_`, with a comment that says why.
//!
//! An option that names a file or folder of this machine counts with the content: `local.rs`. Then add a row to the
//! table in `tests/it/input_key.rs`, which runs the program with and without the option.

mod collected;
mod beside_tables;
mod disguised;
mod encodings;
mod error;
mod part;
mod index_key;
mod input_key;
mod inputs;
mod keyed;
mod linked;
mod local;
mod locked;
mod options;
mod places;
mod repository;
#[cfg(test)]
mod tests;

pub use crate::spec::DEFAULT_INDEX_URL;
pub use error::{ForeignFile, RequestError};
pub(crate) use input_key::InputKey;
pub(crate) use inputs::Request;
pub(crate) use keyed::Encoder;
pub(crate) use local::Look;
pub(crate) use locked::Locked;
pub use options::{
    AssemblySettings, BuildSettings, BundleKind, BundleOptions, FingerprintOptions, FurtherSource, IndexSettings,
    LockSettings, PublishSettings, RequestOptions, SaidBy, SelectionSettings, SourceSettings, WhoSays,
};
pub(crate) use part::KeyPart;
pub(crate) use places::local_indexes;
pub use places::places_of;
