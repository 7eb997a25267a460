//! Groups of options that several commands share, by the headings of the help text.

#![expect(
    clippy::doc_markdown,
    clippy::struct_excessive_bools,
    reason = "the comments are help texts for a terminal, and each switch is a flag"
)]

use std::path::PathBuf;

use barrow::bundle::Bytes;
use barrow::shared::Namespace;
use barrow::spec::{ExtraName, LicensePattern, PackageName, Version};
use barrow::target::{Architecture, Glibc};
use clap::Args;

use super::choices::{location, python_version, seconds, whole_number};
use super::{
    ColorChoice, KeyringProvider, LinkChoice, OutputFormat, Prerelease, ResolutionChoice, SbomRequest, Strategy,
};

/// Everything that has a place in the settings: the groups below, by name.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct SettingArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    pub(crate) input: InputArgs,
    #[command(flatten)]
    pub(crate) index: IndexArgs,
    #[command(flatten)]
    pub(crate) resolution: ResolutionArgs,
    #[command(flatten)]
    pub(crate) wheels: WheelArgs,
    #[command(flatten)]
    pub(crate) shared: SharedArgs,
}

#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
#[command(next_help_heading = "Target")]
pub(crate) struct TargetArgs {
    /// Lambda runtime, such as python3.13, or a `[runtime.NAME]` of barrow.toml [default: .python-version, else the
    /// newest]
    #[arg(long, value_name = "RUNTIME")]
    pub(crate) runtime: Vec<String>,

    /// Processor: x86_64 or arm64 (amd64 and aarch64 are understood) [default: x86_64]
    #[arg(long, value_name = "ARCH", alias = "architecture")]
    pub(crate) arch: Vec<Architecture>,

    /// Python version: alone, the runtime of that version; with a patch number, what markers are compared with
    #[arg(long, value_name = "VERSION", value_parser = python_version)]
    pub(crate) python_version: Option<Version>,

    /// Newest glibc whose wheels may be used, such as 2.28 [default: that of the runtime]
    #[arg(long, value_name = "VERSION")]
    pub(crate) glibc: Option<Glibc>,
}

#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Inputs")]
pub(crate) struct InputArgs {
    /// Requirements file, as pip reads it, a script with inline metadata, or `-` for standard input; may be repeated
    #[arg(short, long, value_name = "FILE", alias = "requirements")]
    pub(crate) requirement: Vec<PathBuf>,

    /// Requirements file whose packages come without what they require; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) no_deps_requirement: Vec<PathBuf>,

    /// Lock file, to be installed exactly: pylock.toml, uv.lock, poetry.lock, pdm.lock or Pipfile.lock
    #[arg(long, value_name = "FILE")]
    pub(crate) lock: Option<PathBuf>,

    /// Take a lock as it is, without asking whether the project has changed since
    #[arg(long)]
    pub(crate) frozen: bool,
    /// The application of `[[mirror.application]]` whose settings come before those of its file.
    #[arg(skip)]
    pub(crate) application: Option<String>,

    /// Constraints file: limits versions, adds no package; may be repeated
    #[arg(short, long, value_name = "FILE", alias = "constraints")]
    pub(crate) constraint: Vec<PathBuf>,

    /// Overrides file: its requirements replace all others on the same packages; may be repeated
    #[arg(long = "override", value_name = "FILE", alias = "overrides")]
    pub(crate) overrides: Vec<PathBuf>,

    /// Do not follow the requirements of packages
    #[arg(long, alias = "no-dependencies")]
    pub(crate) no_deps: bool,

    /// Accept only pinned requirements with hashes
    #[arg(long)]
    pub(crate) require_hashes: bool,

