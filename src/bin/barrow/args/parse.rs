//! Parsing the command line.

use std::ffi::OsString;

use clap::{Args as _, Command, FromArgMatches as _, Parser as _};

use super::command::{BundleArgs, Cli, InstallArgs, LayerArgs, LockArgs};
use super::groups::GeneralArgs;

/// Gives a command its options.
type Augment = fn(Command) -> Command;

/// Reads the words of a command line.
///
/// # Errors
/// They are none, or ask for help.
pub(crate) fn parse(arguments: &[OsString]) -> Result<Cli, clap::Error> {
    // Who is wrong is told so with all commands at hand.
    of_one_command(arguments).map_or_else(|| Cli::try_parse_from(arguments), Ok)
}

/// The same for the commands that are used most, without making the options of all others, which takes a quarter of the
/// time in which the program starts. `None`: it is another command, or something about it is wrong.
pub(super) fn of_one_command(arguments: &[OsString]) -> Option<Cli> {
    let typed = arguments.get(1)?.to_str()?;
    let commands: [(&str, Augment); 4] = [
        ("bundle", BundleArgs::augment_args),
        ("install", InstallArgs::augment_args),
        ("layer", LayerArgs::augment_args),
        ("lock", LockArgs::augment_args),
    ];
    let (name, options) = commands.into_iter().find(|(name, _)| *name == typed)?;
    let command = GeneralArgs::augment_args(Command::new("barrow")).subcommand(options(Command::new(name)));
    Cli::from_arg_matches(&command.try_get_matches_from(arguments).ok()?).ok()
}
