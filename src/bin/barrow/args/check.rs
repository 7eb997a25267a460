//! The arguments of `barrow check`.

#![expect(clippy::struct_excessive_bools, reason = "each switch is a flag")]

use std::path::PathBuf;

use barrow::check::IgnoredFinding;
use clap::Args;

use super::TargetArgs;

#[derive(Args, Debug)]
#[command(after_help = "\
PATH is a function as it is deployed, a layer, or the file system of an image. Without --handler, modules at its root
that look like a handler are taken for one. In a folder that `sam build` filled, each function is checked by itself, for
the runtime and with the handler and layers that the template gives it. Exit code 1: there are errors. Codes to ignore
can stand in [tool.barrow.check] too.

Examples:
  barrow check build --runtime python3.13 --arch arm64 --handler app.handler
  barrow check function.zip --layer layer.zip --json
  barrow check .aws-sam/build
  barrow explain BAR012")]
pub(crate) struct CheckArgs {
    /// A folder or a zip
    #[arg(required_unless_present = "probe")]
    pub(crate) path: Option<PathBuf>,

    /// The handler, such as app.handler; may be repeated
    #[arg(long, value_name = "HANDLER", help_heading = "Check")]
    pub(crate) handler: Vec<String>,

    /// A layer of the function, the lowest first: a folder or a zip; may be repeated
    #[arg(long, value_name = "PATH", help_heading = "Check")]
    pub(crate) layer: Vec<PathBuf>,

    /// Values of the parameters of the template in PATH, as `sam build` was given them: NAME=VALUE
    #[arg(long, value_name = "NAME=VALUE", num_args = 1.., conflicts_with_all = ["handler", "layer", "lock"], help_heading = "Check")]
    pub(crate) parameter_overrides: Vec<String>,

    /// Compare with this lock (pylock.toml, or pinned requirements)
    #[arg(long, value_name = "FILE", help_heading = "Check")]
    pub(crate) lock: Option<PathBuf>,

    /// Leave findings out: a code, or a code and its subject, such as BAR012:cv2; may be repeated
    #[arg(long, value_name = "CODE[:SUBJECT]", help_heading = "Check")]
    pub(crate) ignore: Vec<IgnoredFinding>,

    /// Fail on warnings too
    #[arg(long, help_heading = "Check")]
    pub(crate) strict: bool,

    /// Print the findings in the form of static analysis tools (SARIF 2.1.0)
    #[arg(long, conflicts_with_all = ["github", "json"], help_heading = "Output")]
    pub(crate) sarif: bool,

    /// Print the findings as annotations for GitHub
    #[arg(long, conflicts_with = "json", help_heading = "Output")]
    pub(crate) github: bool,

    /// The libraries of a real runtime, as the handler of --probe lists them
    #[arg(long, value_name = "FILE", help_heading = "Check")]
    pub(crate) libraries: Option<PathBuf>,

    /// Print a handler that lists the libraries of a real runtime
    #[arg(long, conflicts_with_all = ["path", "handler", "parameter_overrides", "layer", "lock", "strict", "sarif", "github", "libraries"], help_heading = "Output")]
    pub(crate) probe: bool,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
}
