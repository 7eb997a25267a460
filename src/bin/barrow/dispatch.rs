//! From the words of the command line to the command that they name.

use std::ffi::OsString;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use barrow::reporter::is_harmful;
use barrow::spec::hide_credentials;
use clap::CommandFactory as _;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::args::{Cli, OutputFormat, advice, joined, parse, place, shown, stray, understand};
use crate::commands;
use crate::exit_code::{Ended, Exit};
use crate::failure::Failure;
use crate::host::Host;
use crate::output::{Output, check_colors, error_file};
use crate::paint::printable;
use crate::run::Run;
use crate::settings::nearest;
use crate::version;

/// Runs the program.
pub(crate) fn run(arguments: Vec<OsString>, host: Host) -> Ended {
    let began = Instant::now();
    let wants_json = arguments.iter().any(|argument| argument == "--json");
    let is_harmful = arguments.iter().any(|argument| argument.to_string_lossy().contains(is_harmful));
    let arguments = joined(understand(arguments));
    if let Some(version) = version::asked_for(&arguments) {
        // A reader that went away has what it wanted.
        let _ = Output::result(&version);
        return Exit::Done.into();
    }
    // Making what help shows takes time, so it is made only for those who ask.
    if asks_for_help(&arguments)
        && let Err(error) = shown().try_get_matches_from(&arguments)
        && error.kind() == ErrorKind::DisplayHelp
    {
        return refuse_arguments(&error, wants_json, is_harmful, &host);
    }
    let Cli { command, mut general } = match parse(&arguments) {
        Ok(cli) => cli,
        Err(error) => return refuse_arguments(&advised(error, &arguments), wants_json, is_harmful, &host),
    };
    general.json |= command.format() == Some(OutputFormat::Json);
    let output = Arc::new(Output::new(&host, &general));
    let run = Run { host, general, output, began, shared: OnceLock::new() };
    let done = check_colors(&run.host).and_then(|()| commands::call(&run, command));
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

/// The error with a word of advice where it is about a habit from another program, and without guesses that only look
/// like what was meant.
fn advised(mut error: clap::Error, arguments: &[OsString]) -> clap::Error {
    let command = command_of(arguments);
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(word)) => Some(word.clone()),
        _ => None,
    };
    let kinds = [ContextKind::InvalidValue, ContextKind::InvalidArg, ContextKind::InvalidSubcommand];
    let words: Vec<String> = kinds.into_iter().filter_map(text).collect();
    if error.kind() == ErrorKind::ValueValidation && words.first().is_some_and(String::is_empty) {
        return without_value(&error);
    }
    let missing = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::Strings(words)) if error.kind() == ErrorKind::MissingRequiredArgument => {
            words.iter().find_map(|word| place(word))
        }
        _ => None,
    };
    if let Some(text) = missing {
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![text.into()]));
    }
    let is_unknown = matches!(error.kind(), ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand);
    // A value is no command, though it may be spelled like one.
    let mut foreign = words.iter().filter(|word| is_unknown || word.contains('-'));
    let said = foreign.find_map(|word| advice(&command, word)).map(str::to_owned).or_else(|| {
        let word = words.last().filter(|_| is_unknown)?;
        if has_near_guess(&error, word) {
            None
        } else if word.starts_with('-') {
            Some(elsewhere(word).unwrap_or_default())
        } else {
            Some(stray(&command).unwrap_or_default().to_owned())
        }
    });
    if let Some(text) = said {
        // What the parser thinks is meant only looks like it, and so does the usage that it makes of that.
        for guess in [
            ContextKind::Suggested,
            ContextKind::SuggestedArg,
            ContextKind::SuggestedSubcommand,
            ContextKind::SuggestedValue,
            ContextKind::Usage,
        ] {
            error.remove(guess);
        }
        if !text.is_empty() {
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![text.into()]));
        }
    }
    error
}

/// The names of the commands that a command line begins with, such as `sam build`.
fn command_of(arguments: &[OsString]) -> String {
    let (mut command, mut names) = (Cli::command(), Vec::new());
    for word in arguments.iter().skip(1).filter(|word| !word.as_encoded_bytes().starts_with(b"-")) {
        let Some(next) = command.find_subcommand(word).cloned() else { break };
        names.push(next.get_name().to_owned());
        command = next;
    }
    names.join(" ")
}

/// An option with an empty value is one without.
fn without_value(error: &clap::Error) -> clap::Error {
    let mut same = clap::Error::new(ErrorKind::InvalidValue).with_cmd(&Cli::command());
    for kind in [ContextKind::InvalidArg, ContextKind::InvalidValue] {
        if let Some(value) = error.get(kind) {
            same.insert(kind, value.clone());
        }
    }
    same
}

/// Whether one of the parser's guesses is a slip away from `word`, or goes on where it ends.
fn has_near_guess(error: &clap::Error, word: &str) -> bool {
    let guesses = match error.get(ContextKind::SuggestedArg).or(error.get(ContextKind::SuggestedSubcommand)) {
        Some(ContextValue::String(guess)) => vec![guess.as_str()],
        Some(ContextValue::Strings(guesses)) => guesses.iter().map(String::as_str).collect(),
        _ => Vec::new(),
    };
    let bare = word.split('=').next().unwrap_or(word).trim_start_matches('-');
    guesses.into_iter().map(|guess| guess.trim_start_matches('-')).any(|guess| {
        guess.starts_with(bare) || bare.starts_with(guess) || nearest(bare, std::iter::once(guess)).is_some()
    })
}

/// Which commands have an option that this one has not.
fn elsewhere(word: &str) -> Option<String> {
    let long = word.split('=').next()?.strip_prefix("--")?;
    let all = Cli::command();
    let has = |command: &clap::Command| {
        let mut options = command.get_arguments().filter(|option| !option.is_hide_set());
        options.any(|option| option.get_long_and_visible_aliases().is_some_and(|names| names.contains(&long)))
    };
    let mut found = Vec::new();
    for command in all.get_subcommands() {
        let name = command.get_name();
        found.extend(has(command).then(|| format!("`barrow {name}`")));
        let nested = command.get_subcommands().filter(|nested| has(nested));
        found.extend(nested.map(|nested| format!("`barrow {name} {}`", nested.get_name())));
    }
    (!found.is_empty()).then(|| format!("it is an option of {}", found.join(", ")))
}

/// Prints help and version where they were asked for, and what is wrong with the command line otherwise.
fn refuse_arguments(error: &clap::Error, wants_json: bool, is_harmful: bool, host: &Host) -> Ended {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // A reader that went away has what it wanted.
        let _ = error.print();
        return Exit::Done.into();
    }
    // It quotes what was typed, which may be a URL in the wrong place.
    let said = hide_credentials(&error.to_string());
    if let Some(file) = error_file(host) {
        // That the file cannot be written is of no use to one who has to mend the command line first.
        let _ = fs_err::write(file, &said);
    }
    if wants_json {
        let message = said.trim().trim_start_matches("error: ");
        Output::failure_before_start(&Failure::usage(message));
    } else if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        // Help has its lines broken already.
        let _ = error.print();
    } else if is_harmful {
        // Its text repeats the argument as it is.
        Output::refusal_before_start(&said, true);
    } else {
        let is_plain = anstream::AutoStream::choice(&std::io::stderr()) == anstream::ColorChoice::Never;
        let text = if is_plain { said.clone() } else { hide_credentials(&error.render().ansi().to_string()) };
        Output::refusal_before_start(&text, false);
    }
    Ended { exit: Exit::Usage, message: Some(printable(&said)) }
}
