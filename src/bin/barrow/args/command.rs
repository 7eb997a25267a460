//! The commands.

#![expect(clippy::struct_excessive_bools, reason = "each switch is a flag")]

use std::path::PathBuf;

use barrow::check::Code;
use barrow::spec::{LicensePattern, PackageName};
use clap::{Args, Parser, Subcommand};

use super::audit::AuditArgs;
use super::check::CheckArgs;
use super::choices::{at_least_one, days, parse_split, whole_number};
use super::groups::license_pattern;
use super::itself::SelfCommand;
use super::mirror::MirrorArgs;
use super::sam::SamCommand;
use super::{
    AssemblyArgs, GeneralArgs, LockFormat, OutputFormat, ResultArgs, SbomRequest, SettingArgs, SharedArgs, SourceArgs,
};

/// Resolves Python requirements for AWS Lambda and bundles them: no container, no Python needed
#[derive(Parser, Debug)]
#[command(name = "barrow", version, max_term_width = 110, propagate_version = false)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) general: GeneralArgs,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Bundle a function: its dependencies and its own files, as a folder or a zip
    Bundle(BundleArgs),
    /// Install dependencies into a folder, beside what is there
    Install(InstallArgs),
    /// Bundle dependencies as a Lambda layer (below `python/`), as a folder or a zip
    Layer(LayerArgs),
    /// Make all functions and layers of barrow.toml in one run
    Build(BuildArgs),
    /// Write a barrow.toml from the functions that lie here
    Init(InitArgs),
    /// Build what a SAM template names
    #[command(subcommand)]
    Sam(SamCommand),
    /// Resolve only, and write down what was chosen
    Lock(LockArgs),
    /// Write everything that a resolution needs as a static index, for machines without a network
    Mirror(MirrorArgs),
    /// Show what is in the resolution, and who asked for it
    Tree(TreeArgs),
    /// Show why a package is in the resolution, and which versions were passed over
    Why(WhyArgs),
    /// Print one hash over everything that the bundle depends on
    Fingerprint(FingerprintArgs),
    /// Show or clear the cache
    #[command(subcommand)]
    Cache(CacheCommand),
    /// Show the settings in effect and where each came from
    Config(ConfigArgs),
    /// Answer Terraform's `external` data source: a query on standard input, the zip and its digest on standard output
    Terraform,
    /// Do what lines on standard input ask for, one after the other: for programs that call barrow often
    Serve,
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
    /// Write the manual pages of all commands into a folder
    #[command(hide = true)]
    Manual(ManualArgs),
    /// Tell which known vulnerabilities the packages of a resolution, lock or finished bundle have
    Audit(AuditArgs),
    /// Tell whether a bundle will load on Lambda, before it is deployed
    Check(CheckArgs),
    /// Explain a code of `check`
    Explain(ExplainArgs),
    /// Ask about barrow itself
    #[command(subcommand, name = "self")]
    Itself(SelfCommand),
}

impl Command {
    /// How the result is to be printed, where the command line says so.
    pub(crate) fn format(&self) -> Option<OutputFormat> {
        match self {
            Self::Bundle(args) => args.result.format,
            Self::Install(args) => args.result.format,
            Self::Layer(args) => args.result.format,
            Self::Tree(args) => args.result.format,
            Self::Audit(args) => args.result.format,
            Self::Why(args) => args.result.format,
            Self::Fingerprint(args) => args.result.format,
            Self::Mirror(args) => args.result.format,
            Self::Config(args) => args.result.format,
            Self::Build(args) => args.result.format,
            Self::Sam(SamCommand::Build(args)) => args.result.format,
            Self::Itself(SelfCommand::VersionCheck(args)) => args.result.format,
            Self::Init(_)
            | Self::Terraform
            | Self::Serve
            | Self::Lock(_)
            | Self::Cache(_)
            | Self::Completions(_)
            | Self::Manual(_)
            | Self::Check(_)
            | Self::Explain(_) => None,
        }
    }
}

#[derive(Args, Debug)]
#[command(after_help = "\
Without -r, the first of these that SOURCE has is used: pylock.toml, uv.lock, poetry.lock, pdm.lock, Pipfile.lock,
requirements.txt, pyproject.toml; a lock also from the root of the project or workspace that SOURCE is in.

Examples:
  barrow bundle -o build                         bundle this folder into ./build
  barrow bundle src -o function.zip --arch arm64
  barrow bundle src -r requirements.txt -o \"$ARTIFACTS_DIR\" --runtime python3.12")]
pub(crate) struct BundleArgs {
    /// Folder with the function's own files
    #[arg(default_value = ".")]
    pub(crate) source: PathBuf,
    #[command(flatten)]
    pub(crate) output: OutputArgs,

