//! What a mirror remembers of an application: which of the files are there for its sake.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// An application, resolved alone, whose files the mirror holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Application {
    /// The name that the user gave it, or the files that it was read from.
    pub name: String,
    /// What it was resolved for, such as `python3.12/x86_64`.
    pub targets: BTreeSet<String>,
    /// Its files by name, each with the projects that lead to it: what the application asks for first, its own project
    /// last.
    pub files: BTreeMap<String, Vec<String>>,
}
