//! `Pipfile.lock`, pipfile-spec 6 (Pipenv documentation, "Pipfile & Pipfile.lock").
//!
//! Flat, with digests and without file names: an index says which files have them. Pipenv locks on one machine, so what
//! only Linux needs may be missing; the wheels' own requirements are held against the answer when they are installed.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::locked_file::{BETWEEN_HASHES, FileParts, FilePlace};
use super::model::{
    Condition, Edge, Lock, LockPlace, LockedIndex, LockedPackage, LockedSource, ProjectPart, ProjectTie, Pythons,
    WantedFor, Which, project_name,
};
use super::places::index_place;
use super::{LockError, LockKind};
use crate::archive::normalized;
use crate::requirements::{Origin, PythonLimit};
use crate::spec::{ExtraName, PackageName, SafeUrl, Version, ends_as_dist, json_reason, line_at, toml_reason};
use crate::target::Target;

/// The part of the file that is about the file.
const META: &str = "_meta";

/// The only version of the format.
const SPEC: u64 = 6;

#[derive(Deserialize)]
struct Source {
    name: Option<String>,
    url: String,
}

/// Reads a lock.
///
/// # Errors
/// A malformed file, one of another version, a source whose URL needs a variable that is not set.
pub(super) fn read(text: &Arc<String>, place: &LockPlace) -> Result<Lock, LockError> {
    let mut lock = Lock::empty(LockKind::Pipfile, Arc::clone(text), place);
    let document: Map<String, Value> = serde_json::from_str(text).map_err(|error| LockError::Malformed {
        path: place.path.clone(),
        line: error.line(),
        reason: json_reason(text.as_bytes(), &error),
    })?;
    let meta = document.get(META).cloned().unwrap_or_default();
    match meta.get("pipfile-spec").and_then(Value::as_u64) {
        Some(SPEC) | None => {}
        Some(other) => return Err(lock.malformed(0, format!("pipfile-spec {other} is not known, only {SPEC}"))),
    }
    lock.requires_python = meta.get("requires").and_then(python_of).map(|(pythons, key)| {
        let at = text.find(&format!("\"{key}\"")).unwrap_or(0);
        (pythons, at)
    });
    lock.content_hash = meta.pointer("/hash/sha256").and_then(Value::as_str).map(str::to_owned);
    let sources: Vec<Source> = meta
        .get("sources")
        .map(|sources| serde_json::from_value(sources.clone()))
        .transpose()
        .map_err(|error| lock.malformed(0, format!("its sources: {}", json_reason(b"", &error))))?
        .unwrap_or_default();
    let mut asked: Option<Pipfile> = None;
    let mut indexes = BTreeMap::new();
    for (number, source) in sources.into_iter().enumerate() {
        let at = text.find(&source.url).unwrap_or(0);
        let url = expanded(&source.url, &place.environment).map_err(|name| {
            lock.malformed(at, format!("the URL of a source needs the environment variable `{name}`, which is not set"))
        })?;
        let url = SafeUrl::parse(&url).map_err(|error| lock.malformed(at, format!("a source: {error}")))?;
        let name = source.name.unwrap_or_else(|| number.to_string());
        let index = lock.index(LockedIndex { name: Some(name.clone()), url });
        indexes.insert(name, index);
    }
    for (category, packages) in document.iter().filter(|(category, _)| *category != META) {
        let start = text.find(&format!("\"{category}\": {{")).unwrap_or(0);
        let part = match category.as_str() {
            "default" => ProjectPart::Main,
            name => {
                let name: ExtraName =
                    name.parse().map_err(|_| lock.malformed(start, format!("`{name}` is no name of a category")))?;
                lock.groups.push(name.clone());
                ProjectPart::Group(name)
            }
        };
        for (name, entry) in packages.as_object().into_iter().flatten() {
            let at = text[start..].find(&format!("\"{name}\": {{")).map_or(start, |found| start + found);
            let mut package = package_of(&mut lock, name, entry, part.clone(), &indexes, at)?;
            let is_unpinned = package.version.is_none() && matches!(package.source, LockedSource::Index(_));
            if is_unpinned && entry.get("markers").is_none() {
                // Pipenv pins nothing that it does not install, and forgets markers that are not under that key.
                let marker = asked.get_or_insert_with(|| pipfile_of(place)).marker(category, name);
                package.wanted.iter_mut().for_each(|wanted| wanted.marker.clone_from(&marker));
            }
            lock.packages.push(package);
        }
    }
    Ok(lock)
}

