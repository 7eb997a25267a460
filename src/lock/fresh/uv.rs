//! uv's own comparison, as far as it can change what is bundled: of each project of the user's, what it declares now
//! and what the lock repeats of it (uv, `Lock::satisfies`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use toml::{Table, Value};

use super::Differences;
use crate::lock::LockError;
use crate::lock::marker::Evaluation;
use crate::lock::model::{
    Condition, Declared, DeclaredRequirement, Lock, LockPlace, LockedPackage, LockedSource, Pythons,
};
use crate::lock::project_files::ProjectFile;
use crate::lock::select::LockRequest;
use crate::spec::{ExtraName, PackageName, VersionOrUrl, parse_requirement};
use crate::target::Target;

pub(super) fn compare(
    lock: &Lock,
    place: &LockPlace,
    request: &LockRequest,
    target: &Target,
) -> Result<Differences, LockError> {
    let mut findings = Differences::default();
    let root = ProjectFile::read(place)?;
    let root_sources = root.as_ref().map(sources).unwrap_or_default();
    if let (Some(root), Some((locked, _))) = (&root, &lock.requires_python)
        && let Some(text) = root.requires_python()
        && let Ok(now) = Pythons::all_of(text)
        && sorted(text) != sorted(&locked.text)
        && lock.roots.as_ref().is_some_and(|roots| roots.members.len() == 1)
    {
        let difference = format!("pyproject.toml has requires-python `{text}`, the lock `{}`", locked.text);
        let python = target.python_full_version();
        let matters = now.take(python) != locked.take(python);
        if matters { &mut findings.differences } else { &mut findings.notes }.push(difference);
    }
    for package in &lock.packages {
        let LockedSource::Folder { path, .. } = &package.source else { continue };
        let below = path.strip_prefix(&lock.folder).unwrap_or(path);
        let shown = lock.path.with_file_name("").join(below).join("pyproject.toml");
        let Some(file) = ProjectFile::read_in(path, &shown)? else { continue };
        let own = sources(&file);
        let merged = root_sources.clone().into_iter().chain(own).collect();
        let project = Project { lock, package, file: &file, sources: merged, request, target };
        project.compare(&mut findings)?;
    }
    Ok(findings)
}

/// `[tool.uv.sources]`: what each name is tied to.
fn sources(file: &ProjectFile) -> BTreeMap<PackageName, Value> {
    let uv = file.tool("uv");
    let table = uv.get("sources").and_then(Value::as_table).cloned().unwrap_or_default();
    table.into_iter().filter_map(|(name, value)| Some((name.parse().ok()?, value))).collect()
}

struct Project<'a> {
    lock: &'a Lock,
    package: &'a LockedPackage,
    file: &'a ProjectFile,
    sources: BTreeMap<PackageName, Value>,
    request: &'a LockRequest,
    target: &'a Target,
}

/// A requirement in a form that compares: its text, and whether it applies on the target.
type Comparable = (String, bool);

