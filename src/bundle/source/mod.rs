//! The user's own files: which of them go into a bundle, and why the others do not.
//!
//! ```text
//! sources ──▶ collect ──▶ SourceFiles { files, left_out } ──▶ refuse_secrets ──▶ assemble
//!              ▲  ▲
//!     patterns ┘  └ never (what is no part of a function), secrets (what must not leave the machine), ignore files
//! ```
//!
//! Nothing is left out silently: what is not taken has a [`Why`], and what holds a credential is named to the user.

mod file;
mod options;
mod never;
mod credential_text;
mod secrets;
mod left_out;
mod ignore_files;
mod decide;
mod links;
mod collect;
mod scan;
mod natives;

pub(crate) use collect::SourceFiles;
pub(crate) use file::SourceFile;
pub use left_out::LeftOut;
pub(crate) use left_out::{Why, credentials_line};
pub(crate) use natives::foreign_natives;
pub(crate) use options::{SourceOptions, SourceRules};
pub(crate) use scan::refuse_secrets;
#[cfg(test)]
pub(crate) use secrets::names_that_stay_home;
