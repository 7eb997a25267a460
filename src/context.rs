//! What a run works with beside its options: whom to tell what goes on, and the sign that it is to end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use crate::build::Children;
use crate::cache::Cache;
use crate::reporter::{Level, Reporter, Stage};
use crate::shared::{SharedCache, SharedError, Tally};

/// The user wants the run to end.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted;

/// Reporter and the sign that the user wants to stop; cheap to clone.
#[derive(Clone)]
pub struct Context {
    /// Told what goes on.
    pub reporter: Arc<dyn Reporter>,
    /// Set when the run is to end: nothing is published any more.
    pub interrupted: Arc<AtomicBool>,
    /// Programs that builds run.
    pub(crate) children: Children,
    /// The cache of the run, once there is one.
    cache: Arc<OnceLock<Arc<Cache>>>,
    /// The shared cache of the run, where there is one.
    shared: Arc<OnceLock<Arc<SharedCache>>>,
}

impl Context {
    /// A context that nothing has interrupted yet.
    pub fn new(reporter: Arc<dyn Reporter>) -> Self {
        let children = Children::default();
        let interrupted = Arc::clone(&children.interrupted);
        Self { reporter, interrupted, children, cache: Arc::default(), shared: Arc::default() }
    }

    /// The context of the same run with another reporter.
    pub(crate) fn with_reporter(&self, reporter: Arc<dyn Reporter>) -> Self {
        Self { reporter, ..self.clone() }
    }

    /// Ends the programs of builds and removes what only this run needed on disk. For the end of a run, however it came
    /// about: threads that were left waiting may hold on to it otherwise.
    pub fn clean_up(&self) {
        self.children.kill_all();
        if let Some(cache) = self.cache.get().filter(|cache| cache.is_degraded()) {
            // A large one takes seconds, in which the output is there already.
            self.reporter.reached(Stage::Removing, 0, 0);
            cache.discard_temporary();
        }
    }

    /// Brings to the shared cache what was made for others, as far as there is time, and tells what it was good for.
    /// For the end of a run that has done its work.
    ///
    /// # Errors
    /// The shared cache is required and in trouble.
    pub async fn finish_sharing(&self) -> Result<Option<Tally>, SharedError> {
        let Some(shared) = self.shared.get() else { return Ok(None) };
        let tally = shared.finish().await?;
        if !tally.is_empty() {
            self.status(&format!("Shared cache: {tally}"));
        }
        Ok(Some(tally))
    }

    /// What the shared cache was good for so far.
    pub fn shared_tally(&self) -> Option<Tally> {
        self.shared.get().map(|shared| shared.tally())
    }

    /// The shared cache of the run is this one, unless there was one before.
    pub(crate) fn share(&self, shared: Arc<SharedCache>) -> Arc<SharedCache> {
        Arc::clone(self.shared.get_or_init(|| shared))
    }

    pub(crate) fn hold(&self, cache: &Arc<Cache>) {
        let _ = self.cache.set(Arc::clone(cache));
    }

    /// Fails when the user wants to stop.
    pub(crate) fn check_interrupted(&self) -> Result<(), Interrupted> {
        if self.interrupted.load(Ordering::Relaxed) { Err(Interrupted) } else { Ok(()) }
    }

    pub(crate) fn status(&self, text: &str) {
        self.reporter.message(Level::Status, text);
    }

    pub(crate) fn warn(&self, text: &str) {
        self.reporter.message(Level::Warning, text);
    }

    /// Gives a warning and notes it, to be given again when a later run finds nothing to do.
    pub(crate) fn give<T: AsRef<str>>(&self, given: &mut Vec<String>, texts: impl IntoIterator<Item = T>) {
        for text in texts {
            self.warn(text.as_ref());
            given.push(text.as_ref().to_owned());
        }
    }

    pub(crate) fn detail(&self, text: &str) {
        self.reporter.message(Level::Detail, text);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use crate::cache::Cache;
    use crate::context::Context;
    use crate::reporter::{Level, Reporter, Stage};

    /// Keeps the stages that it was told.
    #[derive(Default)]
    struct Stages(Mutex<Vec<Stage>>);

    impl Reporter for Stages {
        fn message(&self, _: Level, _: &str) {}

        fn download_started(&self, _: &str, _: Option<u64>) -> usize {
            0
        }

        fn download_progress(&self, _: usize, _: u64) {}

        fn download_finished(&self, _: usize) {}

        fn reached(&self, stage: Stage, _: usize, _: usize) {
            self.0.lock().unwrap().push(stage);
        }

        fn shows(&self, _: Level) -> bool {
            false
        }
    }

    #[test]
    fn the_removal_of_a_temporary_cache_is_a_stage_of_its_own() {
        let place = tempfile::tempdir().unwrap();
        let check = |cache: Cache, expected: &[Stage]| {
            let stages = Arc::new(Stages::default());
            let context = Context::new(Arc::<Stages>::clone(&stages));
            context.hold(&Arc::new(cache));
            context.clean_up();
            assert_eq!(*stages.0.lock().unwrap(), expected);
        };
        check(Cache::at(place.path().join("kept")), &[]);
        check(Cache::temporary(place.path()).unwrap(), &[Stage::Removing]);
        assert_eq!(fs_err::read_dir(place.path()).unwrap().count(), 0);
    }
}
