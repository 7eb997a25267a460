//! `[tool.uv]` (uv documentation, "Managing dependencies", "Using workspaces", "Package indexes", "Settings").
//!
//! A member of a workspace has its own `sources` before those of the root; all else counts from the root's table alone.
//! A `uv.toml` has the keys of the table at its top, and takes the place of those settings of the `pyproject.toml`
//! beside it that it may have (uv documentation, "Configuration files").

use std::ops::Range;
use std::path::Path;
use std::str::FromStr as _;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::direct::{Reference, scheme};
use super::super::line::read_specifier;
use super::super::toml_text::TomlText;
use super::document::{Fields, PyprojectDocument, texts};
use super::uv_files::OWN_FILE;
use super::workspace::Workspace;
use super::{DeclaredIndex, Format, IndexRole, PythonLimit, Tables, Tie, TiedTo, place, shown_path, stated};
use crate::archive::normalized;
use crate::requirements::RequirementEntry;
use crate::spec::{ExtraName, PackageName, SafeUrl, SyntaxError, lenient, parse_marker, push_new};

/// Where the settings stand in a `pyproject.toml`.
const TABLE: &[&str] = &["tool", "uv"];

/// Where they stand in a `uv.toml`.
const TOP: &[&str] = &[];

/// Reads the tables of a project, and those of its workspace's root.
pub(super) fn read(document: &PyprojectDocument<'_>, tables: &mut Tables) {
    let workspace = Workspace::of(document.folder);
    read_sources(document, workspace.as_ref(), tables);
    read_groups(document, tables);
    let root = workspace.as_ref().filter(|workspace| workspace.root != document.folder);
    let Some(root) = root else {
        read_project(document, tables);
        tie_members(document, workspace.as_ref(), tables);
        return;
    };
    read_indexes(document, TABLE, tables);
    let file = shown_path(&root.root.join("pyproject.toml"), document.working_folder);
    let text = TomlText { text: &root.text, file: &file };
    match PyprojectDocument::parse(text, &root.root, document.working_folder) {
        Ok(root_document) => {
            let own: Vec<PackageName> = tables.ties.iter().map(|tie| tie.name.clone()).collect();
            let mut above = Tables::default();
            read_sources(&root_document, Some(root), &mut above);
            tables.ties.extend(above.ties.into_iter().filter(|tie| !own.contains(&tie.name)));
            tables.problems.extend(above.problems);
            let root_document = root_document.with_uv_settings(document.reads_uv_settings);
            read_project(&root_document, tables);
        }
        Err(problem) => tables.problems.push(problem),
    }
    tables.files.extend(root.files.iter().cloned());
    tie_members(document, Some(root), tables);
}

/// What a file of settings says: a `pyproject.toml`, or a file of uv's own, whatever its name.
pub(super) fn read_settings_file(document: &PyprojectDocument<'_>, tables: &mut Tables) {
    if is_pyproject(document) {
        return read_project(document, tables);
    }
    for key in ["tool", "sources", "workspace"] {
        if let Some(value) = document.value(&[key]) {
            let why = if key == "tool" {
                "here the keys of `[tool.uv]` stand at the top".to_owned()
            } else {
                format!("`{key}` counts in a pyproject.toml alone, as `[tool.uv.{key}]`")
            };
            tables.problems.push(document.problem(&value.span(), why));
        }
    }
    read_requirements(document, TOP, tables);
    read_settings(document, TOP, tables);
}

/// The names that a project above ties: what it declares beside that is read as a file of settings.
pub(super) fn read_ties(document: &PyprojectDocument<'_>, tables: &mut Tables) {
    let workspace = Workspace::of(document.folder);
    read_sources(document, workspace.as_ref(), tables);
    tie_members(document, workspace.as_ref(), tables);
    read_named_indexes(document, tables);
}

fn is_pyproject(document: &PyprojectDocument<'_>) -> bool {
    document.toml.file.file_name().is_some_and(|name| name == "pyproject.toml")
}

/// The table of a project. Where a `uv.toml` lies beside it, or no file of settings counts, its indexes are for what is
/// tied to them alone.
fn read_project(document: &PyprojectDocument<'_>, tables: &mut Tables) {
    tables.settings_of.push(document.folder.join("pyproject.toml"));
    read_requirements(document, TABLE, tables);
    if document.reads_uv_settings && !document.folder.join(OWN_FILE).is_file() {
        read_settings(document, TABLE, tables);
    } else {
        read_named_indexes(document, tables);
    }
}

