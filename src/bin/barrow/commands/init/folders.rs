//! Functions by what lies in folders: Python files, and something beside them that states what they need.

use std::path::{Path, PathBuf};

use barrow::lock::{find_input, is_of_project};

use super::outline::{ConfigDraft, Outlined, lockless};

/// How far down functions are looked for. Deeper ones are named by hand.
const DEEPEST: usize = 4;

/// Folders that hold no functions: results, environments and packages of other tools.
const PASSED_OVER: &[&str] =
    &["build", "dist", "node_modules", "cdk.out", "venv", "site-packages", "__pycache__", "tests"];

/// A function for each such folder.
pub(super) fn read(root: &Path) -> ConfigDraft {
    let mut outline = ConfigDraft::default();
    for folder in functions(root, &mut outline.remarks) {
        let source = if folder.as_os_str().is_empty() { ".".to_owned() } else { folder.to_string_lossy().into_owned() };
        let name = if source == "." { "function".to_owned() } else { source.replace(['/', '\\'], "-") };
        outline.units.push(Outlined { name, source: Some(source), ..Outlined::default() });
    }
    outline.tell_apart();
    outline
}

/// Folders with Python files and something that states what they need, relative to `root`, in order.
fn functions(root: &Path, remarks: &mut Vec<String>) -> Vec<PathBuf> {
    let mut found = Vec::new();
    look_into(root, PathBuf::new(), &mut found, remarks);
    found.sort();
    found
}

/// Looks for functions in a folder and below; whether there are Python files. The code of a project may lie in its
/// `src`, or in the folder of its package: so a folder that states what is needed counts with all code below, where no
/// function was found there.
fn look_into(root: &Path, folder: PathBuf, found: &mut Vec<PathBuf>, remarks: &mut Vec<String>) -> bool {
    let Ok(entries) = fs_err::read_dir(root.join(&folder)) else { return false };
    let entries: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    let mut has_code = entries.iter().any(|path| path.extension().is_some_and(|extension| extension == "py"));
    let states_needs = states_needs(&root.join(&folder));
    if has_code && states_needs {
        found.push(folder);
        return true;
    }
    if has_code {
        remarks.extend(lockless(root, &folder));
    }
    let found_before = found.len();
    for path in entries.iter().filter(|path| path.is_dir() && !path.is_symlink()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !name.starts_with('.') && !PASSED_OVER.contains(&name.as_ref()) && folder.components().count() < DEEPEST {
            has_code |= look_into(root, folder.join(name.as_ref()), found, remarks);
        }
    }
    if has_code && states_needs && found.len() == found_before {
        found.push(folder);
    }
    has_code
}

/// Whether a folder itself has a lock, a requirements file or a pyproject.toml. One above it counts where the folder is
/// a project of its own, and so a member of the workspace there; else it may be for others.
fn states_needs(folder: &Path) -> bool {
    let is_project = folder.join("pyproject.toml").is_file() && is_of_project(folder);
    find_input(folder).is_some_and(|found| is_project || found.file.parent() == Some(folder))
}
