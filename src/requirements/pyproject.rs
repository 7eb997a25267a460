//! `pyproject.toml` as a list of requirements: `[project]` (PEP 621), its optional dependencies, and
//! `[dependency-groups]` (PEP 735).
//!
//! Only standard tables are read. Tables of tools are not; where one would change what a name means
//! (`tool.uv.sources`), there is a warning, and where only a tool's table has dependencies, an error says so.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::Deserialize;
use toml::Spanned;

use super::direct::Folders;
use super::line::{Found, read_specifier};
use super::problem::{Problem, hide_all};
use super::{Origin, RequirementEntry};
use crate::spec::{ExtraName, MarkerTree, PackageName, SyntaxError};

/// Which requirements of a `pyproject.toml` are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PyprojectInput {
    /// The file.
    pub path: PathBuf,
    /// Names of `[project.optional-dependencies]` (`--extra`).
    pub extras: Vec<ExtraName>,
    /// Names of `[dependency-groups]` (`--group`), normalized as the names of extras are.
    pub groups: Vec<ExtraName>,
    /// The groups alone, without `[project] dependencies`.
    pub only_groups: bool,
}

/// What a file gave.
#[derive(Debug, Default)]
pub(super) struct PyprojectAnswer {
    pub(super) entries: Vec<RequirementEntry>,
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<String>,
}

/// The tables that are read; others are left alone.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Document {
    project: Option<Project>,
    #[serde(default)]
    dependency_groups: BTreeMap<String, Spanned<Vec<Spanned<toml::Value>>>>,
    #[serde(default)]
    tool: toml::Table,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Project {
    name: Option<String>,
    dependencies: Option<Vec<Spanned<String>>>,
    #[serde(default)]
    optional_dependencies: BTreeMap<String, Spanned<Vec<Spanned<String>>>>,
    #[serde(default)]
    dynamic: Vec<String>,
}

/// Reads the requirements that `input` asks for from the text of the file, which stands in `folder`.
pub(super) fn read_pyproject(text: &str, input: &PyprojectInput, folder: &Path) -> PyprojectAnswer {
    let mut reading = Reading {
        text,
        file: &input.path,
        folders: Folders { of_file: None, working: folder.to_owned() },
        project: None,
        dependencies: Vec::new(),
        extras: BTreeMap::new(),
        groups: BTreeMap::new(),
        taken_extras: Vec::new(),
        taken_groups: Vec::new(),
        answer: PyprojectAnswer::default(),
    };
    match toml::from_str::<Document>(text) {
        Ok(document) => reading.read(document, input),
        Err(error) => {
            let span = error.span().unwrap_or(0..0);
            reading.report(&span, &SyntaxError::new(0, span.len(), error.message().trim()));
        }
    }
    reading.answer
}

/// A requirement of the file, read.
#[derive(Clone)]
struct Member {
    found: Found,
    span: Range<usize>,
}

/// What stands in a group.
enum GroupMember {
    Requirement(Box<Member>),
    Include { group: ExtraName, span: Range<usize> },
}

struct Reading<'a> {
    text: &'a str,
    file: &'a Path,
    folders: Folders,
    project: Option<PackageName>,
    dependencies: Vec<Member>,
    extras: BTreeMap<ExtraName, Vec<Member>>,
    groups: BTreeMap<ExtraName, Vec<GroupMember>>,
    /// Extras, under their markers, and groups that were taken in: once is enough, however often they are named.
    taken_extras: Vec<(ExtraName, MarkerTree)>,
    taken_groups: Vec<ExtraName>,
    answer: PyprojectAnswer,
}

