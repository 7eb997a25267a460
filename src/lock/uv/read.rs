//! From the text to the model.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Deserializer};
use toml::Spanned;

use crate::archive::normalized;
use crate::lock::locked_file::{FileParts, FilePlace, LockedFile};
use crate::lock::model::{
    Condition, ConflictingPart, ConflictingParts, Declared, DeclaredRequirement, Edge, ExclusivePart, Lock, LockPlace,
    LockedIndex, LockedPackage, LockedSettings, LockedSource, Pythons, Roots, Which, project_name,
};
use crate::lock::plain_toml::{Lines, Odd, TableByTable};
use crate::lock::two_threads::both;
use crate::lock::words::{FileText, TextPart};
use crate::lock::{LockError, LockKind, wheel_lines};
use crate::spec::{ExtraName, PackageName, SafeUrl, read_version};

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Document<'a> {
    version: Spanned<u64>,
    requires_python: Option<Spanned<String>>,
    #[serde(default)]
    supported_markers: Vec<Spanned<String>>,
    #[serde(default)]
    conflicts: Vec<Spanned<Vec<ConflictItem>>>,
    #[serde(default)]
    options: Options,
    #[serde(default)]
    manifest: Manifest,
    #[serde(default, borrow, alias = "distribution")]
    package: Vec<Package<'a>>,
}

#[derive(Deserialize)]
struct ConflictItem {
    package: String,
    extra: Option<String>,
    group: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Options {
    resolution_mode: Option<String>,
    prerelease_mode: Option<String>,
    fork_strategy: Option<String>,
    exclude_newer: Option<toml::Value>,
    exclude_newer_package: Option<toml::Value>,
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
    #[serde(default)]
    constraints: Vec<Declaration>,
    #[serde(default)]
    overrides: Vec<Declaration>,
    #[serde(default)]
    build_constraints: Vec<Declaration>,
    #[serde(default)]
    excludes: Vec<String>,
    #[serde(default)]
    dependency_metadata: Vec<toml::Table>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Package<'a> {
    #[serde(borrow)]
    name: Spanned<TextPart<'a>>,
    version: Option<TextPart<'a>>,
    source: Source<'a>,
    #[serde(default)]
    dependencies: Vec<ReadEdge>,
    #[serde(default)]
    optional_dependencies: BTreeMap<String, Vec<ReadEdge>>,
    #[serde(default, alias = "dependency-groups")]
    dev_dependencies: BTreeMap<String, Vec<ReadEdge>>,
    sdist: Option<File<'a>>,
    #[serde(default)]
    wheels: Lines<'a, File<'a>>,
    metadata: Option<Metadata>,
}

#[derive(Default, Deserialize)]
struct Source<'a> {
    #[serde(borrow)]
    registry: Option<TextPart<'a>>,
    git: Option<TextPart<'a>>,
    url: Option<TextPart<'a>>,
    path: Option<TextPart<'a>>,
    directory: Option<TextPart<'a>>,
    editable: Option<TextPart<'a>>,
    r#virtual: Option<TextPart<'a>>,
    subdirectory: Option<TextPart<'a>>,
}

#[derive(Deserialize)]
struct Dependency<'a> {
    #[serde(borrow)]
    name: TextPart<'a>,
    version: Option<TextPart<'a>>,
    source: Option<Source<'a>>,
    #[serde(default)]
    extra: Vec<String>,
    marker: Option<Spanned<String>>,
}

/// An edge, or what is wrong with it: each is one as soon as it is read, so that a list of hundreds is there once.
struct ReadEdge(Result<Edge, String>);

impl<'de> Deserialize<'de> for ReadEdge {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Dependency::deserialize(deserializer).map(|dependency| Self(edge(dependency)))
    }
}

/// A wheel or source archive.
#[derive(Deserialize)]
struct File<'a> {
    #[serde(borrow)]
    url: Option<TextPart<'a>>,
    path: Option<TextPart<'a>>,
    filename: Option<TextPart<'a>>,
    hash: Option<TextPart<'a>>,
    size: Option<u64>,
    #[serde(alias = "upload_time", rename = "upload-time")]
    upload_time: Option<UploadTime<'a>>,
}

