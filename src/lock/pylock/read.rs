//! Reading a lock for one target (PEP 751, "Installing").

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

use super::marker::{Selection, holds};
use crate::lock::LockError;
use crate::requirements::{DirectReference, Origin, ProjectSet};
use crate::resolution::{Requirer, Resolution, ResolvedDist};
use crate::resolve::contains;
use crate::spec::{
    DistFile, DistFilename, ExtraName, HashAlgorithm, HashDigest, IndexOrigin, MetadataOffer, PackageName, Requirement,
    SafeUrl, Version, VersionSpecifiers, Yanked,
};
use crate::target::{TagPriority, Target};

/// What to read of which lock.
#[derive(Clone, Debug, Default)]
pub struct PylockInput {
    /// The file; as the user named it, for messages.
    pub path: PathBuf,
    /// Absolute path of the folder that it lies in.
    pub folder: PathBuf,
    /// `--extra`.
    pub extras: Vec<ExtraName>,
    /// `--group`.
    pub groups: Vec<ExtraName>,
    /// Projects whose source distributions may be built.
    pub allow_build: ProjectSet,
    /// Nothing may be built, not even what the lock names as source.
    pub no_build: bool,
}

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
struct Document {
    lock_version: Spanned<String>,
    #[serde(default)]
    environments: Vec<Spanned<String>>,
    requires_python: Option<Spanned<String>>,
    #[serde(default)]
    extras: Vec<String>,
    #[serde(default)]
    dependency_groups: Vec<String>,
    #[serde(default)]
    default_groups: Vec<String>,
    #[serde(default)]
    packages: Vec<Package>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Package {
    name: Spanned<String>,
    version: Option<Spanned<String>>,
    marker: Option<Spanned<String>>,
    requires_python: Option<Spanned<String>>,
    #[serde(default)]
    dependencies: Vec<Dependency>,
    index: Option<String>,
    vcs: Option<Vcs>,
    directory: Option<Directory>,
    archive: Option<File>,
    sdist: Option<File>,
    #[serde(default)]
    wheels: Vec<File>,
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
struct File {
    name: Option<String>,
    url: Option<String>,
    path: Option<String>,
    size: Option<u64>,
    upload_time: Option<toml::value::Datetime>,
    subdirectory: Option<String>,
    #[serde(default)]
    hashes: BTreeMap<String, String>,
}

/// How well a wheel fits, then its build tag: greater is better.
type Rank = (TagPriority, Option<(u64, Box<str>)>);

/// Reads the part of a lock that `target` needs.
///
/// # Errors
/// A malformed file, one of a newer version, one that was not made for the target, a package that would have to be built
/// or has no wheel for the target.
pub fn read(text: &str, input: &PylockInput, target: &Target) -> Result<Resolution, LockError> {
    let document: Document = toml::from_str(text).map_err(|error| {
        let line = line_of(text, error.span().map_or(0, |span| span.start));
        LockError::Malformed { path: input.path.clone(), line, reason: error.message().to_owned() }
    })?;
    let reader = Reader { text, input, target, document: &document };
    reader.check_version()?;
    reader.check_target()?;
    reader.check_selection()?;
    let mut dists = Vec::new();
    for package in &document.packages {
        if reader.is_wanted(package)? {
            dists.push(reader.dist(package)?);
        }
    }
    dists.sort_by(|a: &ResolvedDist, b: &ResolvedDist| a.name.cmp(&b.name));
    for pair in dists.windows(2) {
        if pair[0].name == pair[1].name {
            return Err(LockError::Refused {
                path: input.path.clone(),
                reason: format!("{} stands in it twice for this target", pair[0].name),
            });
        }
    }
    connect(&mut dists);
    Ok(Resolution { target: target.clone(), dists, warnings: Vec::new(), passed_over: Vec::new() })
}

/// Says of each distribution which others ask for it; dependencies that do not apply on the target go.
fn connect(dists: &mut [ResolvedDist]) {
    let names: Vec<PackageName> = dists.iter().map(|dist| dist.name.clone()).collect();
    let mut asked: BTreeMap<PackageName, Vec<PackageName>> = BTreeMap::new();
    for dist in dists.iter_mut() {
        dist.dependencies.retain(|name| names.binary_search(name).is_ok());
        for name in &dist.dependencies {
            asked.entry(name.clone()).or_default().push(dist.name.clone());
        }
    }
    for dist in dists {
        let Some(requirers) = asked.remove(&dist.name) else { continue };
        let requirement = pin(&dist.name);
        dist.required_by =
            requirers.into_iter().map(|name| Requirer::Dist { name, requirement: requirement.clone() }).collect();
    }
}

fn pin(name: &PackageName) -> Requirement {
    Requirement {
        name: name.clone(),
        extras: Vec::new(),
        version_or_url: None,
        marker: crate::spec::MarkerTree::default(),
        origin: None,
    }
}

struct Reader<'a> {
    text: &'a str,
    input: &'a PylockInput,
    target: &'a Target,
    document: &'a Document,
}

impl Reader<'_> {
    fn malformed(&self, at: usize, reason: impl Into<String>) -> LockError {
        LockError::Malformed { path: self.input.path.clone(), line: line_of(self.text, at), reason: reason.into() }
    }

