//! Workspaces: a root whose table lists the folders of its members.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use globset::{Glob, GlobMatcher};
use toml::de::DeTable;

use crate::archive::normalized;
use crate::spec::{PackageName, push_new};

/// Tools whose tables are alike: `members`, and `exclude` where there is one.
const TOOLS: [&str; 3] = ["uv", "rye", "pdm"];

/// Deepest folder that `**` looks into.
const DEEPEST: usize = 16;

/// A workspace that a folder belongs to.
#[derive(Debug)]
pub(super) struct Workspace {
    /// The folder of its root, absolute.
    pub(super) root: PathBuf,
    /// The text of the root's `pyproject.toml`.
    pub(super) text: String,
    /// The tool whose workspace it is.
    pub(super) tool: &'static str,
    /// Folder of each member by its name, the root's included.
    pub(super) members: BTreeMap<PackageName, PathBuf>,
    /// The files that say so.
    pub(super) files: Vec<PathBuf>,
}

impl Workspace {
    /// The workspace of the project in `folder`: its own, or the nearest one above that counts it among its members.
    pub(super) fn of(folder: &Path) -> Option<Self> {
        for above in folder.ancestors() {
            let Ok(text) = fs_err::read_to_string(above.join("pyproject.toml")) else { continue };
            let Some((tool, patterns, excluded)) = patterns_of(&text) else { continue };
            let excluded: Vec<PathBuf> = excluded.iter().flat_map(|pattern| expand(above, pattern)).collect();
            let folders: Vec<PathBuf> = patterns
                .iter()
                .flat_map(|pattern| expand(above, pattern))
                .filter(|member| !excluded.contains(member) && member.join("pyproject.toml").is_file())
                .collect();
            if above != folder && !folders.iter().any(|member| member == folder) {
                return None;
            }
            return Some(Self::new(above, text, tool, folders));
        }
        None
    }

    fn new(root: &Path, text: String, tool: &'static str, folders: Vec<PathBuf>) -> Self {
        let mut workspace = Self {
            root: root.to_owned(),
            text,
            tool,
            members: BTreeMap::new(),
            files: vec![root.join("pyproject.toml")],
        };
        for folder in folders.into_iter().chain([root.to_owned()]) {
            let path = folder.join("pyproject.toml");
            let name = fs_err::read_to_string(&path).ok().and_then(|text| name_in(&text));
            if let Some(name) = name {
                push_new(&mut workspace.files, path);
                workspace.members.entry(name).or_insert(folder);
            }
        }
        workspace
    }
}

/// The name that a `pyproject.toml` gives its project.
fn name_in(text: &str) -> Option<PackageName> {
    let document = DeTable::parse(text).ok()?.into_inner();
    let name = |path: &[&str]| {
        let mut table = &document;
        for key in path {
            table = table.get(*key)?.get_ref().as_table()?;
        }
        PackageName::from_str(table.get("name")?.get_ref().as_str()?).ok()
    };
    name(&["project"]).or_else(|| name(&["tool", "poetry"]))
}

/// Members and exceptions of a root.
fn patterns_of(text: &str) -> Option<(&'static str, Vec<String>, Vec<String>)> {
    if !text.contains("workspace") {
        return None;
    }
    let document = DeTable::parse(text).ok()?.into_inner();
    let tools = document.get("tool")?.get_ref().as_table()?;
    TOOLS.into_iter().find_map(|tool| {
        let table = tools.get(tool)?.get_ref().as_table()?.get("workspace")?.get_ref().as_table()?;
        let list = |key: &str| {
            let value = table.get(key).and_then(|value| super::document::texts(value).ok()).unwrap_or_default();
            value.into_iter().map(|(text, _)| text.to_owned()).collect::<Vec<_>>()
        };
        Some((tool, list("members"), list("exclude")))
    })
}

/// The folders that a pattern names, sorted.
pub(super) fn expand(root: &Path, pattern: &str) -> Vec<PathBuf> {
    let parts: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let mut found = vec![root.to_owned()];
    for part in parts {
        found = found.iter().flat_map(|folder| step(folder, part)).collect();
    }
    found.sort_unstable();
    found.dedup();
    found
}

fn step(folder: &Path, part: &str) -> Vec<PathBuf> {
    if part == "**" {
        let mut all = Vec::new();
        descend(folder, DEEPEST, &mut all);
        return all;
    }
    if !part.contains(['*', '?', '[', '{']) {
        let next = normalized(&folder.join(part));
        return if next.is_dir() { vec![next] } else { Vec::new() };
    }
    let Ok(glob) = Glob::new(part) else { return Vec::new() };
    let matcher: GlobMatcher = glob.compile_matcher();
    subfolders(folder).into_iter().filter(|path| path.file_name().is_some_and(|name| matcher.is_match(name))).collect()
}

fn descend(folder: &Path, depth: usize, all: &mut Vec<PathBuf>) {
    all.push(folder.to_owned());
    if depth > 0 {
        for below in subfolders(folder) {
            descend(&below, depth - 1, all);
        }
    }
}

/// Folders that may hold projects: no hidden ones, and none that tools fill.
fn subfolders(folder: &Path) -> Vec<PathBuf> {
    let is_wanted = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        path.is_dir()
            && !name.starts_with('.')
            && !matches!(&*name, "node_modules" | "__pycache__" | "venv" | "cdk.out")
    };
    let entries = fs_err::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    entries.map(|entry| entry.path()).filter(is_wanted).collect()
}
