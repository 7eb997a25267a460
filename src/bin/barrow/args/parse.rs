//! Parsing the command line.

use std::convert::identity;
use std::ffi::OsString;

use clap::{Args as _, Command, FromArgMatches as _, Parser as _};

use super::command::{
    BuildArgs, BundleArgs, Cli, CompletionsArgs, ConfigArgs, ExplainArgs, FingerprintArgs, InitArgs, InstallArgs,
    LayerArgs, LockArgs, ManualArgs, PullArgs, RemoteArgs, RemotePruneArgs, TreeArgs, WhyArgs,
};
use super::groups::GeneralArgs;
use super::{AuditArgs, CheckArgs, MirrorArgs, SamBuildArgs, VersionCheckArgs};

/// What may follow the name of a command.
pub(super) enum Behind {
    /// Arguments, which this gives to the command.
    Arguments(fn(Command) -> Command),
    /// The name of one of these.
    Commands(Commands),
}

/// Commands by their names.
pub(super) type Commands = &'static [(&'static str, Behind)];

use Behind::{Arguments, Commands as Further};

/// Every command of [`Cli`] by its name, so that one can be made without the others.
pub(super) static COMMANDS: Commands = &[
    ("bundle", Arguments(BundleArgs::augment_args)),
    ("install", Arguments(InstallArgs::augment_args)),
    ("layer", Arguments(LayerArgs::augment_args)),
    ("build", Arguments(BuildArgs::augment_args)),
    ("init", Arguments(InitArgs::augment_args)),
    ("sam", Further(&[("build", Arguments(SamBuildArgs::augment_args))])),
    ("lock", Arguments(LockArgs::augment_args)),
    ("mirror", Arguments(MirrorArgs::augment_args)),
    ("tree", Arguments(TreeArgs::augment_args)),
    ("why", Arguments(WhyArgs::augment_args)),
    ("fingerprint", Arguments(FingerprintArgs::augment_args)),
    (
        "cache",
        Further(&[
            ("dir", Arguments(identity)),
            ("size", Arguments(identity)),
            ("prune", Arguments(identity)),
            ("clean", Arguments(identity)),
            (
                "remote",
                Further(&[
                    ("status", Arguments(RemoteArgs::augment_args)),
                    ("push", Arguments(RemoteArgs::augment_args)),
                    ("pull", Arguments(PullArgs::augment_args)),
                    ("prune", Arguments(RemotePruneArgs::augment_args)),
                ]),
            ),
        ]),
    ),
    ("config", Arguments(ConfigArgs::augment_args)),
    ("terraform", Arguments(identity)),
    ("serve", Arguments(identity)),
    ("completions", Arguments(CompletionsArgs::augment_args)),
    ("manual", Arguments(ManualArgs::augment_args)),
    ("audit", Arguments(AuditArgs::augment_args)),
    ("check", Arguments(CheckArgs::augment_args)),
    ("explain", Arguments(ExplainArgs::augment_args)),
    ("self", Further(&[("version-check", Arguments(VersionCheckArgs::augment_args))])),
];

/// Reads the words of a command line.
///
/// # Errors
/// They are none, or ask for help.
pub(crate) fn parse(arguments: &[OsString]) -> Result<Cli, clap::Error> {
    // Who is wrong is told so with all commands at hand.
    of_one_command(arguments).map_or_else(|| Cli::try_parse_from(arguments), Ok)
}

/// The same without making the arguments of all other commands, which takes longer than all else that the program does
/// at its start. `None`: no command is named, or something about it is wrong.
///
/// What is understood so is understood by the whole command line, and means the same there: its own words are the same,
/// and where it has a word for a command, no other word can stand.
pub(super) fn of_one_command(arguments: &[OsString]) -> Option<Cli> {
    let mut words = arguments.iter().skip(1).filter_map(|word| word.to_str());
    let command = chosen(COMMANDS, &mut words)?;
    let command = GeneralArgs::augment_args(Command::new("barrow")).subcommand(command);
    Cli::from_arg_matches(&command.try_get_matches_from(arguments).ok()?).ok()
}

/// The first of `commands` that is named, with what may follow it.
fn chosen<'a>(commands: Commands, words: &mut impl Iterator<Item = &'a str>) -> Option<Command> {
    let (name, behind) = words.find_map(|word| commands.iter().find(|(name, _)| *name == word))?;
    let command = Command::new(*name);
    Some(match behind {
        Arguments(given_to) => given_to(command),
        Further(commands) => command.subcommand(chosen(commands, words)?),
    })
}
