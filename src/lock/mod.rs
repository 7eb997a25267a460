//! Lock files: resolutions on paper.
//!
//! Read: a file of any tool becomes a [`Lock`], which knows no target, and [`select()`] takes from it what one target
//! gets. Nothing is resolved. Written: [`requirements`] is what pip and uv read back, [`pylock`] the standard form (PEP
//! 751), [`json`] everything that barrow knows. No form holds a credential. Writing is pure: the same resolution gives
//! the same text.

pub mod json;
pub mod pylock;
pub mod requirements;

mod conflicts;
mod decided;
mod error;
mod files;
mod find;
mod fresh;
mod locked_file;
mod made_of;
mod marker;
mod model;
mod passed_over;
mod pdm;
mod pipfile;
mod places;
mod plain_toml;
mod poetry;
mod preferences;
mod project_files;
mod reading;
mod request;
mod select;
mod selected;
mod two_threads;
mod uv;
mod wheel_lines;
mod words;
#[cfg(test)]
mod tests;

pub use error::{LockError, NoWheel};
pub use files::{Listed, PackageOrigin, SourceOrigin};
pub use find::{candidates, find_input, is_of_project};
pub use fresh::check_fresh;
pub use made_of::MadeOf;
pub(crate) use model::{LocalInput, LockedProject};
pub use model::{Lock, LockKind, LockPlace};
pub use passed_over::{other_lists, passed_over, pipfile_asks};
pub(crate) use pipfile::{made_for_other_python, pipfile_python};
pub(crate) use preferences::{KeptForm, KeptVersion, preferences};
pub use request::LockRequest;
pub use select::select;
pub use selected::SelectedPackage;
pub(crate) use two_threads::read_file;
