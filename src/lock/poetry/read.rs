//! From the text to the model.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

use super::{constraint, project};
use crate::archive::normalized;
use crate::lock::locked_file::{FileParts, FilePlace};
use crate::lock::model::{
    Condition, Edge, Lock, LockPlace, LockedIndex, LockedPackage, LockedSource, ProjectPart, Pythons, Roots, WantedFor,
    Which, project_name,
};
use crate::lock::words::TextPart;
use crate::lock::{LockError, LockKind};
use crate::spec::{ExtraName, PackageName, SafeUrl, SdistFormat, read_version, sdist_stem};

/// The group of what a project always requires.
const MAIN: &str = "main";

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(default, borrow)]
    package: Vec<Package<'a>>,
    #[serde(default)]
    extras: BTreeMap<String, Vec<String>>,
    metadata: Metadata<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Metadata<'a> {
    lock_version: Option<Spanned<String>>,
    python_versions: Option<Spanned<String>>,
    content_hash: Option<String>,
    #[serde(default, borrow)]
    files: BTreeMap<String, Vec<File<'a>>>,
    #[serde(default)]
    hashes: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Package<'a> {
    #[serde(borrow)]
    name: Spanned<TextPart<'a>>,
    version: TextPart<'a>,
    python_versions: Option<TextPart<'a>>,
    #[serde(default)]
    groups: Vec<String>,
    markers: Option<Spanned<Markers>>,
    #[serde(default)]
    files: Vec<File<'a>>,
    #[serde(default)]
    dependencies: BTreeMap<String, Dependencies>,
    #[serde(default)]
    extras: BTreeMap<String, Vec<String>>,
    source: Option<Source>,
    #[serde(default)]
    develop: bool,
}

/// One for all groups, or one for each.
#[derive(Deserialize)]
#[serde(untagged)]
enum Markers {
    All(String),
    ByGroup(BTreeMap<String, String>),
}

