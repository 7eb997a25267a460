//! The command line as types. Every setting is optional here: [`crate::settings`] fills in the rest.

mod choices;
mod command;
mod groups;
mod habits;
mod shown;
#[cfg(test)]
mod tests;

pub(crate) use choices::{
    ColorChoice, KeyringProvider, LinkChoice, LockFormat, OutputFormat, Prerelease, ResolutionChoice, Strategy,
};
pub(crate) use command::{
    BundleArgs, CacheCommand, CheckArgs, Cli, Command, CompletionsArgs, ConfigArgs, ExplainArgs, FingerprintArgs,
    InstallArgs, LayerArgs, LockArgs, MirrorArgs, OutputArgs, TreeArgs, WhyArgs,
};
pub(crate) use groups::{
    AssemblyArgs, GeneralArgs, IndexArgs, InputArgs, ResolutionArgs, ResultArgs, SettingArgs, SourceArgs, TargetArgs,
    Unbuilt, WheelArgs,
};
pub(crate) use habits::{advice, understand};
pub(crate) use shown::shown;
