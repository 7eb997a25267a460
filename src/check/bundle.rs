//! What is checked, for everyone who looks at it.

use super::dists::Dists;
use super::summaries::Summaries;
use super::tree::RuntimeTree;
use crate::target::Target;

/// A bundle on its target.
#[derive(Clone, Copy)]
pub(super) struct CheckedBundle<'a> {
    pub(super) tree: &'a RuntimeTree,
    pub(super) dists: &'a Dists,
    pub(super) summaries: &'a Summaries<'a>,
    pub(super) target: &'a Target,
}

impl<'a> CheckedBundle<'a> {
    pub(super) fn label(self, file: usize) -> &'a str {
        &self.tree.files[file].label
    }

    /// The project of a file, in messages.
    pub(super) fn group(self, file: usize) -> String {
        self.dists.group(&self.tree.files[file].path, self.tree)
    }
}
