//! What is never part of a function: version control, environments, caches and outputs of tools.

use std::ffi::OsStr;
use std::path::Path;

use crate::cache::is_workplace_name;
use crate::debris::{is_left_by_editor, is_left_by_system};

/// A name at any depth, and why it is left out.
pub(super) struct Never {
    /// The whole name of a file or folder.
    pub(super) name: &'static str,
    /// What it is.
    pub(super) why: &'static str,
}

const fn never(name: &'static str, why: &'static str) -> Never {
    Never { name, why }
}

const VERSION_CONTROL: &str = "version control";
const ENVIRONMENT: &str = "a virtual environment";
const CACHE: &str = "a cache of a tool";
const OUTPUT: &str = "an output of a deployment tool";
const WORKPLACE: &str = "a workplace of barrow";
pub(super) const BYTECODE: &str = "bytecode of another Python";

/// Sorted by name.
pub(super) const NEVER: &[Never] = &[
    never(".aws-sam", OUTPUT),
    never(".bzr", VERSION_CONTROL),
    never(".git", VERSION_CONTROL),
    never(".hg", VERSION_CONTROL),
    never(".mypy_cache", CACHE),
    never(".nox", ENVIRONMENT),
    never(".pytest_cache", CACHE),
    never(".ruff_cache", CACHE),
    never(".serverless", OUTPUT),
    never(".svn", VERSION_CONTROL),
    never(".terraform", CACHE),
    never(".tox", ENVIRONMENT),
    never(".venv", ENVIRONMENT),
    never("__pycache__", BYTECODE),
    never("cdk.out", OUTPUT),
    never("node_modules", "packages of Node.js"),
];

/// Why an entry of this name is never part of a function; `None` where it may be.
pub(super) fn never_part(name: &OsStr) -> Option<&'static str> {
    let name = name.to_str()?;
    if let Ok(at) = NEVER.binary_search_by(|row| row.name.cmp(name)) {
        return Some(NEVER[at].why);
    }
    if is_left_by_system(name) {
        return Some("left by macOS or Windows");
    }
    if is_left_by_editor(name) {
        return Some("left by an editor");
    }
    if Path::new(name).extension().is_some_and(|extension| extension == "pyc" || extension == "pyo") {
        return Some(BYTECODE);
    }
    is_workplace_name(OsStr::new(name)).then_some(WORKPLACE)
}