impl Project<'_> {
    fn compare(&self, findings: &mut Differences) -> Result<(), LockError> {
        let (file, package) = (self.file, self.package);
        let shown = file.path.display();
        if let Some(name) = file.name()
            && name.parse::<PackageName>().ok().as_ref() != Some(&package.name)
        {
            findings.differences.push(format!("{shown} is of the project `{name}`, the lock has {}", package.name));
        }
        if let (Some(version), Some(locked)) = (file.text("version"), &package.version)
            && version.parse().ok().as_ref() != Some(locked)
        {
            findings.notes.push(format!("{shown} has version {version}, the lock {locked}"));
        }
        // Without what it declared, only a resolution could tell; uv leaves it out where it means to.
        let Some(declared) = &package.declared else { return Ok(()) };
        if file.is_dynamic("dependencies") {
            return Ok(());
        }
        let evaluation = |extra: Option<&ExtraName>| {
            let extras = extra.into_iter().cloned().collect();
            Evaluation::new(self.lock, self.target.markers(), extras, Vec::new())
        };
        let main = evaluation(None);
        let now = self.texts(&main, file.dependencies().into_iter().map(str::to_owned).collect())?;
        let then = locked(&main, declared, None)?;
        self.report(findings, "dependencies", &now, &then, true);
        for (extra, texts) in file.optional_dependencies() {
            let evaluation = evaluation(Some(&extra));
            let now = self.texts(&evaluation, texts.into_iter().map(str::to_owned).collect())?;
            let then = locked(&evaluation, declared, Some(&extra))?;
            let counts = self.request.all_extras || self.request.extras.contains(&extra);
            self.report(findings, &format!("extra `{extra}`"), &now, &then, counts);
        }
        let wrong = |reason| LockError::Malformed { path: file.path.clone(), line: 1, reason };
        let mut groups = file.groups().map_err(wrong)?;
        let uv = file.tool("uv");
        if let Some(list) = uv.get("dev-dependencies").and_then(Value::as_array) {
            let dev: ExtraName = "dev".parse().expect("this is a name");
            groups.entry(dev).or_default().extend(list.iter().filter_map(|it| Some(it.as_str()?.to_owned())));
        }
        for (group, texts) in groups {
            let now = self.texts(&main, texts)?;
            let locked = declared.groups.get(&group).map(Vec::as_slice).unwrap_or_default();
            let then = locked.iter().map(|it| comparable(&main, it)).collect::<Result<_, _>>()?;
            let counts = self.request.groups.iter().chain(&self.request.only_groups).any(|it| *it == group);
            self.report(findings, &format!("group `{group}`"), &now, &then, counts);
        }
        Ok(())
    }

    fn report(
        &self,
        findings: &mut Differences,
        what: &str,
        now: &BTreeSet<Comparable>,
        then: &BTreeSet<Comparable>,
        counts: bool,
    ) {
        let shown = self.file.path.display();
        let sides = [(now.difference(then), true), (then.difference(now), false)];
        let (mut matters, mut told) = (false, [Vec::new(), Vec::new()]);
        for (differing, is_now) in sides {
            for (text, applies) in differing {
                matters |= *applies && counts;
                told[usize::from(!is_now)].push(format!("`{text}`"));
            }
        }
        if told.iter().all(Vec::is_empty) {
            return;
        }
        let list = |items: &[String]| if items.is_empty() { "nothing".to_owned() } else { items.join(", ") };
        let text = format!("{what}: {shown} has {}, the lock {}", list(&told[0]), list(&told[1]));
        if matters { &mut findings.differences } else { &mut findings.notes }.push(text);
    }

    /// Requirements of the file in the form that compares.
    fn texts(&self, evaluation: &Evaluation<'_>, texts: Vec<String>) -> Result<BTreeSet<Comparable>, LockError> {
        let mut found = BTreeSet::new();
        for text in texts {
            let wrong = |reason: String| LockError::Malformed { path: self.file.path.clone(), line: 1, reason };
            // Not every parser takes a relative path for a URL; a requirement that cannot be read here is not compared.
            let Ok(requirement) = parse_requirement(&text) else { continue };
            let (specifiers, url) = match &requirement.version_or_url {
                Some(VersionOrUrl::VersionSpecifier(specifiers)) => (specifiers.to_string(), None),
                Some(VersionOrUrl::Url(url)) => (String::new(), Some(url.reveal().to_string())),
                None => (String::new(), None),
            };
            let marker = requirement.marker.try_to_string().unwrap_or_default();
            let mut tied: Vec<(Option<String>, String)> = Vec::new();
            match (url, self.sources.get(&requirement.name)) {
                (Some(url), _) => tied.push((Some(kind_of_url(&url)), marker)),
                (None, None) => tied.push((None, marker)),
                (None, Some(Value::Array(several))) => {
                    for source in several.iter().filter_map(Value::as_table) {
                        let own = source.get("marker").and_then(Value::as_str).unwrap_or_default();
                        tied.push((kind_of(source), both(&marker, own)));
                    }
                }
                (None, Some(source)) => tied.push((source.as_table().and_then(kind_of), marker)),
            }
            let applies_at = |marker: &str| {
                let condition = (!marker.is_empty()).then(|| Condition { text: marker.to_owned(), at: 0 });
                evaluation.holds(condition.as_ref(), &[]).map_err(|error| wrong(error.to_string()))
            };
            for (kind, marker) in tied {
                let applies = applies_at(&marker)?;
                found.insert((shown(&requirement.name, &requirement.extras, &specifiers, kind.as_deref()), applies));
            }
        }
        Ok(found)
    }
}

