//! Everything in an output.

use std::collections::{BTreeMap, VecDeque};

use super::component::{Component, FileEntry, Requested, WheelOrigin};
use crate::spec::{ExtraName, License, LicensePattern, PackageName, Version};
use crate::target::Target;

/// Everything in an output, or in what was chosen for one.
#[derive(Clone, Debug)]
pub struct Inventory {
    /// What it is called: the last part of its path.
    pub subject: String,
    /// What it was made for. Of an output that somebody else has made, what the user says.
    pub target: Target,
    /// The distributions, sorted by name.
    pub dists: Vec<Component>,
    /// The files that belong to no distribution, sorted by path: the user's own.
    pub own_files: Vec<FileEntry>,
}

impl Inventory {
    /// The distribution of this name.
    pub fn dist(&self, name: &PackageName) -> Option<&Component> {
        let at = self.dists.binary_search_by(|dist| dist.name.cmp(name)).ok()?;
        self.dists.get(at)
    }

    /// The distributions that nobody in the output requires, or that the user asked for: where drawings of it begin.
    pub fn tops(&self) -> impl Iterator<Item = &Component> {
        // What is no part of the output and requires something is the user's own project, or a part of a workspace.
        let is_inside = |name: &PackageName| self.dists.iter().any(|dist| dist.name == *name);
        let is_asked = move |dist: &Component| {
            let from_outside = |requested: &Requested| requested.by.as_ref().is_none_or(|name| !is_inside(name));
            dist.requested_by.is_empty() || dist.requested_by.iter().any(from_outside)
        };
        // Distributions that require each other in a circle have one among them that came first.
        let reached = self.reached_from(self.dists.iter().filter(|dist| is_asked(dist)));
        self.dists.iter().filter(move |dist| is_asked(dist) || !reached.contains_key(&dist.name))
    }

    /// A shortest way to a distribution from what the user asked for, both ends included.
    pub fn way_to(&self, name: &PackageName) -> Vec<&PackageName> {
        let mut ways = self.reached_from(self.tops());
        ways.remove(name).unwrap_or_default()
    }

    fn reached_from<'a>(
        &'a self,
        starts: impl Iterator<Item = &'a Component>,
    ) -> BTreeMap<&'a PackageName, Vec<&'a PackageName>> {
        let mut ways: BTreeMap<&PackageName, Vec<&PackageName>> = BTreeMap::new();
        let mut waiting = VecDeque::new();
        for dist in starts {
            ways.insert(&dist.name, vec![&dist.name]);
            waiting.push_back(dist);
        }
        while let Some(dist) = waiting.pop_front() {
            for name in dist.dependencies.iter().filter_map(|name| self.dist(name)) {
                if !ways.contains_key(&name.name) {
                    let way = ways[&dist.name].iter().copied().chain([&name.name]).collect();
                    ways.insert(&name.name, way);
                    waiting.push_back(name);
                }
            }
        }
        ways
    }

    /// Unpacked size of everything whose size is known, bytes.
    pub fn size_bytes(&self) -> u64 {
        let dists: u64 = self.dists.iter().filter_map(|dist| dist.size_bytes).sum();
        dists + self.own_files.iter().map(|file| file.size).sum::<u64>()
    }

    /// How many distributions have no known size.
    pub fn unsized_dists(&self) -> usize {
        self.dists.iter().filter(|dist| dist.size_bytes.is_none()).count()
    }

    /// Adds what only the maker of the output knows: of each distribution its origin, the extras that are in use, and
    /// who asked for it.
    #[must_use]
    pub fn with_origins<'a>(
        mut self,
        origins: impl Iterator<Item = (&'a PackageName, WheelOrigin, Vec<ExtraName>, Vec<Requested>)>,
    ) -> Self {
        for (name, origin, extras, requested_by) in origins {
            if let Some(dist) = self.dists.iter_mut().find(|dist| dist.name == *name) {
                (dist.origin, dist.extras, dist.requested_by) = (origin, extras, requested_by);
            }
        }
        self.connect_by_requesters();
        self
    }

    /// Makes `dependencies` say what `requested_by` says.
    pub(super) fn connect_by_requesters(&mut self) {
        let mut edges: BTreeMap<PackageName, Vec<PackageName>> = BTreeMap::new();
        for dist in &self.dists {
            for by in dist.requested_by.iter().filter_map(|requested| requested.by.clone()) {
                edges.entry(by).or_default().push(dist.name.clone());
            }
        }
        for dist in &mut self.dists {
            let mut names = edges.remove(&dist.name).unwrap_or_default();
            names.sort_unstable();
            names.dedup();
            dist.dependencies = names;
        }
    }
}

impl Inventory {
    /// One line about each distribution whose licence these patterns rule out.
    pub fn denied(&self, patterns: &[LicensePattern]) -> Vec<String> {
        let denied = self.dists.iter().filter(|dist| !patterns.is_empty() && dist.license.is_denied(patterns));
        denied.map(|dist| denied_line(&dist.name, &dist.version, &dist.license, &dist.requested_by)).collect()
    }
}

/// A line that says which distribution has a licence that is not wanted, and who asked for it.
pub(crate) fn denied_line(name: &PackageName, version: &Version, license: &License, asked_by: &[Requested]) -> String {
    let mut by: Vec<String> =
        asked_by.iter().map(|asked| asked.by.as_ref().map_or_else(|| "you".to_owned(), ToString::to_string)).collect();
    by.dedup();
    let by = if by.is_empty() { String::new() } else { format!(", required by {}", by.join(", ")) };
    format!("  {name} {version}: {license}{by}")
}
