//! `barrow serve`: runs that come one after the other on standard input, as if each were a process of its own.
//!
//! For programs that call barrow for each of many functions and have to wait for each, as the constructs for the CDK
//! do: starting a process takes longer than looking whether a function has changed. Nothing is remembered from one run
//! to the next, so that a result is never older than its question.
//!
//! A line of standard input is a JSON object: `{"folder": "/where/it/runs", "arguments": ["bundle", "…"]}`. The answer
//! is what the run prints on standard output, a NUL, and a line with `{"status": 0}`, or with the `error` of a failed
//! run. Messages go to standard error as ever. Variables are those of the process. It ends with its input, after a
//! while without questions, and when it is told to by a signal; nobody has to end it.

use std::ffi::OsString;
use std::io::BufRead as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use tokio::runtime::{Builder, Runtime};

use crate::exit_code::{Ended, Exit};
use crate::failure::Failure;
use crate::host::{Host, enter};
use crate::output::Output;
use crate::run::signal;
use crate::standard_input::StandardInput;
use crate::wrap::WIDEST;

/// The word of the command line.
const NAME: &str = "serve";

/// What may be asked for: commands that read nothing from standard input and end by themselves.
const SERVED: &[&str] = &["bundle", "fingerprint", "layer"];

/// How long it waits for a question. Whoever comes later starts another one.
const PATIENCE: Duration = Duration::from_secs(15);

/// Ends the output of a run.
const END: char = '\0';

/// A run that was asked for on standard input.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ServedRun {
    /// The working folder of the run; a relative one starts where the process was started, whatever ran before.
    folder: PathBuf,
    /// The words behind `barrow`.
    arguments: Vec<String>,
}

/// Whether these words, the name of the program first, ask for nothing but this.
pub(crate) fn is_asked(arguments: &[OsString]) -> bool {
    matches!(arguments, [_, word] if word == NAME)
}

/// Answers until there are no more questions; `dispatch` does what words of a command line say, the name of the program
/// first.
pub(crate) fn run(dispatch: impl Fn(Vec<OsString>, Host) -> Ended) -> Exit {
    let runtime = match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return refuse(&Failure::new("failed to start the workers", Exit::Failed).because(&error));
        }
    };
    let started_in = Host::of_process().working_folder;
    let mut exit = Exit::Done;
    while let Some(line) = next_line(&runtime) {
        let question = match serde_json::from_slice(&line) {
            Ok(question) => question,
            Err(error) => {
                exit = refuse(&Failure::usage("a line of standard input is no question").because(&error));
                break;
            }
        };
        let ended = answer(question, &started_in, &dispatch);
        let told = match &ended.message {
            None => json!({ "status": ended.exit as u8 }),
            Some(message) => json!({ "status": ended.exit as u8, "error": message }),
        };
        // A reader that went away asks nothing more.
        if Output::written(&format!("{END}{told}\n")).is_err() || ended.exit == Exit::Interrupted {
            exit = ended.exit;
            break;
        }
    }
    // A thread may still wait for a line.
    runtime.shutdown_background();
    exit
}

/// The next question, unless there is none, or a reason not to wait for it any longer.
fn next_line(runtime: &Runtime) -> Option<Vec<u8>> {
    runtime.block_on(async {
        let reading = tokio::task::spawn_blocking(|| {
            let mut line = Vec::new();
            std::io::stdin().lock().read_until(b'\n', &mut line).ok().filter(|length| *length > 0).map(|_| line)
        });
        tokio::select! {
            biased;
            () = signal() => None,
            line = reading => line.ok().flatten(),
            () = tokio::time::sleep(PATIENCE) => None,
        }
    })
}

fn answer(question: ServedRun, started_in: &Path, dispatch: impl Fn(Vec<OsString>, Host) -> Ended) -> Ended {
    let ServedRun { folder, arguments } = question;
    let command = arguments.first().map_or("", String::as_str);
    let refusal = if !SERVED.contains(&command) {
        Some(Failure::usage(format!("`{command}` is not served; these are: {}", SERVED.join(", "))))
    } else if let Err(error) = enter(&started_in.join(&folder)) {
        let text = format!("`{}` cannot be the working folder", folder.display());
        Some(Failure::usage(text).because(&error))
    } else {
        None
    };
    if let Some(failure) = refusal {
        refuse(&failure);
        return Ended { exit: failure.exit(), message: Some(failure.to_text(false, WIDEST, true)) };
    }
    let words = ["barrow".to_owned()].into_iter().chain(arguments).map(OsString::from).collect();
    dispatch(words, Host { standard_input: StandardInput::Questions, ..Host::of_process() })
}

fn refuse(failure: &Failure) -> Exit {
    Output::refusal_before_start(&failure.to_text(false, WIDEST, false), true);
    failure.exit()
}
