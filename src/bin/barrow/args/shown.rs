//! The command line as help, completions and manual pages show it: with the values that an option takes, and with the
//! environment variable of each setting.

use barrow::target::{Architecture, Runtime};
use clap::builder::PossibleValuesParser;
use clap::{Arg, Command, CommandFactory as _};

use super::Cli;
use crate::key::{KEYS, variable_of};

/// Options that have a variable and are no settings: they say which settings are read, and how a run is shown.
const OF_RUNS: &[&str] = &["config-file", "no-config", "color", "no-progress", "error-file"];

/// Options that are called like a setting and are none, by their command: they count where they are typed, and no
/// variable stands for them.
const OF_COMMANDS: &[(&str, &[&str])] = &[("check", &["lock", "strict"]), ("mirror", &["sbom"]), ("tree", &["sbom"])];

/// The whole command line, for showing it. It is not for parsing: what it says of values is for people and shells.
pub(crate) fn shown() -> Command {
    let mut command = Cli::command();
    command.build();
    complete(command)
}

fn complete(command: Command) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    let own = OF_COMMANDS.iter().find(|(name, _)| *name == command.get_name()).map_or(&[][..], |(_, own)| *own);
    let command = command.mut_args(|arg| described(arg, own));
    names.into_iter().fold(command, |command, name| command.mut_subcommand(name, complete))
}

/// An option with its variable behind its help, and with its values where they can be told. `own` are those of its
/// command that no variable stands for.
fn described(arg: Arg, own: &[&str]) -> Arg {
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
    let has_variable = OF_RUNS.contains(&long.as_str()) || KEYS.iter().any(|key| key.name == long);
    if !has_variable || own.contains(&long.as_str()) {
        return arg;
    }
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    arg.help(format!("{help} [env: {}=]", variable_of(&long)))
}