    /// Use no wheels of this package; `:all:` for every one, `:none:` to start over; may be repeated
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) no_binary: Vec<String>,

    /// Use only wheels of this package; `:all:` for every one, `:none:` to start over; may be repeated
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) only_binary: Vec<String>,

    /// Build this package from source where no wheel will do, which runs its code; `:all:` for every one; may be
    /// repeated
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) allow_build: Vec<String>,

    /// Build nothing from source, not even folders and repositories that the requirements name
    #[arg(long)]
    pub(crate) no_build: bool,

    /// The Python that builds and compiles [default: python3.N of the runtime on the PATH, else python3]
    #[arg(long, value_name = "PATH")]
    pub(crate) build_python: Option<String>,

    /// Let builds use the network, which they do not have where the system can take it from them
    #[arg(long)]
    pub(crate) build_network: bool,

    /// A setting for build backends; may be repeated
    #[arg(short = 'C', long, value_name = "KEY=VALUE", alias = "config-setting")]
    pub(crate) config_settings: Vec<String>,

    /// Also what this extra of the project or lock asks for; may be repeated
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) extra: Vec<ExtraName>,

    /// Also what every extra of the project or lock asks for
    #[arg(long)]
    pub(crate) all_extras: bool,

    /// Also what this dependency group of the project or lock asks for; may be repeated
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) group: Vec<ExtraName>,

    /// Only what this dependency group asks for; may be repeated
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) only_group: Vec<ExtraName>,

    /// Do not build the project of a lock, only what it requires: its folder is copied
    #[arg(long)]
    pub(crate) no_project: bool,

    /// Leave this package out wherever something requires it, or all whose names match; may be repeated
    #[arg(long, value_name = "NAME|GLOB", value_delimiter = ',')]
    pub(crate) exclude_package: Vec<String>,

    /// Leave out what this lock, or folder or zip of a layer, brings already, and agree with its versions; may be
    /// repeated
    #[arg(long, value_name = "LOCK|LAYER")]
    pub(crate) without: Vec<PathBuf>,
}

#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Indexes")]
pub(crate) struct IndexArgs {
    /// The default index, asked after all others: URL or folder [default: PyPI]
    #[arg(short, long, value_name = "URL", alias = "default-index", value_parser = location())]
    pub(crate) index_url: Option<String>,

    /// A further index; may be repeated
    #[arg(long, value_name = "URL", value_parser = location())]
    pub(crate) extra_index_url: Vec<String>,

    /// A further index, asked before those of --extra-index-url; with a name, credentials can be given by environment;
    /// may be repeated
    #[arg(long, value_name = "NAME=URL")]
    pub(crate) index: Vec<String>,

    /// A folder, page or file with distribution files; may be repeated
    #[arg(short, long, value_name = "URL|DIR", value_parser = location())]
    pub(crate) find_links: Vec<String>,

    /// A mirror (URL or folder) that stands for every index, file URL and page, whatever files and settings name
    #[arg(long, value_name = "URL|DIR", value_parser = location())]
    pub(crate) mirror: Option<String>,

    /// The mirror that the run makes: where settings name it as the one to ask, there is none to ask.
    #[arg(skip)]
    pub(crate) made_mirror: Option<PathBuf>,

    /// Ask no index, only --find-links
    #[arg(long)]
    pub(crate) no_index: bool,

    /// Which index answers for a name that several have [default: first-index]
    #[arg(long, value_name = "STRATEGY", hide_possible_values = true)]
    pub(crate) index_strategy: Option<Strategy>,

    /// Ask again about cached index pages that are still fresh
    #[arg(long)]
    pub(crate) refresh: bool,

    /// Whether the `keyring` program is asked for credentials [default: disabled]
    #[arg(long, value_name = "PROVIDER")]
    pub(crate) keyring_provider: Option<KeyringProvider>,

    /// File with credentials by host [default: $NETRC, else ~/.netrc]
    #[arg(long, value_name = "FILE")]
    pub(crate) netrc_file: Option<PathBuf>,

    /// Certificates (PEM) to trust in place of the system's
    #[arg(long, value_name = "FILE")]
    pub(crate) cert: Option<PathBuf>,

    /// Client certificate with its key (PEM)
    #[arg(long, value_name = "FILE")]
    pub(crate) client_cert: Option<PathBuf>,

    /// Proxy for every request [default: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY]
    #[arg(long, value_name = "URL")]
    pub(crate) proxy: Option<String>,

    /// HOST or HOST:PORT whose certificate is not verified; may be repeated
    #[arg(long, value_name = "HOST", alias = "trusted-host")]
    pub(crate) allow_insecure_host: Vec<String>,

    /// Seconds without a byte after which a request is given up [default: 30]
    #[arg(long, value_name = "SECONDS", alias = "default-timeout", value_parser = seconds, allow_negative_numbers = true)]
    pub(crate) timeout: Option<u64>,

    /// Further attempts after a fault that may pass [default: 3]
    #[arg(long, value_name = "COUNT", value_parser = whole_number::<u32>, allow_negative_numbers = true)]
    pub(crate) retries: Option<u32>,

