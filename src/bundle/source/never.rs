//! What is never part of a function: version control, environments, caches and outputs of tools.

use std::ffi::OsStr;
use std::path::Path;

use crate::cache::is_workplace_name;
use crate::debris::{is_left_by_editor, is_left_by_system};

const VERSION_CONTROL: &str = "version control";
const ENVIRONMENT: &str = "a virtual environment";
const CACHE: &str = "a cache of a tool";
const OUTPUT: &str = "an output of a deployment tool";
const WORKPLACE: &str = "a workplace of barrow";
pub(super) const BYTECODE: &str = "bytecode of another Python";

/// Names of files and folders at any depth, sorted, and what they are.
const NEVER: &[(&str, &str)] = &[
    (".aws-sam", OUTPUT),
    (".bzr", VERSION_CONTROL),
    (".git", VERSION_CONTROL),
    (".hg", VERSION_CONTROL),
    (".mypy_cache", CACHE),
    (".nox", ENVIRONMENT),
    (".pytest_cache", CACHE),
    (".ruff_cache", CACHE),
    (".serverless", OUTPUT),
    (".svn", VERSION_CONTROL),
    (".terraform", CACHE),
    (".tox", ENVIRONMENT),
    (".venv", ENVIRONMENT),
    ("__pycache__", BYTECODE),
    ("cdk.out", OUTPUT),
    ("node_modules", "packages of Node.js"),
];

/// Why an entry of this name is never part of a function; `None` where it may be.
pub(super) fn never_part(name: &OsStr) -> Option<&'static str> {
    let name = name.to_str()?;
    if let Ok(at) = NEVER.binary_search_by(|(known, _)| (*known).cmp(name)) {
        return Some(NEVER[at].1);
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
