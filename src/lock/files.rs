//! Which file of a locked package a target gets.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use memchr::memmem;

use super::locked_file::{BETWEEN_HASHES, FileParts, FilePlace, LockedFile};
use super::model::{Lock, LockedPackage, LockedSource};
use super::request::LockRequest;
use super::{LockError, NoWheel};
use crate::archive::normalized;
use crate::requirements::DirectReference;
use crate::resolution::Barrier;
use crate::spec::{
    DistFile, DistFilename, HashAlgorithm, HashDigest, IndexOrigin, MetadataOffer, PackageName, SafeUrl, UrlError,
    Version, WheelFilename, Yanked, push_new,
};
use crate::target::{TagPriority, Target, targets_that_load, wheels_in_words};

/// What a package is whose wheels the user does not want.
const FROM_SOURCE_ALONE: &str = "to be taken without its wheels";

/// Where a selected package is had from.
#[derive(Clone, Debug, PartialEq)]
pub enum PackageOrigin {
    /// A file whose place the lock says.
    File {
        /// The file, with the locked digests.
        file: Box<DistFile>,
        /// The user's own URL or path leads to it, rather than an index.
        is_direct: bool,
    },
    /// A source that has to be built.
    Source(Box<SourceOrigin>),
    /// A file that an index has to find.
    Listed(Box<Listed>),
}

/// A source that has to be built.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceOrigin {
    /// What leads to it.
    pub reference: DirectReference,
    /// The same as a URL, for messages and locks.
    pub url: SafeUrl,
    /// Digests of an archive.
    pub accepted: Vec<HashDigest>,
}

/// A file of which a lock has the digest, and no URL.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// The index, by its place in [`Lock::indexes`]; `None`: whichever the user has.
    pub index: Option<usize>,
    /// The file, where the lock says its name; else any file of the version with one of the digests.
    pub filename: Option<DistFilename>,
    /// What its digest may be.
    pub accepted: Vec<HashDigest>,
    /// A source archive may be taken, and built.
    pub may_build: bool,
    /// A wheel may be taken.
    pub may_be_wheel: bool,
}

/// A file, and its name as it was read.
type NamedFile<'a> = (DistFilename, &'a LockedFile);

/// How well a wheel fits, then its build tag: greater is better.
type Rank = (TagPriority, Option<(u64, Box<str>)>);

/// Chooses the file of a package.
pub(super) struct ChoiceOfFile<'a> {
    pub(super) lock: &'a Lock,
    pub(super) request: &'a LockRequest,
    pub(super) package: &'a LockedPackage,
    pub(super) target: &'a Target,
    /// The indexes of the lock, as the files of all their packages name them.
    pub(super) indexes: &'a [Arc<IndexOrigin>],
}

/// The indexes of a lock, as files name them.
pub(super) fn origins(lock: &Lock) -> Vec<Arc<IndexOrigin>> {
    lock.indexes.iter().map(|index| Arc::new(index_origin(&index.url))).collect()
}