/// A time as text, or in TOML's own form: uv has written both.
#[derive(Deserialize)]
#[serde(untagged)]
enum UploadTime<'a> {
    Text(#[serde(borrow)] TextPart<'a>),
    Time(toml::value::Datetime),
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Metadata {
    #[serde(default)]
    requires_dist: Vec<ReadDeclaration>,
    #[serde(default)]
    provides_extras: Vec<String>,
    #[serde(default)]
    requires_dev: BTreeMap<String, Vec<ReadDeclaration>>,
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
    subdirectory: Option<String>,
}

/// The same in the form of the model, or what is wrong with it.
struct ReadDeclaration(Result<DeclaredRequirement, String>);

impl<'de> Deserialize<'de> for ReadDeclaration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Declaration::deserialize(deserializer).map(|item| Self(declaration(item)))
    }
}

/// Reads a lock.
///
/// # Errors
/// A malformed file, or one of a newer version.
pub(in crate::lock) fn read(text: &Arc<String>, place: &LockPlace) -> Result<Lock, LockError> {
    package_by_package(text, place, PARTED_FROM_BYTES).map_or_else(|| whole(text, place), Ok)
}

/// Reads a lock whose packages stand anywhere, or says what is wrong with it.
pub(super) fn whole(text: &Arc<String>, place: &LockPlace) -> Result<Lock, LockError> {
    let mut lock = Lock::empty(LockKind::Uv, Arc::clone(text), place);
    let document = lock.parse_any_toml(text)?;
    let (manifest, packages) = begin(&mut lock, document)?;
    for entry in packages {
        let package = package(&mut lock, entry)?;
        lock.packages.push(package);
    }
    lock.roots = Some(roots(&lock, &manifest)?);
    Ok(lock)
}

/// From how many bytes on a lock is worth a second thread that reads half of it.
const PARTED_FROM_BYTES: usize = 200_000;

/// Reads a lock as uv writes it. `None`: it is another one, or something is wrong with it.
pub(super) fn package_by_package(text: &Arc<String>, place: &LockPlace, parted_from: usize) -> Option<Lock> {
    let mut lock = Lock::empty(LockKind::Uv, Arc::clone(text), place);
    let (document, tables) = TableByTable::open(text, "package").ok()?;
    let (manifest, others) = begin(&mut lock, document).ok()?;
    // Old versions of uv called the tables `[[distribution]]`, which were read with what stands before.
    if !others.is_empty() && !tables.is_at_end() {
        return None;
    }
    for entry in others {
        let package = package(&mut lock, entry).ok()?;
        lock.packages.push(package);
    }
    let halves = if text.len() < parted_from { (tables, None) } else { tables.halves().ok()? };
    let mut lock = match halves {
        (tables, None) => packages_of(lock, tables)?,
        (front, Some(back)) => {
            let (start, rest) = (lock.clone(), || packages_of(lock.clone(), back.clone()));
            let (front, back) = both(move || packages_of(start, front), rest);
            front?.followed_by(back?)
        }
    };
    lock.roots = Some(roots(&lock, &manifest).ok()?);
    Some(lock)
}

/// The lock with the packages of these tables.
fn packages_of(mut lock: Lock, mut tables: TableByTable<'_>) -> Option<Lock> {
    while let Some(entry) = tables.read_next().ok()? {
        let package = package(&mut lock, entry).ok()?;
        lock.packages.push(package);
    }
    Some(lock)
}

/// Takes what is said about the whole lock; gives the rest.
fn begin<'a>(lock: &mut Lock, document: Document<'a>) -> Result<(Manifest, Vec<Package<'a>>), LockError> {
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
    lock.conflicts = document.conflicts.into_iter().map(|it| conflict(lock, it)).collect::<Result<_, _>>()?;
    let Document { options, mut manifest, package, .. } = document;
    lock.settings = settings(lock, options, &mut manifest)?;
    Ok((manifest, package))
}

