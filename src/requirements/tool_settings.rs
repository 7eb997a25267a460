//! What the tables of tools set, for whoever wants to see it: `barrow config`.

use std::path::PathBuf;

use super::requirements_txt::RequirementsReader;
use super::scope::Scope;
use super::{IndexRole, ManifestInputs, Origin};
use crate::archive::normalized;
use crate::spec::SafeUrl;

/// A setting that a table has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolSetting {
    /// What barrow calls it.
    pub key: &'static str,
    /// Its value as a text, without credentials, and what is said beside it.
    pub values: Vec<String>,
    /// Where it stands.
    pub origin: Origin,
    /// Whether it counts together with what others say; else it counts where nobody else says anything.
    pub is_added: bool,
    /// The setting that does not count beside it where pip's own settings say it.
    pub replaces: Option<&'static str>,
}

/// The settings of the tables beside these files, and of uv's files of settings, as far as they can be read.
pub fn tool_settings(files: &[PathBuf], inputs: &ManifestInputs) -> Vec<ToolSetting> {
    let mut reader = RequirementsReader::new(inputs);
    let of_file = |file: &PathBuf| Some(normalized(&inputs.working_folder.join(file)).parent()?.to_owned());
    let folders: Vec<PathBuf> = files.iter().filter_map(of_file).collect();
    for folder in &folders {
        reader.read_tables(&folder.join("pyproject.toml"), Scope::Beside);
    }
    reader.read_uv_settings(&folders);
    let (settings, indexes) = (reader.manifest.settings, reader.manifest.indexes);
    let mut found = Vec::new();
    let texts = [
        ("exclude-newer", settings.exclude_newer),
        ("prerelease", settings.prerelease),
        ("resolution", settings.resolution),
    ];
    for (key, (text, origin)) in texts.into_iter().filter_map(|(key, setting)| Some((key, setting?))) {
        found.push(ToolSetting { key, values: vec![text], origin, is_added: false, replaces: None });
    }
    if let Some((is_on, origin)) = settings.no_index {
        let (key, values) = ("no-index", vec![is_on.to_string()]);
        found.push(ToolSetting { key, values, origin, is_added: false, replaces: Some(key) });
    }
    for index in indexes {
        let shown = shown(index.name.as_deref(), &index.url);
        let (key, is_added) = match index.role {
            IndexRole::Default => ("index-url", false),
            IndexRole::Listed | IndexRole::Explicit => ("index", true),
            IndexRole::Later => ("extra-index-url", true),
            IndexRole::Links => ("find-links", true),
        };
        let replaces = match index.role {
            IndexRole::Default | IndexRole::Links => Some(key),
            IndexRole::Listed if index.name.is_none() => Some("extra-index-url"),
            IndexRole::Listed | IndexRole::Explicit | IndexRole::Later => None,
        };
        let mark = (index.role == IndexRole::Explicit).then(|| "explicit".to_owned());
        found.push(ToolSetting {
            key,
            values: [shown].into_iter().chain(mark).collect(),
            origin: index.origin,
            is_added,
            replaces,
        });
    }
    found
}

fn shown(name: Option<&str>, url: &SafeUrl) -> String {
    name.map_or_else(|| url.to_string(), |name| format!("{name}={url}"))
}
