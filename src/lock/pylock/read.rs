//! Reading a lock in the standard form (PEP 751).

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

use crate::archive::normalized;
use crate::lock::locked_file::{BETWEEN_HASHES, FileParts, FilePlace, LockedFile};
use crate::lock::model::{
    Condition, Edge, Lock, LockPlace, LockedIndex, LockedPackage, LockedSource, ProjectPart, Pythons, WantedFor, Which,
};
use crate::lock::words::{FileText, TextPart};
use crate::lock::{LockError, LockKind};
use crate::spec::{ExtraName, PackageName, SafeUrl, read_version};

/// Whether a file is a lock of this form by its name: `pylock.toml`, `pylock.NAME.toml` (PEP 751, "File Name").
pub fn is_pylock(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return false };
    name == "pylock.toml"
        || name
            .strip_prefix("pylock.")
            .and_then(|rest| rest.strip_suffix(".toml"))
            .is_some_and(|middle| !middle.is_empty() && !middle.contains('.'))
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Document<'a> {
    lock_version: Spanned<String>,
    #[serde(default)]
    environments: Vec<Spanned<String>>,
    requires_python: Option<Spanned<String>>,
    created_by: Option<String>,
    #[serde(default)]
    extras: Vec<String>,
    #[serde(default)]
    dependency_groups: Vec<String>,
    #[serde(default)]
    default_groups: Vec<String>,
    #[serde(default, borrow)]
    packages: Vec<Package<'a>>,
    #[serde(default)]
    tool: toml::Table,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Package<'a> {
    name: Spanned<String>,
    version: Option<Spanned<String>>,
    marker: Option<Spanned<String>>,
    requires_python: Option<Spanned<String>>,
    #[serde(default)]
    dependencies: Vec<Dependency>,
    index: Option<String>,
    vcs: Option<Vcs>,
    directory: Option<Directory>,
    #[serde(borrow)]
    archive: Option<File<'a>>,
    sdist: Option<File<'a>>,
    #[serde(default)]
    wheels: Vec<File<'a>>,
    tool: Option<toml::Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Vcs {
    r#type: String,
    url: Option<String>,
    path: Option<String>,
    commit_id: String,
    subdirectory: Option<String>,
}

#[derive(Deserialize)]
struct Directory {
    path: String,
    #[serde(default)]
    editable: bool,
    subdirectory: Option<String>,
}

#[derive(Deserialize)]
struct Dependency {
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct File<'a> {
    #[serde(borrow)]
    name: Option<TextPart<'a>>,
    url: Option<TextPart<'a>>,
    path: Option<TextPart<'a>>,
    size: Option<u64>,
    upload_time: Option<toml::value::Datetime>,
    subdirectory: Option<String>,
    #[serde(default)]
    hashes: BTreeMap<String, String>,
}

/// Reads a lock.
///
/// # Errors
/// A malformed file, or one of a newer version.
pub(in crate::lock) fn read(text: &Arc<String>, place: &LockPlace) -> Result<Lock, LockError> {
    let mut lock = Lock::empty(LockKind::Pylock, Arc::clone(text), place);
    let document: Document<'_> = lock.parse_toml(text)?;
    check_version(&lock, &document.lock_version)?;
    lock.requires_python = match &document.requires_python {
        Some(pythons) => Some((specifiers(&lock, pythons)?, pythons.span().start)),
        None => None,
    };
    lock.created_by = document.created_by;
    lock.environments = document.environments.into_iter().map(Condition::from).collect();
    let names = |list: Vec<String>| list.iter().filter_map(|name| name.parse::<ExtraName>().ok()).collect();
    lock.extras = names(document.extras);
    lock.groups = names(document.dependency_groups);
    lock.default_groups = names(document.default_groups);
    let inputs = document.tool.get("barrow").and_then(|table| table.get("inputs"));
    lock.made_of = inputs.and_then(|inputs| inputs.clone().try_into().ok());
    for entry in document.packages {
        let package = package(&mut lock, entry)?;
        lock.packages.push(package);
    }
    Ok(lock)
}

/// A newer major version may mean anything; a newer minor one only adds.
fn check_version(lock: &Lock, version: &Spanned<String>) -> Result<(), LockError> {
    let major = version.get_ref().split('.').next().unwrap_or_default();
    if major == "1" {
        return Ok(());
    }
    Err(lock.malformed(version.span().start, format!("lock-version {} is not known, only 1.x", version.get_ref())))
}

fn specifiers(lock: &Lock, text: &Spanned<String>) -> Result<Pythons, LockError> {
    Pythons::all_of(text.get_ref()).map_err(|reason| lock.malformed(text.span().start, reason))
}

