//! From the words of the command line to the command that they name.

use std::ffi::OsString;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use barrow::reporter::is_harmful;
use clap::Parser as _;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::args::{Cli, OutputFormat, advice, joined, place, shown, understand};
use crate::commands;
use crate::exit_code::{Ended, Exit};
use crate::failure::Failure;
use crate::host::Host;
use crate::output::{Output, error_file};
use crate::paint::printable;
use crate::run::Run;
use crate::version;

/// Runs the program.
pub(crate) fn run(arguments: Vec<OsString>) -> Ended {
    let began = Instant::now();
    let wants_json = arguments.iter().any(|argument| argument == "--json");
    let is_harmful = arguments.iter().any(|argument| argument.to_string_lossy().contains(is_harmful));
    let host = Host::of_process();
    let arguments = joined(understand(arguments));
    if version::asks_for_all(&arguments) {
        // A reader that went away has what it wanted.
        let _ = Output::result(&version::lines());
        return Exit::Done.into();
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
    let run = Run { host, general, output, began, shared: OnceLock::new() };
    let done = commands::call(&run, command);
    run.output.end_group();
    match done {
        Ok(()) => Exit::Done.into(),
        Err(failure) => Ended { exit: failure.exit(), message: Some(run.output.failure(&failure)) },
    }
}

fn asks_for_help(arguments: &[OsString]) -> bool {
    let words = arguments.iter().skip(1).take_while(|word| *word != "--");
    words.enumerate().any(|(at, word)| word == "-h" || word == "--help" || (at == 0 && word == "help"))
}

/// The error with a word of advice where it is about a habit from another program.
fn advised(mut error: clap::Error) -> clap::Error {
    let kinds = [ContextKind::InvalidValue, ContextKind::InvalidArg, ContextKind::InvalidSubcommand];
    let words: Vec<String> = kinds
        .into_iter()
        .filter_map(|kind| match error.get(kind) {
            Some(ContextValue::String(word)) => Some(word.clone()),
            _ => None,
        })
        .collect();
    let missing = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::Strings(words)) if error.kind() == ErrorKind::MissingRequiredArgument => {
            words.iter().find_map(|word| place(word))
        }
        _ => None,
    };
    if let Some(text) = missing {
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![text.into()]));
    }
    if let Some(text) = words.into_iter().find_map(|word| advice(&word)) {
        // What the parser thinks is meant only looks like it, and so does the usage that it makes of that.
        for guess in [
            ContextKind::SuggestedArg,
            ContextKind::SuggestedSubcommand,
            ContextKind::SuggestedValue,
            ContextKind::Usage,
        ] {
            error.remove(guess);
        }
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![text.into()]));
    }
    error
}

/// Prints help and version where they were asked for, and what is wrong with the command line otherwise.
fn refuse_arguments(error: &clap::Error, wants_json: bool, is_harmful: bool, host: &Host) -> Ended {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // A reader that went away has what it wanted.
        let _ = error.print();
        return Exit::Done.into();
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
        Output::refusal_before_start(&error.to_string(), true);
    } else {
        let is_plain = anstream::AutoStream::choice(&std::io::stderr()) == anstream::ColorChoice::Never;
        let text = if is_plain { error.to_string() } else { error.render().ansi().to_string() };
        Output::refusal_before_start(&text, false);
    }
    Ended { exit: Exit::Usage, message: Some(printable(&error.to_string())) }
}
