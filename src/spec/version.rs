//! Versions and version specifiers (PEP 440).
//!
//! Only parsing, ordering and printing come from `pep440_rs`. Its `contains` and its conversion to ranges
//! are wrong at several borders, so which versions a specifier takes is decided in `resolve::ranges` alone.

pub(crate) use pep440_rs::Prerelease;
pub use pep440_rs::{Operator, Version, VersionSpecifier, VersionSpecifiers};
