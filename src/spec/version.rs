//! Versions and version specifiers (PEP 440).
//!
//! Only parsing, ordering and printing come from `pep440_rs`. Its `contains` and its conversion to ranges
//! are wrong at several borders, so which versions a specifier takes is decided in `resolve::ranges` alone.

use std::str::FromStr as _;

use super::ForeignName;
pub(crate) use pep440_rs::Prerelease;
pub use pep440_rs::{Operator, Version, VersionSpecifier, VersionSpecifiers};

/// Reads a version; the reason why a text is none, as a part of a message.
pub(crate) fn read_version(text: &str) -> Result<Version, String> {
    Version::from_str(text).map_err(|_| format!("`{}` is no version such as 1.2.3", ForeignName(text)))
}
