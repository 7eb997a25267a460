//! `pyproject.toml` as a list of requirements: `[project]` (PEP 621), its optional dependencies, and
//! `[dependency-groups]` (PEP 735).
//!
//! What the tables of tools say is in [`tables`]: where a name comes from, and the dependencies of a project
//! that declares them to Poetry alone. Where dependencies stand in a table that is not read, an error says so.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::str::FromStr;

use serde::Deserialize;
use toml::Spanned;

use super::direct::Folders;
use super::line::{LineRequirement, read_specifier};
use super::problem::{Problem, hide_all};
use super::tables::{self, PoetryDependency, PyprojectDocument, Tables, TiedTo};
use super::toml_text::TomlText;
use super::{Alternatives, RequirementEntry};
use crate::spec::{
    ExtraName, MarkerTree, PackageName, Requirement, SyntaxError, VersionOrUrl, VersionSpecifiers, push_new,
    toml_reason,
};

/// Which requirements of a `pyproject.toml` are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PyprojectInput {
    /// The file.
    pub path: PathBuf,
    /// Names of `[project.optional-dependencies]` (`--extra`).
    pub extras: Vec<ExtraName>,
    /// Every extra that the file has (`--all-extras`), whichever of its tables declares it.
    pub all_extras: bool,
    /// Names of `[dependency-groups]` (`--group`), normalized as the names of extras are.
    pub groups: Vec<ExtraName>,
    /// The groups alone, without `[project] dependencies`.
    pub only_groups: bool,
}

/// What helps where only a build knows what a project requires.
const BUILD_IT: &str = "a requirements file with the line `.` builds the project and takes what it requires";

/// What a file gave.
#[derive(Debug, Default)]
pub(super) struct PyprojectAnswer {
    pub(super) entries: Vec<RequirementEntry>,
    pub(super) alternatives: Vec<Alternatives>,
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<String>,
    /// The extras and groups that were taken in.
    pub(super) extras: Vec<ExtraName>,
    pub(super) groups: Vec<ExtraName>,
    /// `[project]` leaves its dependencies to a build (`dynamic`).
    pub(super) is_dynamic: bool,
}

/// The standard tables.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Contents {
    project: Option<Project>,
    #[serde(default)]
    dependency_groups: BTreeMap<String, Spanned<Vec<Spanned<toml::Value>>>>,
    build_system: Option<toml::Value>,
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

/// Reads the requirements that `input` asks for; `tables` are what the tables of tools say.
pub(super) fn read_pyproject(
    document: &PyprojectDocument<'_>,
    tables: &Tables,
    input: &PyprojectInput,
) -> PyprojectAnswer {
    let mut reading = GroupReading {
        document,
        tables,
        toml: document.toml,
        folders: document.folders(),
        project: None,
        dependencies: Vec::new(),
        extras: BTreeMap::new(),
        groups: BTreeMap::new(),
        group: None,
        taken_extras: Vec::new(),
        taken_groups: Vec::new(),
        answer: PyprojectAnswer::default(),
    };
    match toml::from_str::<Contents>(document.toml.text) {
        Ok(contents) => reading.read(contents, input),
        Err(error) => {
            let span = error.span().unwrap_or(0..0);
            reading.report(&span, &SyntaxError::new(0, span.len(), toml_reason(document.toml.text, &error)));
        }
    }
    reading.answer.extras = reading.taken_extras.into_iter().map(|(extra, _)| extra).collect();
    reading.answer.groups = reading.taken_groups;
    reading.answer
}

/// A requirement of the file, read.
#[derive(Clone)]
struct Member {
    found: LineRequirement,
    span: Range<usize>,
    /// See [`Alternatives::any_of`]; empty: the specifiers of the requirement say all.
    any_of: Vec<VersionSpecifiers>,
}

/// What stands in a group.
enum GroupMember {
    Requirement(Box<Member>),
    Include { group: ExtraName, span: Range<usize> },
}

struct GroupReading<'a> {
    document: &'a PyprojectDocument<'a>,
    tables: &'a Tables,
    toml: TomlText<'a>,
    folders: Folders,
    project: Option<PackageName>,
    dependencies: Vec<Member>,
    extras: BTreeMap<ExtraName, Vec<Member>>,
    groups: BTreeMap<ExtraName, Vec<GroupMember>>,
    /// The group that is being taken in.
    group: Option<ExtraName>,
    /// Extras, under their markers, and groups that were taken in: once is enough, however often they are named.
    taken_extras: Vec<(ExtraName, MarkerTree)>,
    taken_groups: Vec<ExtraName>,
    answer: PyprojectAnswer,
}

