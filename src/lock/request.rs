//! What a run wants of a lock.

use std::path::PathBuf;

use crate::requirements::{FormatControl, ProjectSet};
use crate::spec::ExtraName;

/// What is wanted of a lock.
#[derive(Clone, Debug, Default)]
pub struct LockRequest {
    /// `--extra`.
    pub extras: Vec<ExtraName>,
    /// `--all-extras`.
    pub all_extras: bool,
    /// `--group`.
    pub groups: Vec<ExtraName>,
    /// `--only-group`: nothing but these groups.
    pub only_groups: Vec<ExtraName>,
    /// The user's own project is wanted too, when it is one that is built; else only what it requires.
    pub with_project: bool,
    /// A folder in the project that is meant, absolute; `None`: the project beside the lock.
    pub folder: Option<PathBuf>,
    /// Projects whose source distributions may be built.
    pub allow_build: ProjectSet,
    /// Nothing may be built, not even what the lock names as source.
    pub no_build: bool,
    /// `--no-binary` and `--only-binary`.
    pub format_control: FormatControl,
}
