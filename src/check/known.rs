//! What is known of a runtime's libraries: the table, or what a real runtime printed.

use std::collections::BTreeSet;
use std::path::Path;

use super::CheckError;
use crate::target::{Presence, Target};

/// The libraries of the runtime; by default those of the table.
#[derive(Clone, Debug, Default)]
pub(super) struct Libraries {
    /// Names of the libraries that a real runtime listed; `None`: the table is asked.
    listed: Option<BTreeSet<String>>,
}

impl Libraries {
    /// Reads what the handler of `--probe` printed: folders with the names in them, as JSON.
    pub(super) fn read(path: &Path) -> Result<Self, CheckError> {
        let bytes = crate::regular::read(path).map_err(|source| CheckError::Read { path: path.to_owned(), source })?;
        let wrong = || CheckError::Libraries { path: path.to_owned() };
        let answer: serde_json::Value = serde_json::from_slice(&bytes).map_err(|_| wrong())?;
        let folders = answer.get("folders").and_then(|folders| folders.as_object()).ok_or_else(wrong)?;
        let names = folders.iter().filter(|(folder, _)| is_systems(folder)).filter_map(|(_, names)| names.as_array());
        let names = names.flatten().filter_map(|name| name.as_str().map(str::to_owned));
        Ok(Self { listed: Some(names.collect()) })
    }

    /// How sure it is that the runtime has a library.
    pub(super) fn presence(&self, name: &str, target: &Target) -> Presence {
        match &self.listed {
            None => target.runtime().library(name, target.architecture()),
            Some(listed) if listed.contains(name) => Presence::Certain,
            Some(_) => Presence::Absent,
        }
    }
}

/// Folders that belong to the runtime and not to the function that printed the list.
fn is_systems(folder: &str) -> bool {
    !folder.starts_with("/var/task") && !folder.starts_with("/opt")
}

/// The handler that lists what a real runtime has, for `--libraries`.
pub const PROBE: &str = r#"import json, os


def handler(event, context):
    path = os.environ.get("LD_LIBRARY_PATH", "").split(":") + ["/lib64", "/usr/lib64", "/var/lang/lib"]
    folders = {f: sorted(os.listdir(f)) for f in dict.fromkeys(path) if os.path.isdir(f)}
    answer = {"runtime": os.environ.get("AWS_EXECUTION_ENV"), "machine": os.uname().machine, "folders": folders}
    print(json.dumps(answer))
    return answer
"#;