/// The versions of Python that `requires` takes, and the key that says so. Of a full version the minor one counts: the
/// patch is that of the machine that locked, not of Lambda.
fn python_of(requires: &Value) -> Option<(Pythons, &'static str)> {
    ["python_full_version", "python_version"].into_iter().find_map(|key| {
        let text = requires.get(key)?.as_str()?;
        let version: Version = text.trim().parse().ok()?;
        let parts: Vec<String> = version.release().iter().take(2).map(ToString::to_string).collect();
        let any_of = vec![format!("=={}.*", parts.join(".")).parse().ok()?];
        Some((Pythons { text: text.to_owned(), any_of }, key))
    })
}

/// The versions of Python that a `Pipfile.lock` is for, as far as it can be read; `working_folder` is absolute, and
/// where messages show paths from.
pub(crate) fn pipfile_python(file: &Path, working_folder: &Path) -> Option<PythonLimit> {
    if LockKind::of(file) != Some(LockKind::Pipfile) {
        return None;
    }
    let text = fs_err::read_to_string(file).ok()?;
    let document: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()?;
    let (Pythons { text: said, any_of }, key) = python_of(document.pointer("/_meta/requires")?)?;
    let line = line_at(text.as_bytes(), text.find(&format!("\"{key}\"")).unwrap_or(0));
    let shown = file.strip_prefix(working_folder).unwrap_or(file).to_owned();
    let origin = Origin::File { file: shown, line: u32::try_from(line).unwrap_or(u32::MAX) };
    Some(PythonLimit { alternatives: any_of, text: format!("{key} = \"{said}\""), origin })
}

/// What to tell of a `Pipfile.lock` that was made for another Python than the target's: Pipenv warns of it too, and
/// installs. Its packages were chosen for that one Python, so that one that only the target's needs may be lacking.
pub(crate) fn made_for_other_python(lock: &Lock, target: &Target) -> Option<String> {
    let (pythons, _) = lock.requires_python.as_ref().filter(|_| lock.kind == LockKind::Pipfile)?;
    let (runtime, wanted) = (target.runtime(), &pythons.text);
    (!pythons.take(target.python_full_version())).then(|| {
        format!(
            "`{}` was locked for Python {wanted}, not for {runtime}: what only {runtime} needs may be lacking, and \
             versions may not fit (set `python_version` in the Pipfile, and `{}`)",
            lock.path.display(),
            lock.kind.update_command()
        )
    })
}

