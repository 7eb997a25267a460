//! `pdm.lock`, `lock_version` 4.4 and later (PDM documentation, "Lock file").
//!
//! With the strategy `inherit_metadata`, which is PDM's default since 2.11, each package says for which groups and
//! under which marker it is wanted. Without it nothing but a resolution could tell, so such a lock is refused.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

use super::locked_file::{FileParts, FilePlace, LockedFile};
use super::model::{
    Condition, Edge, Lock, LockPlace, LockedPackage, LockedSource, ProjectPart, Pythons, WantedFor, Which, project_name,
};
use super::project_files::ProjectFile;
use super::words::TextPart;
use super::{LockError, LockKind};
use crate::archive::normalized;
use crate::spec::{ExtraName, PackageName, SafeUrl, ends_as_dist, lenient, read_version};

/// The group of what a project always requires.
const DEFAULT: &str = "default";

/// The minor version of the format, 4, before which a package does not say when it is wanted, and the newest known.
const OLDEST_MINOR: u32 = 4;
const NEWEST_MINOR: u32 = 9;

#[derive(Deserialize)]
struct Document<'a> {
    metadata: Metadata,
    #[serde(default, borrow)]
    package: Vec<Package<'a>>,
}

#[derive(Deserialize)]
struct Metadata {
    lock_version: Option<Spanned<String>>,
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default)]
    strategy: Vec<String>,
    #[serde(default)]
    targets: Vec<TargetTable>,
    content_hash: Option<String>,
}

#[derive(Deserialize)]
struct TargetTable {
    requires_python: Option<String>,
    platform: Option<String>,
}

#[derive(Deserialize)]
struct Package<'a> {
    name: Spanned<String>,
    version: Option<String>,
    requires_python: Option<String>,
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default)]
    extras: Vec<String>,
    marker: Option<Spanned<String>>,
    #[serde(default)]
    dependencies: Vec<String>,
    #[serde(default, borrow)]
    files: Vec<File<'a>>,
    git: Option<String>,
    r#ref: Option<String>,
    revision: Option<String>,
    url: Option<String>,
    path: Option<String>,
    subdirectory: Option<String>,
    #[serde(default)]
    editable: bool,
}

#[derive(Deserialize)]
struct File<'a> {
    #[serde(borrow, rename = "file")]
    name: Option<TextPart<'a>>,
    url: Option<TextPart<'a>>,
    hash: Option<TextPart<'a>>,
}

/// Reads a lock.
///
/// # Errors
/// A malformed file, one of another version, or one that does not say when its packages are wanted.
pub(super) fn read(text: &Arc<String>, place: &LockPlace) -> Result<Lock, LockError> {
    let mut lock = Lock::empty(LockKind::Pdm, Arc::clone(text), place);
    let Document { metadata, package } = lock.parse_toml(text)?;
    check_version(&lock, &metadata)?;
    lock.content_hash = metadata.content_hash;
    lock.requires_python = pythons(&metadata.targets).map(|pythons| (pythons, 0));
    lock.environments = environments(&metadata.targets);
    let names = metadata.groups.iter().filter(|name| *name != DEFAULT);
    let names: Vec<ExtraName> = names.filter_map(|name| name.trim_start_matches(':').parse().ok()).collect();
    (lock.extras, lock.groups) = (names.clone(), names);
    for entry in package {
        let package = package_of(&mut lock, entry)?;
        lock.packages.push(package);
    }
    let project = ProjectFile::read(place)?.map(|file| {
        let mut project = declared(&lock, &file).unwrap_or_else(|_| file.package(&lock));
        let is_distribution = file.tool("pdm").get("distribution").and_then(toml::Value::as_bool);
        if let LockedSource::Folder { is_virtual, .. } = &mut project.source {
            *is_virtual = !is_distribution.unwrap_or_else(|| file.has_build_system());
        }
        project
    });
    lock.add_project(project);
    Ok(lock)
}

fn check_version(lock: &Lock, metadata: &Metadata) -> Result<(), LockError> {
    let Some(version) = &metadata.lock_version else {
        return Err(lock.refused("it has no `lock_version`: lock again with a newer PDM"));
    };
    let numbers: Vec<u32> = version.get_ref().split('.').map_while(|number| number.parse().ok()).collect();
    let is_known = matches!(numbers.as_slice(), [4, minor, ..] if (OLDEST_MINOR..=NEWEST_MINOR).contains(minor));
    if !is_known {
        let reason = format!("lock_version {} is not known, only 4.{OLDEST_MINOR} and later 4.x", version.get_ref());
        return Err(lock.malformed(version.span().start, reason));
    }
    if !metadata.strategy.iter().any(|strategy| strategy == "inherit_metadata") {
        return Err(lock.refused(
            "it does not say when each package is wanted: lock again with `pdm lock --strategy inherit_metadata`",
        ));
    }
    Ok(())
}

