//! The solver's derivation with everything taken out that says nothing to a person.
//!
//! A derivation can be as deep as a project has versions, so nothing here calls itself: nodes stand in one list, each
//! after those it follows from.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use pubgrub::{DerivationTree, External, Map, NoSolutionError, Ranges, Term};

use super::super::package::Package;
use super::super::provider::{Known, Provider};
use super::super::sourced::SourcedVersion;
use crate::resolution::Exclusion;

type Range = Ranges<SourcedVersion>;
type Tree = DerivationTree<Package, Range, Exclusion>;

/// Most facts of which each is compared with all others, to tell equal ones once.
const MOST_COMPARED: usize = 100;

/// Terms that cannot all hold together.
pub(super) type Terms = Map<Package, Term<Range>>;

/// A thing that is known without derivation.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Fact {
    /// Versions of a package, or the user, require versions of another.
    Requires { package: Package, range: Range, required: Package, required_range: Range },
    /// Nothing in the range can be used.
    NoVersions { package: Package, range: Range },
    /// A version turned out to be unusable.
    Unusable { package: Package, range: Range, reason: Exclusion },
}

/// A fact, or what follows from other nodes.
#[derive(Debug)]
pub(super) enum DerivationNode<'t> {
    Fact(Fact),
    Derived {
        terms: &'t Terms,
        causes: [NodeId; 2],
    },
    /// Many requirements of one project's versions on another project, each of which leads to the same end.
    Versions {
        terms: &'t Terms,
        /// Facts of the kind `Requires`, all between the same two packages.
        requirements: Vec<Fact>,
        rest: Vec<NodeId>,
    },
}

/// The place of a node in its derivation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct NodeId(usize);

/// A simplified derivation.
#[derive(Debug)]
pub(super) struct Derivation<'t> {
    nodes: Vec<DerivationNode<'t>>,
    /// How many nodes stand beneath each, and how deep.
    sizes: Vec<(usize, usize)>,
    /// Nodes that others follow from more than once: they must stay as they are, the rest may be taken apart.
    shared: HashSet<NodeId>,
    root: NodeId,
}

