//! What `pyproject.toml` says of a project that Poetry locks: its requirements, and whether it is built.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::constraint;
use crate::lock::LockError;
use crate::lock::model::{Condition, Edge, Lock, LockPlace, LockedPackage, LockedSource, ProjectTie, Which};
use crate::lock::places::{index_place, public_index};
use crate::lock::project_files::{self, ProjectFile};
use crate::spec::{ExtraName, parse_requirement};

/// Reads the project beside a lock; `None`: there is none.
///
/// # Errors
/// A file that is not TOML, or a requirement that cannot be read.
pub(in crate::lock) fn read(lock: &Lock, place: &LockPlace) -> Result<Option<LockedPackage>, LockError> {
    let Some(file) = ProjectFile::read(place)? else { return Ok(None) };
    let poetry = file.tool("poetry");
    let wrong = |reason: String| LockError::Malformed { path: file.path.clone(), line: 1, reason };
    let mut project = file.package(lock);
    let has_standard = !file.dependencies().is_empty();
    for text in file.dependencies() {
        project.dependencies.push(standard(text, &poetry, &file).map_err(wrong)?);
    }
    for (extra, texts) in file.optional_dependencies() {
        let edges = texts.iter().map(|text| standard(text, &poetry, &file)).collect::<Result<_, _>>();
        project.extras.insert(extra, edges.map_err(wrong)?);
    }
    let mut optional: BTreeMap<String, Vec<Edge>> = BTreeMap::new();
    for (name, value) in dependencies_of(&poetry, "dependencies").filter(|(name, _)| *name != "python" && !has_standard)
    {
        for edge in own(name, value, &poetry, &file).map_err(wrong)? {
            if is_optional(value) {
                optional.entry(edge.name.to_string()).or_default().push(edge);
            } else {
                project.dependencies.push(edge);
            }
        }
    }
    for (extra, list) in poetry.get("extras").and_then(Value::as_table).into_iter().flatten() {
        let Ok(extra) = extra.parse::<ExtraName>() else { continue };
        let names = list.as_array().into_iter().flatten().filter_map(Value::as_str);
        let edges =
            names.filter_map(|name| name.split(['[', ' ', '(']).next()?.parse::<crate::spec::PackageName>().ok());
        let edges = edges.flat_map(|name| optional.get(name.as_ref()).cloned().unwrap_or_default());
        project.extras.entry(extra).or_default().extend(edges);
    }
    let groups = poetry.get("group").and_then(Value::as_table).into_iter().flatten();
    let groups = groups.filter_map(|(name, group)| Some((name.as_str(), group.as_table()?, "dependencies")));
    for (name, table, key) in groups.chain([("dev", &poetry, "dev-dependencies")]) {
        let Ok(group) = name.parse::<ExtraName>() else { continue };
        for (name, value) in dependencies_of(table, key) {
            project.groups.entry(group.clone()).or_default().extend(own(name, value, &poetry, &file).map_err(wrong)?);
        }
    }
    for (group, texts) in file.groups().map_err(wrong)? {
        let edges: Result<Vec<Edge>, String> = texts.iter().map(|text| standard(text, &poetry, &file)).collect();
        project.groups.entry(group).or_default().extend(edges.map_err(wrong)?);
    }
    if let LockedSource::Folder { is_virtual, .. } = &mut project.source {
        *is_virtual = !is_built(&file, &poetry);
    }
    Ok(Some(project))
}

/// Poetry installs a project unless it is told not to; one without a package to install fails there, and its folder is
/// what there is of it.
fn is_built(file: &ProjectFile, poetry: &Table) -> bool {
    if poetry.get("package-mode").and_then(Value::as_bool) == Some(false) {
        return false;
    }
    let has_list = ["packages", "include"].iter().any(|key| poetry.contains_key(*key));
    has_list || file.name().is_some_and(|name| project_files::has_package(&file.folder, name))
}

