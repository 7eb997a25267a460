//! `barrow mirror`.

use std::path::PathBuf;

use clap::Args;

use super::{ResultArgs, SbomRequest, SettingArgs};

/// What only a run that mirrors something takes.
const OF_MIRRORING: [&str; 6] = ["requirements", "requirement", "name", "sdists", "build_platform", "expect"];

/// What a run that only looks does not take either.
const OF_CHANGING: [&str; 4] = ["prune", "force", "verify", "sign_key"];

#[expect(clippy::struct_excessive_bools, reason = "each switch is a flag")]
#[derive(Args, Debug)]
#[command(after_help = "\
DIR is added to: files that are there already are not fetched again. Serve it by any web server, or use it as it is:
  barrow bundle --index-url DIR
  pip install --index-url file:///path/to/DIR/simple

Examples:
  barrow mirror -r requirements.txt -o mirror --runtime python3.12 --runtime python3.13 --arch x86_64 --arch arm64
  barrow mirror services/orders services/mail -o mirror      each folder is an application, resolved alone
  barrow mirror -r requirements.txt -o mirror --name jobs --prune
  barrow mirror -o mirror --verify                    check every file, without a network
  barrow mirror --diff mirror.old mirror              what a reviewer signs off
  barrow mirror -o mirror --sbom cyclonedx            what is in it, and for whom")]
pub(crate) struct MirrorArgs {
    /// Requirements, such as 'requests>=2.32', or folders of applications, such as `./orders`
    #[arg(value_name = "NAME|FOLDER")]
    pub(crate) requirements: Vec<String>,

    /// Folder of the mirror
    #[arg(short, long, value_name = "DIR", required_unless_present = "diff", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,

    /// Name by which the mirror remembers this application [default: its files]
    #[arg(long, value_name = "APP", help_heading = "Output")]
    pub(crate) name: Option<String>,

    /// Add the source archives of the chosen versions too, and what their `pyproject.toml` names for building
    #[arg(long, help_heading = "Output")]
    pub(crate) sdists: bool,

    /// A machine that builds, such as python3.12/arm64, for which what building takes is added; may be repeated
    /// [default: this one]
    #[arg(long, value_name = "RUNTIME/ARCH", value_delimiter = ',', help_heading = "Output")]
    pub(crate) build_platform: Vec<String>,

    /// Remove files that no application of the mirror needs
    #[arg(long, help_heading = "Output")]
    pub(crate) prune: bool,

    /// Let --prune remove more than half of the mirror, or files of which nobody knows who needs them, an application
    /// require nothing, and a mirror begin beside other things
    #[arg(long, help_heading = "Output")]
    pub(crate) force: bool,

    /// Check that the mirror is exactly what its manifest says; with requirements, damaged files are fetched again
    #[arg(long, help_heading = "Output")]
    pub(crate) verify: bool,

    /// Verify the mirror, and that it has this digest
    #[arg(long, value_name = "sha256:DIGEST", help_heading = "Output")]
    pub(crate) expect: Option<String>,

    /// Sign the manifest with this private key (Ed25519, PEM)
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) sign_key: Option<PathBuf>,

    /// A public key, or its file, of which one must have signed the manifest before anything is done with the mirror;
    /// may be repeated
    #[arg(long, value_name = "KEY|FILE", help_heading = "Output")]
    pub(crate) verify_key: Vec<String>,

    /// Bring the mirror into this store (s3, gs, https), whatever is not there yet
    #[arg(long, value_name = "URL", help_heading = "Output", conflicts_with_all = ["list", "diff"])]
    pub(crate) upload: Option<String>,

    /// Write a bill of materials of the whole mirror (cyclonedx, spdx), by default beside it; may be repeated
    #[arg(long, value_name = "FORMAT[=FILE]", help_heading = "Output", conflicts_with_all = ["list", "diff"])]
    pub(crate) sbom: Vec<SbomRequest>,

    /// Show the applications of the mirror
    #[arg(long, help_heading = "Output", conflicts_with_all = OF_MIRRORING.into_iter().chain(OF_CHANGING).chain(["remove", "diff"]))]
    pub(crate) list: bool,

    /// Forget this application, and remove what only it needs; may be repeated
    #[arg(long, value_name = "APP", help_heading = "Output", conflicts_with_all = OF_MIRRORING.into_iter().chain(["verify", "diff"]))]
    pub(crate) remove: Vec<String>,

    /// Show what changed between two mirrors
    #[arg(long, num_args = 2, value_names = ["OLD", "NEW"], help_heading = "Output", conflicts_with_all = OF_MIRRORING.into_iter().chain(OF_CHANGING).chain(["output"]))]
    pub(crate) diff: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) result: ResultArgs,
    #[command(flatten)]
    pub(crate) settings: SettingArgs,
}