/// The settings that it was made with.
fn settings(lock: &Lock, options: Options, manifest: &mut Manifest) -> Result<LockedSettings, LockError> {
    let list = |list: &mut Vec<Declaration>| -> Result<Vec<DeclaredRequirement>, LockError> {
        let read = std::mem::take(list).into_iter().map(declaration);
        read.map(|item| item.map_err(|reason| lock.malformed(0, reason))).collect()
    };
    let named = [
        ("resolution", options.resolution_mode),
        ("prerelease", options.prerelease_mode),
        ("fork-strategy", options.fork_strategy),
    ];
    Ok(LockedSettings {
        constraints: list(&mut manifest.constraints)?,
        overrides: list(&mut manifest.overrides)?,
        build_constraints: list(&mut manifest.build_constraints)?,
        excludes: std::mem::take(&mut manifest.excludes),
        dependency_metadata: std::mem::take(&mut manifest.dependency_metadata),
        has_exclude_newer: options.exclude_newer.is_some(),
        exclude_newer_package: match options.exclude_newer_package {
            Some(toml::Value::Table(table)) => table.keys().cloned().collect(),
            _ => BTreeSet::new(),
        },
        options: named.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
    })
}

/// Parts of projects of which one may be chosen.
fn conflict(lock: &Lock, list: Spanned<Vec<ConflictItem>>) -> Result<ConflictingParts, LockError> {
    let at = list.span().start;
    let read = |item: ConflictItem| -> Result<ConflictingPart, String> {
        let part = match (item.extra, item.group) {
            (Some(extra), _) => ExclusivePart::Extra(extra_name(&extra)?),
            (None, Some(group)) => ExclusivePart::Group(extra_name(&group)?),
            (None, None) => ExclusivePart::Main,
        };
        Ok(ConflictingPart { package: project_name(&item.package)?, part })
    };
    let parts: Result<_, String> = list.into_inner().into_iter().map(read).collect();
    Ok(ConflictingParts { parts: parts.map_err(|reason| lock.malformed(at, reason))?, at })
}

/// The user's own projects: the members of a workspace, else the one project beside the lock.
fn roots(lock: &Lock, manifest: &Manifest) -> Result<Roots, LockError> {
    let names: Vec<PackageName> = manifest.members.iter().filter_map(|name| name.parse().ok()).collect();
    let member = |(at, package): (usize, &LockedPackage)| {
        let LockedSource::Folder { path, .. } = &package.source else { return None };
        let is_member = if names.is_empty() { *path == lock.folder } else { names.contains(&package.name) };
        is_member.then(|| (path.clone(), at))
    };
    let wrong = |reason: String| lock.malformed(0, reason);
    let mut groups = BTreeMap::new();
    for (name, list) in &manifest.dependency_groups {
        groups.insert(extra_name(name).map_err(wrong)?, declared_edges(list).map_err(wrong)?);
    }
    Ok(Roots {
        members: lock.packages.iter().enumerate().filter_map(member).collect(),
        dependencies: declared_edges(&manifest.requirements).map_err(wrong)?,
        groups,
    })
}

/// Edges of what the lock repeats as it was declared, without versions.
fn declared_edges(list: &[Declaration]) -> Result<Vec<Edge>, String> {
    list.iter()
        .map(|item| {
            let specifiers = crate::spec::lenient::specifiers(&item.specifier);
            Ok(Edge {
                name: project_name(&item.name)?,
                which: Which {
                    any_of: specifiers.ok().filter(|it| !it.is_empty()).into_iter().collect(),
                    ..Which::default()
                },
                extras: extra_names(&item.extras)?,
                marker: (!item.marker.is_empty()).then(|| Condition { text: item.marker.clone(), at: 0 }),
            })
        })
        .collect()
}

