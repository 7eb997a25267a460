//! Where uv's settings stand for a folder (uv documentation, "Configuration files", "Using workspaces").

use std::path::{Path, PathBuf};

use toml::de::DeTable;

use super::workspace::Workspace;

/// The name of uv's own file of settings.
pub(super) const OWN_FILE: &str = "uv.toml";

/// The file with uv's settings for a folder, which is absolute: the nearest `uv.toml`, or `pyproject.toml` with a
/// `[tool.uv]`, upwards. From a member of a workspace the search goes on at the root.
pub fn uv_settings_file(folder: &Path) -> Option<PathBuf> {
    let mut next = Some(folder.to_owned());
    while let Some(folder) = next {
        let project = folder.join("pyproject.toml");
        let has_project = project.is_file();
        if has_project
            && let Some(workspace) = Workspace::of(&folder)
            && workspace.tool == "uv"
            && workspace.root != folder
        {
            next = Some(workspace.root);
            continue;
        }
        let own = folder.join(OWN_FILE);
        if own.is_file() {
            return Some(own);
        }
        if has_project && has_table(&project, &[]) {
            return Some(project);
        }
        next = folder.parent().map(Path::to_owned);
    }
    None
}

/// The nearest `pyproject.toml` above a folder in which uv's tables tie names.
pub(in super::super) fn project_above(folder: &Path) -> Option<PathBuf> {
    let mut above = folder.ancestors().skip(1).map(|folder| folder.join("pyproject.toml"));
    above.find(|file| file.is_file() && (has_table(file, &["sources"]) || has_table(file, &["workspace"])))
}

/// Whether a file has `[tool.uv]`, or a table in it. What cannot be read has none.
fn has_table(file: &Path, below: &[&str]) -> bool {
    let Ok(text) = fs_err::read_to_string(file) else { return false };
    if !text.contains("uv") {
        return false;
    }
    let Ok(document) = DeTable::parse(text.trim_start_matches('\u{feff}')) else { return false };
    let mut table = document.get_ref();
    for key in ["tool", "uv"].iter().chain(below) {
        match table.get(*key).and_then(|value| value.get_ref().as_table()) {
            Some(found) => table = found,
            None => return false,
        }
    }
    true
}