fn package(lock: &mut Lock, package: Package<'_>) -> Result<LockedPackage, LockError> {
    let at = package.name.span().start;
    let name: PackageName = package.name.get_ref().parse().map_err(|error| lock.malformed(at, format!("{error}")))?;
    let version = package
        .version
        .as_ref()
        .map(|text| read_version(text.get_ref()).map_err(|error| lock.malformed(text.span().start, error)));
    let version = version.transpose()?;
    let requires_python = package.requires_python.as_ref().map(|text| specifiers(lock, text)).transpose()?;
    let known = package.tool.as_ref().and_then(|tool| tool.get("barrow")?.get("provenance")?.as_table());
    let mut listed = |file| {
        let mut parts = file_parts(&mut lock.text, file);
        let url = known.and_then(|known| known.get(&*parts.file_name(&lock.text)?)?.as_str());
        parts.provenance = url.map(|url| lock.text.add(url));
        LockedFile::from(parts)
    };
    let mut wheels: Vec<LockedFile> = package.wheels.into_iter().map(&mut listed).collect();
    let mut sdist = package.sdist.map(listed);
    let source = match (package.archive, package.vcs, package.directory) {
        (Some(archive), _, _) => {
            let subdirectory = archive.subdirectory.clone();
            let file = LockedFile::from(file_parts(&mut lock.text, archive));
            if file.file_name(&lock.text).is_some_and(|name| name.strip_suffix(".whl").is_some()) {
                (wheels, sdist) = (vec![file], None);
            } else {
                (wheels, sdist) = (Vec::new(), Some(file));
            }
            LockedSource::Archive { subdirectory }
        }
        (None, Some(vcs), _) => repository(lock, &name, vcs, at)?,
        (None, None, Some(directory)) => LockedSource::Folder {
            path: normalized(&lock.folder.join(&directory.path)),
            subdirectory: directory.subdirectory,
            editable: directory.editable,
            is_virtual: false,
        },
        (None, None, None) => {
            let index = match &package.index {
                Some(url) => Some(SafeUrl::parse(url).map_err(|error| lock.malformed(at, error.to_string()))?),
                None => None,
            };
            LockedSource::Index(index.map(|url| lock.index(LockedIndex { name: None, url })))
        }
    };
    let edge = |dependency: Dependency| {
        let name = dependency.name?.parse().ok()?;
        Some(Edge { name, which: Which::default(), extras: Vec::new(), marker: None })
    };
    Ok(LockedPackage {
        wheels,
        sdist,
        requires_python,
        wanted: vec![WantedFor { part: ProjectPart::Main, marker: package.marker.map(Condition::from) }],
        dependencies: package.dependencies.into_iter().filter_map(edge).collect(),
        ..LockedPackage::new(name, version, source, at)
    })
}

fn repository(lock: &Lock, name: &PackageName, vcs: Vcs, at: usize) -> Result<LockedSource, LockError> {
    let Vcs { r#type: kind, url, path, commit_id, subdirectory } = vcs;
    if kind != "git" {
        return Err(lock.refused(format!("{name} is kept in a repository of {kind}, and only Git is supported")));
    }
    let url = match (url, path) {
        (Some(url), _) => SafeUrl::parse(&url),
        (None, Some(path)) => SafeUrl::from_path(&normalized(&lock.folder.join(path)), false),
        (None, None) => {
            return Err(lock.malformed(at, format!("the repository of {name} has neither `url` nor `path`")));
        }
    };
    let url = url.map_err(|error| lock.malformed(at, error.to_string()))?;
    Ok(LockedSource::Git { url, commit: lock.commit(name, &commit_id, at)?, subdirectory })
}

/// A path is relative to the lock.
fn file_parts(text: &mut FileText, file: File<'_>) -> FileParts {
    let place = match (file.path, file.url) {
        (Some(path), _) => FilePlace::Path(text.words(path)),
        (None, Some(url)) => FilePlace::Url(text.words(url)),
        (None, None) => FilePlace::Index,
    };
    let upload_time = file.upload_time.map(|time| text.add(&time.to_string()));
    let hashes = file.hashes.iter().map(|(algorithm, hex)| format!("{algorithm}:{hex}"));
    let hashes = hashes.collect::<Vec<_>>().join(BETWEEN_HASHES);
    let hashes = (!hashes.is_empty()).then(|| text.add(&hashes));
    let name = file.name.map(|name| text.words(name));
    FileParts { size: file.size, upload_time, ..FileParts::new(name, place, hashes) }
}
