//! The shape of a scenario file.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A file: scenarios on one theme.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) scenario: Vec<Scenario>,
}

/// One scenario: an index, what the user asks for, and what must come of it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    pub(crate) about: String,
    pub(crate) target: Option<String>,
    pub(crate) glibc: Option<String>,
    pub(crate) python_full_version: Option<String>,
    pub(crate) requires: Vec<UserLine>,
    pub(crate) constraints: Vec<UserLine>,
    pub(crate) overrides: Vec<UserLine>,
    pub(crate) excluded: Vec<String>,
    pub(crate) preferences: Vec<String>,
    pub(crate) options: Options,
    pub(crate) offline: bool,
    /// Project, then version, then what it is.
    pub(crate) packages: BTreeMap<String, BTreeMap<String, Release>>,
    /// What stands behind a URL.
    pub(crate) direct: BTreeMap<String, DirectRelease>,
    pub(crate) expect: Expect,
}

/// A line of a requirements file, or a line and the files whose digests it gives with `--hash`.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum UserLine {
    Plain(String),
    #[serde(rename_all = "kebab-case")]
    Hashed {
        line: String,
        hash_of: Vec<String>,
    },
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct Options {
    pub(crate) prerelease: Option<String>,
    pub(crate) resolution: Option<String>,
    pub(crate) exclude_newer: Option<String>,
    pub(crate) no_deps: bool,
    pub(crate) require_hashes: bool,
    pub(crate) pre: bool,
    pub(crate) no_binary: Vec<String>,
    pub(crate) only_binary: Vec<String>,
    pub(crate) allow_build: Vec<String>,
    pub(crate) no_prefer_binary: bool,
}

/// A version: only its requirements, or all that can be said of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Release {
    Requires(Vec<String>),
    Full(Box<FullRelease>),
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct FullRelease {
    pub(crate) requires: Vec<String>,
    pub(crate) requires_python: Option<String>,
    /// Requires-Python stands in the metadata only, not on the index page.
    pub(crate) hides_requires_python: bool,
    pub(crate) extras: Vec<String>,
    /// Tags of its wheels, or build and tags (`1-py3-none-any`); `py3-none-any` unless given, none for a lone sdist.
    pub(crate) wheels: Option<Vec<String>>,
    pub(crate) sdist: bool,
    pub(crate) yanked: Option<String>,
    pub(crate) uploaded: Option<String>,
    /// Its metadata cannot be read, for this reason.
    pub(crate) broken: Option<String>,
    /// What its metadata says instead of its version.
    pub(crate) says_version: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct DirectRelease {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) requires: Vec<String>,
    pub(crate) requires_python: Option<String>,
    pub(crate) extras: Vec<String>,
}

/// What must come of it; exactly one of `pins` and `error`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Expect {
    /// All pins, sorted by name.
    pub(crate) pins: Option<Vec<String>>,
    /// Names of the files, sorted by project; only where the choice of file matters.
    pub(crate) files: Option<Vec<String>>,
    /// All warnings.
    pub(crate) warnings: Option<Vec<String>>,
    /// Sentences that must be among those on versions that were passed over.
    pub(crate) passed_over: Vec<String>,
    /// Parts that the explanation must have.
    pub(crate) error: Option<Vec<String>>,
    /// Parts that the hints must have, all in all.
    pub(crate) hints: Vec<String>,
    /// How many files' metadata may be asked for at most, fetching ahead apart.
    pub(crate) metadata_requests: Option<usize>,
}