fn package(lock: &mut Lock, package: Package<'_>) -> Result<LockedPackage, LockError> {
    let at = package.name.span().start;
    let name = project_name(package.name.get_ref()).map_err(|reason| lock.malformed(at, reason))?;
    let version = package.version.as_deref().map(read_version).transpose();
    let version = version.map_err(|error| lock.malformed(at, format!("{name}: {error}")))?;
    let source_key = package.source.key();
    let source = source(lock, &package.source, &name, at)?;
    let wheels = wheels(&mut lock.text, package.wheels, &package.source);
    let wheels = wheels.map_err(|odd| lock.malformed(at, format!("the wheels of {name}: {odd}")))?;
    let sdist = package.sdist.map(|file| locked_file(&mut lock.text, file, &package.source));
    let wrong = |reason: String| lock.malformed(at, reason);
    let mut extras = tables(package.optional_dependencies).map_err(wrong)?;
    let mut groups = tables(package.dev_dependencies).map_err(wrong)?;
    let declared = package.metadata.map(declared).transpose().map_err(wrong)?;
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
        wheels,
        sdist,
        dependencies: edges(package.dependencies).map_err(wrong)?,
        extras,
        groups,
        declared: declared.map(Box::new),
        ..LockedPackage::new(name, version, source, at)
    })
}