fn package_of(
    lock: &mut Lock,
    name: &str,
    entry: &Value,
    part: ProjectPart,
    indexes: &BTreeMap<String, usize>,
    at: usize,
) -> Result<LockedPackage, LockError> {
    let wrong = |reason: String| lock.malformed(at, reason);
    let name = project_name(name).map_err(wrong)?;
    let first = lock.indexes.first().map(|_| 0);
    let text = |key: &str| entry.get(key).and_then(Value::as_str);
    let pinned = |pin| version_of(pin).ok_or_else(|| wrong(format!("{name} is not pinned: `{pin}`")));
    let version = text("version").filter(|version| *version != "*").map(pinned).transpose()?;
    let subdirectory = text("subdirectory").map(str::to_owned);
    let place = text("path").or_else(|| text("file"));
    let source = match (text("git"), place) {
        (Some(git), _) => {
            let url = SafeUrl::parse(git.trim_start_matches("git+"))
                .map_err(|error| wrong(format!("the repository of {name}: {error}")))?;
            LockedSource::Git { url, commit: lock.commit(&name, text("ref").unwrap_or_default(), at)?, subdirectory }
        }
        (None, Some(path)) if is_archive(path) => LockedSource::Archive { subdirectory },
        (None, Some(path)) => {
            let path = normalized(&lock.folder.join(path.trim_start_matches("file://")));
            let editable = entry.get("editable").and_then(Value::as_bool) == Some(true);
            // A Pipfile that installs its own folder names it so.
            LockedSource::Folder { path, subdirectory, editable, is_virtual: false }
        }
        (None, None) => LockedSource::Index(match text("index") {
            // Pipenv names no source where it is the first one.
            None => first,
            Some(index) => {
                let known = indexes.get(index).copied();
                Some(known.ok_or_else(|| wrong(format!("{name} is of the source `{index}`, which is not there")))?)
            }
        }),
    };
    let hashes = entry.get("hashes").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let hashes: Vec<&str> = hashes.collect();
    if let Some(hash) = hashes.iter().find(|hash| !hash.contains(':')) {
        return Err(wrong(format!("`{hash}` is no digest")));
    }
    let words = &mut lock.text;
    let wheels = if let (LockedSource::Archive { .. }, Some(path)) = (&source, place) {
        let written = words.add(path);
        let there = if path.contains("://") { FilePlace::Url(written) } else { FilePlace::Path(written) };
        let hashes = (!hashes.is_empty()).then(|| words.add(&hashes.join(BETWEEN_HASHES)));
        vec![FileParts::new(None, there, hashes).into()]
    } else {
        let file = |hash| FileParts::new(None, FilePlace::Index, Some(words.add(hash))).into();
        hashes.into_iter().map(file).collect()
    };
    let marker = text("markers").map(|text| Condition { text: text.to_owned(), at });
    let wanted = vec![WantedFor { part, marker }];
    let extras = entry.get("extras").and_then(Value::as_array).into_iter().flatten();
    // What an extra requires is an entry of its own.
    let extras = extras.filter_map(|extra| Some((extra.as_str()?.parse().ok()?, Vec::new()))).collect();
    Ok(LockedPackage { wheels, wanted, extras, ..LockedPackage::new(name, version, source, at) })
}

/// A `Pipfile`, as a table; empty where there is none.
struct Pipfile(toml::Table);

fn pipfile_of(place: &LockPlace) -> Pipfile {
    let text = fs_err::read_to_string(place.folder.join("Pipfile")).unwrap_or_default();
    Pipfile(text.parse().unwrap_or_default())
}

impl Pipfile {
    /// The marker of a package, by the name that its category has in the lock.
    fn marker(&self, category: &str, name: &str) -> Option<Condition> {
        let section = match category {
            "default" => "packages",
            "develop" => "dev-packages",
            own => own,
        };
        let name: PackageName = name.parse().ok()?;
        let packages = self.0.get(section)?.as_table()?;
        let is_it = |key: &str| key.parse::<PackageName>().is_ok_and(|key| key == name);
        let (_, value) = packages.iter().find(|(key, _)| is_it(key))?;
        marker_of(value)
    }
}

/// The variables of markers that may stand as keys of their own: `sys_platform = "== 'win32'"`.
const MARKER_KEYS: [&str; 11] = [
    "implementation_name",
    "implementation_version",
    "os_name",
    "platform_machine",
    "platform_python_implementation",
    "platform_release",
    "platform_system",
    "platform_version",
    "python_full_version",
    "python_version",
    "sys_platform",
];

/// When a line of a Pipfile counts; `None`: always.
fn marker_of(value: &toml::Value) -> Option<Condition> {
    let text = |key: &str| value.get(key).and_then(toml::Value::as_str);
    let whole = text("markers").map(|marker| format!("({marker})"));
    let parts = MARKER_KEYS.iter().filter_map(|key| Some(format!("{key} {}", text(key)?)));
    let all: Vec<String> = whole.into_iter().chain(parts).collect();
    (!all.is_empty()).then(|| Condition { text: all.join(" and "), at: 0 })
}