fn read_named_indexes(document: &PyprojectDocument<'_>, tables: &mut Tables) {
    let mut declared = Tables::default();
    read_indexes(document, TABLE, &mut declared);
    for index in declared.indexes.into_iter().filter(|index| index.name.is_some()) {
        push_index(&mut tables.indexes, DeclaredIndex { role: IndexRole::Explicit, ..index });
    }
    tables.problems.append(&mut declared.problems);
}

/// Members of a workspace of the tools that know them by their names alone, and members of uv's that nothing else ties:
/// a public project of the same name is another one.
fn tie_members(document: &PyprojectDocument<'_>, workspace: Option<&Workspace>, tables: &mut Tables) {
    let Some(workspace) = workspace else { return };
    for file in &workspace.files {
        push_new(&mut tables.files, file.clone());
    }
    for (name, folder) in &workspace.members {
        if folder == document.folder || tables.ties.iter().any(|tie| tie.name == *name) {
            continue;
        }
        let file = shown_path(&workspace.root.join("pyproject.toml"), document.working_folder);
        let text = TomlText { text: &workspace.text, file: &file };
        let at = workspace.text.find("workspace").unwrap_or(0);
        let span = at..at + "workspace".len();
        let reference = super::super::direct::path_reference(folder, false);
        let wrong = |message: String| SyntaxError::new(0, span.len(), message);
        let unusable = |error: &SyntaxError| TiedTo::Unusable(Box::new(text.problem(&span, error)));
        let to = match (workspace.tool, reference) {
            ("uv", _) => {
                let why = format!("`{name}` is a member of this workspace, but `[tool.uv.sources]` does not say so");
                let hint = format!("add `{name} = {{ workspace = true }}` to `[tool.uv.sources]`");
                unusable(&wrong(why).hint(hint))
            }
            (_, Ok(reference)) => TiedTo::Place(Box::new(reference)),
            (_, Err(why)) => unusable(&wrong(format!("`{name}`: {why}"))),
        };
        let words = format!("{name} (member of the workspace)");
        tables.ties.push(Tie::new(name.clone(), to, words, text.origin(&span)));
    }
}

/// `[tool.uv.dependency-groups]`: the versions of Python that groups take.
fn read_groups(document: &PyprojectDocument<'_>, tables: &mut Tables) {
    let groups = document.table(&["tool", "uv", "dependency-groups"]);
    for (key, value) in groups.into_iter().flat_map(DeTable::iter) {
        let said = value.get_ref().as_table().and_then(|group| group.get("requires-python"));
        let (Some(said), Ok(group)) = (said, ExtraName::from_str(key.get_ref())) else { continue };
        let read = said.get_ref().as_str().map(|text| (text, lenient::specifiers(text)));
        let Some((text, Ok(specifiers))) = read else {
            let why = "`requires-python` is not of the form `>=3.9,<4`";
            tables.problems.push(document.problem(&said.span(), why));
            continue;
        };
        let text = format!("{group} = {{ requires-python = \"{text}\" }}");
        let origin = document.toml.origin(&said.span());
        tables.group_pythons.push((group, PythonLimit { alternatives: vec![specifiers], text, origin }));
    }
}

/// `[tool.uv.sources]`.
fn read_sources(document: &PyprojectDocument<'_>, workspace: Option<&Workspace>, tables: &mut Tables) {
    let Some(value) = document.value(&["tool", "uv", "sources"]) else { return };
    let DeValue::Table(sources) = value.get_ref() else {
        return tables.problems.push(document.problem(&value.span(), "`tool.uv.sources` must be a table"));
    };
    for (name, key, entries) in document.by_project(sources, &mut tables.problems) {
        let ties = entries.iter().map(|entry| read_source(document, workspace, &name, key.clone(), entry));
        tables.ties.extend(ties);
    }
}

