//! Names of projects and extras, normalized (PEP 503, PEP 685).

pub use pep508_rs::{ExtraName, InvalidNameError, PackageName};
