//! `uv.lock`, version 1 in any revision (uv documentation, "Lockfile versioning").
//!
//! Packages say what they require, under markers that uv has simplified by the lock's own `requires-python`: the target
//! is held against that first. `resolution-markers` say how uv came by its versions and are no filter: the edges are.
//! Parts of projects that exclude each other stand in markers as extras of uv's own naming.

mod parts;
mod read;
#[cfg(test)]
mod tests;

pub(super) use read::read;
