//! What the process knows of its surroundings, read once: environment, home, working folder, clock.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::standard_input::StandardInput;

/// The surroundings of a run. Tests make their own.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    /// Environment variables that are text and not empty: an empty variable counts as unset.
    pub(crate) environment: BTreeMap<String, String>,
    /// The user's home folder, where one is known.
    pub(crate) home: Option<PathBuf>,
    /// The folder that relative paths start from.
    pub(crate) working_folder: PathBuf,
    /// Where temporary files go.
    pub(crate) temporary_folder: PathBuf,
    /// When the run began.
    pub(crate) now: Timestamp,
    /// What `-` among the input files means.
    pub(crate) standard_input: StandardInput,
}

/// Makes a folder the one that this process works in, for the run that comes next.
pub(crate) fn enter(folder: &Path) -> std::io::Result<()> {
    std::env::set_current_dir(folder)
}

impl Host {
    /// The surroundings of this process.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
    pub(crate) fn of_process() -> Self {
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(_, value)| !value.is_empty())
            .collect();
        Self {
            environment,
            home: std::env::home_dir().filter(|home| home.is_absolute()),
            // A deleted working folder is no fault as long as every path of the run is absolute.
            working_folder: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
            temporary_folder: std::env::temp_dir(),
            now: Timestamp::now(),
            standard_input: StandardInput::default(),
        }
    }

    /// A variable that is set and not empty.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name).map(String::as_str)
    }

    /// A variable that holds an absolute path; the XDG specification says to ignore others.
    pub(crate) fn folder_variable(&self, name: &str) -> Option<PathBuf> {
        self.variable(name).map(PathBuf::from).filter(|path| path.is_absolute())
    }

    /// `path` with a leading `~` replaced, made absolute from `base`.
    pub(crate) fn absolute(&self, base: &Path, path: &str) -> PathBuf {
        match (path.strip_prefix("~/"), &self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => base.join(path),
        }
    }

    /// Today, as `YYYY-MM-DD` (UTC): comparable as text with the runtime table's dates.
    pub(crate) fn today(&self) -> String {
        self.now.to_string().chars().take(10).collect()
    }

    /// Where programs of this user remember things between runs, by this platform's conventions.
    pub(crate) fn state_folder(&self) -> Option<PathBuf> {
        self.own_folder("XDG_STATE_HOME", "Library/Application Support", ".local/state")
    }

    /// The cache folder of this platform's conventions; `None` when no home is known.
    pub(crate) fn cache_folder(&self) -> Option<PathBuf> {
        self.own_folder("XDG_CACHE_HOME", "Library/Caches", ".cache")
    }

    /// The folder of barrow's own below the one that the variable names, or the usual one below the home folder.
    fn own_folder(&self, variable: &str, of_macos: &str, of_others: &str) -> Option<PathBuf> {
        let usual = if cfg!(target_os = "macos") { of_macos } else { of_others };
        let folder = self.folder_variable(variable).or_else(|| Some(self.home.as_ref()?.join(usual)));
        Some(folder?.join("barrow"))
    }
}