fn read_source(
    document: &PyprojectDocument<'_>,
    workspace: Option<&Workspace>,
    name: &PackageName,
    key: Range<usize>,
    value: &Spanned<DeValue<'_>>,
) -> Tie {
    // A table that is written as `[tool.uv.sources.name]` has its header as its place.
    let span = if value.span().is_empty() { key } else { value.span() };
    let (to, text) = (TiedTo::Index(String::new()), document.written(name, &span));
    let mut tie = Tie::new(name.clone(), to, text, document.toml.origin(&span));
    tie.to = match fill(document, workspace, &mut tie, value) {
        Ok(to) => to,
        Err(why) => TiedTo::Unusable(Box::new(document.problem(&span, format!("the source of `{name}`: {why}")))),
    };
    tie
}

/// Reads the conditions of a source into `tie`, and gives what it leads to.
fn fill(
    document: &PyprojectDocument<'_>,
    workspace: Option<&Workspace>,
    tie: &mut Tie,
    value: &Spanned<DeValue<'_>>,
) -> Result<TiedTo, String> {
    let DeValue::Table(table) = value.get_ref() else { return Err("it must be a table".to_owned()) };
    let mut fields = Fields::of(table);
    if let Some(marker) = fields.text("marker")? {
        tie.marker = parse_marker(marker).map_err(|error| format!("`marker`: {}", error.message))?;
    }
    let extra = fields.text("extra")?.map(ExtraName::from_str).transpose();
    tie.extra = extra.map_err(|error| error.to_string())?;
    let group = fields.text("group")?.map(ExtraName::from_str).transpose();
    tie.group = group.map_err(|error| error.to_string())?;
    let kinds = ["workspace", "path", "git", "url", "index"].into_iter().filter(|kind| fields.has(kind));
    let kinds: Vec<&str> = kinds.collect();
    let [kind] = kinds[..] else {
        return Err("it must have one of `workspace`, `path`, `git`, `url` and `index`".to_owned());
    };
    let place = match kind {
        "index" => {
            let index = fields.text("index")?.unwrap_or_default().to_owned();
            return fields.finish().map(|()| TiedTo::Index(index));
        }
        "workspace" => {
            fields.pass_over(&["editable"]);
            match fields.flag("workspace")? {
                Some(true) => member(document, workspace, &tie.name)?,
                _ => return Err("`workspace` can only be true".to_owned()),
            }
        }
        "path" => path(document, &mut fields)?,
        "git" => repository(document, &mut fields)?,
        _ => {
            let subdirectory = fields.text("subdirectory")?;
            place::url(document, fields.text("url")?.unwrap_or_default(), subdirectory)?
        }
    };
    fields.finish()?;
    Ok(TiedTo::Place(Box::new(place)))
}

/// A folder or archive of this machine.
fn path(document: &PyprojectDocument<'_>, fields: &mut Fields<'_, '_>) -> Result<Reference, String> {
    fields.pass_over(&["editable"]);
    let path = fields.text("path")?.unwrap_or_default();
    let subdirectory = fields.text("subdirectory")?;
    let found = place::local(document, path, subdirectory)?;
    let is_package = !is_virtual_project(&normalized(&document.folder.join(path)));
    match fields.flag("package")? {
        Some(wanted) if wanted != is_package => Err(format!(
            "`package = {wanted}` here, and `[tool.uv]` of `{path}` makes it `{is_package}`: say the same in both"
        )),
        _ => Ok(found),
    }
}

/// A Git repository, at one revision or at its default branch.
fn repository(document: &PyprojectDocument<'_>, fields: &mut Fields<'_, '_>) -> Result<Reference, String> {
    fields.pass_over(&["lfs", "editable"]);
    let revisions = [fields.text("rev")?, fields.text("tag")?, fields.text("branch")?];
    let subdirectory = fields.text("subdirectory")?;
    place::git(document, fields.text("git")?.unwrap_or_default(), revisions, subdirectory)
}

/// The folder of a member of the workspace.
fn member(
    document: &PyprojectDocument<'_>,
    workspace: Option<&Workspace>,
    name: &PackageName,
) -> Result<Reference, String> {
    let Some(workspace) = workspace else {
        return Err(
            "`workspace = true`, and no `pyproject.toml` here or above has this project in a workspace".to_owned()
        );
    };
    let root = shown_path(&workspace.root.join("pyproject.toml"), document.working_folder);
    let Some(folder) = workspace.members.get(name) else {
        return Err(format!("no member of the workspace of `{}` is called `{name}`", root.display()));
    };
    super::super::direct::path_reference(folder, false)
}

