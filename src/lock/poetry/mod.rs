//! `poetry.lock`, lock-version 1.x and 2.x (Poetry documentation, "The pyproject.toml file", "Dependency
//! specification").
//!
//! Since 2.1 a package says itself for which groups and under which markers it is wanted. Before that only what
//! packages require stands there, and the walk starts from `pyproject.toml`, in Poetry's own language of versions. No
//! version says where files are: an index does, by name and digest.

mod constraint;
mod project;
mod read;

pub(super) use project::read as declared;
pub(super) use read::read;