    fn refused(&self, reason: impl Into<String>) -> LockError {
        LockError::Refused { path: self.input.path.clone(), reason: reason.into() }
    }

    /// A newer major version may mean anything; a newer minor one only adds.
    fn check_version(&self) -> Result<(), LockError> {
        let version = &self.document.lock_version;
        let major = version.get_ref().split('.').next().unwrap_or_default();
        if major == "1" {
            return Ok(());
        }
        Err(self.malformed(version.span().start, format!("lock-version {} is not known, only 1.x", version.get_ref())))
    }

    fn check_target(&self) -> Result<(), LockError> {
        if let Some(specifiers) = &self.document.requires_python {
            let parsed = self.specifiers(specifiers)?;
            if !contains(&parsed, self.target.python_full_version()) {
                let python = self.target.python_full_version();
                return Err(self.refused(format!("it is for Python {parsed}, not for {python}")));
            }
        }
        if self.document.environments.is_empty() {
            return Ok(());
        }
        for environment in &self.document.environments {
            if self.holds(environment)? {
                return Ok(());
            }
        }
        let (runtime, arch) = (self.target.runtime(), self.target.architecture());
        let texts: Vec<&str> = self.document.environments.iter().map(|text| text.get_ref().as_str()).collect();
        Err(self.refused(format!("it is not for {runtime} on {arch}, but for {}", texts.join(" or "))))
    }

    /// What the user selects must be there.
    fn check_selection(&self) -> Result<(), LockError> {
        let lists = [
            ("extra", &self.input.extras, &self.document.extras),
            ("group", &self.input.groups, &self.document.dependency_groups),
        ];
        for (what, wanted, offered) in lists {
            let offered: Vec<ExtraName> = offered.iter().filter_map(|name| name.parse().ok()).collect();
            if let Some(missing) = wanted.iter().find(|name| !offered.contains(name)) {
                return Err(self.refused(format!("it has no {what} `{missing}`")));
            }
        }
        Ok(())
    }

    fn holds(&self, marker: &Spanned<String>) -> Result<bool, LockError> {
        let defaults: Vec<ExtraName> =
            self.document.default_groups.iter().filter_map(|name| name.parse().ok()).collect();
        let groups: Vec<ExtraName> = self.input.groups.iter().cloned().chain(defaults).collect();
        let selection = Selection { extras: &self.input.extras, groups: &groups };
        holds(marker.get_ref(), self.target.markers(), selection)
            .map_err(|error| self.malformed(marker.span().start, format!("the marker is malformed: {error}")))
    }

    fn specifiers(&self, text: &Spanned<String>) -> Result<VersionSpecifiers, LockError> {
        crate::spec::lenient::specifiers(text.get_ref()).map_err(|reason| self.malformed(text.span().start, reason))
    }

    fn is_wanted(&self, package: &Package) -> Result<bool, LockError> {
        if let Some(marker) = &package.marker
            && !self.holds(marker)?
        {
            return Ok(false);
        }
        let Some(text) = &package.requires_python else { return Ok(true) };
        let (specifiers, python) = (self.specifiers(text)?, self.target.python_full_version());
        if contains(&specifiers, python) {
            return Ok(true);
        }
        Err(self.refused(format!("{} needs Python {specifiers}, and the target has {python}", package.name.get_ref())))
    }