impl<'t> Derivation<'t> {
    /// Simplifies a derivation.
    pub(super) fn simplified<'a>(provider: &Provider<'a>, tree: &'t NoSolutionError<Provider<'a>>) -> Self {
        let mut made = Self { nodes: Vec::new(), sizes: Vec::new(), shared: HashSet::new(), root: NodeId(0) };
        // The tree's nodes by address: `None` for what needs no telling.
        let mut done: HashMap<*const Tree, Option<NodeId>> = HashMap::new();
        let mut waiting: Vec<&'t Tree> = vec![tree];
        while let Some(&tree) = waiting.last() {
            let place = match tree {
                DerivationTree::External(external) => fact(external).map(|fact| made.push(DerivationNode::Fact(fact))),
                DerivationTree::Derived(derived) => {
                    let causes = [&derived.cause1, &derived.cause2].map(Arc::as_ptr);
                    let known = causes.map(|cause| done.get(&cause).copied());
                    let [Some(left), Some(right)] = known else {
                        for (known, cause) in known.into_iter().zip([&derived.cause1, &derived.cause2]).rev() {
                            if known.is_none() {
                                waiting.push(cause);
                            }
                        }
                        continue;
                    };
                    match (left, right) {
                        (None, None) => None,
                        (Some(one), None) | (None, Some(one)) => Some(one),
                        (Some(left), Some(right)) => Some(made.join(provider, &derived.terms, left, right)),
                    }
                }
            };
            waiting.pop();
            if let (DerivationTree::Derived(derived), Some(place)) = (tree, place)
                && derived.shared_id.is_some()
            {
                made.shared.insert(place);
            }
            done.insert(std::ptr::from_ref(tree), place);
        }
        let root = done.get(&std::ptr::from_ref(tree)).copied().flatten();
        made.root = root.unwrap_or_else(|| {
            made.push(DerivationNode::Fact(Fact::NoVersions { package: Package::Root, range: Ranges::empty() }))
        });
        made
    }

    /// Where the derivation ends.
    pub(super) fn root(&self) -> NodeId {
        self.root
    }

    pub(super) fn node(&self, place: NodeId) -> &DerivationNode<'t> {
        &self.nodes[place.0]
    }

    /// How many nodes stand beneath one.
    pub(super) fn size(&self, place: NodeId) -> usize {
        self.sizes[place.0].0
    }

    /// How many steps the longest way down from one has.
    pub(super) fn depth(&self, place: NodeId) -> usize {
        self.sizes[place.0].1
    }

    /// All facts in the order in which they are told, each once.
    pub(super) fn facts(&self) -> Vec<Fact> {
        let mut facts: Vec<Fact> = Vec::new();
        let mut add = |fact: &Fact| {
            // Equal facts can stand in different nodes; of many, the one or other twice does no harm.
            if facts.len() > MOST_COMPARED || !facts.contains(fact) {
                facts.push(fact.clone());
            }
        };
        let mut seen = vec![false; self.nodes.len()];
        let mut waiting = vec![self.root];
        while let Some(place) = waiting.pop() {
            if std::mem::replace(&mut seen[place.0], true) {
                continue;
            }
            match self.node(place) {
                DerivationNode::Fact(fact) => add(fact),
                DerivationNode::Derived { causes, .. } => waiting.extend(causes.iter().rev()),
                DerivationNode::Versions { requirements, rest, .. } => {
                    requirements.iter().for_each(&mut add);
                    waiting.extend(rest.iter().rev());
                }
            }
        }
        facts
    }

    fn push(&mut self, node: DerivationNode<'t>) -> NodeId {
        let beneath: &[NodeId] = match &node {
            DerivationNode::Fact(_) => &[],
            DerivationNode::Derived { causes, .. } => causes,
            DerivationNode::Versions { rest, .. } => rest,
        };
        let size = beneath.iter().map(|place| self.size(*place)).fold(1usize, usize::saturating_add);
        let depth = beneath.iter().map(|place| self.depth(*place)).max().unwrap_or(0) + 1;
        self.sizes.push((size, depth));
        self.nodes.push(node);
        NodeId(self.nodes.len() - 1)
    }

    fn join(&mut self, provider: &Provider<'_>, terms: &'t Terms, left: NodeId, right: NodeId) -> NodeId {
        if self.says_only_that_no_more_exist(provider, left, right) {
            return right;
        }
        if self.says_only_that_no_more_exist(provider, right, left) {
            return left;
        }
        let node = match self.common_pair(left, right) {
            Some(pair) => self.gather(terms, &pair, [left, right]),
            None => DerivationNode::Derived { terms, causes: [left, right] },
        };
        self.push(node)
    }

    /// Whether a fact is only that a gap between listed versions is empty, while the other node speaks of listed ones.
    fn says_only_that_no_more_exist(&self, provider: &Provider<'_>, place: NodeId, other: NodeId) -> bool {
        let DerivationNode::Fact(Fact::NoVersions { package, range }) = self.node(place) else { return false };
        let Some(name) = package.name() else { return true };
        let Some(Known::Listed(listing)) = provider.project_if_known(name) else { return false };
        if listing.has_any_in(range) {
            // The extra's own choice failed where the project's did: told once, for the project.
            return matches!(package, Package::Extra(..));
        }
        match self.node(other) {
            DerivationNode::Fact(Fact::Requires { required, required_range, .. }) if required == package => {
                listing.has_any_in(required_range)
                    || required_range.as_singleton().is_some_and(|version| provider.direct_of(version).is_some())
            }
            _ => true,
        }
    }

    /// Whether a node is one or more requirements between the same two projects, apart from what else it stands on.
    fn has_pair(&self, place: NodeId, pair: (&Package, &Package)) -> bool {
        match self.node(place) {
            DerivationNode::Fact(fact) => between(fact) == Some(pair),
            DerivationNode::Versions { requirements, .. } => requirements.first().and_then(between) == Some(pair),
            DerivationNode::Derived { causes, .. } => causes
                .iter()
                .any(|cause| matches!(self.node(*cause), DerivationNode::Fact(fact) if between(fact) == Some(pair))),
        }
    }

    /// The pair of projects of a node that says nothing but that versions of one require what the other has not.
    fn pair_of(&self, place: NodeId) -> Option<(Package, Package)> {
        let pair = match self.node(place) {
            DerivationNode::Fact(fact) => between(fact),
            DerivationNode::Versions { requirements, .. } => requirements.first().and_then(between),
            DerivationNode::Derived { causes, .. } => causes.iter().find_map(|cause| match self.node(*cause) {
                DerivationNode::Fact(fact) => between(fact),
                _ => None,
            }),
        };
        let (package, required) = pair?;
        let is_dead_end = |place: &NodeId| match self.node(*place) {
            DerivationNode::Fact(Fact::NoVersions { package, .. }) => package == required,
            DerivationNode::Fact(fact) => between(fact) == pair,
            _ => false,
        };
        let is_pure = match self.node(place) {
            DerivationNode::Fact(_) => true,
            DerivationNode::Versions { rest, .. } => rest.iter().all(is_dead_end),
            DerivationNode::Derived { causes, .. } => causes.iter().all(is_dead_end),
        };
        is_pure.then(|| (package.clone(), required.clone()))
    }

    /// The pair of projects whose requirements two nodes have in common, when at least one of them has nothing else.
    fn common_pair(&self, left: NodeId, right: NodeId) -> Option<(Package, Package)> {
        [(left, right), (right, left)].into_iter().find_map(|(one, other)| {
            let pair = self.pair_of(one)?;
            self.has_pair(other, (&pair.0, &pair.1)).then_some(pair)
        })
    }

    /// Joins requirements between the same two projects into one node.
    fn gather(&mut self, terms: &'t Terms, pair: &(Package, Package), places: [NodeId; 2]) -> DerivationNode<'t> {
        let mut requirements: Vec<Fact> = Vec::new();
        let mut rest: Vec<NodeId> = Vec::new();
        for place in places {
            let is_shared = self.shared.contains(&place);
            // Such chains are as long as lists of versions, so what is used only here is taken and not copied.
            let beneath = match &mut self.nodes[place.0] {
                DerivationNode::Versions { requirements: known, rest, .. } if is_shared => {
                    requirements.extend(known.iter().cloned());
                    rest.clone()
                }
                DerivationNode::Versions { requirements: known, rest, .. } => {
                    if requirements.is_empty() {
                        requirements = std::mem::take(known);
                    } else {
                        requirements.append(known);
                    }
                    std::mem::take(rest)
                }
                DerivationNode::Derived { causes, .. } => causes.to_vec(),
                DerivationNode::Fact(_) => vec![place],
            };
            for place in beneath {
                match self.node(place) {
                    DerivationNode::Fact(fact) if between(fact) == Some((&pair.0, &pair.1)) => {
                        requirements.push(fact.clone());
                    }
                    DerivationNode::Fact(Fact::NoVersions { package, range }) if *package == pair.1 => {
                        let (package, range) = (package.clone(), range.clone());
                        self.add_gap(&mut rest, package, &range);
                    }
                    _ => rest.push(place),
                }
            }
        }
        DerivationNode::Versions { terms, requirements, rest }
    }

    /// Adds a range without versions to the one that is there already.
    fn add_gap(&mut self, rest: &mut Vec<NodeId>, package: Package, range: &Range) {
        let is_gap = |place: &NodeId| match self.node(*place) {
            DerivationNode::Fact(Fact::NoVersions { package: of, .. }) => *of == package,
            _ => false,
        };
        let known = rest.iter().position(is_gap);
        let joined = match known.map(|at| self.node(rest.swap_remove(at))) {
            Some(DerivationNode::Fact(Fact::NoVersions { range: known, .. })) => known.union(range),
            _ => range.clone(),
        };
        let place = self.push(DerivationNode::Fact(Fact::NoVersions { package, range: joined }));
        rest.push(place);
    }
}

