//! From the text to the model.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::file::File;
use super::wheel_lists::{self, Lists};
use crate::archive::normalized;
use crate::lock::LockError;
use crate::lock::model::{
    Condition, Declared, DeclaredRequirement, Edge, FilePlace, Lock, LockKind, LockPlace, LockedFile, LockedIndex,
    LockedPackage, LockedSource, Pythons, Roots, Which,
};
use crate::spec::{ExtraName, PackageName, SafeUrl};

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Document {
    version: Spanned<u64>,
    requires_python: Option<Spanned<String>>,
    #[serde(default)]
    supported_markers: Vec<Spanned<String>>,
    #[serde(default)]
    conflicts: Vec<toml::Value>,
    #[serde(default)]
    manifest: Manifest,
    #[serde(default, alias = "distribution")]
    package: Vec<Package>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Manifest {
    #[serde(default)]
    members: Vec<String>,
    #[serde(default)]
    requirements: Vec<Declaration>,
    #[serde(default)]
    dependency_groups: BTreeMap<String, Vec<Declaration>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Package {
    name: Spanned<String>,
    version: Option<String>,
    source: Source,
    #[serde(default)]
    dependencies: Vec<Dependency>,
    #[serde(default)]
    optional_dependencies: BTreeMap<String, Vec<Dependency>>,
    #[serde(default, alias = "dependency-groups")]
    dev_dependencies: BTreeMap<String, Vec<Dependency>>,
    sdist: Option<File>,
    wheels: Option<Vec<File>>,
    metadata: Option<Metadata>,
}

#[derive(Default, Deserialize)]
struct Source {
    registry: Option<String>,
    git: Option<String>,
    url: Option<String>,
    path: Option<String>,
    directory: Option<String>,
    editable: Option<String>,
    r#virtual: Option<String>,
    subdirectory: Option<String>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    version: Option<String>,
    source: Option<Source>,
    #[serde(default)]
    extra: Vec<String>,
    marker: Option<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Metadata {
    #[serde(default)]
    requires_dist: Vec<Declaration>,
    #[serde(default)]
    provides_extras: Vec<String>,
    #[serde(default)]
    requires_dev: BTreeMap<String, Vec<Declaration>>,
}

/// A requirement as a project declared it.
#[derive(Deserialize)]
struct Declaration {
    name: String,
    #[serde(default)]
    extras: Vec<String>,
    #[serde(default)]
    specifier: String,
    #[serde(default)]
    marker: String,
    index: Option<String>,
    git: Option<String>,
    url: Option<String>,
    path: Option<String>,
    directory: Option<String>,
    editable: Option<String>,
    r#virtual: Option<String>,
}

/// Reads a lock.
///
/// # Errors
/// A malformed file, or one of a newer version.
pub(in crate::lock) fn read(text: &str, place: &LockPlace) -> Result<Lock, LockError> {
    let mut lock = Lock::empty(LockKind::Uv, text, place);
    let document = document(&lock, text)?;
    let version = *document.version.get_ref();
    if version != 1 {
        let reason = format!("version {version} of the format is not known, only version 1");
        return Err(lock.malformed(document.version.span().start, reason));
    }
    if let Some(pythons) = &document.requires_python {
        let at = pythons.span().start;
        let read = Pythons::all_of(pythons.get_ref()).map_err(|reason| lock.malformed(at, reason))?;
        lock.requires_python = Some((read, at));
    }
    lock.environments = document.supported_markers.into_iter().map(Condition::from).collect();
    lock.has_conflicts = !document.conflicts.is_empty();
    for entry in document.package {
        let package = package(&mut lock, entry)?;
        lock.packages.push(package);
    }
    lock.roots = Some(roots(&lock, &document.manifest)?);
    Ok(lock)
}

/// The document, most of it read as TOML.
fn document(lock: &Lock, text: &str) -> Result<Document, LockError> {
    let Some(Lists { rest, wheels }) = wheel_lists::take(text) else { return lock.parse_toml(text) };
    // Where reading the rest fails, the whole lock is read as TOML, so that the message is about the text as it stands.
    let mut document: Document = lock.parse_toml(&rest).or_else(|_| lock.parse_toml(text))?;
    let mut wheels = wheels.into_iter().peekable();
    for package in &mut document.package {
        let name = package.name.span().start;
        let Some((_, list)) = wheels.next_if(|(header, _)| *header < name) else { continue };
        if package.wheels.replace(list).is_some() {
            // A second list under the same name, which TOML refuses.
            return lock.parse_toml(text);
        }
    }
    Ok(document)
}

/// The user's own projects: the members of a workspace, else the one project beside the lock.
fn roots(lock: &Lock, manifest: &Manifest) -> Result<Roots, LockError> {
    let names: Vec<PackageName> = manifest.members.iter().filter_map(|name| name.parse().ok()).collect();
    let member = |(at, package): (usize, &LockedPackage)| {
        let LockedSource::Folder { path, .. } = &package.source else { return None };
        let is_member = if names.is_empty() { *path == lock.folder } else { names.contains(&package.name) };
        is_member.then(|| (path.clone(), at))
    };
    let mut groups = BTreeMap::new();
    for (name, list) in &manifest.dependency_groups {
        groups.insert(extra_name(lock, name, 0)?, declared_edges(lock, list)?);
    }
    Ok(Roots {
        members: lock.packages.iter().enumerate().filter_map(member).collect(),
        dependencies: declared_edges(lock, &manifest.requirements)?,
        groups,
    })
}

/// Edges of what the lock repeats as it was declared, without versions.
fn declared_edges(lock: &Lock, list: &[Declaration]) -> Result<Vec<Edge>, LockError> {
    list.iter()
        .map(|item| {
            let specifiers = crate::spec::lenient::specifiers(&item.specifier);
            Ok(Edge {
                name: project_name(lock, &item.name, 0)?,
                which: Which {
                    any_of: specifiers.ok().filter(|it| !it.is_empty()).into_iter().collect(),
                    ..Which::default()
                },
                extras: extra_names(lock, &item.extras, 0)?,
                marker: (!item.marker.is_empty()).then(|| Condition { text: item.marker.clone(), at: 0 }),
            })
        })
        .collect()
}

fn package(lock: &mut Lock, package: Package) -> Result<LockedPackage, LockError> {
    let at = package.name.span().start;
    let name = project_name(lock, package.name.get_ref(), at)?;
    let version = match &package.version {
        Some(text) => Some(text.parse().map_err(|error| lock.malformed(at, format!("{name}: {error}")))?),
        None => None,
    };
    let source_key = package.source.key();
    let registry = package.source.registry.clone();
    let of_source = package.source.url.clone().map(FilePlace::Url).or(package.source.path.clone().map(FilePlace::Path));
    let source = source(lock, package.source, &name, at)?;
    let file = |file: File| locked_file(file, registry.as_deref(), of_source.as_ref());
    let edges = |list: Vec<Dependency>| -> Result<Vec<Edge>, LockError> {
        list.into_iter().map(|dependency| edge(lock, dependency, at)).collect()
    };
    let tables = |tables: BTreeMap<String, Vec<Dependency>>| -> Result<BTreeMap<ExtraName, Vec<Edge>>, LockError> {
        tables.into_iter().map(|(name, list)| Ok((extra_name(lock, &name, at)?, edges(list)?))).collect()
    };
    let mut extras = tables(package.optional_dependencies)?;
    let mut groups = tables(package.dev_dependencies)?;
    let declared = package.metadata.map(|metadata| declared(lock, metadata, at)).transpose()?;
    // An extra or group that requires nothing stands only here.
    if let Some(declared) = &declared {
        for name in &declared.extras {
            extras.entry(name.clone()).or_default();
        }
        for name in declared.groups.keys() {
            groups.entry(name.clone()).or_default();
        }
    }
    Ok(LockedPackage {
        source_key: Some(source_key),
        wheels: package.wheels.into_iter().flatten().map(file).collect(),
        sdist: package.sdist.map(file),
        dependencies: edges(package.dependencies)?,
        extras,
        groups,
        declared,
        ..LockedPackage::new(name, version, source, at)
    })
}

fn source(lock: &mut Lock, source: Source, name: &PackageName, at: usize) -> Result<LockedSource, LockError> {
    let folder = |path: &str| normalized(&lock.folder.join(path));
    let local = |path: &str, editable, is_virtual| LockedSource::Folder {
        path: folder(path),
        subdirectory: None,
        editable,
        is_virtual,
    };
    Ok(match source {
        Source { registry: Some(registry), .. } => {
            let url = if is_url(&registry) {
                SafeUrl::parse(&registry)
            } else {
                SafeUrl::from_path(&folder(&registry), true)
            };
            let url = url.map_err(|error| lock.malformed(at, format!("the registry of {name}: {error}")))?;
            LockedSource::Index(Some(lock.index(LockedIndex { name: None, url })))
        }
        Source { git: Some(git), .. } => repository(lock, &git, name, at)?,
        Source { url: Some(_), subdirectory, .. } | Source { path: Some(_), subdirectory, .. } => {
            LockedSource::Archive { subdirectory }
        }
        Source { directory: Some(path), .. } => local(&path, false, false),
        Source { editable: Some(path), .. } => local(&path, true, false),
        Source { r#virtual: Some(path), .. } => local(&path, false, true),
        _ => return Err(lock.malformed(at, format!("the source of {name} is of no kind that is known"))),
    })
}

/// `URL?rev=…&subdirectory=…#COMMIT`.
fn repository(lock: &Lock, text: &str, name: &PackageName, at: usize) -> Result<LockedSource, LockError> {
    let url = SafeUrl::parse(text).map_err(|error| lock.malformed(at, format!("the repository of {name}: {error}")))?;
    let commit = lock.commit(name, url.fragment().unwrap_or_default(), at)?;
    let query = |wanted: &str| {
        let pairs = url.reveal().query_pairs();
        pairs.into_iter().find(|(key, _)| key == wanted).map(|(_, value)| value.into_owned())
    };
    if query("lfs").is_some_and(|lfs| lfs == "true") {
        return Err(
            lock.malformed(at, format!("the repository of {name} keeps files in Git LFS, which is not supported"))
        );
    }
    if let Some(revision) = query("rev").filter(|revision| revision.len() == commit.len())
        && revision.bytes().all(|byte| byte.is_ascii_hexdigit())
        && !revision.eq_ignore_ascii_case(&commit)
    {
        return Err(lock.malformed(at, format!("the commit of {name} is another one than its revision")));
    }
    let subdirectory = query("subdirectory");
    Ok(LockedSource::Git { url: url.without_fragment().without_query(), commit, subdirectory })
}

fn locked_file(file: File, registry: Option<&str>, of_source: Option<&FilePlace>) -> LockedFile {
    let place = match (file.url, file.path, of_source) {
        (Some(url), _, _) => FilePlace::Url(url),
        // Relative to the folder that stands for the index.
        (None, Some(path), None) => match registry {
            Some(folder) if !is_url(folder) && !path.starts_with('/') => {
                FilePlace::Path(format!("{}/{path}", folder.trim_end_matches('/')))
            }
            Some(folder) if is_url(folder) => FilePlace::Url(format!("{}/{path}", folder.trim_end_matches('/'))),
            _ => FilePlace::Path(path),
        },
        (None, path, Some(place)) => path.map_or_else(|| place.clone(), FilePlace::Path),
        (None, None, None) => FilePlace::Index,
    };
    let upload_time = file.upload_time.map(|time| match time {
        toml::Value::String(text) => text,
        toml::Value::Datetime(time) => time.to_string(),
        _ => String::new(),
    });
    let hashes = file.hash.iter().filter_map(|hash| hash.split_once(':')).map(owned).collect();
    LockedFile { size: file.size, upload_time, ..LockedFile::new(file.filename, place, hashes) }
}

fn edge(lock: &Lock, dependency: Dependency, at: usize) -> Result<Edge, LockError> {
    let name = project_name(lock, &dependency.name, at)?;
    let version = match &dependency.version {
        Some(text) => Some(text.parse().map_err(|error| lock.malformed(at, format!("{name}: {error}")))?),
        None => None,
    };
    Ok(Edge {
        name,
        which: Which { version, any_of: Vec::new(), source: dependency.source.map(|source| source.key()) },
        extras: extra_names(lock, &dependency.extra, at)?,
        marker: dependency.marker.map(Condition::from),
    })
}

fn declared(lock: &Lock, metadata: Metadata, at: usize) -> Result<Declared, LockError> {
    let list = |list: Vec<Declaration>| -> Result<Vec<DeclaredRequirement>, LockError> {
        list.into_iter().map(|item| declaration(lock, item, at)).collect()
    };
    let groups = metadata.requires_dev.into_iter();
    Ok(Declared {
        requires: list(metadata.requires_dist)?,
        extras: extra_names(lock, &metadata.provides_extras, at)?,
        groups: groups
            .map(|(name, group)| Ok((extra_name(lock, &name, at)?, list(group)?)))
            .collect::<Result<_, LockError>>()?,
    })
}

fn declaration(lock: &Lock, item: Declaration, at: usize) -> Result<DeclaredRequirement, LockError> {
    let Declaration { git, url, path, directory, editable, r#virtual, index, .. } = item;
    let folder = directory.or(editable).or(r#virtual);
    let places = [("git", git), ("url", url), ("path", path), ("folder", folder), ("index", index)];
    let source = places.into_iter().find_map(|(kind, place)| Some((kind.to_owned(), place?)));
    Ok(DeclaredRequirement {
        name: project_name(lock, &item.name, at)?,
        extras: extra_names(lock, &item.extras, at)?,
        specifiers: item.specifier,
        marker: item.marker,
        source,
    })
}

impl Source {
    /// A text that is the same for two sources exactly when they are.
    fn key(&self) -> String {
        let Self { registry, git, url, path, directory, editable, r#virtual, subdirectory } = self;
        let kinds = [
            ("registry", registry),
            ("git", git),
            ("url", url),
            ("path", path),
            ("directory", directory),
            ("editable", editable),
            ("virtual", r#virtual),
            ("subdirectory", subdirectory),
        ];
        let given = kinds.iter().filter_map(|(kind, place)| Some(format!("{kind}={}", place.as_ref()?)));
        given.collect::<Vec<_>>().join(" ")
    }
}

fn is_url(text: &str) -> bool {
    text.contains("://")
}

fn owned((left, right): (&str, &str)) -> (String, String) {
    (left.to_owned(), right.to_owned())
}

fn project_name(lock: &Lock, text: &str, at: usize) -> Result<PackageName, LockError> {
    text.parse().map_err(|_| lock.malformed(at, format!("`{text}` is not the name of a project")))
}

fn extra_name(lock: &Lock, text: &str, at: usize) -> Result<ExtraName, LockError> {
    text.parse().map_err(|_| lock.malformed(at, format!("`{text}` is not a name for an extra or group")))
}

fn extra_names(lock: &Lock, list: &[String], at: usize) -> Result<Vec<ExtraName>, LockError> {
    list.iter().map(|text| extra_name(lock, text, at)).collect()
}