impl ChoiceOfFile<'_> {
    /// Chooses, and tells where in the text that is locked.
    pub(super) fn choose(&self) -> Result<(PackageOrigin, usize), LockError> {
        let package = self.package;
        let source = match &package.source {
            LockedSource::Index(index) => return self.of_index(*index),
            LockedSource::Archive { subdirectory } => {
                let Some(file) = package.files().next() else {
                    return Err(self.malformed(format!("{} has no file at all", package.name)));
                };
                return self.archive(file, subdirectory.as_deref());
            }
            LockedSource::Folder { path, subdirectory, editable, .. } => {
                self.may_build("a folder", true)?;
                let url = SafeUrl::from_path(path, true).map_err(|error| self.wrong(&error))?;
                let (path, subdirectory, editable) = (path.clone(), subdirectory.clone(), *editable);
                SourceOrigin {
                    reference: DirectReference::Folder { path, editable, subdirectory },
                    url,
                    accepted: Vec::new(),
                }
            }
            LockedSource::Git { url, commit, subdirectory } => {
                self.may_build("a repository", true)?;
                let shown = SafeUrl::parse(&format!("git+{}@{commit}", url.reveal()));
                let (revision, subdirectory) = (Some(commit.clone()), subdirectory.clone());
                SourceOrigin {
                    url: shown.map_err(|error| self.wrong(&error))?,
                    reference: DirectReference::Git { url: url.clone(), revision, subdirectory, editable: false },
                    accepted: Vec::new(),
                }
            }
        };
        Ok((PackageOrigin::Source(Box::new(source)), package.at))
    }

    fn of_index(&self, index: Option<usize>) -> Result<(PackageOrigin, usize), LockError> {
        let package = self.package;
        let name = &package.name;
        let is_named = |file: &LockedFile| self.file_name(file).is_some();
        let allows_wheels = self.request.format_control.allows_wheels(name);
        let (wheel, are_named) = self.best_wheel(allows_wheels)?;
        let are_named = are_named && package.sdist.iter().all(is_named);
        let has_file = !package.wheels.is_empty() || package.sdist.is_some();
        // A name says the version too, and PEP 751 demands no other.
        let is_pinned = package.version.is_some() || (are_named && has_file);
        if !is_pinned {
            return Err(self.malformed(format!("{name} has no version")));
        }
        if !are_named {
            return self.unnamed(index);
        }
        let (filename, file) = match (wheel, &package.sdist) {
            (Some(found), _) => found,
            (None, Some(sdist)) => {
                let text = self.file_name(sdist).unwrap_or_default();
                let filename = DistFilename::parse(&text, name).map_err(|error| self.malformed(error.to_string()));
                if package.wheels.is_empty() {
                    self.may_build("only a source distribution", false)?;
                } else if !allows_wheels {
                    self.may_build(FROM_SOURCE_ALONE, false)?;
                } else if let Err(LockError::NeedsBuilding { barrier, .. }) =
                    self.may_build("no wheel that fits", false)
                {
                    return Err(self.no_wheel(Some(barrier)));
                }
                (filename?, sdist)
            }
            (None, None) if package.wheels.is_empty() => {
                return Err(self.malformed(format!("{name} has no file at all")));
            }
            (None, None) if !allows_wheels => {
                let (path, line) = (self.lock.path.clone(), self.lock.line(package.at));
                return Err(LockError::OnlyWheels { path, line, name: name.clone() });
            }
            (None, None) => return Err(self.no_wheel(None)),
        };
        self.check_version(&filename)?;
        let file = &file.parts(&self.lock.text);
        let (accepted, at) = (self.hashes(file)?, self.place_of(file));
        if file.place == FilePlace::Index {
            let listed = Listed { index, filename: Some(filename), accepted, may_build: true, may_be_wheel: true };
            return Ok((PackageOrigin::Listed(Box::new(listed)), at));
        }
        let file = Box::new(self.dist_file(filename, file, accepted, index)?);
        Ok((PackageOrigin::File { file, is_direct: false }, at))
    }

    /// A package of which the lock has digests alone.
    fn unnamed(&self, index: Option<usize>) -> Result<(PackageOrigin, usize), LockError> {
        let mut accepted = Vec::new();
        for file in self.package.files() {
            accepted.extend(self.hashes(&file.parts(&self.lock.text))?);
        }
        let listed = Listed {
            index,
            filename: None,
            accepted,
            may_build: self.may_build("only a source distribution", false).is_ok(),
            may_be_wheel: self.request.format_control.allows_wheels(&self.package.name),
        };
        Ok((PackageOrigin::Listed(Box::new(listed)), self.package.at))
    }

    fn archive(&self, file: &LockedFile, subdirectory: Option<&str>) -> Result<(PackageOrigin, usize), LockError> {
        let name = &self.package.name;
        let text = self.file_name(file).unwrap_or_default();
        let file = &file.parts(&self.lock.text);
        let (accepted, at) = (self.hashes(file)?, self.place_of(file));
        if text.strip_suffix(".whl").is_some() {
            let filename = DistFilename::parse(&text, name).map_err(|error| self.malformed(error.to_string()))?;
            self.check_version(&filename)?;
            if let Some(wheel) = filename.as_wheel()
                && self.target.tags().priority(wheel).is_none()
            {
                return Err(self.no_wheel(None));
            }
            let file = Box::new(self.dist_file(filename, file, accepted, None)?);
            return Ok((PackageOrigin::File { file, is_direct: true }, at));
        }
        self.may_build("a source archive", true)?;
        let url = self.url(file)?;
        let reference = DirectReference::Sdist { url: url.clone(), subdirectory: subdirectory.map(str::to_owned) };
        Ok((PackageOrigin::Source(Box::new(SourceOrigin { reference, url, accepted })), at))
    }

    /// Whether the source may be built: what the user names is, while nothing forbids it.
    fn may_build(&self, what: &'static str, is_named: bool) -> Result<(), LockError> {
        let name = &self.package.name;
        let is_allowed = is_named || self.request.allow_build.contains(name);
        let formats_allow = is_named || self.request.format_control.allows_sdists(name);
        if is_allowed && formats_allow && !self.request.no_build {
            return Ok(());
        }
        let barrier = match () {
            () if self.request.no_build => Barrier::NoBuild,
            () if !formats_allow => Barrier::OnlyBinary,
            () => Barrier::NotAllowed,
        };
        let (path, line) = (self.lock.path.clone(), self.lock.line(self.package.at));
        Err(LockError::NeedsBuilding { path, line, name: name.clone(), what, barrier })
    }

    /// The wheel that fits best, where one may be taken, and whether each has a name.
    fn best_wheel(&self, allows_wheels: bool) -> Result<(Option<NamedFile<'_>>, bool), LockError> {
        let mut best: Option<(Rank, DistFilename, &LockedFile)> = None;
        let mut are_named = true;
        for file in &self.package.wheels {
            let Some(text) = self.file_name(file) else {
                are_named = false;
                continue;
            };
            if !allows_wheels || !self.target.tags().may_load(&text) {
                continue;
            }
            let filename = DistFilename::parse(&text, &self.package.name);
            let filename = filename.map_err(|error| self.malformed(error.to_string()))?;
            let Some(wheel) = filename.as_wheel() else { continue };
            let Some(priority) = self.target.tags().priority(wheel) else { continue };
            let rank = (priority, wheel.build.clone());
            if best.as_ref().is_none_or(|(other, _, _)| rank > *other) {
                best = Some((rank, filename, file));
            }
        }
        Ok((best.map(|(_, filename, file)| (filename, file)), are_named))
    }

    /// Says which wheels there are, and which runtimes would take one.
    fn no_wheel(&self, sdist: Option<Barrier>) -> LockError {
        let (package, target) = (self.package, self.target);
        let names =
            package.wheels.iter().filter_map(|file| DistFilename::parse(&self.file_name(file)?, &package.name).ok());
        let names: Vec<DistFilename> = names.collect();
        let wheels: Vec<&WheelFilename> = names.iter().filter_map(DistFilename::as_wheel).collect();
        let made_for = (!wheels.is_empty()).then(|| wheels_in_words(&wheels, target.glibc()));
        let mut elsewhere: Vec<String> = Vec::new();
        for wheel in wheels {
            for (runtime, architecture) in targets_that_load(wheel) {
                push_new(&mut elsewhere, format!("{runtime} on {architecture}"));
            }
        }
        elsewhere.sort();
        LockError::NoWheel(Box::new(NoWheel {
            path: self.lock.path.clone(),
            line: self.lock.line(package.at),
            name: package.name.clone(),
            version: package.version.clone(),
            target: format!("{} on {}", target.runtime(), target.architecture()),
            made_for,
            elsewhere,
            sdist,
        }))
    }

    fn dist_file(
        &self,
        filename: DistFilename,
        file: &FileParts,
        hashes: Vec<HashDigest>,
        index: Option<usize>,
    ) -> Result<DistFile, LockError> {
        let url = self.url(file)?;
        let index = index.and_then(|at| self.indexes.get(at)).cloned();
        Ok(DistFile {
            filename,
            hashes,
            size: file.size,
            requires_python: None,
            yanked: Yanked::No,
            metadata: MetadataOffer::None,
            upload_time: file.upload_time.and_then(|time| microseconds(self.lock.text.get(time))),
            provenance: file.provenance.and_then(|url| provenance(self.lock.text.get(url))),
            origin: index.unwrap_or_else(|| Arc::new(index_origin(&url))),
            url,
        })
    }

    fn url(&self, file: &FileParts) -> Result<SafeUrl, LockError> {
        let parsed = match file.place {
            FilePlace::Path(path) => {
                SafeUrl::from_path(&normalized(&self.lock.folder.join(self.lock.text.get(path))), false)
            }
            FilePlace::Url(url) => SafeUrl::parse(self.lock.text.get(url)),
            FilePlace::Index => {
                return Err(self.malformed(format!("a file of {} has neither `url` nor `path`", self.package.name)));
            }
        };
        let plain = |url: SafeUrl| if url.fragment().is_some() { url.without_fragment() } else { url };
        parsed.map(plain).map_err(|error| self.wrong(&error))
    }

    /// The digests that count, strongest first. Without one nobody could tell whether a file is the locked one.
    fn hashes(&self, file: &FileParts) -> Result<Vec<HashDigest>, LockError> {
        let mut digests = Vec::with_capacity(1);
        for (algorithm, hex) in self.written_hashes(file) {
            let Some(algorithm) = HashAlgorithm::of(&algorithm.to_ascii_lowercase()) else { continue };
            let digest = HashDigest::from_hex(algorithm, hex).map_err(|error| {
                self.lock.malformed(self.place_of(file), format!("a digest of {}: {error}", self.package.name))
            })?;
            digests.push(digest);
        }
        let is_local = matches!(file.place, FilePlace::Path(_)) && self.written_hashes(file).next().is_none();
        if digests.is_empty() && !is_local {
            let name = &self.package.name;
            let (path, line) = (self.lock.path.clone(), self.lock.line(self.package.at));
            return Err(LockError::NoDigest { path, line, name: name.clone() });
        }
        digests.sort_by_key(|digest| std::cmp::Reverse(digest.algorithm()));
        Ok(digests)
    }

    /// Where the digest of a file stands, else the entry of its package.
    fn place_of(&self, file: &FileParts) -> usize {
        let start = self.package.at;
        let in_file = file.hashes.and_then(|hashes| self.lock.text.place(hashes));
        in_file.unwrap_or_else(|| {
            let rest = self.lock.text().get(start..).unwrap_or_default();
            let first = self.written_hashes(file).next();
            let found = first.and_then(|(_, hex)| memmem::find(rest.as_bytes(), hex.as_bytes()));
            found.map_or(start, |offset| start + offset)
        })
    }

    /// Algorithm and digits of its digests; what has another form is none.
    fn written_hashes(&self, file: &FileParts) -> impl Iterator<Item = (&str, &str)> {
        let hashes = file.hashes.map(|hashes| self.lock.text.get(hashes)).unwrap_or_default();
        hashes.split(BETWEEN_HASHES).filter_map(|hash| hash.split_once(':'))
    }

    fn file_name(&self, file: &LockedFile) -> Option<Cow<'_, str>> {
        file.file_name(&self.lock.text)
    }

    fn check_version(&self, filename: &DistFilename) -> Result<(), LockError> {
        match &self.package.version {
            Some(version) if version != filename.version() => {
                Err(self.malformed(format!("`{filename}` is not a file of version {version}")))
            }
            _ => Ok(()),
        }
    }

    fn malformed(&self, reason: String) -> LockError {
        self.lock.malformed(self.package.at, reason)
    }

    fn wrong(&self, error: &UrlError) -> LockError {
        self.malformed(format!("{}: {error}", self.package.name))
    }
}

