//! Which file states what a folder needs, when the user names none.
//!
//! A lock comes first, then `requirements.txt`, then `pyproject.toml`. A lock also counts where it lies at the root of
//! the project or workspace that the folder belongs to; the way up ends at the root of the repository. A folder with
//! requirements of its own, and no part of a workspace, is on its own.

use std::path::{Path, PathBuf};

use super::LockKind;
use super::passed_over::pipfile_asks;
use super::project_files::ProjectFile;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundInput {
    /// The file, absolute.
    pub file: PathBuf,
    /// Files that might have been meant and were not taken, with why.
    pub unused: Vec<(PathBuf, &'static str)>,
}

/// The files beside locks that state what a folder needs, best first.
const OTHERS: [&str; 2] = ["requirements.txt", "pyproject.toml"];

/// The files that could state what a folder needs, for messages.
pub fn candidates() -> Vec<&'static str> {
    LockKind::ALL.into_iter().map(LockKind::file_name).chain(OTHERS).collect()
}

/// The file that states what a folder needs; `folder` is absolute.
pub fn find_input(folder: &Path) -> Option<FoundInput> {
    let [requirements, pyproject] = OTHERS.map(|name| Some(folder.join(name)).filter(|path| path.is_file()));
    let mut locks = locks_in(folder).into_iter();
    if let Some(file) = locks.next() {
        let unused = locks.map(|path| (path, "another lock comes first"));
        let unused = unused.chain(requirements.map(|path| (path, "a lock comes first"))).collect();
        return Some(FoundInput { file, unused });
    }
    let pyproject = pyproject.filter(|_| is_of_project(folder));
    let mut unused = Vec::new();
    if pyproject.is_some() || requirements.is_none() {
        for above in folder.ancestors().skip(1).take_while(|_| !is_end(folder)) {
            let locks = locks_in(above);
            let has_file = above.join("pyproject.toml").is_file();
            let is_project = !locks.is_empty() || (has_file && is_of_project(above));
            for lock in locks {
                if covers(&lock, folder, pyproject.is_some()) {
                    unused.extend(requirements.map(|path| (path, "the lock of the project comes first")));
                    return Some(FoundInput { file: lock, unused });
                }
                unused.push((lock, "this folder is no part of what it locks"));
            }
            // Beyond its own project only a workspace can be.
            if is_end(above) || (is_project && pyproject.is_none()) {
                break;
            }
        }
    } else if let Some(lock) = folder.ancestors().nth(1).and_then(|above| locks_in(above).into_iter().next()) {
        unused.push((lock, "the folder has requirements of its own"));
    }
    let file = requirements.clone().or(pyproject.clone())?;
    let beside = pyproject.filter(|_| requirements.is_some() && has_dependencies(folder));
    unused.extend(beside.map(|path| (path, "requirements.txt comes first")));
    if pipfile_asks(folder) {
        unused.push((folder.join("Pipfile"), "it has no Pipfile.lock beside it"));
    }
    Some(FoundInput { file, unused })
}

/// Tools in whose tables of a `pyproject.toml` dependencies may stand.
const TOOLS: [&str; 5] = ["poetry", "flit", "pdm", "hatch", "uv"];

/// Whether the `pyproject.toml` of a folder is about a project, and not the settings of formatters, linters and barrow
/// alone. What cannot be read may be.
pub fn is_of_project(folder: &Path) -> bool {
    let Ok(Some(ProjectFile { table, .. })) = ProjectFile::read_in(folder, Path::new("pyproject.toml")) else {
        return true;
    };
    let has = |key: &&str| table.get("tool").is_some_and(|tools| tools.get(*key).is_some());
    ["project", "build-system", "dependency-groups"].iter().any(|key| table.contains_key(*key)) || TOOLS.iter().any(has)
}

/// Whether the `pyproject.toml` of a folder names dependencies, by the standard table or Poetry's.
fn has_dependencies(folder: &Path) -> bool {
    let Ok(Some(file)) = ProjectFile::read_in(folder, Path::new("pyproject.toml")) else { return false };
    let poetry = file.tool("poetry");
    let of_poetry = poetry.get("dependencies").and_then(toml::Value::as_table);
    !file.dependencies().is_empty() || of_poetry.is_some_and(|table| table.keys().any(|name| name != "python"))
}

fn locks_in(folder: &Path) -> Vec<PathBuf> {
    LockKind::ALL.into_iter().map(|kind| folder.join(kind.file_name())).filter(|path| path.is_file()).collect()
}

/// Nobody looks beyond the root of a repository.
fn is_end(folder: &Path) -> bool {
    folder.join(".git").exists()
}

/// Whether a lock above a folder is for it. A folder with a project file of its own has to be a member of the workspace
/// that is locked there, by its path; any other is a part of the project above.
fn covers(lock: &Path, folder: &Path, is_project: bool) -> bool {
    let Some(root) = lock.parent() else { return false };
    if LockKind::of(lock) != Some(LockKind::Uv) {
        return !is_project;
    }
    let Ok(text) = fs_err::read_to_string(lock) else { return !is_project };
    let is_member = |folder: &Path| {
        let below = folder.strip_prefix(root).ok().and_then(Path::to_str).unwrap_or_default();
        let below = if below.is_empty() { "." } else { below };
        ["editable", "virtual", "directory"].iter().any(|kind| text.contains(&format!("{kind} = \"{below}\" }}")))
    };
    if is_project { is_member(folder) } else { folder.ancestors().take_while(|it| it.starts_with(root)).any(is_member) }
}
