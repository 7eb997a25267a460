//! `[tool.poetry]` (Poetry documentation, "The pyproject.toml file", "Dependency specification", "Repositories").

use std::ops::Range;
use std::str::FromStr as _;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::direct::Reference;
use super::document::{Fields, PyprojectDocument, texts};
use super::standard::NOT_A_TEXT;
use super::{DeclaredIndex, IndexRole, PythonLimit, Tables, Tie, TiedTo, place, uv};
use crate::spec::{
    ExtraName, MarkerTree, PackageName, VersionSpecifiers, one_specifier_list, parse_marker, parse_poetry_constraint,
    push_new, python_marker,
};

/// A dependency in one of Poetry's tables.
#[derive(Clone, Debug)]
pub(in super::super) struct PoetryDependency {
    pub(in super::super) name: PackageName,
    pub(in super::super) specifiers: VersionSpecifiers,
    /// Where no list of specifiers can say it: lists of which one has to take the version.
    pub(in super::super) any_of: Vec<VersionSpecifiers>,
    pub(in super::super) extras: Vec<ExtraName>,
    pub(in super::super) marker: MarkerTree,
    pub(in super::super) place: Option<Box<Reference>>,
    /// Taken with one of these extras of the project alone.
    pub(in super::super) is_optional: bool,
    pub(in super::super) in_extras: Vec<ExtraName>,
    /// The group it stands in; none for the main one.
    pub(in super::super) group: Option<ExtraName>,
    /// What it says, for messages.
    pub(in super::super) text: String,
    pub(in super::super) span: Range<usize>,
}

/// The name that stands for PyPI, however it is written.
const PYPI: &str = "pypi";

/// Reads Poetry's tables.
pub(super) fn read(document: &PyprojectDocument<'_>, tables: &mut Tables) {
    let Some(poetry) = document.table(&["tool", "poetry"]) else { return };
    read_repositories(document, poetry, tables);
    let extras = read_extras(document, poetry, tables);
    if let Some(main) = poetry.get("dependencies").and_then(|value| value.get_ref().as_table()) {
        tables.has_poetry_dependencies = true;
        read_dependencies(document, main, None, &extras, tables);
    }
    if let Some(old) = poetry.get("dev-dependencies").and_then(|value| value.get_ref().as_table()) {
        read_dependencies(document, old, ExtraName::from_str("dev").ok().as_ref(), &extras, tables);
    }
    let groups = poetry.get("group").and_then(|value| value.get_ref().as_table());
    for (key, group) in groups.into_iter().flat_map(DeTable::iter) {
        let Ok(name) = ExtraName::from_str(key.get_ref()) else { continue };
        let dependencies = group.get_ref().as_table().and_then(|group| group.get("dependencies")?.get_ref().as_table());
        if let Some(dependencies) = dependencies {
            read_dependencies(document, dependencies, Some(&name), &extras, tables);
        }
    }
}

/// `[tool.poetry.extras]`: which extras take an optional dependency in.
fn read_extras(
    document: &PyprojectDocument<'_>,
    poetry: &DeTable<'_>,
    tables: &mut Tables,
) -> Vec<(PackageName, ExtraName)> {
    let mut found = Vec::new();
    let extras = poetry.get("extras").and_then(|value| value.get_ref().as_table());
    for (key, value) in extras.into_iter().flat_map(DeTable::iter) {
        let (Ok(extra), Ok(names)) = (ExtraName::from_str(key.get_ref()), texts(value)) else {
            let message = format!("the extra `{}` must be a list of names", key.get_ref());
            tables.problems.push(document.problem(&value.span(), message));
            continue;
        };
        for (name, span) in names {
            match PackageName::from_str(name.split(['[', ' ', ';']).next().unwrap_or_default()) {
                Ok(name) => found.push((name, extra.clone())),
                Err(_) => tables.problems.push(document.problem(&span, format!("`{name}` is not a project name"))),
            }
        }
        // An extra without a dependency is known too.
        tables.poetry_extras.push(extra);
    }
    found
}

fn read_dependencies(
    document: &PyprojectDocument<'_>,
    dependencies: &DeTable<'_>,
    group: Option<&ExtraName>,
    extras: &[(PackageName, ExtraName)],
    tables: &mut Tables,
) {
    for (name, key, entries) in document.by_project(dependencies, &mut tables.problems) {
        for entry in entries {
            if name.as_ref() != "python" {
                read_dependency(document, &name, key.clone(), entry, group, extras, tables);
            } else if group.is_none() && tables.python.is_none() {
                read_python(document, entry, tables);
            }
        }
    }
}

