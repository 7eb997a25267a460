//! The solver's derivation with everything taken out that says nothing to a person.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use pubgrub::{DerivationTree, Derived, External, NoSolutionError, Ranges, Term};

use super::super::candidate::Exclusion;
use super::super::package::Package;
use super::super::provider::{Known, Provider};
use super::super::sourced::SourcedVersion;

type Range = Ranges<SourcedVersion>;
type Tree = DerivationTree<Package, Range, Exclusion>;

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

/// A fact, or what follows from two nodes.
#[derive(Debug)]
pub(super) enum Node {
    Fact(Fact),
    Derived {
        /// What cannot all hold together.
        terms: BTreeMap<Package, Term<Range>>,
        causes: [Rc<Node>; 2],
    },
    /// Many requirements of one project's versions on another project, each of which leads to the same end.
    Versions {
        terms: BTreeMap<Package, Term<Range>>,
        /// Facts of the kind `Requires`, all between the same two packages.
        requirements: Vec<Fact>,
        rest: Vec<Rc<Node>>,
    },
}

impl Node {
    /// Simplifies a derivation.
    pub(super) fn simplified<'a>(provider: &Provider<'a>, tree: &NoSolutionError<Provider<'a>>) -> Rc<Self> {
        let mut shared = HashMap::new();
        let simplified = simplify(provider, tree, &mut shared);
        simplified.unwrap_or_else(|| Rc::new(Self::Derived { terms: BTreeMap::new(), causes: [no_fact(), no_fact()] }))
    }

    /// All facts in the order in which they are told, each once.
    pub(super) fn facts(&self) -> Vec<Fact> {
        let mut facts = Vec::new();
        self.collect(&mut facts);
        facts
    }

    /// How many nodes stand beneath it.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Fact(_) => 1,
            Self::Derived { causes, .. } => 1 + causes.iter().map(|cause| cause.size()).sum::<usize>(),
            Self::Versions { requirements, rest, .. } => {
                requirements.len() + rest.iter().map(|node| node.size()).sum::<usize>()
            }
        }
    }

    fn collect(&self, facts: &mut Vec<Fact>) {
        match self {
            Self::Fact(fact) => {
                if !facts.contains(fact) {
                    facts.push(fact.clone());
                }
            }
            Self::Derived { causes, .. } => {
                for cause in causes {
                    cause.collect(facts);
                }
            }
            Self::Versions { requirements, rest, .. } => {
                for fact in requirements {
                    if !facts.contains(fact) {
                        facts.push(fact.clone());
                    }
                }
                for node in rest {
                    node.collect(facts);
                }
            }
        }
    }
}

fn no_fact() -> Rc<Node> {
    Rc::new(Node::Fact(Fact::NoVersions { package: Package::Root, range: Ranges::empty() }))
}