    fn dist(&self, package: &Package) -> Result<ResolvedDist, LockError> {
        let at = package.name.span().start;
        let name: PackageName =
            package.name.get_ref().parse().map_err(|error| self.malformed(at, format!("{error}")))?;
        let may_build = |what, is_named: bool| {
            let way_out = if self.input.no_build {
                "--no-build forbids it".to_owned()
            } else if is_named || self.input.allow_build == ProjectSet::All || self.input.allow_build.names(&name) {
                return Ok(());
            } else {
                format!("allow it with `--allow-build {name}`")
            };
            let (path, line) = (self.input.path.clone(), line_of(self.text, at));
            Err(LockError::NeedsBuilding { path, line, name: name.clone(), what, way_out })
        };
        let mut built_from = None;
        let file = match package {
            Package { archive: Some(archive), .. } => {
                let is_wheel = archive.file_name().is_some_and(|name| name.strip_suffix(".whl").is_some());
                if is_wheel {
                    self.file(&name, archive, package, at)?
                } else {
                    may_build("a source archive", true)?;
                    let (url, subdirectory) = (self.url(&name, archive, at)?, archive.subdirectory.clone());
                    let hashes = self.hashes(&name, archive, at)?;
                    built_from = Some(DirectReference::Sdist { url: url.clone(), subdirectory });
                    DistFile { hashes, size: archive.size, ..self.source(&name, package, url, at)? }
                }
            }
            Package { vcs: Some(vcs), .. } => {
                may_build("a repository", true)?;
                let (url, reference) = self.repository(&name, vcs, at)?;
                built_from = Some(reference);
                self.source(&name, package, url, at)?
            }
            Package { directory: Some(directory), .. } => {
                may_build("a folder", true)?;
                let path = self.input.folder.join(&directory.path);
                let url = SafeUrl::from_path(&path, true).map_err(|error| self.malformed(at, error.to_string()))?;
                let Directory { editable, subdirectory, .. } = directory;
                let (editable, subdirectory) = (*editable, subdirectory.clone());
                built_from = Some(DirectReference::Folder { path, editable, subdirectory });
                self.source(&name, package, url, at)?
            }
            Package { wheels, sdist, .. } => match (self.best_wheel(&name, package, at)?, sdist) {
                (Some(file), _) => file,
                (None, Some(sdist)) => {
                    may_build(
                        if wheels.is_empty() { "only a source distribution" } else { "without a wheel that fits" },
                        false,
                    )?;
                    self.file(&name, sdist, package, at)?
                }
                (None, None) if wheels.is_empty() => {
                    return Err(self.malformed(at, format!("{name} has no file at all")));
                }
                (None, None) => {
                    let (runtime, arch) = (self.target.runtime(), self.target.architecture());
                    return Err(self.refused(format!("none of the wheels of {name} fits {runtime} on {arch}")));
                }
            },
        };
        self.check_identity(package, &file, at)?;
        let origin = Origin::File {
            file: self.input.path.clone(),
            line: u32::try_from(line_of(self.text, at)).unwrap_or(u32::MAX),
        };
        let dependencies = package.dependencies.iter().filter_map(|it| it.name.as_ref()?.parse().ok());
        let mut dependencies: Vec<PackageName> = dependencies.collect();
        dependencies.sort();
        dependencies.dedup();
        Ok(ResolvedDist {
            version: file.version().clone(),
            accepted_hashes: file.hashes.clone(),
            hashes_from: Some(origin.clone()),
            siblings: Vec::new(),
            extras: Vec::new(),
            dependencies,
            required_by: vec![Requirer::User { origin, requirement: pin(&name) }],
            requires_dist: Vec::new(),
            is_direct: package.archive.is_some() || built_from.is_some(),
            built_from,
            file,
            name,
        })
    }

    /// A source that has no name of its own.
    fn source(&self, name: &PackageName, package: &Package, url: SafeUrl, at: usize) -> Result<DistFile, LockError> {
        let version = match &package.version {
            Some(text) => {
                text.get_ref().parse().map_err(|error| self.malformed(text.span().start, format!("{error}")))?
            }
            None => unknown_version(),
        };
        let filename = format!("{}-{version}.tar.gz", name.as_dist_info_name());
        let filename = DistFilename::parse(&filename, name).map_err(|error| self.malformed(at, error.to_string()))?;
        Ok(DistFile {
            filename,
            hashes: Vec::new(),
            size: None,
            requires_python: None,
            yanked: Yanked::No,
            metadata: MetadataOffer::None,
            upload_time: None,
            origin: Arc::new(IndexOrigin { name: None, url: url.without_credentials() }),
            url,
        })
    }

    fn repository(&self, name: &PackageName, vcs: &Vcs, at: usize) -> Result<(SafeUrl, DirectReference), LockError> {
        let Vcs { r#type: kind, url, path, commit_id, subdirectory } = vcs;
        if kind != "git" {
            return Err(self.refused(format!("{name} is kept in a repository of {kind}, and only Git is supported")));
        }
        if !matches!(commit_id.len(), 40 | 64) || !commit_id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(self.malformed(at, format!("the commit of {name} is not one")));
        }
        let parsed = match (url, path) {
            (Some(url), _) => SafeUrl::parse(url),
            (None, Some(path)) => SafeUrl::from_path(&self.input.folder.join(path), false),
            (None, None) => {
                return Err(self.malformed(at, format!("the repository of {name} has neither `url` nor `path`")));
            }
        };
        let malformed = |error: crate::spec::UrlError| self.malformed(at, error.to_string());
        let url = parsed.map_err(malformed)?;
        let shown = SafeUrl::parse(&format!("git+{}@{commit_id}", url.reveal())).map_err(malformed)?;
        let (revision, subdirectory) = (Some(commit_id.clone()), subdirectory.clone());
        Ok((shown, DirectReference::Git { url, revision, subdirectory, editable: false }))
    }