fn dependencies_of<'a>(table: &'a Table, key: &str) -> impl Iterator<Item = (&'a str, &'a Value)> {
    table.get(key).and_then(Value::as_table).into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

fn is_optional(value: &Value) -> bool {
    value.get("optional").and_then(Value::as_bool) == Some(true)
}

/// A requirement in the standard form. What `[tool.poetry.dependencies]` adds to it, markers and Pythons, counts too.
fn standard(text: &str, poetry: &Table, file: &ProjectFile) -> Result<Edge, String> {
    let requirement = parse_requirement(text).map_err(|error| format!("`{text}`: {error}"))?;
    let mut which = Which::of_standard(requirement.version_or_url, &file.folder);
    let own = requirement.marker.try_to_string();
    let added = dependencies_of(poetry, "dependencies")
        .find(|(name, _)| name.parse::<crate::spec::PackageName>().is_ok_and(|name| name == requirement.name));
    let tie = added.and_then(|(_, value)| tie_of(value, poetry, file));
    which.tie = tie.or(which.tie);
    let added = added.map(|(_, value)| marker_of(value)).transpose()?.flatten();
    Ok(Edge {
        name: requirement.name,
        which,
        extras: requirement.extras,
        marker: both(own, added).map(|text| Condition { text, at: 0 }),
    })
}

/// One or several constraints in Poetry's own form.
fn own(name: &str, value: &Value, poetry: &Table, file: &ProjectFile) -> Result<Vec<Edge>, String> {
    if let Value::Array(several) = value {
        return several
            .iter()
            .map(|value| own(name, value, poetry, file))
            .collect::<Result<Vec<_>, _>>()
            .map(|it| it.concat());
    }
    let wrong = |reason: String| format!("`{name}`: {reason}");
    let version = value.as_str().or_else(|| value.get("version")?.as_str());
    let extras = value.get("extras").and_then(Value::as_array).into_iter().flatten();
    Ok(vec![Edge {
        name: name.parse().map_err(|_| wrong("this is not the name of a project".to_owned()))?,
        which: Which {
            any_of: version.map(constraint::parse).transpose().map_err(wrong)?.unwrap_or_default(),
            tie: tie_of(value, poetry, file),
            ..Which::default()
        },
        extras: extras.filter_map(|extra| extra.as_str()?.parse().ok()).collect(),
        marker: marker_of(value).map_err(wrong)?.map(|text| Condition { text, at: 0 }),
    }])
}

/// What a table ties its name to.
fn tie_of(value: &Value, poetry: &Table, file: &ProjectFile) -> Option<Box<ProjectTie>> {
    let index = |name: &str| {
        let sources = poetry.get("source").and_then(Value::as_array).into_iter().flatten();
        let text = |source: &Value, key: &str| source.get(key).and_then(Value::as_str).map(str::to_owned);
        let mut named = sources.filter(|source| text(source, "name").is_some_and(|it| it.eq_ignore_ascii_case(name)));
        let url = named.find_map(|source| text(source, "url")).map(|url| index_place(&url, &file.folder));
        url.or_else(|| name.eq_ignore_ascii_case("pypi").then(|| public_index().to_owned()))
    };
    ProjectTie::of_table(value, &file.folder, index).map(Box::new)
}

/// The marker of a table: `markers`, `python` and `platform`, all of which have to hold.
fn marker_of(value: &Value) -> Result<Option<String>, String> {
    let text = |key: &str| value.get(key).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    let python = text("python").map(python_marker).transpose()?.flatten();
    let platform = text("platform").map(|platform| format!("sys_platform == '{platform}'"));
    Ok(both(both(text("markers").map(str::to_owned), python), platform))
}

/// The marker of a constraint on Python; `None`: it takes every one.
pub(super) fn python_marker(text: &str) -> Result<Option<String>, String> {
    let alternatives = constraint::parse(text)?;
    let texts: Vec<String> = alternatives
        .iter()
        .map(|specifiers| {
            let one = |it: &crate::spec::VersionSpecifier| {
                let text = it.to_string();
                let (operator, version) = text.split_at(text.find(|c: char| !"<>=!~".contains(c)).unwrap_or(0));
                format!("python_full_version {operator} '{}'", version.trim())
            };
            specifiers.iter().map(one).collect::<Vec<_>>().join(" and ")
        })
        .collect();
    let takes_all = texts.iter().any(String::is_empty);
    Ok((!takes_all).then(|| texts.iter().map(|text| format!("({text})")).collect::<Vec<_>>().join(" or ")))
}

/// A marker that holds when both do.
pub(super) fn both(one: Option<String>, other: Option<String>) -> Option<String> {
    match (one, other) {
        (Some(one), Some(other)) => Some(format!("({one}) and ({other})")),
        (one, other) => one.or(other),
    }
}