/// `python`, which stands among the dependencies.
fn read_python(document: &PyprojectDocument<'_>, value: &Spanned<DeValue<'_>>, tables: &mut Tables) {
    let inner = value.get_ref();
    let text = inner.as_str().or_else(|| inner.as_table()?.get("version")?.get_ref().as_str());
    match text.ok_or_else(|| NOT_A_TEXT.to_owned()).and_then(parse_poetry_constraint) {
        Ok(alternatives) => {
            let text = format!("python = \"{}\"", text.unwrap_or_default());
            let origin = document.toml.origin(&value.span());
            tables.python = Some(PythonLimit { alternatives, text, origin });
        }
        Err(why) => tables.problems.push(document.problem(&value.span(), format!("`python`: {why}"))),
    }
}

fn read_dependency(
    document: &PyprojectDocument<'_>,
    name: &PackageName,
    key: Range<usize>,
    value: &Spanned<DeValue<'_>>,
    group: Option<&ExtraName>,
    extras: &[(PackageName, ExtraName)],
    tables: &mut Tables,
) {
    let span = if value.span().is_empty() { key } else { value.span() };
    let mut dependency = PoetryDependency {
        name: name.clone(),
        specifiers: VersionSpecifiers::empty(),
        any_of: Vec::new(),
        extras: Vec::new(),
        marker: MarkerTree::TRUE,
        place: None,
        is_optional: false,
        in_extras: extras.iter().filter(|(of, _)| of == name).map(|(_, extra)| extra.clone()).collect(),
        group: group.cloned(),
        text: document.written(name, &span),
        span: span.clone(),
    };
    let read = match value.get_ref() {
        DeValue::String(text) => dependency.take_versions(text).map(|()| None),
        DeValue::Table(table) => fill(document, table, &mut dependency, &mut tables.settings.prereleases_of),
        _ => Err("it must be a text or a table".to_owned()),
    };
    let to = read.unwrap_or_else(|why| {
        let problem = document.problem(&span, format!("the dependency `{name}`: {why}"));
        Some(TiedTo::Unusable(Box::new(problem)))
    });
    if let Some(TiedTo::Place(place)) = &to {
        dependency.place = Some(place.clone());
    }
    if let Some(to) = to {
        let tie = Tie::new(name.clone(), to, dependency.text.clone(), document.toml.origin(&span));
        tables.ties.push(Tie { marker: dependency.marker.clone(), ..tie });
    }
    tables.poetry.push(dependency);
}

/// Reads a table into `dependency`, and gives the place or the index that it names.
fn fill(
    document: &PyprojectDocument<'_>,
    table: &DeTable<'_>,
    dependency: &mut PoetryDependency,
    prereleases_of: &mut Vec<PackageName>,
) -> Result<Option<TiedTo>, String> {
    let mut fields = Fields::of(table);
    if let Some(version) = fields.text("version")? {
        dependency.take_versions(version)?;
    }
    dependency.is_optional = fields.flag("optional")?.unwrap_or_default();
    if let Some(extras) = fields.value("extras") {
        let names = texts(extras).map_err(|_| "`extras` must be a list of names".to_owned())?;
        let parsed = names.into_iter().map(|(text, _)| ExtraName::from_str(text).map_err(|error| error.to_string()));
        dependency.extras = parsed.collect::<Result<_, _>>()?;
    }
    if let Some(marker) = fields.text("markers")? {
        dependency.marker.and(parse_marker(marker).map_err(|error| format!("`markers`: {}", error.message))?);
    }
    if let Some(python) = fields.text("python")? {
        dependency.marker.and(python_marker(&parse_poetry_constraint(python)?)?);
    }
    if let Some(platform) = fields.text("platform")? {
        let one =
            |name: &str| parse_marker(&format!("sys_platform == '{}'", name.trim())).map_err(|error| error.message);
        let mut marker = MarkerTree::FALSE;
        for name in platform.split('|').filter(|name| !name.trim().is_empty()) {
            marker.or(one(name)?);
        }
        dependency.marker.and(marker);
    }
    if fields.flag("allow-prereleases")? == Some(true) {
        push_new(prereleases_of, dependency.name.clone());
    }
    let to = read_origin(document, &mut fields)?;
    fields.pass_over(&["develop"]);
    fields.finish()?;
    Ok(to)
}

