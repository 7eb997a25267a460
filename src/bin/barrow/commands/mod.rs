//! One file per command: settings in, one call of the library, result out.

mod annotation;
mod audit;
mod batch;
mod build;
mod bundle;
mod cache;
mod check;
mod completions;
mod config;
mod contents;
mod differing;
mod explain;
mod fingerprint;
mod init;
mod install;
mod itself;

mod last_word;
mod layer;
mod lock;
mod manual;
mod meaning;
mod mirror;
mod report;
mod result;
mod sam;
mod sam_config;
mod sbom;
mod terraform;
mod tree;
mod why;

use crate::args::{Command, SamCommand, SelfCommand};
use crate::failure::Failure;
use crate::run::Run;

/// Does what the command line asks for.
pub(crate) fn call(run: &Run, command: Command) -> Result<(), Failure> {
    match command {
        Command::Bundle(args) => bundle::call(run, args),
        Command::Build(args) => build::call(run, &args),
        Command::Init(args) => init::call(run, &args),
        Command::Sam(SamCommand::Build(args)) => sam::build(run, &args),
        Command::Terraform => terraform::call(run),
        Command::Serve => Err(Failure::usage("`barrow serve` takes no options: each run that it serves has its own")),
        Command::Install(args) => install::call(run, args),
        Command::Layer(args) => layer::call(run, args),
        Command::Lock(args) => lock::call(run, args),
        Command::Audit(args) => audit::call(run, args),
        Command::Tree(args) => tree::call(run, args),
        Command::Why(args) => why::call(run, args),
        Command::Fingerprint(args) => fingerprint::call(run, args),
        Command::Cache(command) => cache::call(run, &command),
        Command::Config(args) => config::call(run, args),
        Command::Completions(args) => completions::call(&args),
        Command::Manual(args) => manual::call(&args),
        Command::Mirror(args) => mirror::call(run, args),
        Command::Check(args) => check::call(run, args),
        Command::Explain(args) => explain::call(run, &args),
        Command::Itself(SelfCommand::VersionCheck(args)) => itself::version_check(run, args),
    }
}
