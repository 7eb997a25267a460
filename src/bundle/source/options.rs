//! Which folders are walked, and by which rules.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::archive::SafePath;
use crate::regular::FileBytes;

/// One folder to collect.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SourceOptions<'a> {
    pub folder: &'a Path,
    /// What messages call it, as the user wrote it; `None`: it is SOURCE.
    pub label: Option<&'a str>,
    /// Where its files lie in the bundle; `None`: at the root.
    pub prefix: Option<&'a SafePath>,
    /// Patterns: nothing else of it is taken. Without any, everything is.
    pub only: &'a [String],
    /// Patterns of what is left out of this one.
    pub exclude: &'a [String],
    /// Outputs of barrow, without links: never collected, even where they lie inside it.
    pub outputs: &'a [PathBuf],
}

/// What counts for all of them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SourceRules<'a> {
    /// Patterns of `--exclude`, read like lines of a `.gitignore` at the top of each source.
    pub exclude: &'a [String],
    /// Patterns of `--include`, read alike: what they name is taken although it is left out by default.
    pub include: &'a [String],
    /// Where a folder has no `.barrowignore`, its `.gitignore` counts.
    pub gitignore: bool,
    /// Links that lead out of a source are followed.
    pub follow_links: bool,
    /// Files that requirements are read from: one with a credential in it is left out, whatever its name.
    pub input_files: &'a [PathBuf],
    /// Files that credentials or settings of the run come from: left out, whatever their names.
    pub credential_files: &'a [PathBuf],
    /// Files that were read already, by their paths without links.
    pub known: Option<&'a BTreeMap<PathBuf, FileBytes>>,
}