impl GroupReading<'_> {
    fn read(&mut self, contents: Contents, input: &PyprojectInput) {
        let has_project = contents.project.is_some();
        let project = contents.project.unwrap_or_default();
        let name = project.name.as_deref().or_else(|| contents.tool.get("poetry")?.get("name")?.as_str());
        self.project = name.and_then(|name| PackageName::from_str(name).ok());
        let asks_poetry = asks_poetry(&project, self.tables);
        // A file may hold nothing but groups (PEP 735).
        let groups_alone = !has_project && !input.groups.is_empty() && !contents.dependency_groups.is_empty();
        if !input.only_groups && !asks_poetry && !groups_alone {
            let is_built = contents.build_system.is_some();
            self.refuse_without_dependencies(has_project.then_some(&project), is_built, &contents.tool);
        }
        for text in project.dependencies.iter().flatten() {
            let member = self.member(text);
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
        for (name, list) in contents.dependency_groups {
            let members = list.get_ref().iter().filter_map(|item| self.group_member(item)).collect();
            if let Some(name) = self.table_name(&name, &list.span(), "group")
                && self.groups.insert(name.clone(), members).is_some()
            {
                let message = format!("the group `{name}` is given twice, in different spellings");
                self.report(&list.span(), &SyntaxError::new(0, 1, message));
            }
        }
        for (text, span) in &self.tables.flit {
            let member = self.member(&Spanned::new(span.clone(), text.clone()));
            self.dependencies.extend(member);
        }
        self.read_groups_of_tools();
        if asks_poetry {
            self.read_poetry();
        } else {
            self.complete_by_poetry();
        }
        if !input.only_groups {
            self.take(self.dependencies.clone(), &MarkerTree::TRUE, &mut Vec::new());
        }
        let every = if input.all_extras { self.known_extras() } else { Vec::new() };
        for extra in input.extras.iter().chain(&every) {
            self.take_extra(extra, &MarkerTree::TRUE, &mut Vec::new(), None);
        }
        for group in &input.groups {
            self.take_group(group, &mut Vec::new(), None);
        }
    }

    /// Every extra that a table of the file declares, or leaves to files beside it.
    fn known_extras(&self) -> Vec<ExtraName> {
        let elsewhere = self.tables.dynamic.iter().filter_map(|(extra, _)| extra.clone());
        self.extras.keys().cloned().chain(elsewhere).collect()
    }

    /// A file without the standard table has dependencies elsewhere, or none; an empty answer would hide that.
    fn refuse_without_dependencies(&mut self, project: Option<&Project>, is_built: bool, tools: &toml::Table) {
        let start = 0..0;
        let Some(project) = project else {
            let elsewhere = ["poetry", "flit", "pdm", "hatch"].into_iter().find(|tool| tools.contains_key(*tool));
            let error = SyntaxError::new(0, 0, "there is no `[project]` table");
            let error = match elsewhere {
                Some("poetry") => error.hint("`[tool.poetry]` has no `dependencies` either"),
                Some("flit") if self.tables.has_flit_metadata => return,
                Some(tool) => {
                    error.hint(format!("`[tool.{tool}]` is not read; use the tool's lock file or its export"))
                }
                None if is_built => error.hint(BUILD_IT),
                None => error.hint("declare `dependencies` under `[project]`, or use a requirements file"),
            };
            return self.report(&start, &error);
        };
        if project.dependencies.is_none() && project.dynamic.iter().any(|name| name == "dependencies") {
            self.answer.is_dynamic = true;
            if !self.tables.dynamic.iter().any(|(extra, _)| extra.is_none()) {
                let error = SyntaxError::new(0, 0, "`dependencies` is dynamic: only a build of the project knows them");
                self.report(&start, &error.hint(BUILD_IT));
            }
        }
    }

    /// Groups that stand in the tables of tools, where the standard table has none of the name.
    fn read_groups_of_tools(&mut self) {
        let tables = self.tables;
        for (name, list) in &tables.groups {
            if self.groups.contains_key(name) {
                continue;
            }
            let found = list.iter().filter_map(|(text, span)| self.member(&Spanned::new(span.clone(), text.clone())));
            let members = found.map(Box::new).map(GroupMember::Requirement).collect();
            self.groups.insert(name.clone(), members);
        }
        for dependency in &tables.poetry {
            if let Some(group) = &dependency.group {
                let member = GroupMember::Requirement(Box::new(poetry_member(dependency)));
                self.groups.entry(group.clone()).or_default().push(member);
            }
        }
    }

    /// The dependencies of a project that declares them to Poetry alone.
    fn read_poetry(&mut self) {
        let tables = self.tables;
        for extra in &tables.poetry_extras {
            self.extras.entry(extra.clone()).or_default();
        }
        for dependency in tables.poetry.iter().filter(|dependency| dependency.group.is_none()) {
            let member = poetry_member(dependency);
            if !dependency.is_optional {
                self.dependencies.push(member.clone());
            }
            for extra in &dependency.in_extras {
                self.extras.entry(extra.clone()).or_default().push(member.clone());
            }
        }
    }

    /// What Poetry's table says of the dependencies of `[project]`; names that it has alone do not count, as for
    /// Poetry.
    fn complete_by_poetry(&mut self) {
        let tables = self.tables;
        let main = || tables.poetry.iter().filter(|dependency| dependency.group.is_none());
        let complete = |members: &mut Vec<Member>| {
            let all = std::mem::take(members);
            members.extend(all.into_iter().flat_map(|member| completed(member, main())));
        };
        complete(&mut self.dependencies);
        self.extras.values_mut().for_each(complete);
        let known = |name: &PackageName| {
            let mut all = self.dependencies.iter().chain(self.extras.values().flatten());
            all.any(|member| member.found.requirement.name == *name)
        };
        let unknown: Vec<&PoetryDependency> = main().filter(|dependency| !known(&dependency.name)).collect();
        for dependency in unknown {
            let origin = self.toml.origin(&dependency.span);
            self.answer.warnings.push(format!(
                "{origin}: `{}` is not among the dependencies of `[project]`, so it is not taken, as in Poetry",
                dependency.name
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
        let written = tables::expanded(self.document, text.get_ref());
        match read_specifier(&written, &self.folders, &mut warnings) {
            Ok(found) => {
                let origin = self.toml.origin(&span);
                self.answer
                    .warnings
                    .extend(warnings.iter().map(|warning| format!("{origin}: {}", hide_all(warning, &[]))));
                Some(Member { found, span, any_of: Vec::new() })
            }
            Err(error) => {
                push_new(&mut self.answer.problems, self.toml.problem_in_string(&span, text.get_ref(), &error));
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
                let Member { found, span, any_of: _ } = member;
                for extra in found.requirement.extras {
                    self.take_extra(&extra, &found.requirement.marker, path, Some(&span));
                }
            } else {
                let extra = path.last().cloned();
                for member in self.tied(&member, extra.as_ref()) {
                    let origin = self.toml.origin(&member.span);
                    let entry = member.found.into_entry(origin, &[]);
                    if !member.any_of.is_empty() && entry.direct.is_none() {
                        self.answer.alternatives.push(Alternatives {
                            name: entry.requirement.name.clone(),
                            marker: entry.requirement.marker.clone(),
                            any_of: member.any_of,
                            text: entry.text.clone(),
                            origin: entry.origin.clone(),
                        });
                    }
                    push_new(&mut self.answer.entries, entry);
                }
            }
        }
    }

    /// A requirement at the places that tables tie its name to, each under its marker; and as it is where none applies.
    fn tied(&mut self, member: &Member, extra: Option<&ExtraName>) -> Vec<Member> {
        let name = &member.found.requirement.name;
        let ties = self.tables.ties_of(name, extra, self.group.as_ref());
        let mut remaining = member.clone();
        let mut members = Vec::new();
        for tie in ties {
            let mut under = member.clone();
            under.found.requirement.marker.and(tie.marker.clone());
            if under.found.requirement.marker.is_false() {
                continue;
            }
            match &tie.to {
                TiedTo::Index(_) => continue,
                TiedTo::Place(reference) => under.found.tie_to(reference),
                TiedTo::Unusable(problem) => {
                    push_new(&mut self.answer.problems, (**problem).clone());
                    return Vec::new();
                }
            }
            members.push(under);
            remaining.found.requirement.marker.and(tie.marker.negate());
        }
        if !remaining.found.requirement.marker.is_false() {
            members.push(remaining);
        }
        members
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
        let stands_elsewhere = self.tables.dynamic.iter().any(|(of, _)| of.as_ref() == Some(extra));
        let members = self.extras.get(extra).cloned().or_else(|| stands_elsewhere.then(Vec::new));
        let Some(members) = members else {
            let known: Vec<String> = self.extras.keys().map(|name| format!("`{name}`")).collect();
            return self.report_unknown(&format!("there is no extra `{extra}`"), &known, asked);
        };
        // A requirement may also ask by its own marker that the extra is wanted.
        let wanted = |member: &Member| {
            let mut member = member.clone();
            let marker = member.found.requirement.marker.clone();
            member.found.requirement.marker = marker.simplify_extras(std::slice::from_ref(extra));
            member
        };
        let is_of_extra = |member: &&Member| wanted(member).found.requirement.marker != member.found.requirement.marker;
        let always = self.dependencies.iter().filter(is_of_extra);
        let members = members.iter().chain(always).map(wanted).collect();
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
        let outer = self.group.replace(group.clone());
        for member in &members {
            match member {
                GroupMember::Requirement(member) => {
                    self.take(vec![Member::clone(member)], &MarkerTree::TRUE, &mut Vec::new());
                }
                GroupMember::Include { group, span } => self.take_group(group, path, Some(span)),
            }
        }
        path.pop();
        self.group = outer;
        self.groups.insert(group.clone(), members);
        self.taken_groups.push(group.clone());
    }

    fn report_unknown(&mut self, message: &str, known: &[String], asked: Option<&Range<usize>>) {
        let error = SyntaxError::new(0, asked.map_or(0, Range::len), message);
        let error = if known.is_empty() { error } else { error.expected(format!("one of {}", known.join(", "))) };
        self.report(asked.unwrap_or(&(0..0)), &error);
    }

    fn report(&mut self, span: &Range<usize>, error: &SyntaxError) {
        push_new(&mut self.answer.problems, self.toml.problem(span, error));
    }
}

/// Whether Poetry takes the dependencies from its own table: when `[project]` has none, or leaves them to it.
fn asks_poetry(project: &Project, tables: &Tables) -> bool {
    let has_own = project.dependencies.as_ref().is_some_and(|list| !list.is_empty());
    let has_extras = !project.optional_dependencies.is_empty();
    let is_left = project.dynamic.iter().any(|name| name == "dependencies");
    tables.has_poetry_dependencies && !has_own && (!has_extras || is_left)
}

/// A dependency of Poetry's as a requirement. Its place is tied to its name, which says so for every requirement on it.
fn poetry_member(dependency: &PoetryDependency) -> Member {
    let requirement = Requirement {
        name: dependency.name.clone(),
        extras: dependency.extras.clone(),
        version_or_url: (!dependency.specifiers.is_empty())
            .then(|| VersionOrUrl::VersionSpecifier(dependency.specifiers.clone())),
        marker: dependency.marker.clone(),
        origin: None,
    };
    let mut found = LineRequirement::new(requirement, dependency.text.clone());
    if let Some(place) = &dependency.place {
        found.tie_to(place);
    }
    Member { found, span: dependency.span.clone(), any_of: dependency.any_of.clone() }
}

/// A requirement with what Poetry's dependencies of its name say beside it, under the marker of each.
fn completed<'d>(member: Member, dependencies: impl Iterator<Item = &'d PoetryDependency>) -> Vec<Member> {
    let name = member.found.requirement.name.clone();
    let mut members: Vec<Member> = Vec::new();
    for dependency in dependencies.filter(|dependency| dependency.name == name && dependency.place.is_none()) {
        let mut under = member.clone();
        let requirement = &mut under.found.requirement;
        requirement.marker.and(dependency.marker.clone());
        if requirement.marker.is_false() {
            continue;
        }
        requirement.extras.extend(dependency.extras.iter().cloned());
        requirement.extras.sort_unstable();
        requirement.extras.dedup();
        if let Some(VersionOrUrl::VersionSpecifier(specifiers)) = &mut requirement.version_or_url {
            *specifiers = specifiers.iter().chain(dependency.specifiers.iter()).cloned().collect();
        } else if requirement.version_or_url.is_none() && !dependency.specifiers.is_empty() {
            requirement.version_or_url = Some(VersionOrUrl::VersionSpecifier(dependency.specifiers.clone()));
        }
        under.any_of.clone_from(&dependency.any_of);
        members.push(under);
    }
    if members.is_empty() { vec![member] } else { members }
}
