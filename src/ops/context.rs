//! What a command works with beside its options.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Error;
use crate::reporter::{Level, Reporter};

/// Reporter and the sign that the user wants to stop; cheap to clone.
#[derive(Clone)]
pub struct Context {
    /// Told what goes on.
    pub reporter: Arc<dyn Reporter>,
    /// Set when the run is to end: nothing is published any more.
    pub interrupted: Arc<AtomicBool>,
}

impl Context {
    /// A context that nothing has interrupted yet.
    pub fn new(reporter: Arc<dyn Reporter>) -> Self {
        Self { reporter, interrupted: Arc::default() }
    }

    /// Fails when the user wants to stop.
    pub(super) fn check_interrupted(&self) -> Result<(), Error> {
        if self.interrupted.load(Ordering::Relaxed) { Err(Error::Interrupted) } else { Ok(()) }
    }

    pub(super) fn status(&self, text: &str) {
        self.reporter.message(Level::Status, text);
    }

    pub(super) fn warn(&self, text: &str) {
        self.reporter.message(Level::Warning, text);
    }

    pub(super) fn detail(&self, text: &str) {
        self.reporter.message(Level::Detail, text);
    }
}