impl Reading<'_> {
    fn read(&mut self, document: Document, input: &PyprojectInput) {
        let has_project = document.project.is_some();
        let project = document.project.unwrap_or_default();
        self.project = project.name.as_deref().and_then(|name| PackageName::from_str(name).ok());
        self.warn_about_sources(&document.tool);
        if !input.only_groups {
            self.refuse_without_dependencies(has_project, &project, &document.tool);
        }
        for text in project.dependencies.unwrap_or_default() {
            let member = self.member(&text);
            self.dependencies.extend(member);
        }
        for (name, list) in project.optional_dependencies {
            let members = list.get_ref().iter().filter_map(|text| self.member(text)).collect();
            if let Some(name) = self.table_name(&name, &list.span(), "extra")
                && self.extras.insert(name.clone(), members).is_some()
            {
                let message = format!("the extra `{name}` is given twice, in different spellings");
                self.report(&list.span(), &SyntaxError::new(0, 1, message));
            }
        }
        for (name, list) in document.dependency_groups {
            let members = list.get_ref().iter().filter_map(|item| self.group_member(item)).collect();
            if let Some(name) = self.table_name(&name, &list.span(), "group")
                && self.groups.insert(name.clone(), members).is_some()
            {
                let message = format!("the group `{name}` is given twice, in different spellings");
                self.report(&list.span(), &SyntaxError::new(0, 1, message));
            }
        }
        if !input.only_groups {
            self.take(self.dependencies.clone(), &MarkerTree::TRUE, &mut Vec::new());
        }
        for extra in &input.extras {
            self.take_extra(extra, &MarkerTree::TRUE, &mut Vec::new(), None);
        }
        for group in &input.groups {
            self.take_group(group, &mut Vec::new(), None);
        }
    }

    /// A file without the standard table has dependencies elsewhere, or none; an empty answer would hide that.
    fn refuse_without_dependencies(&mut self, has_project: bool, project: &Project, tools: &toml::Table) {
        let start = 0..0;
        if !has_project {
            let elsewhere = ["poetry", "pdm", "flit", "hatch"].into_iter().find(|tool| tools.contains_key(*tool));
            let error = SyntaxError::new(0, 0, "there is no `[project]` table");
            let error = match elsewhere {
                Some(tool) => {
                    error.hint(format!("`[tool.{tool}]` is not read; use the tool's lock file or its export"))
                }
                None => error.hint("declare `dependencies` under `[project]`, or use a requirements file"),
            };
            self.report(&start, &error);
        } else if project.dependencies.is_none() && project.dynamic.iter().any(|name| name == "dependencies") {
            let error = SyntaxError::new(0, 0, "`dependencies` is dynamic: only a build of the project knows them")
                .hint("write them to a requirements file or a lock file");
            self.report(&start, &error);
        }
    }

    fn warn_about_sources(&mut self, tools: &toml::Table) {
        let sources = tools.get("uv").and_then(|uv| uv.get("sources")).and_then(toml::Value::as_table);
        for name in sources.into_iter().flat_map(toml::Table::keys) {
            self.answer.warnings.push(format!(
                "{}: `tool.uv.sources` is not read: `{name}` is looked for on the indexes; `uv.lock` would be heeded",
                self.file.display()
            ));
        }
    }

    fn table_name(&mut self, name: &str, span: &Range<usize>, what: &str) -> Option<ExtraName> {
        let parsed = ExtraName::from_str(name).ok();
        if parsed.is_none() {
            self.report(span, &SyntaxError::new(0, 1, format!("`{name}` is not a name for a {what}")));
        }
        parsed
    }

    fn member(&mut self, text: &Spanned<String>) -> Option<Member> {
        let span = text.span();
        let mut warnings = Vec::new();
        match read_specifier(text.get_ref(), &self.folders, &mut warnings) {
            Ok(found) => {
                let origin = self.origin(&span);
                self.answer
                    .warnings
                    .extend(warnings.iter().map(|warning| format!("{origin}: {}", hide_all(warning, &[]))));
                Some(Member { found, span })
            }
            Err(error) => {
                self.report_in_string(&span, text.get_ref(), &error);
                None
            }
        }
    }

    fn group_member(&mut self, item: &Spanned<toml::Value>) -> Option<GroupMember> {
        let span = item.span();
        let expected = "a requirement, or `{ include-group = \"name\" }`";
        match item.get_ref() {
            toml::Value::String(text) => {
                self.member(&Spanned::new(span, text.clone())).map(Box::new).map(GroupMember::Requirement)
            }
            toml::Value::Table(table) if table.len() == 1 && table.contains_key("include-group") => {
                let group = table.get("include-group").and_then(toml::Value::as_str).unwrap_or_default();
                if let Ok(group) = ExtraName::from_str(group) {
                    return Some(GroupMember::Include { group, span });
                }
                let error = SyntaxError::new(0, span.len(), format!("`{group}` is not a name for a group"));
                self.report(&span, &error);
                None
            }
            _ => {
                let error = SyntaxError::new(0, span.len(), "this cannot stand in a dependency group");
                self.report(&span, &error.expected(expected));
                None
            }
        }
    }

    /// Takes requirements in; one on the project itself stands for the extras that it names.
    fn take(&mut self, members: Vec<Member>, marker: &MarkerTree, path: &mut Vec<ExtraName>) {
        for mut member in members {
            member.found.requirement.marker.and(marker.clone());
            if self.project.as_ref() == Some(&member.found.requirement.name) {
                let Member { found, span } = member;
                for extra in found.requirement.extras {
                    self.take_extra(&extra, &found.requirement.marker, path, Some(&span));
                }
            } else {
                let origin = self.origin(&member.span);
                let entry = member.found.into_entry(origin, |text| hide_all(text, &[]));
                if !self.answer.entries.contains(&entry) {
                    self.answer.entries.push(entry);
                }
            }
        }
    }

    /// `path` are the extras that led here: one that names itself adds nothing.
    fn take_extra(
        &mut self,
        extra: &ExtraName,
        marker: &MarkerTree,
        path: &mut Vec<ExtraName>,
        asked: Option<&Range<usize>>,
    ) {
        let key = (extra.clone(), marker.clone());
        if path.contains(extra) || self.taken_extras.contains(&key) {
            return;
        }
        let Some(members) = self.extras.get(extra).cloned() else {
            let known: Vec<String> = self.extras.keys().map(|name| format!("`{name}`")).collect();
            return self.report_unknown(&format!("there is no extra `{extra}`"), &known, asked);
        };
        path.push(extra.clone());
        self.take(members, marker, path);
        path.pop();
        self.taken_extras.push(key);
    }

    /// `path` are the groups that led here: one that includes itself is an error (PEP 735).
    fn take_group(&mut self, group: &ExtraName, path: &mut Vec<ExtraName>, asked: Option<&Range<usize>>) {
        if path.contains(group) {
            let chain: Vec<String> = path.iter().chain([group]).map(ToString::to_string).collect();
            let message = format!("the group `{group}` includes itself: {}", chain.join(" → "));
            return self.report(asked.unwrap_or(&(0..0)), &SyntaxError::new(0, asked.map_or(0, Range::len), message));
        }
        if self.taken_groups.contains(group) {
            return;
        }
        let Some(members) = self.groups.remove(group) else {
            let known: Vec<String> = self.groups.keys().map(|name| format!("`{name}`")).collect();
            return self.report_unknown(&format!("there is no dependency group `{group}`"), &known, asked);
        };
        // While its members are walked the group is looked for only to find that it is on the path.
        path.push(group.clone());
        for member in &members {
            match member {
                GroupMember::Requirement(member) => {
                    self.take(vec![Member::clone(member)], &MarkerTree::TRUE, &mut Vec::new());
                }
                GroupMember::Include { group, span } => self.take_group(group, path, Some(span)),
            }
        }
        path.pop();
        self.groups.insert(group.clone(), members);
        self.taken_groups.push(group.clone());
    }

    fn report_unknown(&mut self, message: &str, known: &[String], asked: Option<&Range<usize>>) {
        let error = SyntaxError::new(0, asked.map_or(0, Range::len), message);
        let error = if known.is_empty() { error } else { error.expected(format!("one of {}", known.join(", "))) };
        self.report(asked.unwrap_or(&(0..0)), &error);
    }

    fn line_of(&self, at: usize) -> (u32, usize) {
        let before = &self.text[..at.min(self.text.len())];
        let line = before.bytes().filter(|&b| b == b'\n').count();
        (u32::try_from(line + 1).unwrap_or(u32::MAX), before.rfind('\n').map_or(0, |end| end + 1))
    }

    fn origin(&self, span: &Range<usize>) -> Origin {
        Origin::File { file: self.file.to_owned(), line: self.line_of(span.start).0 }
    }

    /// An error inside a string, whose text starts after its quote.
    fn report_in_string(&mut self, span: &Range<usize>, value: &str, error: &SyntaxError) {
        let written = self.text.get(span.clone()).unwrap_or_default();
        let error = error.clone();
        let exact = written.len() == value.len() + 2 && written.get(1..=value.len()) == Some(value);
        let error = if exact { error.shifted(1) } else { SyntaxError { at: 0, length: span.len(), ..error } };
        self.report(span, &error);
    }

    fn report(&mut self, span: &Range<usize>, error: &SyntaxError) {
        let at = (span.start + error.at).min(self.text.len());
        let (line, start) = self.line_of(at);
        let source = self.text[start..].lines().next().unwrap_or_default();
        let origin = Origin::File { file: self.file.to_owned(), line };
        let problem = Problem::in_line(origin, source, at - start, error, &[]);
        if !self.answer.problems.contains(&problem) {
            self.answer.problems.push(problem);
        }
    }
}
