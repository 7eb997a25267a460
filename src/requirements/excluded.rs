//! Projects that are not taken: by name, by a pattern of names, or because they are there already.

use std::fmt;
use std::path::PathBuf;

use globset::{Glob, GlobBuilder, GlobMatcher};

use super::line::LineRequirement;
use super::{Origin, RequirementEntry};
use crate::spec::{PackageName, Requirement, Version};

/// A pattern of project names, such as `opentelemetry-*`. Names are compared as they are normalized.
#[derive(Clone, Debug)]
pub struct NamePattern {
    text: String,
    matcher: GlobMatcher,
}

/// A distribution that is there already where the result runs (`--without`): what else is chosen has to agree with it,
/// and it is not bundled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brought {
    /// The project.
    pub name: PackageName,
    /// The version that is there.
    pub version: Version,
    /// The lock, folder or zip that brings it, as the user named it.
    pub by: PathBuf,
}

impl NamePattern {
    /// Reads a pattern; a plain name is one that matches this name alone.
    ///
    /// # Errors
    /// The text is not a valid glob.
    pub fn new(text: &str) -> Result<Self, globset::Error> {
        let normalized = text.trim().to_ascii_lowercase().replace(['_', '.'], "-");
        let matcher = GlobBuilder::new(&normalized).build()?.compile_matcher();
        Ok(Self { text: text.to_owned(), matcher })
    }

    /// Reads a pattern; `None`: it is a plain name.
    ///
    /// # Errors
    /// The text has characters of a glob and is not a valid one.
    pub fn parse(text: &str) -> Result<Option<Self>, globset::Error> {
        text.contains(['*', '?', '[', '{']).then(|| Self::new(text)).transpose()
    }

    /// Whether a project has such a name.
    pub fn matches(&self, name: &PackageName) -> bool {
        self.matcher.is_match(name.as_ref())
    }

    /// The one name that it matches, where it is a plain one.
    pub fn plain_name(&self) -> Option<PackageName> {
        self.glob().glob().parse().ok()
    }

    /// The pattern as it is compared.
    pub fn glob(&self) -> &Glob {
        self.matcher.glob()
    }
}

impl fmt::Display for NamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for NamePattern {
    fn eq(&self, other: &Self) -> bool {
        self.glob() == other.glob()
    }
}

impl Brought {
    /// The version as a constraint; `None`: it cannot be one.
    pub(super) fn constraint(&self) -> Option<RequirementEntry> {
        let text = format!("{}=={}", self.name, self.version);
        let requirement: Requirement = text.parse().ok()?;
        Some(LineRequirement::new(requirement, text).into_entry(Origin::Brought { by: self.by.clone() }, &[]))
    }
}
