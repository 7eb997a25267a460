//! Files that may state what a folder needs and that barrow does not read for it. A user who has one of them and
//! nothing else is told.

use std::path::Path;

use crate::requirements::names_requirements;

/// Why each of these is not read.
const KNOWN: [(&str, &str); 5] = [
    ("environment.yml", CONDA),
    ("environment.yaml", CONDA),
    ("conda.yml", CONDA),
    ("conda.yaml", CONDA),
    ("conda-lock.yml", CONDA),
];

const CONDA: &str = "it is a list for conda; what of it comes from PyPI belongs into a requirements.txt";
const SETUP: &str = "that would run it; if it names dependencies, a requirements.txt with the line `.` takes them";
const CFG: &str = "only a build reads it, and without a pyproject.toml or setup.py beside it there is none; a \
                   requirements.txt with what it has as `install_requires` takes that";
const SCRIPT: &str = "its comments name dependencies of its own; name it with -r";
const OTHER_LIST: &str = "only `requirements.txt` is taken by itself; name this one with -r";

/// Most lists of requirements that are told.
const LISTS_TOLD: usize = 5;

/// The files of a folder that may state what it needs and are not read, with why: names as they lie below it, in order.
pub fn passed_over(folder: &Path) -> Vec<(String, &'static str)> {
    let mut found: Vec<(String, &'static str)> = KNOWN
        .iter()
        .filter(|(name, _)| folder.join(name).is_file())
        .map(|(name, why)| ((*name).to_owned(), *why))
        .collect();
    let cfg = || fs_err::read_to_string(folder.join("setup.cfg")).is_ok_and(|text| text.contains("install_requires"));
    if folder.join("setup.py").is_file() {
        found.push(("setup.py".to_owned(), SETUP));
    } else if cfg() {
        found.push(("setup.cfg".to_owned(), CFG));
    }
    let says = |name: &String| fs_err::read_to_string(folder.join(name)).is_ok_and(|text| names_requirements(&text));
    let scripts = names_in(folder).into_iter().filter(|name| name.strip_suffix(".py").is_some() && says(name));
    found.extend(scripts.take(LISTS_TOLD).map(|name| (name, SCRIPT)));
    found.extend(other_lists(folder).into_iter().map(|name| (name, OTHER_LIST)));
    found
}

/// The lists of requirements of a folder that are not taken by themselves: names as they lie below it, in order.
pub fn other_lists(folder: &Path) -> Vec<String> {
    let mut lists: Vec<String> = names_in(folder).into_iter().filter(|name| is_list(name)).collect();
    let below = names_in(&folder.join("requirements")).into_iter().filter(|name| name.strip_suffix(".txt").is_some());
    lists.extend(below.map(|name| format!("requirements/{name}")));
    lists.truncate(LISTS_TOLD);
    lists
}

/// `requirements-prod.txt`, `base_requirements.txt`, `requirements.in`.
fn is_list(name: &str) -> bool {
    let stem = name.strip_suffix(".txt").or_else(|| name.strip_suffix(".in"));
    stem.is_some_and(|stem| stem.contains("requirements")) && name != "requirements.txt"
}

/// The names of the files in a folder, sorted; none where it cannot be read.
fn names_in(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs_err::read_dir(folder) else { return Vec::new() };
    let files = entries.flatten().filter(|entry| entry.path().is_file());
    let mut names: Vec<String> = files.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

/// Whether a folder has a Pipfile that asks for packages. What is no Pipfile at all asks for nothing.
pub fn pipfile_asks(folder: &Path) -> bool {
    let Ok(text) = fs_err::read_to_string(folder.join("Pipfile")) else { return false };
    let Ok(table) = text.parse::<toml::Table>() else { return false };
    table.get("packages").and_then(toml::Value::as_table).is_some_and(|packages| !packages.is_empty())
}
