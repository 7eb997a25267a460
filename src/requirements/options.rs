//! What the option lines of all files say together.

use super::option_line::OptionUse;
use crate::spec::{PackageName, SafeUrl};
use std::str::FromStr;

/// Option lines of requirements files (pip documentation, "Requirements File Format", "Global options").
///
/// They count for the whole run, wherever they stand, constraint files included. A value from the command line
/// comes first and files add to it; for options that hold one value, the last file wins over the command line,
/// as in pip.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the format, independent of the others")]
pub struct FileOptions {
    /// `-i`/`--index-url`: the last one wins.
    pub index_url: Option<SafeUrl>,
    /// `--extra-index-url`. Unlike in pip, a later `--index-url` does not discard the ones before it:
    /// losing a private index that way hands its names to the public one.
    pub extra_index_urls: Vec<SafeUrl>,
    /// `-f`/`--find-links`: pages (URL) and folders or files (`file` URL).
    pub find_links: Vec<SafeUrl>,
    /// `--no-index`: no index at all, the index URLs above are empty then.
    pub no_index: bool,
    /// `--no-binary` and `--only-binary`.
    pub format_control: FormatControl,
    /// `--all-releases` and `--only-final`.
    pub release_control: ReleaseControl,
    /// `--prefer-binary`.
    pub prefer_binary: bool,
    /// `--require-hashes`; also set as soon as one requirement has a `--hash`, unless `no_require_hashes`.
    pub require_hashes: bool,
    /// `--no-require-hashes`: hashes are checked where they stand, but not demanded of every requirement.
    pub no_require_hashes: bool,
    /// `--pre`.
    pub pre: bool,
    /// `--trusted-host`: `host` or `host:port`.
    pub trusted_hosts: Vec<String>,
    /// `--use-feature`: names that pip knows. None of them changes what barrow does.
    pub features: Vec<String>,
}

/// Which projects may come as wheels and which as sdists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormatControl {
    /// No wheels for these.
    pub no_binary: ProjectSet,
    /// No sdists for these.
    pub only_binary: ProjectSet,
}

impl FormatControl {
    /// Whether wheels of this project may be used: its own name counts more than `:all:`.
    pub fn allows_wheels(&self, name: &PackageName) -> bool {
        self.only_binary.names(name) || !(self.no_binary.names(name) || self.no_binary == ProjectSet::All)
    }

    /// Whether sdists of this project may be used: its own name counts more than `:all:`.
    pub fn allows_sdists(&self, name: &PackageName) -> bool {
        !self.only_binary.names(name) && (self.no_binary.names(name) || self.only_binary != ProjectSet::All)
    }
}

/// Which projects may be taken in a pre-release, whatever else is said about pre-releases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReleaseControl {
    /// Pre-releases count like final versions for these.
    pub all_releases: ProjectSet,
    /// Pre-releases are never taken for these.
    pub only_final: ProjectSet,
}

/// A set of projects as `--no-binary` and its like name it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ProjectSet {
    /// None.
    #[default]
    None,
    /// `:all:`.
    All,
    /// The projects of these names.
    Projects(Vec<PackageName>),
}

impl ProjectSet {
    /// Whether it holds this project.
    pub fn contains(&self, name: &PackageName) -> bool {
        *self == Self::All || self.names(name)
    }

    /// Whether it holds this project by its own name.
    pub fn names(&self, name: &PackageName) -> bool {
        matches!(self, Self::Projects(names) if names.contains(name))
    }

    /// Takes in the value of one use of an option; a project that is added here leaves `other`.
    ///
    /// `:all:` stands for every project, `:none:` empties the set, what stands before `:all:` says nothing.
    ///
    /// # Errors
    /// The part of the value that is no project name.
    pub fn extend(&mut self, value: &str, other: &mut Self) -> Result<(), String> {
        let mut words: Vec<&str> = value.split(',').collect();
        while let Some(all) = words.iter().position(|word| *word == ":all:") {
            *self = Self::All;
            *other = Self::None;
            words.drain(..=all);
            if !words.contains(&":none:") {
                return Ok(());
            }
        }
        for word in words {
            if word == ":none:" {
                *self = Self::None;
                continue;
            }
            let name = PackageName::from_str(word.trim()).map_err(|_| word.to_owned())?;
            if let Self::Projects(names) = other {
                names.retain(|held| *held != name);
                if names.is_empty() {
                    *other = Self::None;
                }
            }
            match self {
                Self::All => {}
                Self::None => *self = Self::Projects(vec![name]),
                Self::Projects(names) if names.contains(&name) => {}
                Self::Projects(names) => names.push(name),
            }
        }
        Ok(())
    }
}

/// Names that pip takes after `--use-feature` (pip 26).
pub(super) const FEATURES: [&str; 6] = [
    "fast-deps",
    "inprocess-build-deps",
    "venv-isolation",
    "truststore",
    "no-binary-enable-wheel-cache",
    "build-constraint",
];

/// Checks the value of `--trusted-host`.
pub(super) fn trusted_host(option: &OptionUse) -> Result<String, String> {
    let host = option.value.trim();
    if host.is_empty() || host.contains(['/', '@', ' ']) {
        return Err("`--trusted-host` takes a host or `host:port`, not a URL".to_owned());
    }
    Ok(host.to_owned())
}
