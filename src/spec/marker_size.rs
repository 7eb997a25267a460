//! How much a marker means: a short text can stand for a table that no memory holds.
//!
//! `pep508_rs` keeps a marker as a decision diagram and prints it as a list of cases. `(a or b) and (c or d) and …` of
//! twenty pairs is a small diagram with a million cases, and other orders make the diagram itself as large. Markers
//! come from packages of strangers, so both are bounded while a marker is read.

use std::collections::HashMap;

use pep508_rs::MarkerTreeKind;

use super::MarkerTree;

/// Most comparisons in one marker. The longest that are known list some hundred extras.
pub(super) const MOST_COMPARISONS: usize = 512;

/// Comparisons up to which no marker is large enough to be looked at.
pub(super) const FEW_COMPARISONS: usize = 8;

/// Most nodes of the diagram.
const MOST_NODES: usize = 1024;

/// Most cases in which a marker is true, each of them a conjunction.
const MOST_CASES: u64 = 2048;

/// Whether a marker is small enough to be worked with.
pub(super) fn is_manageable(tree: &MarkerTree) -> bool {
    count_cases(tree, &mut HashMap::new()).is_some_and(|cases| cases <= MOST_CASES)
}

/// The number of ways to true below a node; `None` when there are too many nodes.
fn count_cases(tree: &MarkerTree, known: &mut HashMap<MarkerTree, u64>) -> Option<u64> {
    if let Some(cases) = known.get(tree) {
        return Some(*cases);
    }
    if known.len() == MOST_NODES {
        return None;
    }
    let children: Vec<MarkerTree> = match tree.kind() {
        MarkerTreeKind::True => return Some(1),
        MarkerTreeKind::False => return Some(0),
        MarkerTreeKind::Version(node) => node.edges().map(|(_, child)| child).collect(),
        MarkerTreeKind::String(node) => node.children().map(|(_, child)| child).collect(),
        MarkerTreeKind::In(node) => node.children().map(|(_, child)| child).collect(),
        MarkerTreeKind::Contains(node) => node.children().map(|(_, child)| child).collect(),
        MarkerTreeKind::Extra(node) => node.children().map(|(_, child)| child).collect(),
    };
    // The diagram has no cycles, so a node is never met again while it is being counted.
    let mut cases = 0_u64;
    for child in &children {
        cases = cases.saturating_add(count_cases(child, known)?);
    }
    known.insert(tree.clone(), cases);
    Some(cases)
}
