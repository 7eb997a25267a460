//! Why there is no solution, in plain sentences.

use pubgrub::{DefaultStringReporter, NoSolutionError, Reporter};

use super::ResolveError;
use super::provider::Provider;

pub(super) fn no_solution<'a>(_provider: &Provider<'a>, derivation: NoSolutionError<Provider<'a>>) -> ResolveError {
    ResolveError::NoSolution { explanation: DefaultStringReporter::report(&derivation), hints: Vec::new() }
}
