//! `barrow sam`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::choices::at_least_one;
use super::groups::{IndexArgs, InputArgs, ResolutionArgs, WheelArgs};
use super::{AssemblyArgs, ResultArgs, SourceArgs};

#[derive(Subcommand, Debug)]
pub(crate) enum SamCommand {
    /// Build the Python functions and layers of a template, as `sam build` does
    Build(SamBuildArgs),
}

#[derive(Args, Debug)]
#[command(after_help = "\
Runtime and architecture of each function and layer are those of the template; every other setting can be given here, and
stand in barrow.toml. `sam deploy`, `sam package` and `sam local invoke` read what is written. What samconfig.toml says of
`sam build` counts where it means the same here: template_file, base_dir, build_dir, manifest, exclude, parameter_overrides.

Examples:
  barrow sam build
  barrow sam build -t infra/template.yaml --parameter-overrides Stage=prod PythonRuntime=python3.13")]
pub(crate) struct SamBuildArgs {
    /// The template [default: template.yaml, template.yml or template.json]
    #[arg(short, long, value_name = "FILE", alias = "template", help_heading = "Template")]
    pub(crate) template_file: Option<PathBuf>,

    /// Values of the template's parameters: NAME=VALUE, or ParameterKey=NAME,ParameterValue=VALUE
    #[arg(long, value_name = "NAME=VALUE", num_args = 1.., help_heading = "Template")]
    pub(crate) parameter_overrides: Vec<String>,

    /// Folder that the template's paths start from [default: that of the template]
    #[arg(short = 's', long, value_name = "DIR", help_heading = "Template")]
    pub(crate) base_dir: Option<PathBuf>,

    /// SAM's own settings file [default: samconfig.toml, .yaml or .yml beside a template that is named, else here]
    #[arg(long, value_name = "FILE", help_heading = "Template")]
    pub(crate) samconfig: Option<PathBuf>,

    /// Environment of SAM's own settings [default: default]
    #[arg(long, value_name = "NAME", help_heading = "Template")]
    pub(crate) config_env: Option<String>,

    /// Folder of what is built [default: .aws-sam/build]
    #[arg(short, long, value_name = "DIR", help_heading = "Output")]
    pub(crate) build_dir: Option<PathBuf>,

    /// How many are made at a time [default: the number of processors]
    #[arg(short, long, value_name = "N", help_heading = "Output", value_parser = at_least_one, allow_negative_numbers = true)]
    pub(crate) jobs: Option<usize>,

    /// Replace what is in the folder even when barrow did not put it there; in .aws-sam/build that is always done
    #[arg(long, help_heading = "Output")]
    pub(crate) force: bool,

    /// Print failures as annotations for GitHub, and add a table to the summary of the job
    #[arg(long, help_heading = "Output")]
    pub(crate) github: bool,
    #[command(flatten)]
    pub(crate) files: SourceArgs,
    #[command(flatten)]
    pub(crate) assembly: AssemblyArgs,
    #[command(flatten)]
    pub(crate) result: ResultArgs,
    #[command(flatten)]
    pub(crate) input: InputArgs,
    #[command(flatten)]
    pub(crate) index: IndexArgs,
    #[command(flatten)]
    pub(crate) resolution: ResolutionArgs,
    #[command(flatten)]
    pub(crate) wheels: WheelArgs,
}