/// The Pythons of all its targets that may run on Lambda.
fn pythons(targets: &[TargetTable]) -> Option<Pythons> {
    let on_linux = targets.iter().filter(|target| target.is_of_linux());
    let texts: BTreeSet<&str> = on_linux.map(|it| it.requires_python.as_deref().unwrap_or("")).collect();
    let any_of: Vec<_> = texts.iter().filter_map(|text| lenient::specifiers(text).ok()).collect();
    let text = texts.into_iter().collect::<Vec<_>>().join(" or ");
    (!any_of.is_empty()).then_some(Pythons { text, any_of })
}

/// Where the lock is for, by its targets; none: everywhere.
fn environments(targets: &[TargetTable]) -> Vec<Condition> {
    if targets.iter().all(|target| target.platform.is_none()) {
        return Vec::new();
    }
    targets.iter().map(|target| Condition { text: target.marker(), at: 0 }).collect()
}

impl TargetTable {
    fn is_of_linux(&self) -> bool {
        self.platform.as_deref().is_none_or(|platform| platform.contains("linux"))
    }

    /// The marker that holds where the target is meant. Of a platform such as `manylinux_2_40_x86_64` system and
    /// processor count: which wheels a glibc can load is asked of each wheel.
    fn marker(&self) -> String {
        let pythons = self.requires_python.iter().flat_map(|text| text.split(','));
        let pythons = pythons.map(str::trim).filter(|text| !text.is_empty()).map(|specifier| {
            let at = specifier.find(|c: char| c.is_ascii_digit()).unwrap_or_default();
            format!("python_full_version {} '{}'", specifier[..at].trim(), &specifier[at..])
        });
        let platform = self.platform.iter().flat_map(|platform| {
            let (system, usual) = match platform.as_str() {
                // No variable of markers tells of musl; Lambda has none.
                it if it.starts_with("musllinux") || it.starts_with("alpine") => ("musllinux", "x86_64"),
                it if it.contains("linux") => ("linux", "x86_64"),
                it if it.starts_with("macos") => ("darwin", "arm64"),
                _ => ("win32", "AMD64"),
            };
            let named = ["x86_64", "aarch64", "arm64", "amd64"].into_iter().find(|name| platform.ends_with(name));
            let machine = match named {
                // A system alone means its usual processor.
                None => usual,
                Some("arm64" | "aarch64") if system.ends_with("linux") => "aarch64",
                Some(named) => named,
            };
            [format!("sys_platform == '{system}'"), format!("platform_machine == '{machine}'")]
        });
        platform.chain(pythons).collect::<Vec<_>>().join(" and ")
    }
}

/// What the project asks for now.
pub(super) fn declared(lock: &Lock, file: &ProjectFile) -> Result<LockedPackage, LockError> {
    let wrong = |reason: String| LockError::Malformed { path: file.path.clone(), line: 1, reason };
    let mut project = file.package(lock);
    let edge = |text: &str| edge_of(text, file).map_err(wrong);
    project.dependencies = file.dependencies().into_iter().map(edge).collect::<Result<_, LockError>>()?;
    for (extra, texts) in file.optional_dependencies() {
        project.extras.insert(extra, texts.into_iter().map(edge).collect::<Result<_, LockError>>()?);
    }
    for (group, texts) in file.groups().map_err(wrong)? {
        // A line such as `-e PATH` is none that compares.
        project.groups.insert(group, texts.iter().filter_map(|text| edge_of(text, file).ok()).collect());
    }
    Ok(project)
}

fn edge_of(text: &str, file: &ProjectFile) -> Result<Edge, String> {
    let text = text.replace("${PROJECT_ROOT}", file.folder.to_string_lossy().trim_start_matches('/'));
    let requirement = lenient::requirement(&text)?;
    let which = Which::of_standard(requirement.version_or_url, &file.folder);
    let marker = requirement.marker.try_to_string().map(|text| Condition { text, at: 0 });
    Ok(Edge { name: requirement.name, which, extras: requirement.extras, marker })
}