fn read_origin(document: &PyprojectDocument<'_>, fields: &mut Fields<'_, '_>) -> Result<Option<TiedTo>, String> {
    let subdirectory = fields.text("subdirectory")?;
    let path = fields.text("path")?.or(fields.text("file")?);
    let (git, url) = (fields.text("git")?, fields.text("url")?);
    let revisions = [fields.text("rev")?, fields.text("tag")?, fields.text("branch")?];
    let index = fields.text("source")?.map(str::to_owned);
    let place = match (path, git, url) {
        (Some(path), None, None) => Some(place::local(document, path, subdirectory)?),
        (None, Some(git), None) => Some(place::git(document, git, revisions, subdirectory)?),
        (None, None, Some(url)) => Some(place::url(document, url, subdirectory)?),
        (None, None, None) => None,
        _ => return Err("it can have one of `path`, `git` and `url`".to_owned()),
    };
    if place.is_some() && index.is_some() {
        return Err("it cannot have a `source` beside a place of its own".to_owned());
    }
    Ok(place.map(|place| TiedTo::Place(Box::new(place))).or(index.map(TiedTo::Index)))
}

impl PoetryDependency {
    /// Reads a constraint on versions, as one list of specifiers where there is one that says it.
    fn take_versions(&mut self, text: &str) -> Result<(), String> {
        let alternatives = parse_poetry_constraint(text)?;
        match one_specifier_list(alternatives.clone()) {
            Some(specifiers) => self.specifiers = specifiers,
            None => self.any_of = alternatives,
        }
        Ok(())
    }
}

/// `[[tool.poetry.source]]`. Where one of them is primary and none is PyPI, PyPI is not asked at all.
fn read_repositories(document: &PyprojectDocument<'_>, poetry: &DeTable<'_>, tables: &mut Tables) {
    let Some(value) = poetry.get("source") else { return };
    let DeValue::Array(list) = value.get_ref() else {
        return tables.problems.push(document.problem(&value.span(), "`tool.poetry.source` must be a list of tables"));
    };
    let mut found = Vec::new();
    let mut asks_pypi = false;
    for entry in list {
        match read_repository(document, entry) {
            Ok(Repository::Index(index)) => found.push(index),
            Ok(Repository::Pypi { explicit }) => asks_pypi |= !explicit,
            Err(why) => tables.problems.push(document.problem(&entry.span(), why)),
        }
    }
    let has_default = found.iter().any(|index| index.role == IndexRole::Default);
    if !has_default
        && !asks_pypi
        && let Some(last) = found.iter_mut().rfind(|index| index.role == IndexRole::Listed)
    {
        last.role = IndexRole::Default;
    }
    tables.indexes.extend(found);
}

/// What a source is.
enum Repository {
    Index(DeclaredIndex),
    /// The default index by its name, which needs no URL.
    Pypi {
        explicit: bool,
    },
}

fn read_repository(document: &PyprojectDocument<'_>, value: &Spanned<DeValue<'_>>) -> Result<Repository, String> {
    let DeValue::Table(table) = value.get_ref() else { return Err("a source must be a table".to_owned()) };
    let mut fields = Fields::of(table);
    let name = fields.text("name")?.ok_or("a source needs a `name`")?;
    let is_pypi = name.eq_ignore_ascii_case(PYPI);
    let url = match fields.text("url")? {
        Some(url) => Some(uv::location(document, url)?),
        None if is_pypi => None,
        None => return Err("a source needs a `url`".to_owned()),
    };
    let priority = fields.text("priority")?.map(str::to_lowercase);
    let is_old_default = fields.flag("default")? == Some(true);
    let is_old_secondary = fields.flag("secondary")? == Some(true);
    fields.pass_over(&["links", "indexed"]);
    fields.finish()?;
    let role = match priority.as_deref() {
        None if is_old_secondary => IndexRole::Later,
        None if is_old_default => IndexRole::Default,
        None | Some("primary") => IndexRole::Listed,
        Some("default") => IndexRole::Default,
        Some("secondary" | "supplemental") => IndexRole::Later,
        Some("explicit") => IndexRole::Explicit,
        Some(other) => return Err(format!("`{other}` is not a priority of a source")),
    };
    let Some(url) = url else { return Ok(Repository::Pypi { explicit: role == IndexRole::Explicit }) };
    let origin = document.toml.origin(&value.span());
    Ok(Repository::Index(DeclaredIndex { name: Some(name.to_owned()), url, role, origin }))
}