#[derive(Clone, Deserialize)]
struct File<'a> {
    #[serde(borrow, rename = "file")]
    name: Option<TextPart<'a>>,
    url: Option<TextPart<'a>>,
    hash: TextPart<'a>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Dependencies {
    One(Dependency),
    Several(Vec<Dependency>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Dependency {
    Version(String),
    Table(Table),
}

#[derive(Default, Deserialize)]
struct Table {
    version: Option<String>,
    markers: Option<String>,
    python: Option<String>,
    #[serde(default)]
    extras: Vec<String>,
    #[serde(default)]
    optional: bool,
}

#[derive(Deserialize)]
struct Source {
    r#type: String,
    url: Option<String>,
    reference: Option<String>,
    resolved_reference: Option<String>,
    subdirectory: Option<String>,
}

/// Reads a lock.
///
/// # Errors
/// A malformed file, one of a newer version, or an older one without its project.
pub(in crate::lock) fn read(text: &Arc<String>, place: &LockPlace) -> Result<Lock, LockError> {
    let mut lock = Lock::empty(LockKind::Poetry, Arc::clone(text), place);
    let document: Document<'_> = lock.parse_toml(text)?;
    let Document { package, extras, metadata } = document;
    let says_groups = check_version(&lock, metadata.lock_version.as_ref())?;
    lock.content_hash = metadata.content_hash;
    if let Some(pythons) = &metadata.python_versions {
        let at = pythons.span().start;
        let any_of = constraint::parse(pythons.get_ref()).map_err(|reason| lock.malformed(at, reason))?;
        lock.requires_python = Some((Pythons { text: pythons.get_ref().clone(), any_of }, at));
    }
    lock.extras = extras.keys().filter_map(|name| name.parse().ok()).collect();
    let (files, hashes) = (by_name(metadata.files), by_name(metadata.hashes));
    for mut entry in package {
        let name = entry.name.get_ref().parse::<PackageName>().ok();
        entry.files.extend(name.iter().filter_map(|name| files.get(name)).flatten().cloned());
        for hash in name.iter().filter_map(|name| hashes.get(name)).flatten() {
            let hash = if hash.contains(':') { hash.clone() } else { format!("sha256:{hash}") };
            entry.files.push(File { name: None, url: None, hash: TextPart(Cow::Owned(hash)) });
        }
        let package = package_of(&mut lock, entry, says_groups)?;
        lock.packages.push(package);
    }
    let project = project::read(&lock, place)?;
    if says_groups {
        let groups = lock.packages.iter().flat_map(|package| &package.wanted);
        let mut groups: Vec<ExtraName> = groups.filter_map(|wanted| group_of(&wanted.part)).collect();
        groups.extend(project.iter().flat_map(|project| project.groups.keys().cloned()));
        groups.sort();
        groups.dedup();
        lock.groups = groups;
    } else {
        let Some(project) = &project else {
            return Err(lock.refused(
                "it is of a Poetry before 2.0 and says nothing about groups, so the `pyproject.toml` beside it is needed",
            ));
        };
        let folder = lock.folder.clone();
        lock.roots = Some(Roots { members: vec![(folder, lock.packages.len())], ..Roots::default() });
        lock.groups = project.groups.keys().cloned().collect();
    }
    lock.add_project(project);
    Ok(lock)
}

fn group_of(part: &ProjectPart) -> Option<ExtraName> {
    match part {
        ProjectPart::Group(name) => Some(name.clone()),
        ProjectPart::Main | ProjectPart::Named(_) => None,
    }
}

/// Tables by the names of projects, in whichever spelling they stand there.
fn by_name<T>(tables: BTreeMap<String, T>) -> HashMap<PackageName, T> {
    let mut named = HashMap::new();
    for (name, table) in tables {
        if let Ok(name) = name.parse() {
            named.entry(name).or_insert(table);
        }
    }
    named
}

/// Whether packages say themselves for which groups they are.
fn check_version(lock: &Lock, version: Option<&Spanned<String>>) -> Result<bool, LockError> {
    let Some(version) = version else { return Ok(false) };
    let mut numbers = version.get_ref().split('.').map(|number| number.parse::<u32>().unwrap_or(u32::MAX));
    match (numbers.next(), numbers.next().unwrap_or(0)) {
        (Some(1), _) | (Some(2), 0) => Ok(false),
        (Some(2), _) => Ok(true),
        _ => {
            let reason = format!("lock-version {} is not known, only 1.x and 2.x", version.get_ref());
            Err(lock.malformed(version.span().start, reason))
        }
    }
}

fn same_name(one: &str, other: &str) -> bool {
    let read = |text: &str| text.parse::<PackageName>().ok();
    one == other || read(one).is_some_and(|name| Some(name) == read(other))
}

fn package_of(lock: &mut Lock, package: Package<'_>, says_groups: bool) -> Result<LockedPackage, LockError> {
    let at = package.name.span().start;
    let name = project_name(package.name.get_ref()).map_err(|reason| lock.malformed(at, reason))?;
    let version = read_version(&package.version).map_err(|error| lock.malformed(at, format!("{name}: {error}")))?;
    let python = package.python_versions.as_deref().unwrap_or("*");
    // What a package says of Pythons is only needed to tell several of a name apart, and old ones say strange things.
    let requires_python = constraint::parse(python)
        .ok()
        .map(|any_of| Pythons { text: python.to_owned(), any_of })
        .filter(|_| !says_groups);
    let is_archive = package.source.as_ref().is_some_and(|source| matches!(source.r#type.as_str(), "file" | "url"));
    let place = package.source.as_ref().and_then(|source| source.url.clone());
    let is_url = package.source.as_ref().is_some_and(|source| source.r#type == "url");
    let revision = package.source.as_ref().and_then(|source| source.reference.clone());
    let source = match package.source {
        Some(source) => source_of(lock, source, &name, package.develop, at)?,
        None => LockedSource::Index(None),
    };
    let (mut wheels, mut sdist) = (Vec::new(), None);
    let text = &mut lock.text;
    for file in package.files {
        let is_wheel = file.name.as_deref().is_none_or(|name| name.strip_suffix(".whl").is_some());
        let format = file.name.as_deref().and_then(sdist_stem).map(|(_, format)| format);
        let there = match (&place, is_archive, &file.url) {
            (Some(url), true, _) if is_url => FilePlace::Url(text.add(url)),
            (Some(path), true, _) => FilePlace::Path(text.add(path)),
            (_, _, Some(url)) => FilePlace::Url(text.words(url.clone())),
            _ => FilePlace::Index,
        };
        let name = file.name.map(|name| text.words(name));
        let locked = FileParts::new(name, there, Some(text.words(file.hash))).into();
        if is_wheel {
            wheels.push(locked);
        } else if format == Some(SdistFormat::TarGz) || (format.is_some() && sdist.is_none()) {
            sdist = Some(locked);
        }
    }
    let wanted = if says_groups { wanted_of(lock, &package.groups, package.markers)? } else { Vec::new() };
    let (dependencies, extras) = edges(lock, &package.dependencies, &package.extras, at)?;
    Ok(LockedPackage {
        revision,
        wheels,
        sdist,
        requires_python,
        wanted,
        dependencies,
        extras,
        ..LockedPackage::new(name, Some(version), source, at)
    })
}

fn wanted_of(lock: &Lock, groups: &[String], markers: Option<Spanned<Markers>>) -> Result<Vec<WantedFor>, LockError> {
    let at = markers.as_ref().map_or(0, |markers| markers.span().start);
    let markers = markers.map(Spanned::into_inner);
    groups
        .iter()
        .map(|group| {
            let text = match &markers {
                None => None,
                Some(Markers::All(text)) => Some(text),
                Some(Markers::ByGroup(by_group)) => by_group.get(group),
            };
            let part = if group == MAIN {
                ProjectPart::Main
            } else {
                let name = group.parse().map_err(|_| lock.malformed(at, format!("`{group}` is no name of a group")));
                ProjectPart::Group(name?)
            };
            Ok(WantedFor { part, marker: text.map(|text| Condition { text: text.clone(), at }) })
        })
        .collect()
}

fn source_of(
    lock: &mut Lock,
    source: Source,
    name: &PackageName,
    develop: bool,
    at: usize,
) -> Result<LockedSource, LockError> {
    let Source { r#type: kind, url, reference, resolved_reference, subdirectory } = source;
    let Some(place) = url else {
        return Err(lock.malformed(at, format!("the source of {name} has no `url`")));
    };
    let parse = |lock: &Lock, text: &str| {
        SafeUrl::parse(text).map_err(|error| lock.malformed(at, format!("the source of {name}: {error}")))
    };
    Ok(match kind.as_str() {
        "legacy" | "pypi" => {
            let url = parse(lock, &place)?;
            LockedSource::Index(Some(lock.index(LockedIndex { name: reference, url })))
        }
        "git" => {
            let commit = resolved_reference.unwrap_or_default();
            let url = parse(lock, &git_url(&place))?;
            LockedSource::Git { url, commit: lock.commit(name, &commit, at)?, subdirectory }
        }
        "directory" => LockedSource::Folder {
            path: normalized(&lock.folder.join(place)),
            subdirectory,
            editable: develop,
            is_virtual: false,
        },
        "file" | "url" => LockedSource::Archive { subdirectory },
        _ => {
            return Err(lock.malformed(at, format!("the source of {name} is of the kind `{kind}`, which is not known")));
        }
    })
}

/// `git@host:path`, as Git itself takes it, as a URL.
fn git_url(text: &str) -> String {
    match text.split_once(':') {
        Some((host, path)) if !text.contains("://") && host.contains('@') => format!("ssh://{host}/{path}"),
        _ => text.to_owned(),
    }
}

type Edges = (Vec<Edge>, BTreeMap<ExtraName, Vec<Edge>>);

/// What a package requires, and what each of its extras does.
fn edges(
    lock: &Lock,
    dependencies: &BTreeMap<String, Dependencies>,
    extras: &BTreeMap<String, Vec<String>>,
    at: usize,
) -> Result<Edges, LockError> {
    let (mut always, mut by_extra): Edges = Edges::default();
    for (name, list) in dependencies {
        let list = match list {
            Dependencies::One(one) => std::slice::from_ref(one),
            Dependencies::Several(several) => several,
        };
        for dependency in list {
            let edge = edge(lock, name, dependency, at)?;
            let is_optional = matches!(dependency, Dependency::Table(Table { optional: true, .. }));
            if !is_optional {
                always.push(edge);
                continue;
            }
            // Which extras ask for it stands in a list of texts such as `pysocks (>=1.5.6)`.
            for (extra, texts) in extras {
                let names_it = texts.iter().any(|text| {
                    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
                    same_name(&text[..end.unwrap_or(text.len())], name)
                });
                if let (true, Ok(extra)) = (names_it, extra.parse::<ExtraName>()) {
                    by_extra.entry(extra).or_default().push(edge.clone());
                }
            }
        }
    }
    Ok((always, by_extra))
}

fn edge(lock: &Lock, name: &str, dependency: &Dependency, at: usize) -> Result<Edge, LockError> {
    let wrong = |reason: String| lock.malformed(at, format!("the requirement on {name}: {reason}"));
    let nothing = Table::default();
    let (version, table) = match dependency {
        Dependency::Version(version) => (Some(version.as_str()), &nothing),
        Dependency::Table(table) => (table.version.as_deref(), table),
    };
    let python = table.python.as_deref().map(project::python_marker).transpose().map_err(wrong)?.flatten();
    Ok(Edge {
        name: name.parse().map_err(|_| wrong("this is not the name of a project".to_owned()))?,
        which: Which {
            any_of: version.map(constraint::parse).transpose().map_err(wrong)?.unwrap_or_default(),
            ..Which::default()
        },
        extras: table.extras.iter().filter_map(|extra| extra.parse().ok()).collect(),
        marker: project::both(table.markers.clone().filter(|text| !text.trim().is_empty()), python)
            .map(|text| Condition { text, at }),
    })
}
