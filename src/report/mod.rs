//! A page about outputs, for a browser: what takes the room, where it came from and why, what was found, and what has
//! changed.
//!
//! It is one file that asks nothing of anybody: style, scripts (`page.js`, and `layout.js`, which knows nothing of the
//! page) and data are in it, and its policy forbids all else. The data are JSON in which no character can end the
//! element that they stand in; the scripts make texts of them, never markup, so a hostile METADATA shows as what it is.
//! The same outputs give the same bytes.

mod data;
#[cfg(test)]
mod tests;

use crate::check::Finding;
use crate::inventory::Inventory;
use crate::memory::{DistChange, LeftOutFiles};
use crate::spec::{PackageName, Version};

const TEMPLATE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const LAYOUT: &str = include_str!("layout.js");
const SCRIPT: &str = include_str!("page.js");

/// First bytes of every page, by which a report is recognised before it is replaced.
pub const BEGINNING: &str = "<!doctype html>\n<!-- barrow report -->\n";

/// One output of a page.
#[derive(Clone, Debug)]
pub struct ReportPart {
    /// What it is called.
    pub label: String,
    /// What is in it.
    pub inventory: Inventory,
    /// The target of the inventory is that of the output, and not only what would be taken if nobody said anything.
    pub states_target: bool,
    /// Size of the zip, bytes, where it is one.
    pub zip_bytes: Option<u64>,
    /// `--slim` was given.
    pub is_slimmed: bool,
    /// Files of distributions that were left out.
    pub left_out: LeftOutFiles,
    /// Projects that were left to the runtime.
    pub excluded: Vec<PackageName>,
    /// What differs from the last run; `None`: there is none that is known.
    pub changes: Option<Vec<DistChange>>,
    /// Versions better than the chosen ones that were passed over, and why, as the end of a sentence.
    pub passed_over: Vec<(PackageName, Version, String)>,
    /// What `check` found, worst first; `None`: it was not asked.
    pub findings: Option<Vec<Finding>>,
}

impl ReportPart {
    /// A part of which nothing is known but what is in it.
    pub fn new(label: impl Into<String>, inventory: Inventory) -> Self {
        Self {
            label: label.into(),
            inventory,
            states_target: true,
            zip_bytes: None,
            is_slimmed: false,
            left_out: LeftOutFiles::default(),
            excluded: Vec::new(),
            changes: None,
            passed_over: Vec::new(),
            findings: None,
        }
    }
}

/// The page about these outputs.
pub fn page(parts: &[ReportPart]) -> String {
    let script = format!("{LAYOUT}\n{SCRIPT}");
    filled(TEMPLATE, &[("{style}", STYLE), ("{data}", &data::json(parts)), ("{script}", &script)])
}

/// The template with its gaps filled, in their order. What is filled in is not looked through for gaps.
fn filled(template: &str, gaps: &[(&str, &str)]) -> String {
    let (mut page, mut rest) = (String::new(), template);
    for (gap, text) in gaps {
        if let Some((before, after)) = rest.split_once(gap) {
            page.push_str(before);
            page.push_str(text);
            rest = after;
        }
    }
    page + rest
}
