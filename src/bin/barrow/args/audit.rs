//! `barrow audit`.

use std::path::PathBuf;

use clap::Args;

use super::{ResultArgs, SettingArgs};

#[derive(Args, Debug)]
#[command(after_help = "\
The default index is asked about each package (PyPI answers), or advisories that lie here are read: then nothing is
asked. A mirror that is named without requirements is audited as a whole: every version of which it has files. Exit
code 1: there are findings. What is to be ignored can stand in [audit] of barrow.toml, or [tool.barrow.audit], too.

Examples:
  barrow audit                                      what this project requires
  barrow audit function.zip --osv advisories.zip    a finished bundle, without a network
  barrow audit --mirror mirror --osv advisories.zip everything that a mirror holds
  barrow audit --ignore CVE-2024-1234='only on Windows'")]
pub(crate) struct AuditArgs {
    /// Requirements, such as 'requests>=2.32', or one finished folder or zip, whoever made it
    #[arg(value_name = "NAME|PATH")]
    pub(crate) requirements: Vec<String>,

    /// Advisories in OSV's form: a file, or a folder or zip of them; may be repeated
    #[arg(long, value_name = "FILE|DIR|ZIP", help_heading = "Advisories")]
    pub(crate) osv: Vec<PathBuf>,

    /// Leave out an advisory by its identifier, and say why; may be repeated
    #[arg(long, value_name = "ID=REASON", help_heading = "Advisories")]
    pub(crate) ignore: Vec<barrow::audit::IgnoredAdvisory>,
    #[command(flatten)]
    pub(crate) result: ResultArgs,
    #[command(flatten)]
    pub(crate) settings: SettingArgs,
}
