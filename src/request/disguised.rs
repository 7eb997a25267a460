//! Files whose name says one thing and whose content another, and files of other programs.

use std::path::Path;

use super::{ForeignFile, RequestError};
use crate::lock::LockKind;
use crate::requirements::{ManifestInputs, RequirementsError};

/// Refuses a file that is named as one of requirements and has the name of a file of another program.
pub(super) fn refuse_foreign_name(path: &Path) -> Result<(), RequestError> {
    let what = match path.file_name().and_then(|name| name.to_str()).unwrap_or_default() {
        "setup.py" | "setup.cfg" => ForeignFile::Setuptools,
        "Pipfile" => ForeignFile::Pipfile,
        "package.json" | "package-lock.json" => ForeignFile::Npm,
        _ => return Ok(()),
    };
    Err(RequestError::Foreign { path: path.to_owned(), what })
}

/// Refuses `FILE[EXTRA,…]`, where there is no such file and FILE is a lock or project.
pub(super) fn refuse_extras_behind(path: &Path, working_folder: &Path) -> Result<(), RequestError> {
    let named = || path.to_str()?.strip_suffix(']')?.split_once('[');
    let Some((file, extras)) = named().map(|(file, extras)| (Path::new(file), extras)) else { return Ok(()) };
    let is_chosen_from = LockKind::of(file).is_some() || file.file_name().is_some_and(|name| name == "pyproject.toml");
    if !is_chosen_from || working_folder.join(path).exists() {
        return Ok(());
    }
    let extras = extras.split(',').map(|extra| extra.trim().to_owned()).filter(|extra| !extra.is_empty()).collect();
    Err(RequestError::ExtrasBehindName { path: path.to_owned(), file: file.to_owned(), extras })
}

/// Says of files that could not be understood when one of them belongs to another program, by its content. It is looked
/// into only now: what can be understood is read once.
pub(super) fn explain(error: RequirementsError, inputs: &ManifestInputs) -> RequestError {
    let foreign = inputs.requirement_files.iter().find_map(|path| {
        let there = inputs.working_folder.join(path);
        let what = match path.extension().and_then(|extension| extension.to_str()).unwrap_or_default() {
            "yml" | "yaml" if is_of_conda(&there) => ForeignFile::CondaEnvironment,
            "txt" if is_list_of_conda(&there) => ForeignFile::CondaList,
            _ => return None,
        };
        Some(RequestError::Foreign { path: path.clone(), what })
    });
    foreign.unwrap_or_else(|| error.into())
}

/// Refuses a lock that is none by its content.
pub(super) fn refuse_list(path: &Path, text: &str) -> Result<(), RequestError> {
    if is_list(text) { Err(RequestError::ListCalledLock { path: path.to_owned() }) } else { Ok(()) }
}

/// Whether the first line that says something is a requirement and no TOML.
fn is_list(text: &str) -> bool {
    let first = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
    text.parse::<toml::Table>().is_err()
        && first.is_some_and(|line| {
            let is_option = line.starts_with("-r ") || line.starts_with("--") || line.starts_with("-e ");
            let is_pin = line.starts_with(|c: char| c.is_ascii_alphanumeric())
                && ["==", ">=", "<=", "~=", " @ "].iter().any(|operator| line.contains(operator));
            is_option || is_pin
        })
}

fn is_of_conda(path: &Path) -> bool {
    let text = text_of(path);
    let has = |key: &str| text.lines().any(|line| line.trim_end().starts_with(key));
    has("dependencies:") && (has("channels:") || has("name:") || has("prefix:"))
}

fn is_list_of_conda(path: &Path) -> bool {
    let text = text_of(path);
    text.starts_with("# packages in environment at ")
        || text.starts_with("# This file may be used to create an environment")
}

/// What is no file is not read twice: a pipe gives its text once.
fn text_of(path: &Path) -> String {
    if path.is_file() { fs_err::read_to_string(path).unwrap_or_default() } else { String::new() }
}