/// The two packages of a requirement between projects.
fn between(fact: &Fact) -> Option<(&Package, &Package)> {
    match fact {
        Fact::Requires { package, required, .. } if *package != Package::Root => Some((package, required)),
        _ => None,
    }
}

fn fact(external: &External<Package, Range, Exclusion>) -> Option<Fact> {
    match external {
        External::NotRoot(..) => None,
        External::NoVersions(package, range) => {
            Some(Fact::NoVersions { package: package.clone(), range: range.clone() })
        }
        // An extra has its project's version: nobody needs to be told.
        External::FromDependencyOf(Package::Extra(extra_of, _), _, Package::Project(name), _) if extra_of == name => {
            None
        }
        External::FromDependencyOf(package, range, required, required_range) => Some(Fact::Requires {
            package: package.clone(),
            range: range.clone(),
            required: required.clone(),
            required_range: required_range.clone(),
        }),
        External::Custom(package, range, reason) => {
            Some(Fact::Unusable { package: package.clone(), range: range.clone(), reason: reason.clone() })
        }
    }
}

/// Takes a derivation apart piece by piece: dropped as it is, a deep one would overflow the stack.
pub(super) fn take_apart(tree: Tree) {
    let mut waiting = vec![tree];
    while let Some(tree) = waiting.pop() {
        if let DerivationTree::Derived(derived) = tree {
            waiting.extend([derived.cause1, derived.cause2].into_iter().filter_map(Arc::into_inner));
        }
    }
}
