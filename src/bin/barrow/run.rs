//! One run of the program: its surroundings, its output, and how it ends.

use std::ffi::OsString;
use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use barrow::ops::{self, Context, Published, Recall};
use barrow::reporter::{Reporter, is_harmful};
use barrow::request::BundleOptions;
use clap::Parser as _;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::args::{Cli, GeneralArgs, OutputFormat, advice, joined, shown, understand};
use crate::exit_code::Exit;
use crate::failure::Failure;
use crate::output::{Output, error_file};
use crate::settings::{Flags, Host, Settings, Source};
use crate::{commands, panics, version};

/// How long work that cannot be stopped half-way may take after an interruption.
const PATIENCE: Duration = Duration::from_secs(30);

/// A run whose command line is understood.
pub(crate) struct Run {
    pub(crate) host: Host,
    pub(crate) general: GeneralArgs,
    pub(crate) output: Arc<Output>,
    /// When the program began, to say how long it took.
    pub(crate) began: Instant,
}

/// Runs the program.
pub(crate) fn run(arguments: Vec<OsString>) -> Exit {
    let began = Instant::now();
    let wants_json = arguments.iter().any(|argument| argument == "--json");
    let is_harmful = arguments.iter().any(|argument| argument.to_string_lossy().contains(is_harmful));
    let host = Host::of_process();
    let arguments = joined(understand(arguments));
    if version::asks_for_all(&arguments) {
        // A reader that went away has what it wanted.
        let _ = Output::result(&version::lines());
        return Exit::Done;
    }
    // Making what help shows takes time, so it is made only for those who ask.
    if asks_for_help(&arguments)
        && let Err(error) = shown().try_get_matches_from(&arguments)
        && error.kind() == ErrorKind::DisplayHelp
    {
        return refuse_arguments(&error, wants_json, is_harmful, &host);
    }
    let Cli { command, mut general } = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => return refuse_arguments(&advised(error), wants_json, is_harmful, &host),
    };
    general.json |= command.format() == Some(OutputFormat::Json);
    let output = Arc::new(Output::new(&host, &general));
    let run = Run { host, general, output, began };
    match commands::call(&run, command) {
        Ok(()) => Exit::Done,
        Err(failure) => {
            run.output.failure(&failure);
            failure.exit()
        }
    }
}

fn asks_for_help(arguments: &[OsString]) -> bool {
    let words = arguments.iter().skip(1).take_while(|word| *word != "--");
    words.enumerate().any(|(at, word)| word == "-h" || word == "--help" || (at == 0 && word == "help"))
}

/// The error with a word of advice where it is about a habit from another program.
fn advised(mut error: clap::Error) -> clap::Error {
    let kinds = [ContextKind::InvalidValue, ContextKind::InvalidArg, ContextKind::InvalidSubcommand];
    let words = kinds.into_iter().filter_map(|kind| match error.get(kind) {
        Some(ContextValue::String(word)) => Some(word.clone()),
        _ => None,
    });
    if let Some(text) = words.into_iter().find_map(|word| advice(&word)) {
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![text.into()]));
    }
    error
}

/// Prints help and version where they were asked for, and what is wrong with the command line otherwise.
fn refuse_arguments(error: &clap::Error, wants_json: bool, is_harmful: bool, host: &Host) -> Exit {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // A reader that went away has what it wanted.
        let _ = error.print();
        return Exit::Done;
    }
    if let Some(file) = error_file(host) {
        // That the file cannot be written is of no use to one who has to mend the command line first.
        let _ = fs_err::write(file, error.to_string());
    }
    if wants_json {
        let text = error.to_string();
        let message = text.trim().trim_start_matches("error: ");
        Output::failure_before_start(&Failure::usage(message));
    } else if is_harmful {
        // Its text repeats the argument as it is.
        Output::refusal_before_start(&error.to_string());
    } else {
        let _ = error.print();
    }
    Exit::Usage
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
        let done = block_on(self.context(), work);
        self.output.end_progress();
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
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new("failed to start the workers", Exit::Failed).because(&error))?;
    let own = context.clone();
    let done = runtime.block_on(async {
        tokio::select! {
            biased;
            () = signal() => None,
            done = work(context) => Some(done),
        }
    });
    if let Some(done) = done {
        // Nothing that still runs is of use; waiting for it would only cost time.
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

/// Waits for the user or the system to ask for the end of the run.
async fn signal() {
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
