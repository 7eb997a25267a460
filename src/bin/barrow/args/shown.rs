//! The command line as help, completions and manual pages show it: with the values that an option takes, and with the
//! environment variable of each setting.

use barrow::target::{Architecture, Runtime};
use clap::builder::PossibleValuesParser;
use clap::{Arg, Command, CommandFactory as _};

use super::Cli;
use crate::key::{KEYS, Key};

/// Options that have a variable and are no settings: they say which settings are read, and how a run is shown.
const OF_RUNS: &[&str] = &["config-file", "no-config", "color", "no-progress", "error-file"];

/// The variable of an option.
fn variable_of(long: &str) -> String {
    format!("BARROW_{}", long.to_uppercase().replace('-', "_"))
}

/// The whole command line, for showing it. It is not for parsing: what it says of values is for people and shells.
pub(crate) fn shown() -> Command {
    let mut command = Cli::command();
    command.build();
    complete(command)
}

fn complete(command: Command) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    names.into_iter().fold(command.mut_args(described), |command, name| command.mut_subcommand(name, complete))
}

/// An option with its variable behind its help, and with its values where they can be told.
fn described(arg: Arg) -> Arg {
    let Some(long) = arg.get_long().map(str::to_owned) else { return arg };
    let arg = match long.as_str() {
        "runtime" => {
            arg.value_parser(PossibleValuesParser::new(Runtime::all().map(Runtime::name))).hide_possible_values(true)
        }
        "arch" => {
            let values = [Architecture::X86_64, Architecture::Arm64].map(Architecture::as_str);
            arg.value_parser(PossibleValuesParser::new(values)).hide_possible_values(true)
        }
        _ => arg.hide_possible_values(false),
    };
    let of_setting = KEYS.iter().find(|key| key.name == long).map(Key::variable);
    let of_run = || OF_RUNS.contains(&long.as_str()).then(|| variable_of(&long));
    let Some(variable) = of_setting.or_else(of_run) else { return arg };
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    arg.help(format!("{help} [env: {variable}=]"))
}
