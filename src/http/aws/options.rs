//! What the surroundings say about AWS, handed in by the program.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::http::Secret;

/// Where credentials for AWS may be found.
#[derive(Clone, Default)]
pub struct AwsOptions {
    /// The variables of the environment that start with `AWS_`, and with `GS_` for Google's store.
    pub variables: Vec<(String, Secret)>,
    /// The home folder, for `~/.aws`.
    pub home: Option<PathBuf>,
    /// The AWS command line, for what we cannot do ourselves, looked for on the `PATH` when it is a bare name.
    pub program: Option<PathBuf>,
}

impl AwsOptions {
    /// A variable that is set and not empty.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        let found = self.variables.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.reveal().trim()).filter(|value| !value.is_empty())
    }

    /// Whether a switch is on.
    pub(super) fn is_on(&self, name: &str) -> bool {
        self.variable(name).is_some_and(|value| value.eq_ignore_ascii_case("true") || value == "1")
    }

    /// The file that a variable names, else the usual one in the home folder.
    pub(super) fn file(&self, variable: &str, usual: &str) -> Option<PathBuf> {
        match (self.variable(variable), &self.home) {
            (Some(path), Some(home)) if path.starts_with("~/") => Some(home.join(&path[2..])),
            (Some(path), _) => Some(Path::new(path).to_owned()),
            (None, home) => home.as_ref().map(|home| home.join(usual)),
        }
    }

    /// The profile, and whether the user chose it.
    pub(super) fn profile(&self) -> (&str, bool) {
        let chosen = self.variable("AWS_PROFILE").or_else(|| self.variable("AWS_DEFAULT_PROFILE"));
        (chosen.unwrap_or("default"), chosen.is_some())
    }

    /// The endpoint that takes the place of a service's own (`AWS_ENDPOINT_URL_SERVICE`, else `AWS_ENDPOINT_URL`).
    pub(super) fn endpoint(&self, service: &str) -> Option<&str> {
        if self.is_on("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") {
            return None;
        }
        let own = self.variable(&format!("AWS_ENDPOINT_URL_{service}"));
        own.or_else(|| self.variable("AWS_ENDPOINT_URL")).map(|url| url.trim_end_matches('/'))
    }
}

/// Names of variables only: the values are secrets.
impl fmt::Debug for AwsOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.variables.iter().map(|(name, _)| name).collect();
        f.debug_struct("AwsOptions").field("variables", &names).field("program", &self.program).finish_non_exhaustive()
    }
}