/// Whether the project in a folder says that it is no package (`package = false`): what it requires is installed, and
/// of itself there is nothing to install.
pub(crate) fn is_virtual_project(folder: &Path) -> bool {
    let Ok(text) = fs_err::read_to_string(folder.join("pyproject.toml")) else { return false };
    let Ok(table) = text.parse::<toml::Table>() else { return false };
    let package = table.get("tool").and_then(|tool| tool.get("uv")?.get("package")?.as_bool());
    package == Some(false)
}

/// The lists of requirements of a project, which a `uv.toml` beside it does not replace.
fn read_requirements(document: &PyprojectDocument<'_>, at: &[&str], tables: &mut Tables) {
    let Some(table) = document.table(at) else { return };
    let mut list = |key: &str| requirements(document, table, key, &mut tables.problems);
    tables.constraints.extend(list("constraint-dependencies"));
    tables.overrides.extend(list("override-dependencies"));
    tables.build_constraints.extend(list("build-constraint-dependencies"));
    tables.excluded.extend(list("exclude-dependencies").into_iter().map(|entry| entry.requirement.name));
    if let Some(value) = table.get("dev-dependencies")
        && let (Ok(found), Ok(group)) = (texts(value), ExtraName::from_str("dev"))
    {
        let list = found.into_iter().map(|(text, span)| (text.to_owned(), span)).collect();
        tables.groups.push((group, list));
    }
}

/// The settings of a file; those of `uv pip`, whose requirements are those that are read here, come first.
fn read_settings(document: &PyprojectDocument<'_>, at: &[&str], tables: &mut Tables) {
    let of_pip: Vec<&str> = at.iter().copied().chain(["pip"]).collect();
    for at in [&of_pip, at] {
        read_indexes(document, at, tables);
        if let Some(table) = document.table(at) {
            read_choices(document, table, tables);
        }
    }
}

/// What limits versions and files.
fn read_choices(document: &PyprojectDocument<'_>, table: &DeTable<'_>, tables: &mut Tables) {
    read_formats(document, table, tables);
    let setting = |key: &str| {
        let value = table.get(key)?;
        let text = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Datetime(time) => time.to_string(),
            _ => return None,
        };
        Some((text, document.toml.origin(&value.span())))
    };
    let settings = &mut tables.settings;
    settings.exclude_newer = settings.exclude_newer.take().or_else(|| setting("exclude-newer"));
    settings.prerelease = settings.prerelease.take().or_else(|| setting("prerelease"));
    settings.resolution = settings.resolution.take().or_else(|| setting("resolution"));
    if let Some((value, is_on)) = table.get("no-index").and_then(|value| Some((value, value.get_ref().as_bool()?))) {
        settings.no_index.get_or_insert_with(|| (is_on, document.toml.origin(&value.span())));
    }
    stated::read(document, table, tables);
}

/// `no-build`, `no-binary` and their like. `no-build = true` needs no word: nothing of an index is built that is not
/// allowed by name.
fn read_formats(document: &PyprojectDocument<'_>, table: &DeTable<'_>, tables: &mut Tables) {
    let is_true = |key: &str| table.get(key).is_some_and(|value| value.get_ref().as_bool() == Some(true));
    if is_true("no-binary") {
        tables.formats.push((Format::NoBinary, ":all:".to_owned()));
    }
    for (key, format) in [("no-binary-package", Format::NoBinary), ("no-build-package", Format::OnlyBinary)] {
        let Some(value) = table.get(key) else { continue };
        match texts(value) {
            Ok(names) => tables.formats.extend(names.into_iter().map(|(name, _)| (format, name.to_owned()))),
            Err(span) => tables.problems.push(document.problem(&span, format!("`{key}` must be a list of names"))),
        }
    }
    if let Some(value) = table.get("index-strategy") {
        let text = value.get_ref().as_str().unwrap_or_default();
        if text != "first-index" {
            let origin = document.toml.origin(&value.span());
            tables.warnings.push(format!(
                "{origin}: `index-strategy = \"{text}\"` does not count here: a name that is found on an index is not looked \
                 for on a later one; `--index-strategy unsafe-best-match` changes that"
            ));
        }
    }
}

