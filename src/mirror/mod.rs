//! A static index of distribution files: pages and files that any web server, object store or plain folder can serve
//! (simple repository API: PEP 503, 592, 629, 658, 691, 700, 714).
//!
//! ```text
//! DIR/
//! ├── barrow-mirror.json                      the manifest: applications, and every file with its digest; written last
//! ├── barrow-mirror.json.sig                  who signed it, where anybody has
//! ├── simple/index.html, index.json           the list of projects
//! ├── simple/NAME/index.html, index.json      the files of a project; links are relative
//! └── files/HH/SHA256/FILENAME[.metadata]     the files by digest, METADATA of wheels beside them; repositories too
//! ```
//!
//! Every file is written beside its place and renamed. Files come before the pages that list them and are removed after
//! them, so that at no time a page names what is not there. Equal contents give equal bytes: nothing is dated.

mod application;
mod compare;
mod entry;
mod error;
mod contents;
mod license;
mod pages;
mod rebuild;
mod folder;
mod objects;
mod signature;
mod sign;
mod repository;
mod verify;
#[cfg(test)]
mod tests;

pub use application::Application;
pub use compare::Difference;
pub(crate) use contents::{MANIFEST, files_of_manifest};
pub use entry::MirrorFile;
pub(crate) use entry::Upstream;
pub use error::MirrorError;
pub(crate) use folder::{Changes, Mirror, Patience};
pub(crate) use objects::{MirrorObject, ObjectContent, Transfer};