/// `None` for what needs no telling.
fn simplify(provider: &Provider<'_>, tree: &Tree, shared: &mut HashMap<usize, Option<Rc<Node>>>) -> Option<Rc<Node>> {
    match tree {
        DerivationTree::External(external) => fact(external).map(|fact| Rc::new(Node::Fact(fact))),
        DerivationTree::Derived(derived) => {
            if let Some(known) = derived.shared_id.and_then(|id| shared.get(&id)) {
                return known.clone();
            }
            let node = simplify_derived(provider, derived, shared);
            if let Some(id) = derived.shared_id {
                shared.insert(id, node.clone());
            }
            node
        }
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

fn simplify_derived(
    provider: &Provider<'_>,
    derived: &Derived<Package, Range, Exclusion>,
    shared: &mut HashMap<usize, Option<Rc<Node>>>,
) -> Option<Rc<Node>> {
    let left = simplify(provider, &derived.cause1, shared);
    let right = simplify(provider, &derived.cause2, shared);
    let (left, right) = match (left, right) {
        (None, None) => return None,
        (Some(one), None) | (None, Some(one)) => return Some(one),
        (Some(left), Some(right)) => (left, right),
    };
    if says_only_that_no_more_exist(provider, &left, &right) {
        return Some(right);
    }
    if says_only_that_no_more_exist(provider, &right, &left) {
        return Some(left);
    }
    let terms: BTreeMap<Package, Term<Range>> = derived
        .terms
        .iter()
        .filter(|(package, _)| **package != Package::Root)
        .map(|(package, term)| (package.clone(), term.clone()))
        .collect();
    Some(Rc::new(gather(terms, left, right)))
}

/// Whether a fact is only that a gap between listed versions is empty, while the other node speaks of listed ones.
fn says_only_that_no_more_exist(provider: &Provider<'_>, node: &Node, other: &Node) -> bool {
    let Node::Fact(Fact::NoVersions { package, range }) = node else { return false };
    let Some(name) = package.name() else { return true };
    let Some(Known::Listed(listing)) = provider.project_if_known(name) else { return false };
    if listing.releases().iter().any(|release| range.contains(&release.version)) {
        // The extra's own choice failed where the project's did: told once, for the project.
        return matches!(package, Package::Extra(..));
    }
    match other {
        Node::Fact(Fact::Requires { required, required_range, .. }) if required == package => {
            listing.releases().iter().any(|release| required_range.contains(&release.version))
                || required_range.as_singleton().is_some_and(|version| provider.direct_of(version).is_some())
        }
        _ => true,
    }
}

/// Joins two nodes, many requirements of the same kind into one node.
fn gather(terms: BTreeMap<Package, Term<Range>>, left: Rc<Node>, right: Rc<Node>) -> Node {
    let (fact, other) = match (between(&left), between(&right)) {
        (Some((package, required)), _) if goes_with(&right, package, required) => (left, right),
        (_, Some((package, required))) if goes_with(&left, package, required) => (right, left),
        _ => return Node::Derived { terms, causes: [left, right] },
    };
    // A node that is used only here is taken apart rather than copied: such chains are as long as lists of versions.
    let (mut requirements, nodes) = match Rc::try_unwrap(other) {
        Ok(Node::Versions { requirements, rest, .. }) => (requirements, rest),
        Ok(Node::Derived { causes, .. }) => (Vec::new(), Vec::from(causes)),
        Ok(fact @ Node::Fact(_)) => (Vec::new(), vec![Rc::new(fact)]),
        Err(shared) => match &*shared {
            Node::Versions { requirements, rest, .. } => (requirements.clone(), rest.clone()),
            Node::Derived { causes, .. } => (Vec::new(), causes.to_vec()),
            Node::Fact(_) => (Vec::new(), vec![Rc::clone(&shared)]),
        },
    };
    let between_same = between(&fact).map(|(package, required)| (package.clone(), required.clone()));
    let mut rest = Vec::new();
    for node in nodes.into_iter().chain([fact]) {
        match &*node {
            Node::Fact(fact)
                if between(&node).map(|(package, required)| (package.clone(), required.clone())) == between_same =>
            {
                requirements.push(fact.clone());
            }
            _ => rest.push(node),
        }
    }
    Node::Versions { terms, requirements, rest }
}

/// The two packages of a requirement between projects.
fn between(node: &Node) -> Option<(&Package, &Package)> {
    match node {
        Node::Fact(Fact::Requires { package, required, .. }) if *package != Package::Root => Some((package, required)),
        _ => None,
    }
}

/// Whether a node is, or begins with, requirements between the same two packages.
fn goes_with(node: &Node, package: &Package, required: &Package) -> bool {
    let is_same = |node: &Node| between(node) == Some((package, required));
    match node {
        Node::Fact(_) => is_same(node),
        Node::Derived { causes, .. } => causes.iter().any(|cause| is_same(cause)),
        Node::Versions { requirements, .. } => requirements.first().is_some_and(
            |first| matches!(first, Fact::Requires { package: p, required: r, .. } if p == package && r == required),
        ),
    }
}
