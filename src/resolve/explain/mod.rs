//! Why there is no solution: the derivation in plain sentences, the versions at stake, and hints that are true.

mod derivation;
mod hints;
mod sentences;
mod table;
mod versions;

use pubgrub::NoSolutionError;

use self::derivation::{Fact, Node};
use super::ResolveError;
use super::package::Package;
use super::provider::Provider;

/// Turns the solver's derivation into an explanation and hints.
pub(super) fn no_solution<'a>(provider: &Provider<'a>, derivation: NoSolutionError<Provider<'a>>) -> ResolveError {
    let tree = Node::simplified(provider, &derivation);
    let mut explanation = sentences::tell(provider, &tree);
    let facts = tree.facts();
    for fact in &facts {
        if let Fact::NoVersions { package: Package::Project(name), range } = fact
            && let Some(table) = table::of(provider, name, range)
        {
            explanation.push_str("\n\n");
            explanation.push_str(&table);
        }
    }
    ResolveError::NoSolution { explanation, hints: hints::of(provider, &facts) }
}
