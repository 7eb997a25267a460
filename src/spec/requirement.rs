//! Requirements and environment markers (PEP 508).

pub(crate) use pep508_rs::MarkerEnvironmentBuilder;
pub use pep508_rs::{MarkerEnvironment, MarkerTree, VersionOrUrl};

use super::SafeUrl;

/// A requirement: project, extras, specifiers or URL, marker.
pub type Requirement = pep508_rs::Requirement<SafeUrl>;