    /// Lay everything below `python/`, as layers have it
    #[arg(long, help_heading = "Output")]
    pub(crate) layer: bool,

    /// The handler that --check starts from, such as app.handler; may be repeated
    #[arg(long, value_name = "HANDLER", requires = "check", help_heading = "Output")]
    pub(crate) handler: Vec<String>,
    #[command(flatten)]
    pub(crate) files: SourceArgs,
    #[command(flatten)]
    pub(crate) assembly: AssemblyArgs,
    #[command(flatten)]
    pub(crate) result: ResultArgs,
    #[command(flatten)]
    pub(crate) settings: SettingArgs,
}

#[derive(Args, Debug)]
#[command(after_help = "\
barrow.toml names what is made; every setting of `barrow bundle` can stand in [defaults] and in each unit:

  [defaults]
  runtime = \"python3.13\"

  [[function]]
  glob = \"services/*\"
  output = \"build/{name}.zip\"

  [[layer]]
  name = \"shared\"
  source = \"shared\"
  requirement = \"shared/requirements.txt\"
  arch = [\"x86_64\", \"arm64\"]

Examples:
  barrow build                        everything
  barrow build orders shared          these
  barrow build --changed-since main   what has changed in the working tree since then")]
pub(crate) struct BuildArgs {
    /// Units to build [default: all]
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,

    /// Only units of whose files some differ from this revision of the git repository
    #[arg(long, value_name = "REF", help_heading = "Units")]
    pub(crate) changed_since: Option<String>,

    /// Take the units of this file and the settings of barrow.toml, whose folder paths in the units start from
    #[arg(long, value_name = "FILE", help_heading = "Units")]
    pub(crate) units: Option<PathBuf>,

    /// How many are made at a time [default: the number of processors]
    #[arg(short, long, value_name = "N", help_heading = "Output", value_parser = at_least_one, allow_negative_numbers = true)]
    pub(crate) jobs: Option<usize>,

    /// Only say what would be made
    #[arg(long, help_heading = "Output")]
    pub(crate) list: bool,

    /// Write a page about what was made: what takes the room, where it came from and why, what the check finds
    #[arg(long, value_name = "FILE.html", conflicts_with = "list", help_heading = "Output")]
    pub(crate) report: Option<PathBuf>,

    /// Check what was made, as `barrow check` does with the handlers and layers of each unit, and fail where it would
    /// not load
    #[arg(long, conflicts_with = "list", help_heading = "Output")]
    pub(crate) check: bool,

    /// Replace what is at the outputs even when barrow did not put it there
    #[arg(long, help_heading = "Output")]
    pub(crate) force: bool,

    /// Print failures as annotations for GitHub, and add a table to the summary of the job
    #[arg(long, conflicts_with = "list", help_heading = "Output")]
    pub(crate) github: bool,
    #[command(flatten)]
    pub(crate) result: ResultArgs,
}

#[derive(Args, Debug)]
pub(crate) struct InitArgs {
    /// Replace a barrow.toml that is there
    #[arg(long, help_heading = "Output")]
    pub(crate) force: bool,
}

/// Where a bundle or layer goes.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// Where the result goes: a folder, or a zip when the name ends in .zip
    #[arg(short, long, value_name = "OUT", required_unless_present = "list")]
    pub(crate) output: Option<PathBuf>,

    /// Only list what would be in, whose it is, and what of the sources would not be in and why; nothing is written
    #[arg(long, conflicts_with_all = ["check", "report"])]
    pub(crate) list: bool,

    /// Write a zip whatever its name
    #[arg(long)]
    pub(crate) zip: bool,

    /// Replace what is in OUT even when barrow did not put it there
    #[arg(long)]
    pub(crate) force: bool,

    /// Check what was made, as `barrow check` does, and fail where it would not load
    #[arg(long)]
    pub(crate) check: bool,

    /// Write a page about what was made: what takes the room, where it came from and why, what the check finds
    #[arg(long, value_name = "FILE.html")]
    pub(crate) report: Option<PathBuf>,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  barrow install -r requirements.txt -t build
  barrow install 'requests>=2.32' boto3 -t build --runtime python3.13 --arch arm64")]
pub(crate) struct InstallArgs {
    /// Requirements, such as 'requests>=2.32'
    #[arg(value_name = "NAME")]
    pub(crate) requirements: Vec<String>,

    /// Folder to install into; other files in it are left alone
    #[arg(short, long, value_name = "DIR", required = true, help_heading = "Output")]
    pub(crate) target: PathBuf,

    /// Replace files in DIR that belong to no package and are in the way
    #[arg(long, help_heading = "Output")]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) assembly: AssemblyArgs,
    #[command(flatten)]
    pub(crate) result: ResultArgs,
    #[command(flatten)]
    pub(crate) settings: SettingArgs,
}

#[derive(Args, Debug)]
pub(crate) struct LayerArgs {
    /// Requirements, such as 'requests>=2.32', or one folder whose files and requirements make the layer
    #[arg(value_name = "NAME|SOURCE")]
    pub(crate) requirements: Vec<String>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,

    /// Spread the dependencies over at most N layers (up to 5) of at most 50 MB each: OUT-1, OUT-2, …; little moves
    /// when something changes
    #[arg(long, value_name = "N", help_heading = "Output", value_parser = parse_split)]
    pub(crate) split: Option<usize>,
    #[command(flatten)]
    pub(crate) files: SourceArgs,
    #[command(flatten)]
    pub(crate) assembly: AssemblyArgs,
    #[command(flatten)]
    pub(crate) result: ResultArgs,
    #[command(flatten)]
    pub(crate) settings: SettingArgs,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Versions that OUT already has are kept where they still fit.

Examples:
  barrow lock                                         write pylock.toml
  barrow lock -r requirements.in --generate-hashes -o requirements.txt
  barrow lock --runtime python3.12 --runtime python3.13 --arch x86_64 --arch arm64
  barrow lock --upgrade-package requests")]
pub(crate) struct LockArgs {
    /// Requirements, such as 'requests>=2.32'
    #[arg(value_name = "NAME")]
    pub(crate) requirements: Vec<String>,

    /// File to write; `-` is standard output [default: pylock.toml, else standard output]
    #[arg(short, long, value_name = "FILE", help_heading = "Output", alias = "output-file")]
    pub(crate) output: Option<PathBuf>,

    /// Form of the lock: pylock, requirements or json [default: by the name of FILE, else pylock]
    #[arg(long, value_name = "FORMAT", help_heading = "Output", hide_possible_values = true)]
    pub(crate) format: Option<LockFormat>,

    /// Write the hashes of every file of each version (requirements)
    #[arg(long, help_heading = "Output")]
    pub(crate) generate_hashes: bool,

    /// Leave out the comments that say who asked (requirements)
    #[arg(long, help_heading = "Output")]
    pub(crate) no_annotate: bool,

    /// Write FILE even where it is one of the inputs
    #[arg(long, help_heading = "Output")]
    pub(crate) force: bool,

    /// Write nothing; fail when the file would change
    #[arg(long, help_heading = "Output")]
    pub(crate) check: bool,

    /// Do not keep the versions of an existing file
    #[arg(short = 'U', long, help_heading = "Resolution")]
    pub(crate) upgrade: bool,

    /// Do not keep the version of this package; may be repeated
    #[arg(short = 'P', long, value_name = "NAME", help_heading = "Resolution")]
    pub(crate) upgrade_package: Vec<PackageName>,
    #[command(flatten)]
    pub(crate) settings: SettingArgs,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Sizes are those of the unpacked files, which Lambda counts. What nothing on this machine tells is asked of the index by the
directory of the wheel alone; a finished folder or zip needs no network.

Examples:
  barrow tree                                  what this project requires
  barrow tree --sizes function.zip             what makes it large
  barrow tree --invert numpy                   who wants numpy
  barrow tree function.zip --report out.html   a page to look at
  barrow tree --deny-license 'GPL-*'           fail when something has such a licence
  barrow tree build --sbom cyclonedx > build.cdx.json")]
pub(crate) struct TreeArgs {
    /// Requirements, such as 'requests>=2.32', or one finished folder or zip, whoever made it
    #[arg(value_name = "NAME|PATH")]
    pub(crate) requirements: Vec<String>,

    /// Stop at this depth
    #[arg(short, long, value_name = "COUNT", help_heading = "Output", value_parser = whole_number::<usize>, allow_negative_numbers = true)]
    pub(crate) depth: Option<usize>,

    /// List by unpacked size, largest first, instead of drawing a tree
    #[arg(long, help_heading = "Output", conflicts_with_all = ["depth", "invert"])]
    pub(crate) sizes: bool,

    /// Draw who requires this package, up to what you asked for
    #[arg(long, value_name = "NAME", help_heading = "Output")]
    pub(crate) invert: Option<PackageName>,

    /// Say which packages have a newer version
    #[arg(long, help_heading = "Output")]
    pub(crate) outdated: bool,

    /// Show the licence of each package
    #[arg(long, help_heading = "Output")]
    pub(crate) licenses: bool,

    /// Fail when a package has a licence that matches, such as 'GPL-*'; `unknown` is none at all; may be repeated
    #[arg(long, value_name = "GLOB", alias = "deny-licenses", value_parser = license_pattern, help_heading = "Output")]
    pub(crate) deny_license: Vec<LicensePattern>,

    /// Print, or write to FILE, a bill of materials of a finished folder or zip instead: cyclonedx or spdx; may be
    /// repeated
    #[arg(long, value_name = "FORMAT[=FILE]", help_heading = "Output", conflicts_with_all = ["sizes", "invert", "outdated", "licenses", "depth"])]
    pub(crate) sbom: Vec<SbomRequest>,

    /// Write a page about it as well: what takes the room, where it came from and why
    #[arg(long, value_name = "FILE.html", help_heading = "Output", conflicts_with = "sbom")]
    pub(crate) report: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) result: ResultArgs,
    #[command(flatten)]
    pub(crate) settings: SettingArgs,
}

#[derive(Args, Debug)]
pub(crate) struct WhyArgs {
    /// The package to explain
    #[arg(value_name = "NAME")]
    pub(crate) name: PackageName,

    /// Further requirements to resolve, such as 'requests>=2.32'
    #[arg(value_name = "REQUIREMENT")]
    pub(crate) requirements: Vec<String>,
    #[command(flatten)]
    pub(crate) result: ResultArgs,
    #[command(flatten)]
    pub(crate) settings: SettingArgs,
}

#[derive(Args, Debug)]
pub(crate) struct FingerprintArgs {
    /// Folder with the function's own files
    #[arg(default_value = ".")]
    pub(crate) source: PathBuf,
    #[command(flatten)]
    pub(crate) files: SourceArgs,
    #[command(flatten)]
    pub(crate) assembly: AssemblyArgs,
    #[command(flatten)]
    pub(crate) result: ResultArgs,
    #[command(flatten)]
    pub(crate) settings: SettingArgs,
}

#[derive(Subcommand, Debug)]
pub(crate) enum CacheCommand {
    /// Print the cache folder
    Dir,
    /// Print how much the cache holds
    Size,
    /// Remove what this version of barrow does not use
    Prune,
    /// Remove everything
    Clean,
    /// The cache that is shared with others
    #[command(subcommand)]
    Remote(RemoteCommand),
}

/// What can be done with a shared cache.
#[derive(Subcommand, Debug)]
pub(crate) enum RemoteCommand {
    /// Try whether it can be read and written as the settings want it
    Status(RemoteArgs),
    /// Bring every wheel that was built here to the namespace that is written
    Push(RemoteArgs),
    /// Bring what these requirements need of it into the cache of this machine
    Pull(Box<PullArgs>),
    /// Remove what is old from the namespace that is written, where the store can list
    Prune(RemotePruneArgs),
}

#[derive(Args, Debug)]
#[command(after_help = "\
Wheels that others have built and files of private indexes come into the cache of this machine; nothing is installed, and
what nobody has built is named. Without -r, the first lock or requirements file of this folder is taken.

Examples:
  barrow cache remote pull
  barrow cache remote pull -r requirements.txt --runtime python3.12 --runtime python3.13")]
pub(crate) struct PullArgs {
    /// Requirements, such as 'requests>=2.32'
    #[arg(value_name = "NAME")]
    pub(crate) requirements: Vec<String>,
    #[command(flatten)]
    pub(crate) settings: SettingArgs,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Claims go first. A wheel or zip that was written long ago stays as long as a younger claim names it. Servers of files cannot list:
remove old files where they lie.

Example:
  barrow cache remote prune --remote-cache-write main --older-than 30 --dry-run")]
pub(crate) struct RemotePruneArgs {
    /// Remove what was written more than so many days ago
    #[arg(long, help_heading = "Shared cache", value_name = "DAYS", default_value_t = 30, value_parser = days, allow_negative_numbers = true)]
    pub(crate) older_than: u32,

    /// Remove nothing, only say what would be
    #[arg(long, help_heading = "Shared cache")]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) shared: SharedArgs,
}

#[derive(Args, Debug)]
pub(crate) struct RemoteArgs {
    #[command(flatten)]
    pub(crate) shared: SharedArgs,
}

#[derive(Args, Debug)]
pub(crate) struct ConfigArgs {
    /// Folder from which settings files are searched, upwards
    #[arg(default_value = ".")]
    pub(crate) source: PathBuf,
    #[command(flatten)]
    pub(crate) files: SourceArgs,
    #[command(flatten)]
    pub(crate) assembly: AssemblyArgs,
    #[command(flatten)]
    pub(crate) result: ResultArgs,
    #[command(flatten)]
    pub(crate) settings: SettingArgs,
}

#[derive(Args, Debug)]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Args, Debug)]
pub(crate) struct ManualArgs {
    /// Folder for the pages, which are called `barrow.1`, `barrow-bundle.1` and so on
    #[arg(short, long, value_name = "DIR")]
    pub(crate) output: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct ExplainArgs {
    /// A code, such as BAR012; without one, all are listed
    pub(crate) code: Option<Code>,
}