fn source(lock: &mut Lock, source: &Source<'_>, name: &PackageName, at: usize) -> Result<LockedSource, LockError> {
    let folder = |path: &str| normalized(&lock.folder.join(path));
    let local = |path: &str, editable, is_virtual| LockedSource::Folder {
        path: folder(path),
        subdirectory: None,
        editable,
        is_virtual,
    };
    Ok(match source {
        Source { registry: Some(registry), .. } => {
            // Nearly all are of one, which is read once.
            let is_same = |index: &LockedIndex| index.name.is_none() && index.url.reveal().as_str() == &**registry;
            if let Some(known) = lock.indexes.iter().position(is_same) {
                return Ok(LockedSource::Index(Some(known)));
            }
            let url =
                if is_url(registry) { SafeUrl::parse(registry) } else { SafeUrl::from_path(&folder(registry), true) };
            let url = url.map_err(|error| lock.malformed(at, format!("the registry of {name}: {error}")))?;
            LockedSource::Index(Some(lock.index(LockedIndex { name: None, url })))
        }
        Source { git: Some(git), .. } => repository(lock, git, name, at)?,
        Source { url: Some(_), subdirectory, .. } | Source { path: Some(_), subdirectory, .. } => {
            LockedSource::Archive { subdirectory: subdirectory.as_deref().map(str::to_owned) }
        }
        Source { directory: Some(path), .. } => local(path, false, false),
        Source { editable: Some(path), .. } => local(path, true, false),
        Source { r#virtual: Some(path), .. } => local(path, false, true),
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

/// The wheels of a package, by lines where each is as uv writes it.
fn wheels(text: &mut FileText, read: Lines<'_, File<'_>>, source: &Source<'_>) -> Result<Vec<LockedFile>, Odd> {
    if let Lines::Text(array) = &read
        && let Some(wheels) = wheel_lines::read(text, array, LockedFile::Line)
    {
        return Ok(wheels);
    }
    let items = read.items()?;
    // Collected, they would keep the room of what was read, which is twice as much.
    let mut wheels = Vec::with_capacity(items.len());
    wheels.extend(items.into_iter().map(|file| locked_file(text, file, source)));
    Ok(wheels)
}

fn locked_file(text: &mut FileText, file: File<'_>, source: &Source<'_>) -> LockedFile {
    let place = match (file.url, file.path, source) {
        (Some(url), _, _) => FilePlace::Url(text.words(url)),
        (None, Some(path), Source { url: Some(_), .. } | Source { path: Some(_), .. }) => {
            FilePlace::Path(text.words(path))
        }
        (None, None, Source { url: Some(url), .. }) => FilePlace::Url(text.add(url)),
        (None, None, Source { path: Some(path), .. }) => FilePlace::Path(text.add(path)),
        // Relative to the folder that stands for the index.
        (None, Some(path), Source { registry: Some(folder), .. }) if is_url(folder) || !path.starts_with('/') => {
            let place = text.add(&format!("{}/{}", folder.trim_end_matches('/'), &*path));
            if is_url(folder) { FilePlace::Url(place) } else { FilePlace::Path(place) }
        }
        (None, Some(path), _) => FilePlace::Path(text.words(path)),
        (None, None, _) => FilePlace::Index,
    };
    let upload_time = file.upload_time.map(|time| match time {
        UploadTime::Text(time) => text.words(time),
        UploadTime::Time(time) => text.add(&time.to_string()),
    });
    let [name, hashes] = [file.filename, file.hash].map(|read| read.map(|read| text.words(read)));
    FileParts { size: file.size, upload_time, ..FileParts::new(name, place, hashes) }.into()
}

fn edges(list: Vec<ReadEdge>) -> Result<Vec<Edge>, String> {
    let mut edges: Vec<Edge> = list.into_iter().map(|read| read.0).collect::<Result<_, _>>()?;
    // Most packages have one or two, and there is room for four.
    edges.shrink_to_fit();
    Ok(edges)
}

fn tables(tables: BTreeMap<String, Vec<ReadEdge>>) -> Result<BTreeMap<ExtraName, Vec<Edge>>, String> {
    tables.into_iter().map(|(name, list)| Ok((extra_name(&name)?, edges(list)?))).collect()
}

fn edge(dependency: Dependency<'_>) -> Result<Edge, String> {
    let name = project_name(&dependency.name)?;
    let version = dependency.version.as_deref().map(read_version).transpose();
    let version = version.map_err(|error| format!("{name}: {error}"))?;
    Ok(Edge {
        name,
        which: Which { version, source: dependency.source.map(|source| source.key()), ..Which::default() },
        extras: extra_names(&dependency.extra)?,
        marker: dependency.marker.map(Condition::from),
    })
}

fn declared(metadata: Metadata) -> Result<Declared, String> {
    let list = |list: Vec<ReadDeclaration>| -> Result<Vec<DeclaredRequirement>, String> {
        list.into_iter().map(|read| read.0).collect()
    };
    let groups = metadata.requires_dev.into_iter();
    Ok(Declared {
        requires: list(metadata.requires_dist)?,
        extras: extra_names(&metadata.provides_extras)?,
        groups: groups.map(|(name, group)| Ok((extra_name(&name)?, list(group)?))).collect::<Result<_, String>>()?,
    })
}

fn declaration(item: Declaration) -> Result<DeclaredRequirement, String> {
    let Declaration { git, url, path, directory, editable, r#virtual, index, subdirectory, .. } = item;
    let below = |url: String| subdirectory.map(|it| format!("{url}#subdirectory={it}")).unwrap_or(url);
    let (url, folder) = (url.map(below), directory.or(editable).or(r#virtual));
    let places = [("git", git), ("url", url), ("path", path), ("folder", folder), ("index", index)];
    let source = places.into_iter().find_map(|(kind, place)| Some((kind.to_owned(), place?)));
    Ok(DeclaredRequirement {
        name: project_name(&item.name)?,
        extras: extra_names(&item.extras)?,
        specifiers: item.specifier,
        marker: item.marker,
        source,
    })
}

impl Source<'_> {
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
        let mut key = String::new();
        for (kind, place) in kinds {
            if let Some(place) = place {
                let space = if key.is_empty() { "" } else { " " };
                key.extend([space, kind, "=", place]);
            }
        }
        key
    }
}

fn is_url(text: &str) -> bool {
    text.contains("://")
}

fn extra_name(text: &str) -> Result<ExtraName, String> {
    text.parse().map_err(|_| format!("`{text}` is not a name for an extra or group"))
}

fn extra_names(list: &[String]) -> Result<Vec<ExtraName>, String> {
    list.iter().map(|text| extra_name(text)).collect()
}
