//! Requirements and environment markers (PEP 508).

pub use pep508_rs::{MarkerEnvironment, MarkerEnvironmentBuilder, MarkerTree, VersionOrUrl};

use super::SafeUrl;

/// A requirement: project, extras, specifiers or URL, marker.
pub type Requirement = pep508_rs::Requirement<SafeUrl>;
