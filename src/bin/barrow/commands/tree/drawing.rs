//! Trees in letters: from what the user asked for downwards, or from one package upwards.

#![expect(clippy::format_push_string, reason = "a text for people, made once in a run")]

use std::collections::{BTreeMap, BTreeSet};

use barrow::bundle::Bytes;
use barrow::inventory::{Component, Inventory, Requested};
use barrow::reporter::counted;
use barrow::spec::{PackageName, Version};

use crate::paint::{paint, printable};

/// What is shown beside names, versions and sizes.
pub(in crate::commands) struct Looks<'a> {
    pub(in crate::commands) licenses: bool,
    /// The newest version of each package, where it was asked for.
    pub(in crate::commands) newest: &'a BTreeMap<PackageName, Version>,
    pub(in crate::commands) colors: bool,
}

impl Looks<'_> {
    /// Text from outside, harmless for a terminal, in a colour.
    pub(super) fn paint(&self, code: &str, text: &str) -> String {
        paint(self.colors, code, &printable(text))
    }

    /// Name and version, with what else is to be shown of a package.
    fn label(&self, dist: &Component, extras: &str) -> String {
        let name = self.paint("1", dist.name.as_ref());
        let mut label = format!("{name}{} {}", printable(extras), self.paint("36", &dist.version.to_string()));
        if let Some(size) = dist.size_bytes {
            label += &format!(" {}", self.paint("2", &format!("({})", Bytes(size))));
        }
        if self.licenses {
            let code = if dist.license.is_unknown() { "33" } else { "32" };
            label += &format!(" {}", self.paint(code, &dist.license.to_string()));
        }
        label + &self.newer(dist)
    }

    /// A note behind a distribution of which there is a newer version, else nothing.
    pub(super) fn newer(&self, dist: &Component) -> String {
        match self.newest.get(&dist.name).filter(|newest| **newest > dist.version) {
            Some(newest) => format!(" {}", self.paint("33", &format!("({newest} is out)"))),
            None => String::new(),
        }
    }
}

/// The inventory as a tree below what the user asked for. A package that was drawn already is not drawn again.
pub(super) fn tree(inventory: &Inventory, depth: Option<usize>, looks: &Looks) -> String {
    let mut drawing = Drawing::new(inventory, depth, looks);
    for dist in inventory.tops() {
        let asked = dist.requested_by.iter().filter(|requested| requested.by.is_none());
        drawing.down(dist, &extras_of(asked), &Branch::top());
    }
    drawing.finish("what it requires") + &summary(inventory, looks)
}

/// Who requires a package, and who requires those.
pub(super) fn inverted(inventory: &Inventory, name: &PackageName, depth: Option<usize>, looks: &Looks) -> String {
    let mut drawing = Drawing::new(inventory, depth, looks);
    if let Some(dist) = inventory.dist(name) {
        drawing.up(dist, None, &Branch::top());
    }
    drawing.finish("who requires it")
}

/// Where a line of the drawing stands.
#[derive(Clone)]
struct Branch {
    /// What stands before its name.
    first: String,
    /// What stands before the lines below it.
    rest: String,
    level: usize,
}

impl Branch {
    fn top() -> Self {
        Self { first: String::new(), rest: String::new(), level: 0 }
    }

    fn below(&self, is_last: bool) -> Self {
        let (branch, line) = if is_last { ("└── ", "    ") } else { ("├── ", "│   ") };
        Self { first: format!("{}{branch}", self.rest), rest: format!("{}{line}", self.rest), level: self.level + 1 }
    }
}

struct Drawing<'a> {
    inventory: &'a Inventory,
    depth: usize,
    looks: &'a Looks<'a>,
    drawn: BTreeSet<&'a PackageName>,
    text: String,
    /// Something stands above already.
    has_repeated: bool,
    /// Something lies deeper than was asked for.
    has_deeper: bool,
}

impl<'a> Drawing<'a> {
    fn new(inventory: &'a Inventory, depth: Option<usize>, looks: &'a Looks<'a>) -> Self {
        Self {
            inventory,
            depth: depth.unwrap_or(usize::MAX),
            looks,
            drawn: BTreeSet::new(),
            text: String::new(),
            has_repeated: false,
            has_deeper: false,
        }
    }

    fn down(&mut self, dist: &'a Component, extras: &str, place: &Branch) {
        let label = self.looks.label(dist, extras);
        let children: Vec<&Component> = dist.dependencies.iter().filter_map(|name| self.inventory.dist(name)).collect();
        if self.ends(dist, &label, place, !children.is_empty()) {
            return;
        }
        for (index, child) in children.iter().enumerate() {
            let asked = child.requested_by.iter().filter(|requested| requested.by.as_ref() == Some(&dist.name));
            self.down(child, &extras_of(asked), &place.below(index + 1 == children.len()));
        }
    }