/// `[tool.pdm.resolution.overrides]`: what stands for all that is required of a name.
pub(super) fn overrides(file: &ProjectFile) -> Vec<Edge> {
    let pdm = file.tool("pdm");
    let table = pdm.get("resolution").and_then(|resolution| resolution.get("overrides"));
    let table = table.and_then(toml::Value::as_table).into_iter().flatten();
    let read = |(name, value): (&String, &toml::Value)| {
        let text = value.as_str()?;
        let is_version = text.starts_with(|c: char| c.is_ascii_digit());
        let (sign, text) = match text {
            _ if text.contains("://") => (" @ ", text),
            _ if is_version => ("==", text),
            _ => ("", text),
        };
        edge_of(&format!("{name}{sign}{text}"), file).ok()
    };
    table.filter_map(read).collect()
}

/// `[tool.pdm.resolution] excludes`: what is left out, whoever requires it.
pub(super) fn excludes(file: &ProjectFile) -> Vec<PackageName> {
    let pdm = file.tool("pdm");
    let list = pdm.get("resolution").and_then(|resolution| resolution.get("excludes"));
    let list = list.and_then(toml::Value::as_array).into_iter().flatten();
    list.filter_map(|name| name.as_str()?.parse().ok()).collect()
}

fn package_of(lock: &mut Lock, package: Package<'_>) -> Result<LockedPackage, LockError> {
    let at = package.name.span().start;
    let wrong = |reason: String| lock.malformed(at, reason);
    let name = project_name(package.name.get_ref()).map_err(wrong)?;
    let version = package.version.as_deref().map(read_version).transpose();
    let version = version.map_err(|error| wrong(format!("{name}: {error}")))?;
    let source = source_of(lock, &package, &name, at)?;
    let revision = package.r#ref.clone();
    let text = &mut lock.text;
    let of_place = match (&package.url, &package.path) {
        (Some(url), _) => Some(FilePlace::Url(text.add(url))),
        (None, Some(path)) => Some(FilePlace::Path(text.add(path))),
        (None, None) => None,
    };
    let is_archive = matches!(source, LockedSource::Archive { .. });
    let (mut wheels, mut sdist) = (Vec::new(), None);
    for file in package.files {
        let place = match (&of_place, file.url) {
            (Some(place), _) if is_archive => *place,
            (_, Some(url)) => FilePlace::Url(text.words(url)),
            _ => FilePlace::Index,
        };
        let [name, hashes] = [file.name, file.hash].map(|read| read.map(|read| text.words(read)));
        let locked = LockedFile::from(FileParts::new(name, place, hashes));
        let file_name = locked.file_name(text).unwrap_or_default();
        if file_name.strip_suffix(".whl").is_some() {
            wheels.push(locked);
        } else if ends_as_dist(&file_name) {
            sdist = Some(locked);
        }
    }
    let marker = package.marker.map(Condition::from);
    let wanted = package.groups.iter().filter_map(|group| {
        let part = if group == DEFAULT {
            ProjectPart::Main
        } else {
            ProjectPart::Named(group.trim_start_matches(':').parse().ok()?)
        };
        Some(WantedFor { part, marker: marker.clone() })
    });
    let edge = |text: &String| {
        let requirement = lenient::requirement(text).ok()?;
        Some(Edge { name: requirement.name, which: Which::default(), extras: requirement.extras, marker: None })
    };
    // What an extra requires stands among what its entry requires.
    let extras = package.extras.iter().filter_map(|extra| Some((extra.parse().ok()?, Vec::new()))).collect();
    Ok(LockedPackage {
        revision,
        wheels,
        sdist,
        extras,
        requires_python: package.requires_python.as_deref().and_then(|text| Pythons::all_of(text).ok()),
        wanted: wanted.collect(),
        dependencies: package.dependencies.iter().filter_map(edge).filter(|edge| edge.name != name).collect(),
        ..LockedPackage::new(name, version, source, at)
    })
}

fn source_of(lock: &Lock, package: &Package<'_>, name: &PackageName, at: usize) -> Result<LockedSource, LockError> {
    let subdirectory = package.subdirectory.clone();
    if let Some(git) = &package.git {
        let url = SafeUrl::parse(git).map_err(|error| lock.malformed(at, format!("the source of {name}: {error}")))?;
        let commit = lock.commit(name, package.revision.as_deref().unwrap_or_default(), at)?;
        return Ok(LockedSource::Git { url, commit, subdirectory });
    }
    let Some(path) = &package.path else {
        return Ok(if package.url.is_some() {
            LockedSource::Archive { subdirectory }
        } else {
            LockedSource::Index(None)
        });
    };
    if ends_as_dist(path) {
        return Ok(LockedSource::Archive { subdirectory });
    }
    let (path, editable) = (normalized(&lock.folder.join(path)), package.editable);
    Ok(LockedSource::Folder { path, subdirectory, editable, is_virtual: false })
}