/// The Pipfile beside a lock, and what it asks for now; `None`: there is none.
pub(super) fn declared(lock: &Lock, place: &LockPlace) -> Result<Option<(LockedPackage, toml::Table)>, LockError> {
    let path = place.path.with_file_name("Pipfile");
    let Ok(text) = fs_err::read_to_string(place.folder.join("Pipfile")) else { return Ok(None) };
    let wrong = |reason: String| LockError::Malformed { path: path.clone(), line: 1, reason };
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| wrong(toml_reason(&text, &error)))?;
    let mut project = LockedPackage::of_project(lock, None);
    let sources = sources_of(&table, place);
    let edge = |name: &str, value: &toml::Value| edge(name, value, &sources, &place.folder);
    for (category, value) in &table {
        let Some(packages) = value.as_table() else { continue };
        let edges = packages.iter().map(|(name, value)| edge(name, value)).collect::<Result<Vec<_>, _>>();
        match category.as_str() {
            "packages" => project.dependencies = edges.map_err(wrong)?,
            "requires" | "pipenv" | "scripts" => {}
            "dev-packages" => drop(project.groups.insert(group("develop").map_err(wrong)?, edges.map_err(wrong)?)),
            name => drop(project.groups.insert(group(name).map_err(wrong)?, edges.map_err(wrong)?)),
        }
    }
    Ok(Some((project, table)))
}

/// The name and place of each source that a Pipfile has now. One whose URL needs a variable that is not set has none.
pub(super) fn sources_of(file: &toml::Table, place: &LockPlace) -> Vec<(String, String)> {
    let sources = file.get("source").and_then(toml::Value::as_array).into_iter().flatten();
    let read = |source: &toml::Value| {
        let text = |key: &str| source.get(key).and_then(toml::Value::as_str);
        let url = expanded(text("url")?, &place.environment).ok()?;
        Some((text("name").unwrap_or_default().to_owned(), index_place(&url, &place.folder)))
    };
    sources.filter_map(read).collect()
}

fn group(name: &str) -> Result<ExtraName, String> {
    name.parse().map_err(|_| format!("`{name}` is no name of a category"))
}

/// A line of a Pipfile: `"*"`, specifiers, or a table with them.
fn edge(name: &str, value: &toml::Value, sources: &[(String, String)], folder: &Path) -> Result<Edge, String> {
    let version = value.as_str().or_else(|| value.get("version")?.as_str()).filter(|text| *text != "*");
    let any_of =
        version.map(crate::spec::lenient::specifiers).transpose().map_err(|reason| format!("`{name}`: {reason}"))?;
    let extras = value.get("extras").and_then(toml::Value::as_array);
    Ok(Edge {
        name: project_name(name)?,
        which: Which {
            any_of: any_of.into_iter().collect(),
            tie: ProjectTie::of_table(value, folder, |name| {
                sources.iter().find(|(known, _)| known == name).map(|(_, place)| place.clone())
            })
            .map(Box::new),
            ..Which::default()
        },
        extras: extras.into_iter().flatten().filter_map(|extra| extra.as_str()?.parse().ok()).collect(),
        marker: marker_of(value),
    })
}

fn version_of(pin: &str) -> Option<Version> {
    pin.trim_start_matches('=').trim().parse().ok()
}

fn is_archive(path: &str) -> bool {
    ends_as_dist(path.split(['?', '#']).next().unwrap_or_default())
}

/// The text with `${NAME}` and `$NAME` replaced.
///
/// # Errors
/// The name of a variable that is not set.
fn expanded(text: &str, environment: &BTreeMap<String, String>) -> Result<String, String> {
    let mut result = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('$') {
        result.push_str(&rest[..start]);
        let after = &rest[start + 1..];
        let in_braces = after.strip_prefix('{').and_then(|inner| inner.split_once('}'));
        let (name, used) = if let Some((name, _)) = in_braces {
            (name, name.len() + 2)
        } else {
            let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(after.len());
            (&after[..end], end)
        };
        if name.is_empty() {
            result.push('$');
        } else {
            result.push_str(environment.get(name).ok_or_else(|| name.to_owned())?);
        }
        rest = &after[used..];
    }
    result.push_str(rest);
    Ok(result)
}
