//! Why there is no solution: the derivation in plain sentences, the versions at stake, and hints that are true.

mod derivation;
mod hint;
mod hints;
mod popular;
mod sentences;
mod table;
mod twins;
mod versions;

pub use hint::Hint;
use pubgrub::NoSolutionError;
pub use twins::{Twin, twin_of};

use self::derivation::{Derivation, Fact};
use super::ResolveError;
use super::package::Package;
use super::provider::Provider;

/// Most ranges without a usable version for which a table is shown; one is made where only wheels are missing.
const MOST_TABLES: usize = 2;

/// Turns the solver's derivation into an explanation and hints.
pub(super) fn no_solution<'a>(provider: &Provider<'a>, tree: NoSolutionError<Provider<'a>>) -> ResolveError {
    let error = {
        let derivation = Derivation::simplified(provider, &tree);
        let facts = derivation.facts();
        let mut explanation = sentences::tell(provider, &derivation, &facts);
        let problems = facts.iter().filter(|fact| matches!(fact, Fact::NoVersions { .. })).take(MOST_TABLES);
        for fact in problems {
            if let Fact::NoVersions { package: Package::Project(name), range } = fact
                && let Some(table) = table::of(provider, name, range)
            {
                explanation.push_str("\n\n");
                explanation.push_str(&table);
            }
        }
        let (hints, unbuilt) = (hints::of(provider, &facts), hints::unbuilt(provider, &facts));
        ResolveError::NoSolution { explanation, hints, unbuilt }
    };
    derivation::take_apart(tree);
    error
}
