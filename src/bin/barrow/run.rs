//! One run of the program: its surroundings, its output, and how it ends.

use std::future::Future;
use std::num::NonZero;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use barrow::ops::{self, Context, Published, Recall};
use barrow::reporter::Reporter;
use barrow::request::BundleOptions;
use barrow::shared::Tally;

use crate::args::GeneralArgs;
use crate::exit_code::Exit;
use crate::failure::Failure;
use crate::host::Host;
use crate::output::Output;
use crate::panics;
use crate::settings::{Flags, Settings, Source};

/// How long work that cannot be stopped half-way may take after an interruption.
const PATIENCE: Duration = Duration::from_secs(30);

/// How many threads of the runtime there are at most. They serve connections and hash what comes over them, each faster
/// than a line brings it; unpacking and building have threads of their own. All are started at once, and each takes a
/// tenth of a millisecond, whether there will be work for it or not.
const MOST_WORKERS: usize = 4;

/// A run whose command line is understood.
pub(crate) struct Run {
    pub(crate) host: Host,
    pub(crate) general: GeneralArgs,
    pub(crate) output: Arc<Output>,
    /// When the program began, to say how long it took.
    pub(crate) began: Instant,
    /// What the shared cache was good for, once the work is done.
    pub(crate) shared: OnceLock<Tally>,
}

impl Run {
    /// The settings of the run; `folder` is where the search for settings files starts.
    pub(crate) fn settings(&self, flags: Flags, folder: &Path) -> Result<Settings, Failure> {
        let settings = Settings::read(&self.host, &self.general, flags, folder)?;
        for warning in &settings.warnings {
            self.output.warn(warning);
        }
        for record in settings.records.iter().filter(|record| record.source != Source::Default) {
            self.output.detail(&format!("{} = {} from {}", record.key, record.values.join(" "), record.source));
        }
        Ok(settings)
    }

    /// Whether the result is printed as JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.general.json
    }

    /// Runs the library's work until it is done or a signal comes. Threads and sockets exist only from here on.
    pub(crate) fn block_on<T, F>(&self, work: impl FnOnce(Context) -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, ops::Error>>,
    {
        let context = self.context();
        let done = block_on(context.clone(), work);
        self.output.end_progress();
        if let Some(tally) = context.shared_tally() {
            let _ = self.shared.set(tally);
        }
        done
    }

    /// Makes what `options` ask for, unless it is there already.
    pub(crate) fn bundle(&self, options: BundleOptions) -> Result<Published, Failure> {
        let context = self.context();
        match ops::recall(&options, &context)? {
            Recall::Unchanged(published) => Ok(*published),
            Recall::Changed(prepared) => self.block_on(|context| ops::bundle(options, *prepared, context)),
        }
    }

    fn context(&self) -> Context {
        Context::new(Arc::clone(&self.output) as Arc<dyn Reporter>)
    }
}

/// Runs the library's work until it is done or a signal comes.
fn block_on<T, F>(context: Context, work: impl FnOnce(Context) -> F) -> Result<T, Failure>
where
    F: Future<Output = Result<T, ops::Error>>,
{
    let processors = available_parallelism().map_or(1, NonZero::get);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(processors.min(MOST_WORKERS))
        .enable_all()
        .build()
        .map_err(|error| Failure::new("failed to start the workers", Exit::Failed).because(&error))?;
    let own = context.clone();
    let done = runtime.block_on(async {
        tokio::select! {
            biased;
            () = signal() => None,
            done = shared_after(work(context), &own) => Some(done),
        }
    });
    if let Some(done) = done {
        // Nothing that still runs is of use; waiting for it would only cost time. A signal changes nothing any more: what
        // was asked for is there.
        runtime.shutdown_background();
        own.clean_up();
        return done.map_err(Failure::from);
    }
    // What is being written comes to an end, so that nothing half-made is left.
    own.interrupted.store(true, Ordering::Relaxed);
    panics::expect_them();
    runtime.shutdown_timeout(PATIENCE);
    own.clean_up();
    Err(Failure::interrupted())
}

/// Does the work, and then brings to the shared cache what it has made for others.
async fn shared_after<T>(
    work: impl Future<Output = Result<T, ops::Error>>,
    context: &Context,
) -> Result<T, ops::Error> {
    let done = work.await?;
    context.finish_sharing().await?;
    Ok(done)
}

/// Waits for the user or the system to ask for the end of the run.
pub(crate) async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
    let [Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)] = kinds.map(signal) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
}