    /// Requests at the same time; a server that says it is too much gets fewer [default: 50]
    #[arg(long, value_name = "COUNT", value_parser = whole_number::<u64>, allow_negative_numbers = true)]
    pub(crate) concurrent_requests: Option<u64>,

    /// Files that are downloaded at the same time [default: 24]
    #[arg(long, value_name = "COUNT", value_parser = whole_number::<u64>, allow_negative_numbers = true)]
    pub(crate) concurrent_downloads: Option<u64>,
}

#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Resolution")]
pub(crate) struct ResolutionArgs {
    /// Ignore files uploaded after this: YYYY-MM-DD (to the end of that day, UTC) or RFC 3339
    #[arg(long, value_name = "DATE")]
    pub(crate) exclude_newer: Option<String>,

    /// Which pre-releases may be chosen [default: if-necessary]
    #[arg(long, value_name = "MODE", hide_possible_values = true)]
    pub(crate) prerelease: Option<Prerelease>,

    /// The same as --prerelease allow
    #[arg(long)]
    pub(crate) pre: bool,

    /// Which of the allowed versions is taken [default: highest]
    #[arg(long, value_name = "MODE", hide_possible_values = true)]
    pub(crate) resolution: Option<ResolutionChoice>,

    /// Take the newest version that has a wheel for the target, which is the default
    #[arg(long)]
    pub(crate) prefer_binary: bool,

    /// Take the newest version even where it has to be built (see --allow-build)
    #[arg(long, overrides_with = "prefer_binary")]
    pub(crate) no_prefer_binary: bool,

    /// Accept packages that unpack to as much, each [default: 8GB]
    #[arg(long, value_name = "SIZE", allow_negative_numbers = true)]
    pub(crate) max_unpacked_size: Option<Bytes>,

    /// Accept packages that unpack to as many times their own size; up to 64MB every ratio is fine [default: 50]
    #[arg(long, value_name = "NUMBER", value_parser = whole_number::<u64>, allow_negative_numbers = true)]
    pub(crate) max_ratio: Option<u64>,
}

/// A cache that many machines share.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Shared cache")]
#[expect(clippy::struct_field_names, reason = "the flags are made of the names")]
pub(crate) struct SharedArgs {
    /// A cache that others share: s3://BUCKET/PREFIX, gs://, https:// (Azure by a shared access signature), http://
    #[arg(long, value_name = "URL")]
    pub(crate) remote_cache: Option<String>,

    /// A namespace of it that is read; may be repeated, the first comes first [default: main]
    #[arg(long, value_name = "NAMESPACE", value_delimiter = ',')]
    pub(crate) remote_cache_read: Vec<Namespace>,

    /// The namespace of it that is written: for jobs of protected branches [default: none]
    #[arg(long, value_name = "NAMESPACE")]
    pub(crate) remote_cache_write: Option<Namespace>,

    /// A namespace that may hold what comes from private indexes; may be repeated
    #[arg(long, value_name = "NAMESPACE", value_delimiter = ',')]
    pub(crate) remote_cache_private: Vec<Namespace>,

    /// A public key (Ed25519), or its file, of which one must have signed what is taken; may be repeated
    #[arg(long, value_name = "KEY|FILE")]
    pub(crate) remote_cache_key: Vec<String>,

    /// Believe no claim: take only files of private indexes, whose digest the index or a lock says
    #[arg(long)]
    pub(crate) remote_cache_no_claims: bool,

    /// The private key (PEM) that signs what is written
    #[arg(long, value_name = "FILE")]
    pub(crate) remote_cache_sign_key: Option<PathBuf>,

    /// Seconds that a run may go on for its uploads when it is done [default: 10]
    #[arg(long, value_name = "SECONDS", value_parser = seconds, allow_negative_numbers = true)]
    pub(crate) remote_cache_wait: Option<u64>,

    /// Trouble with the shared cache is an error
    #[arg(long)]
    pub(crate) remote_cache_require: bool,
}

/// What becomes of wheels whose own list of files is wrong.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Packages")]
pub(crate) struct WheelArgs {
    /// Refuse every wheel whose RECORD disagrees with its archive, though the digest of the archive was verified
    #[arg(long)]
    pub(crate) strict: bool,

    /// Install wheels of this package whatever their RECORD says; may be repeated
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) accept_record: Vec<PackageName>,
}

#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output")]
pub(crate) struct AssemblyArgs {
    /// Leave out what the Lambda runtime already has (boto3 and what it needs)
    #[arg(long)]
    pub(crate) exclude_runtime: bool,

