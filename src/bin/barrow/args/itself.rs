//! `barrow self`.

use clap::{Args, Subcommand};

use super::ResultArgs;
use super::groups::IndexArgs;

#[derive(Subcommand, Debug)]
pub(crate) enum SelfCommand {
    /// Tell whether the indexes have a newer barrow: nothing else ever looks for one
    VersionCheck(VersionCheckArgs),
}

#[derive(Args, Debug)]
#[command(after_help = "\
The indexes of the settings are asked for the project `barrow`, as they are for any requirement. Nothing is installed,
and nothing about this machine is told. Exit code 1: no index has it, or none can be asked.

Examples:
  barrow self version-check
  barrow self version-check --index-url https://pypi.example.com/simple --json")]
pub(crate) struct VersionCheckArgs {
    #[command(flatten)]
    pub(crate) result: ResultArgs,
    #[command(flatten)]
    pub(crate) index: IndexArgs,
}