fn locked(
    evaluation: &Evaluation<'_>,
    declared: &Declared,
    extra: Option<&ExtraName>,
) -> Result<BTreeSet<Comparable>, LockError> {
    let is_of = |requirement: &&DeclaredRequirement| {
        let named = extra_of(&requirement.marker);
        named.as_ref() == extra
    };
    declared.requires.iter().filter(is_of).map(|it| comparable(evaluation, it)).collect()
}

/// The extra whose requirement this is, by its marker.
fn extra_of(marker: &str) -> Option<ExtraName> {
    let rest = &marker[marker.find("extra ==")? + "extra ==".len()..];
    let rest = rest.trim_start();
    let quote = rest.chars().next()?;
    rest[1..].split(quote).next()?.parse().ok()
}

fn comparable(evaluation: &Evaluation<'_>, requirement: &DeclaredRequirement) -> Result<Comparable, LockError> {
    let condition = (!requirement.marker.is_empty()).then(|| Condition { text: requirement.marker.clone(), at: 0 });
    let applies = evaluation.holds(condition.as_ref(), &[])?;
    let kind = requirement.source.as_ref().map(|(kind, place)| match kind.as_str() {
        "folder" | "path" => "folder".to_owned(),
        "index" => "index".to_owned(),
        kind => format!("{kind} {}", plain_place(place)),
    });
    Ok((shown(&requirement.name, &requirement.extras, &requirement.specifiers, kind.as_deref()), applies))
}

fn shown(name: &PackageName, extras: &[ExtraName], specifiers: &str, kind: Option<&str>) -> String {
    let mut extras: Vec<&str> = extras.iter().map(AsRef::as_ref).collect();
    extras.sort_unstable();
    let extras = if extras.is_empty() { String::new() } else { format!("[{}]", extras.join(",")) };
    let specifiers = match kind {
        // A place decides, whatever versions are asked for.
        Some(kind) if kind != "index" => String::new(),
        _ => sorted(specifiers),
    };
    let kind = kind.map(|kind| format!(" from {kind}")).unwrap_or_default();
    format!("{name}{extras}{specifiers}{kind}")
}

/// Specifiers without blanks, in order.
fn sorted(specifiers: &str) -> String {
    let mut parts: Vec<String> = specifiers
        .split(',')
        .map(|part| part.split_whitespace().collect())
        .filter(|part: &String| !part.is_empty())
        .collect();
    parts.sort_unstable();
    parts.join(",")
}

/// What a table of `[tool.uv.sources]` ties a name to.
fn kind_of(source: &Table) -> Option<String> {
    let text = |key: &str| source.get(key).and_then(Value::as_str);
    if source.contains_key("workspace") || source.contains_key("path") {
        return Some("folder".to_owned());
    }
    if let Some(git) = text("git") {
        let revision = ["rev", "tag", "branch"].into_iter().find_map(text);
        return Some(format!("git {}{}", plain_place(git), revision.map(|it| format!("@{it}")).unwrap_or_default()));
    }
    text("url").map(|url| format!("url {}", plain_place(url))).or_else(|| text("index").map(|_| "index".to_owned()))
}

fn kind_of_url(url: &str) -> String {
    if let Some(git) = url.strip_prefix("git+") {
        let git = git.split('#').next().unwrap_or_default();
        return format!("git {}", plain_place(git));
    }
    if Path::new(url).is_absolute() || url.starts_with("file:") {
        return "folder".to_owned();
    }
    format!("url {}", plain_place(url))
}

/// A place without what is written in several ways: scheme, query and commit. The revision stands behind `@`.
fn plain_place(place: &str) -> String {
    let (place, _) = place.split_once('#').unwrap_or((place, ""));
    let (base, query) = place.split_once('?').unwrap_or((place, ""));
    let revision = query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        ["rev", "tag", "branch"].contains(&key).then(|| format!("@{value}"))
    });
    let base = base.trim_start_matches("git+").trim_end_matches('/').trim_end_matches(".git");
    format!("{base}{}", revision.unwrap_or_default())
}

fn both(one: &str, other: &str) -> String {
    match (one.is_empty(), other.is_empty()) {
        (false, false) => format!("({one}) and ({other})"),
        (true, _) => other.to_owned(),
        (_, true) => one.to_owned(),
    }
}
