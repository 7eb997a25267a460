//! `mirror`: applications in, a static index out that answers each of them without any network; and what is done with
//! one that is there.
//!
//! ```text
//! applications ──▶ plan (each resolved alone) ──▶ gather (files, judged) ──▶ news (what indexes say now) ──▶ publish
//! a mirror as it lies there ──▶ upkeep (verify, sign, list, compare, remove), upload, known (for audits and bills)
//! ```
//!
//! What goes wrong with one file or application stops no other: what is good is published, and all findings are told at
//! the end.

mod options;
mod folder;
mod finding;
mod needed;
mod place;
mod plan;
mod gather;
mod repositories;
mod news;
mod run;
mod upkeep;
mod upload;
mod known;

pub use known::{bill_of_mirror, read_mirror};
pub use options::{MirrorApplication, MirrorOptions, MirrorRemoval, Mirrored};
pub use run::mirror;
pub use upkeep::{compare_mirrors, list_mirror, remove_from_mirror, sign_mirror, verify_mirror};
pub use upload::{UploadOptions, Uploaded, upload_mirror};