    /// Leave out source files that match, or with NAME:GLOB files of a dependency; may be repeated
    #[arg(long, value_name = "[NAME:]GLOB")]
    pub(crate) exclude: Vec<String>,

    /// Leave out what no program needs of dependencies: tests, stubs, headers and the like; with botocore=s3,… also the
    /// API data of all other services; may be repeated
    #[arg(long, value_name = "botocore=SERVICE,…", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) slim: Vec<String>,

    /// Add the bytecode of every Python file, compiled by a Python of the target's version (see --build-python)
    #[arg(long)]
    pub(crate) compile_bytecode: bool,

    /// Write a bill of materials, cyclonedx or spdx: beside OUT, under its name with another end, or to FILE; may be
    /// repeated
    #[arg(long, value_name = "FORMAT[=FILE]")]
    pub(crate) sbom: Vec<SbomRequest>,

    /// Fail when a dependency has a licence that matches, such as 'GPL-*'; `unknown` is none at all; may be repeated
    #[arg(long, value_name = "GLOB", alias = "deny-licenses", value_parser = license_pattern)]
    pub(crate) deny_license: Vec<LicensePattern>,

    /// How files get from the cache into a folder [default: auto]
    #[arg(long, value_name = "MODE", hide_possible_values = true)]
    pub(crate) link_mode: Option<LinkChoice>,

    /// Fail when the result is larger, unzipped: bytes, or with KB, MB or GB (1 MB = 1,048,576 bytes, as AWS counts)
    #[arg(long, value_name = "SIZE", allow_negative_numbers = true)]
    pub(crate) max_size: Option<Bytes>,
    /// `--split` of `layer`, which alone has the flag.
    #[arg(skip)]
    pub(crate) split: Option<usize>,
}

/// A pattern of `--deny-license`.
pub(super) fn license_pattern(text: &str) -> Result<LicensePattern, String> {
    LicensePattern::parse(text)
}

/// Which of the source folder's own files are bundled.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output")]
pub(crate) struct SourceArgs {
    /// Bundle the dependencies only
    #[arg(long)]
    pub(crate) no_source: bool,

    /// A further folder whose files are bundled, at PREFIX of the bundle or at its root; may be repeated
    #[arg(long = "source", value_name = "DIR[:PREFIX]", conflicts_with = "no_source")]
    pub(crate) sources: Vec<String>,

    /// Take source files that match although they are left out by default, such as .env; may be repeated
    #[arg(long, value_name = "GLOB")]
    pub(crate) include: Vec<String>,

    /// Leave out what the .gitignore of a folder names, where it has no .barrowignore
    #[arg(long)]
    pub(crate) gitignore: bool,

    /// Follow links that lead out of the source folder
    #[arg(long)]
    pub(crate) follow_links: bool,
}

/// How a result is printed.
#[derive(Args, Clone, Copy, Debug, Default)]
#[command(next_help_heading = "Output")]
pub(crate) struct ResultArgs {
    /// How the result is printed on standard output
    #[arg(long, value_name = "FORMAT", hide_possible_values = true)]
    pub(crate) format: Option<OutputFormat>,
}

#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "General")]
pub(crate) struct GeneralArgs {
    /// Where downloads and unpacked wheels are kept between runs
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) cache_dir: Option<PathBuf>,

    /// Keep nothing: use a temporary cache
    #[arg(short = 'n', long, global = true, alias = "no-cache-dir")]
    pub(crate) no_cache: bool,

    /// Open no connection: work from the cache and from folders
    #[arg(long, global = true)]
    pub(crate) offline: bool,

    /// Settings file, instead of searching for barrow.toml and pyproject.toml
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config_file: Option<PathBuf>,

    /// Read no settings files, neither ours nor pip's
    #[arg(long, global = true)]
    pub(crate) no_config: bool,

    /// Print the result, or the error, as one JSON object
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// Say less: errors only; twice: nothing at all
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) quiet: u8,

    /// Say more: every decision; twice: every request
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,

    /// Colours
    #[arg(long, global = true, value_name = "WHEN", hide_possible_values = true)]
    pub(crate) color: Option<ColorChoice>,

    /// Show no progress bars
    #[arg(long, global = true)]
    pub(crate) no_progress: bool,

    /// Also write the message of a failed run to FILE, for hooks that pass standard error on
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) error_file: Option<PathBuf>,
}