    fn best_wheel(&self, name: &PackageName, package: &Package, at: usize) -> Result<Option<DistFile>, LockError> {
        let mut best: Option<(Rank, DistFile)> = None;
        for wheel in &package.wheels {
            let file = self.file(name, wheel, package, at)?;
            let Some(filename) = file.filename.as_wheel() else { continue };
            let Ok(priority) = self.target.tags().compatibility(filename) else { continue };
            let rank = (priority, filename.build.clone());
            if best.as_ref().is_none_or(|(other, _)| rank > *other) {
                best = Some((rank, file));
            }
        }
        Ok(best.map(|(_, file)| file))
    }

    fn file(&self, name: &PackageName, file: &File, package: &Package, at: usize) -> Result<DistFile, LockError> {
        let url = self.url(name, file, at)?;
        let given = file.name.clone().or_else(|| url.file_name());
        let filename = given.ok_or_else(|| self.malformed(at, format!("a file of {name} has no name")))?;
        let filename = DistFilename::parse(&filename, name).map_err(|error| self.malformed(at, error.to_string()))?;
        let index = match &package.index {
            Some(index) => SafeUrl::parse(index).map_err(|error| self.malformed(at, error.to_string()))?,
            None => url.clone(),
        };
        Ok(DistFile {
            filename,
            hashes: self.hashes(name, file, at)?,
            size: file.size,
            requires_python: None,
            yanked: Yanked::No,
            metadata: MetadataOffer::None,
            upload_time: file.upload_time.and_then(|time| microseconds(&time)),
            origin: Arc::new(IndexOrigin { name: None, url: index.without_credentials() }),
            url,
        })
    }

    /// A path is relative to the lock.
    fn url(&self, name: &PackageName, file: &File, at: usize) -> Result<SafeUrl, LockError> {
        let parsed = match (&file.path, &file.url) {
            (Some(path), _) => SafeUrl::from_path(&self.input.folder.join(path), false),
            (None, Some(url)) => SafeUrl::parse(url),
            (None, None) => return Err(self.malformed(at, format!("a file of {name} has neither `url` nor `path`"))),
        };
        parsed.map(|url| url.without_fragment()).map_err(|error| self.malformed(at, error.to_string()))
    }

    fn hashes(&self, name: &PackageName, file: &File, at: usize) -> Result<Vec<HashDigest>, LockError> {
        let mut digests = Vec::new();
        for (algorithm, hex) in &file.hashes {
            let algorithm = match algorithm.to_ascii_lowercase().as_str() {
                "sha256" => HashAlgorithm::Sha256,
                "sha384" => HashAlgorithm::Sha384,
                "sha512" => HashAlgorithm::Sha512,
                _ => continue,
            };
            digests.push(HashDigest::from_hex(algorithm, hex).map_err(|error| self.malformed(at, error.to_string()))?);
        }
        if digests.is_empty() {
            return Err(self.malformed(at, format!("a file of {name} has no sha256, sha384 or sha512 digest")));
        }
        digests.sort_by_key(|digest| std::cmp::Reverse(digest.algorithm()));
        Ok(digests)
    }

    fn check_identity(&self, package: &Package, file: &DistFile, at: usize) -> Result<(), LockError> {
        let Some(text) = &package.version else { return Ok(()) };
        let version: Version =
            text.get_ref().parse().map_err(|error| self.malformed(text.span().start, format!("{error}")))?;
        if version == *file.version() {
            return Ok(());
        }
        Err(self.malformed(at, format!("`{}` is not a file of version {version}", file.filename)))
    }
}

/// Stands for the version of a source of which the lock does not say it, as it must not of a folder.
pub fn unknown_version() -> Version {
    Version::new([0])
}

impl File {
    /// The name that it is given, else that of its place.
    fn file_name(&self) -> Option<String> {
        let place = self.url.as_ref().or(self.path.as_ref())?;
        let place = place.split(['?', '#']).next().unwrap_or_default();
        self.name.clone().or_else(|| place.rsplit('/').next().map(str::to_owned))
    }
}

/// A time with an offset, in microseconds since 1970. The specification wants UTC.
fn microseconds(time: &toml::value::Datetime) -> Option<i64> {
    time.to_string().parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_microsecond)
}

/// One-based number of the line at an offset.
fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1
}
