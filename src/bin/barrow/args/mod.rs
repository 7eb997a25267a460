//! The command line as types. Every setting is optional here: [`crate::settings`] fills in the rest.

mod audit;
mod check;
mod choices;
mod command;
mod groups;
mod habits;
mod itself;
mod mirror;
mod parse;
mod sam;
mod shown;
#[cfg(test)]
mod tests;

pub(crate) use audit::AuditArgs;
pub(crate) use check::CheckArgs;
pub(crate) use choices::{
    ColorChoice, KeyringProvider, LinkChoice, LockFormat, OutputFormat, Prerelease, ResolutionChoice, SbomRequest,
    Strategy, parse_split, python_version, seconds, whole_number,
};
pub(crate) use command::{
    BuildArgs, BundleArgs, CacheCommand, Cli, Command, CompletionsArgs, ConfigArgs, ExplainArgs, FingerprintArgs,
    InitArgs, InstallArgs, LayerArgs, LockArgs, ManualArgs, OutputArgs, PullArgs, RemoteArgs, RemoteCommand, TreeArgs,
    WhyArgs,
};
pub(crate) use groups::{
    AssemblyArgs, GeneralArgs, IndexArgs, InputArgs, ResolutionArgs, ResultArgs, SettingArgs, SharedArgs, SourceArgs,
    TargetArgs, WheelArgs,
};
pub(crate) use habits::{advice, place, stray, understand};
pub(crate) use itself::{SelfCommand, VersionCheckArgs};
pub(crate) use mirror::MirrorArgs;
pub(crate) use parse::parse;
pub(crate) use sam::{SamBuildArgs, SamCommand};
pub(crate) use shown::shown;

/// Joins `--slim` with a value that stands behind it. The value may be missing, so the parser takes it behind `=`
/// alone: it would take SOURCE for it otherwise.
pub(crate) fn joined(arguments: Vec<std::ffi::OsString>) -> Vec<std::ffi::OsString> {
    let mut joined: Vec<std::ffi::OsString> = Vec::with_capacity(arguments.len());
    for argument in arguments {
        match joined.last_mut() {
            Some(last) if last == "--slim" && argument.to_str().is_some_and(|text| text.starts_with("botocore=")) => {
                last.push("=");
                last.push(argument);
            }
            _ => joined.push(argument),
        }
    }
    joined
}
