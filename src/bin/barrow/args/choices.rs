//! Values that are one of a few words, and those that name a place.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use barrow::bundle::LAYER_LIMIT;
use barrow::install::LinkMode;
use barrow::resolve::{PrereleaseMode, ResolutionMode};
use barrow::sbom::SbomFormat;
use barrow::spec::{SafeUrl, Version};
use clap::ValueEnum;
use clap::builder::{OsStringValueParser, TypedValueParser};

/// `--prerelease`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Prerelease {
    /// Never
    Disallow,
    /// Like final versions
    Allow,
    /// Where nothing final satisfies
    IfNecessary,
    /// Where a requirement names one
    Explicit,
    /// Either of the last two
    IfNecessaryOrExplicit,
}

/// `--resolution`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ResolutionChoice {
    /// The newest of everything
    Highest,
    /// The oldest of everything
    Lowest,
    /// The oldest of what you name, the newest of the rest
    LowestDirect,
}

/// `--index-strategy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Strategy {
    /// A name found on an earlier index is never looked for on a later one
    FirstIndex,
    /// The best version of all indexes: whoever may upload to any of them can replace your packages
    UnsafeBestMatch,
}

/// `--keyring-provider`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum KeyringProvider {
    /// Do not ask
    Disabled,
    /// Ask the `keyring` program
    Subprocess,
}

/// `--link-mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LinkChoice {
    /// The fastest that works here
    Auto,
    /// Copy-on-write clones
    Clone,
    /// Hard links
    Hardlink,
    /// Plain copies
    Copy,
}

/// `--color`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// `--format` of results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// For people
    #[default]
    Text,
    /// One JSON object
    Json,
}

/// `--sbom`: a format, and the file that is written; without one, it lies beside the output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SbomRequest {
    pub(crate) format: SbomFormat,
    pub(crate) file: Option<PathBuf>,
}

impl FromStr for SbomRequest {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, file) = match text.split_once('=') {
            Some((_, "")) => return Err(format!("`{text}` names no file behind the `=`")),
            Some((format, file)) => (format, Some(PathBuf::from(file))),
            None => (text, None),
        };
        Ok(Self { format: format.trim().parse()?, file })
    }
}

impl fmt::Display for SbomRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.file {
            Some(file) => write!(f, "{}={}", self.format, file.display()),
            None => write!(f, "{}", self.format),
        }
    }
}

/// `--format` of `lock`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LockFormat {
    /// pylock.toml (PEP 751)
    #[default]
    Pylock,
    /// One `name==version` line each, for pip and uv
    Requirements,
    /// Everything barrow knows, as one JSON object
    Json,
}

/// A choice whose values have the names that the library gives them.
macro_rules! chosen_by_name {
    ($($choice:ident => $mode:ident { $($name:ident),* };)*) => {$(
        impl From<$choice> for $mode {
            fn from(choice: $choice) -> Self {
                match choice { $($choice::$name => Self::$name),* }
            }
        }
    )*};
}

chosen_by_name! {
    Prerelease => PrereleaseMode { Disallow, Allow, IfNecessary, Explicit, IfNecessaryOrExplicit };
    LinkChoice => LinkMode { Auto, Clone, Hardlink, Copy };
    ResolutionChoice => ResolutionMode { Highest, Lowest, LowestDirect };
}

/// Prints the word that the user would type.
macro_rules! display_as_typed {
    ($($choice:ty),*) => {$(
        impl fmt::Display for $choice {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.to_possible_value().expect("no value is skipped").get_name())
            }
        }
    )*};
}

display_as_typed!(Prerelease, ResolutionChoice, Strategy, KeyringProvider, LinkChoice, ColorChoice);

/// Reads an index or a folder: any text, and of what is not UTF-8 the `file:` URL, which can say every path.
pub(super) fn location() -> impl TypedValueParser<Value = String> {
    OsStringValueParser::new().try_map(|word| match word.into_string() {
        Ok(text) => Ok(text),
        Err(path) => {
            let path = std::path::absolute(path).map_err(|error| error.to_string())?;
            let url = SafeUrl::from_path(&path, path.is_dir()).map_err(|error| error.to_string())?;
            Ok::<_, String>(url.reveal().to_string())
        }
    })
}

/// A number of layers: `true` stands for as many as a function can have.
pub(crate) fn parse_split(text: &str) -> Result<usize, String> {
    match text {
        "true" => Ok(LAYER_LIMIT),
        "false" => Ok(0),
        number => number.parse().ok().filter(|layers| (1..=LAYER_LIMIT).contains(layers)).ok_or_else(|| {
            format!("`{text}` is not a number of layers: a function can have from 1 to {LAYER_LIMIT}, and `true` stands for all")
        }),
    }
}

/// A number without a fraction.
pub(crate) fn whole_number<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("`{text}` is not a whole number"))
}

/// How many are worked at, at the same time.
pub(super) fn at_least_one(text: &str) -> Result<usize, String> {
    whole_number(text).and_then(|count| if count == 0 { Err("at least 1 is needed".to_owned()) } else { Ok(count) })
}

/// Seconds, as pip has them: a fraction counts for a whole one.
pub(crate) fn seconds(text: &str) -> Result<u64, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let time = seconds.ok_or_else(|| format!("`{text}` is not a number of seconds: give it as 30 or 2.5"))?;
    Ok(time.as_secs() + u64::from(time.subsec_nanos() > 0))
}

/// Days that something is old, at most a century.
pub(super) fn days(text: &str) -> Result<u32, String> {
    let days = text.parse().ok().filter(|days| *days <= 36_500);
    days.ok_or_else(|| format!("`{text}` is not a number of days from 0 to 36500"))
}

/// A version of Python.
pub(crate) fn python_version(text: &str) -> Result<Version, String> {
    text.parse().map_err(|_| format!("`{text}` is no version of Python: give it as 3.13 or 3.13.2"))
}
