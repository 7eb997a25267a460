//! The `pyproject.toml` beside a lock, as far as the lock's own tool looks at it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::LockError;
use super::model::{Lock, LockPlace, LockedPackage, LockedSource};
use crate::spec::{ExtraName, PackageName, line_at, toml_reason};

/// A `pyproject.toml` as a table.
pub(super) struct ProjectFile {
    /// As messages call it: beside the lock.
    pub(super) path: PathBuf,
    /// Its folder, absolute.
    pub(super) folder: PathBuf,
    pub(super) table: Table,
}

impl ProjectFile {
    /// The file beside a lock; `None`: there is none.
    pub(super) fn read(place: &LockPlace) -> Result<Option<Self>, LockError> {
        Self::read_in(&place.folder, &place.path.with_file_name("pyproject.toml"))
    }

    /// The file in a folder, under the name by which messages call it.
    pub(super) fn read_in(folder: &Path, shown: &Path) -> Result<Option<Self>, LockError> {
        let Ok(text) = fs_err::read_to_string(folder.join("pyproject.toml")) else { return Ok(None) };
        let table = text.trim_start_matches('\u{feff}').parse::<Table>().map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            let line = line_at(text.as_bytes(), at);
            LockError::Malformed { path: shown.to_owned(), line, reason: toml_reason(&text, &error) }
        })?;
        Ok(Some(Self { path: shown.to_owned(), folder: folder.to_owned(), table }))
    }

    fn project(&self) -> Option<&Table> {
        self.table.get("project")?.as_table()
    }

    /// `[tool.NAME]`; empty where there is none.
    pub(super) fn tool(&self, name: &str) -> Table {
        let table = self.table.get("tool").and_then(|tools| tools.get(name)).and_then(Value::as_table);
        table.cloned().unwrap_or_default()
    }

    /// The name of the project, by the standard table or Poetry's.
    pub(super) fn name(&self) -> Option<&str> {
        let poetry = || self.table.get("tool")?.get("poetry")?.get("name");
        self.project().and_then(|project| project.get("name")).or_else(poetry)?.as_str()
    }

    /// `requires-python` of the standard table.
    pub(super) fn requires_python(&self) -> Option<&str> {
        self.project()?.get("requires-python")?.as_str()
    }

    /// A key of the standard table as text.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.project()?.get(key)?.as_str()
    }

    /// Whether the standard table leaves a key to the build.
    pub(super) fn is_dynamic(&self, key: &str) -> bool {
        let dynamic = self.project().and_then(|project| project.get("dynamic")).and_then(Value::as_array);
        dynamic.into_iter().flatten().any(|name| name.as_str() == Some(key))
    }

    /// `[project] dependencies`.
    pub(super) fn dependencies(&self) -> Vec<&str> {
        texts(self.project().and_then(|project| project.get("dependencies")))
    }

    /// `[project.optional-dependencies]`.
    pub(super) fn optional_dependencies(&self) -> Vec<(ExtraName, Vec<&str>)> {
        let table = self.project().and_then(|project| project.get("optional-dependencies")).and_then(Value::as_table);
        let named = table.into_iter().flatten();
        named.filter_map(|(name, list)| Some((name.parse().ok()?, texts(Some(list))))).collect()
    }

    /// `[dependency-groups]`, with the groups that they include.
    ///
    /// # Errors
    /// A group that is included and not there, or that includes itself.
    pub(super) fn groups(&self) -> Result<BTreeMap<ExtraName, Vec<String>>, String> {
        let table = self.table.get("dependency-groups").and_then(Value::as_table);
        let lists: BTreeMap<ExtraName, &Vec<Value>> = table
            .into_iter()
            .flatten()
            .filter_map(|(name, list)| Some((name.parse().ok()?, list.as_array()?)))
            .collect();
        let names: Vec<ExtraName> = lists.keys().cloned().collect();
        names.into_iter().map(|name| Ok((name.clone(), members(&lists, &name, &mut Vec::new())?))).collect()
    }

    /// Whether the file says how the project is built.
    pub(super) fn has_build_system(&self) -> bool {
        self.table.contains_key("build-system")
    }

    /// The project as a package for a lock that does not list it; it is not built.
    pub(super) fn package(&self, lock: &Lock) -> LockedPackage {
        LockedPackage::of_project(lock, self.name())
    }
}

impl LockedPackage {
    /// The user's own project beside a lock, as one that requires nothing and is not built.
    pub(super) fn of_project(lock: &Lock, name: Option<&str>) -> Self {
        let name = name.and_then(|name| name.parse().ok());
        let name = name.unwrap_or_else(|| "project".parse::<PackageName>().expect("this is a name"));
        let path = lock.folder.clone();
        let source = LockedSource::Folder { path, subdirectory: None, editable: true, is_virtual: true };
        Self::new(name, None, source, 0)
    }
}

fn texts(list: Option<&Value>) -> Vec<&str> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

fn members(
    lists: &BTreeMap<ExtraName, &Vec<Value>>,
    name: &ExtraName,
    path: &mut Vec<ExtraName>,
) -> Result<Vec<String>, String> {
    let Some(list) = lists.get(name) else { return Err(format!("there is no dependency group `{name}`")) };
    if path.contains(name) {
        return Err(format!("the group `{name}` includes itself"));
    }
    path.push(name.clone());
    let mut found = Vec::new();
    for item in *list {
        match (item.as_str(), item.get("include-group").and_then(Value::as_str)) {
            (Some(text), _) => found.push(text.to_owned()),
            (None, Some(group)) => {
                let group = group.parse().map_err(|_| format!("`{group}` is not a name for a group"))?;
                found.extend(members(lists, &group, path)?);
            }
            (None, None) => {}
        }
    }
    path.pop();
    Ok(found)
}

/// Whether a folder holds a package or module of a project's name, at its top or below `src`, where tools look for it.
pub(super) fn has_package(folder: &Path, name: &str) -> bool {
    let module = name.replace(['-', '.'], "_");
    let modules = [module.clone(), module.to_lowercase()];
    let places = [folder.to_owned(), folder.join("src")];
    places.iter().any(|place| {
        modules.iter().any(|module| place.join(module).is_dir() || place.join(format!("{module}.py")).is_file())
    })
}