/// A source archive's or folder's stand-in for a file: what is built of it is named by project and version.
pub(super) fn source_file(
    name: &PackageName,
    version: &Version,
    url: &SafeUrl,
    hashes: Vec<HashDigest>,
) -> Option<DistFile> {
    let filename = format!("{}-{version}.tar.gz", name.as_dist_info_name());
    let filename = DistFilename::parse(&filename, name).ok()?;
    Some(DistFile { hashes, ..DistFile::unlisted(filename, url.clone()) })
}

/// The index behind a URL, as files name it.
fn index_origin(url: &SafeUrl) -> IndexOrigin {
    IndexOrigin { name: None, url: url.without_credentials() }
}

/// Where the attestations of a file are, when that can be read: nothing is decided by it.
fn provenance(text: &str) -> Option<SafeUrl> {
    let url = SafeUrl::parse(text).ok()?.without_credentials();
    matches!(url.reveal().scheme(), "http" | "https").then_some(url)
}

/// A time with an offset, in microseconds since 1970.
fn microseconds(time: &str) -> Option<i64> {
    time.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_microsecond)
}

/// `path` as seen from `folder`, both absolute, with forward slashes.
pub(super) fn relative(path: &Path, folder: &Path) -> String {
    let (path, folder) = (normalized(path), normalized(folder));
    let shared = path.components().zip(folder.components()).take_while(|(left, right)| left == right).count();
    let up = folder.components().skip(shared).map(|_| "..".to_owned());
    let down = path.components().skip(shared).map(|part| part.as_os_str().to_string_lossy().into_owned());
    up.chain(down).collect::<Vec<_>>().join("/")
}