    fn up(&mut self, dist: &'a Component, asks: Option<&str>, place: &Branch) {
        let mut label = self.looks.label(dist, "");
        if let Some(asks) = asks {
            label += &format!(" {}", self.looks.paint("2", &format!("wants {asks}")));
        }
        if self.ends(dist, &label, place, !dist.requested_by.is_empty()) {
            return;
        }
        for (index, requested) in dist.requested_by.iter().enumerate() {
            let below = place.below(index + 1 == dist.requested_by.len());
            if let Some(parent) = requested.by.as_ref().and_then(|name| self.inventory.dist(name)) {
                self.up(parent, Some(&requested.requirement), &below);
            } else {
                let who = requested.by.as_ref().map_or("you", AsRef::as_ref);
                let asks = self.looks.paint("2", &format!("want {}", requested.requirement));
                self.text += &format!("{}{} {asks}\n", below.first, self.looks.paint("1", who));
            }
        }
    }

    /// Draws one line; whether nothing is to be drawn below it.
    fn ends(&mut self, dist: &'a Component, label: &str, place: &Branch, has_more: bool) -> bool {
        let is_repeated = !self.drawn.insert(&dist.name);
        let is_deepest = place.level >= self.depth;
        let is_cut = has_more && (is_repeated || is_deepest);
        self.has_repeated |= is_cut && is_repeated;
        self.has_deeper |= is_cut && !is_repeated;
        if is_cut && !is_repeated {
            // It may still be drawn in full where it stands higher.
            self.drawn.remove(&dist.name);
        }
        let more = if is_cut { " …" } else { "" };
        self.text += &format!("{}{label}{more}\n", place.first);
        is_cut || is_repeated
    }

    /// The drawing, and what its `…` stands for. `what` is what stands below a line.
    fn finish(self, what: &str) -> String {
        let meaning = match (self.has_repeated, self.has_deeper) {
            (false, false) => return self.text,
            (true, false) => format!("{what} is drawn above"),
            (false, true) => "there is more below it (--depth)".to_owned(),
            (true, true) => format!("{what} is drawn above, or lies below --depth"),
        };
        self.text + &self.looks.paint("2", &format!("… {meaning}")) + "\n"
    }
}

/// The extras that these requirements ask for, in brackets.
fn extras_of<'a>(requested: impl Iterator<Item = &'a Requested>) -> String {
    let inside = |requested: &'a Requested| {
        let name = requested.requirement.split(['<', '>', '=', '!', '~', ';', '@', '(']).next()?;
        Some(name.split_once('[')?.1.split_once(']')?.0.split(','))
    };
    let extras: BTreeSet<&str> = requested.filter_map(inside).flatten().map(str::trim).collect();
    if extras.is_empty() { String::new() } else { format!("[{}]", extras.into_iter().collect::<Vec<_>>().join(",")) }
}

/// Lines about the whole.
pub(super) fn summary(inventory: &Inventory, looks: &Looks) -> String {
    let count = inventory.dists.len();
    let dists: u64 = inventory.dists.iter().filter_map(|dist| dist.size_bytes).sum();
    let unsized_dists = inventory.unsized_dists();
    let mut text = match unsized_dists {
        0 => format!("{}, {} unpacked", counted(count, "package"), Bytes(dists)),
        all if all == count => {
            let wheels: u64 = inventory.dists.iter().filter_map(|dist| dist.origin.wheel_bytes).sum();
            format!("{}, unpacked sizes not known, {} to download", counted(count, "package"), Bytes(wheels))
        }
        some => format!("{}, {} unpacked and {some} of unknown size", counted(count, "package"), Bytes(dists)),
    };
    let own: u64 = inventory.own_files.iter().map(|file| file.size).sum();
    if !inventory.own_files.is_empty() {
        text += &format!(", and {} in {}", Bytes(own), counted(inventory.own_files.len(), "other file"));
    }
    text.push('\n');
    if !looks.newest.is_empty() {
        let is_old = |dist: &&Component| looks.newest.get(&dist.name).is_some_and(|newest| *newest > dist.version);
        text += &format!("{} of {count} have a newer version\n", inventory.dists.iter().filter(is_old).count());
    }
    if looks.licenses {
        let mut licenses: BTreeMap<String, usize> = BTreeMap::new();
        for dist in &inventory.dists {
            *licenses.entry(dist.license.to_string()).or_default() += 1;
        }
        let mut licenses: Vec<(String, usize)> = licenses.into_iter().collect();
        licenses.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let licenses: Vec<String> = licenses.into_iter().map(|(name, count)| format!("{name} {count}")).collect();
        text += &format!("Licences: {}\n", printable(&licenses.join(" · ")));
    }
    text
}
