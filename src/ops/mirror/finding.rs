//! What could not be mirrored, while the rest could.

use crate::ops::Error;
use crate::reporter::chain;

/// Everything that went wrong in one run.
pub(super) struct MirrorFailures {
    /// Each with the name of its application, empty for the mirror itself; the others were mirrored all the same.
    all: Vec<(String, Error)>,
    /// Whether only one application is mirrored, so that no message needs its name.
    is_one: bool,
}

impl MirrorFailures {
    pub(super) fn new(is_one: bool) -> Self {
        Self { all: Vec::new(), is_one }
    }

    /// Notes what went wrong with an application.
    pub(super) fn add(&mut self, application: &str, error: impl Into<Error>) {
        self.all.push((application.to_owned(), error.into()));
    }

    /// Notes what went wrong with the mirror as a whole.
    pub(super) fn add_of_mirror(&mut self, error: impl Into<Error>) {
        self.add("", error);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(super) fn count(&self) -> usize {
        self.all.len()
    }

    /// One finding as it is; several as a list, with the application where there are several of these.
    pub(super) fn into_error(self) -> Error {
        let Self { mut all, is_one } = self;
        if all.len() == 1 && (is_one || all[0].0.is_empty()) {
            return all.remove(0).1;
        }
        let text = |(application, error): &(String, Error)| match application.as_str() {
            "" => chain(error),
            _ if is_one => chain(error),

            name => format!("{name}: {}", chain(error)),
        };
        Error::MirrorFindings(all.iter().map(text).collect())
    }
}