/// The requirements of a list.
fn requirements(
    document: &PyprojectDocument<'_>,
    table: &DeTable<'_>,
    key: &str,
    problems: &mut Vec<super::Problem>,
) -> Vec<RequirementEntry> {
    let Some(value) = table.get(key) else { return Vec::new() };
    let found = match texts(value) {
        Ok(found) => found,
        Err(span) => {
            problems.push(document.problem(&span, format!("`{key}` must be a list of requirements")));
            return Vec::new();
        }
    };
    let mut entries = Vec::new();
    for (text, span) in found {
        match read_specifier(text, &document.folders(), &mut Vec::new()) {
            Ok(found) => entries.push(found.into_entry(document.toml.origin(&span), &[])),
            Err(error) => problems.push(document.toml.problem_in_string(&span, text, &error)),
        }
    }
    entries
}

/// `[[tool.uv.index]]`, and the older settings for the same.
fn read_indexes(document: &PyprojectDocument<'_>, at: &[&str], tables: &mut Tables) {
    let Some(table) = document.table(at) else { return };
    if let Some(value) = table.get("index") {
        let DeValue::Array(list) = value.get_ref() else {
            return tables.problems.push(document.problem(&value.span(), "`index` must be a list of tables"));
        };
        for entry in list {
            match read_index(document, entry) {
                Ok(index) => push_index(&mut tables.indexes, index),
                Err(why) => tables.problems.push(document.problem(&entry.span(), why)),
            }
        }
    }
    let older =
        [("index-url", IndexRole::Default), ("extra-index-url", IndexRole::Listed), ("find-links", IndexRole::Links)];
    for (key, role) in older {
        let Some(value) = table.get(key) else { continue };
        let found = match value.get_ref() {
            DeValue::String(text) => Ok(vec![(&**text, value.span())]),
            _ => texts(value),
        };
        let found = match found {
            Ok(found) => found,
            Err(span) => {
                tables.problems.push(document.problem(&span, format!("`{key}` must be a URL or a folder")));
                continue;
            }
        };
        for (text, span) in found {
            let origin = document.toml.origin(&span);
            match location(document, text) {
                Ok(url) => push_index(&mut tables.indexes, DeclaredIndex { name: None, url, role, origin }),
                Err(why) => tables.problems.push(document.problem(&span, why)),
            }
        }
    }
}

fn push_index(indexes: &mut Vec<DeclaredIndex>, index: DeclaredIndex) {
    let is_known =
        |other: &DeclaredIndex| other.url == index.url && other.name == index.name && other.role == index.role;
    if !indexes.iter().any(is_known) {
        indexes.push(index);
    }
}

fn read_index(document: &PyprojectDocument<'_>, value: &Spanned<DeValue<'_>>) -> Result<DeclaredIndex, String> {
    let DeValue::Table(table) = value.get_ref() else { return Err("an index must be a table".to_owned()) };
    let mut fields = Fields::of(table);
    let url = fields.text("url")?.ok_or("an index needs a `url`")?;
    let name = fields.text("name")?.map(str::to_owned);
    let is_explicit = fields.flag("explicit")?.unwrap_or_default();
    let is_default = fields.flag("default")?.unwrap_or_default();
    let is_flat = fields.text("format")?.is_some_and(|format| format == "flat");
    if is_explicit && name.is_none() {
        return Err("an explicit index needs a `name`".to_owned());
    }
    if is_flat && is_explicit {
        return Err(
            "an explicit index with `format = \"flat\"` is not supported: serve it as a simple index".to_owned()
        );
    }
    let role = match (is_flat, is_explicit, is_default) {
        (true, _, _) => IndexRole::Links,
        (_, true, _) => IndexRole::Explicit,
        (_, _, true) => IndexRole::Default,
        _ => IndexRole::Listed,
    };
    let origin = document.toml.origin(&value.span());
    Ok(DeclaredIndex { name, url: location(document, url)?, role, origin })
}

/// A URL, or a folder that is relative to the file.
pub(super) fn location(document: &PyprojectDocument<'_>, text: &str) -> Result<SafeUrl, String> {
    match scheme(text).as_deref() {
        Some("http" | "https" | "file" | "codeartifact" | "s3" | "gs") => {
            SafeUrl::parse(text).map_err(|error| error.to_string())
        }
        Some(other) if text.contains("://") => Err(format!("`{other}` URLs are not supported here")),
        _ => {
            let path = normalized(&document.folder.join(text));
            SafeUrl::from_named_path(text, &path, !path.is_file()).map_err(|error| error.to_string())
        }
    }
}
