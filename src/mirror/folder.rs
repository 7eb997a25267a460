//! The folder of a mirror: what is in it, and how it changes.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use fs_err as fs;

use super::contents::{Contents, MANIFEST, manifest_bytes, manifest_of, parse_manifest, read_manifest};
use super::license::{license, license_of_sdist};
use super::pages::{project_pages, root_pages};
use super::rebuild::rebuilt;
use super::signature::check_signature;
use super::{Application, MirrorError, MirrorFile, Upstream};
use crate::archive::{Limits, ZipReader};
use crate::debris::is_left_by_system;
use crate::fetch::{FetchedFile, digest_of_file};
use crate::file_lock::{FileLock, FileLockError, telling, unless_held, wait};
use crate::index::MirroredRepository;
use crate::modes::where_modes_are_kept;
use crate::regular;
use crate::signing::PublicKey;
use crate::spec::{DistFile, HashAlgorithm, HashDigest, Hasher, PackageName, ProjectStatus, sha256};

/// Where files lie that are not whole yet: within the mirror, so that a rename puts them in place.
const TEMPORARY: &str = ".barrow-temporary";

/// Where a lost manifest is made anew. It does not lie in [`TEMPORARY`]: a folder of that name is the sign of a first
/// run that was killed.
const HALF_MADE_MANIFEST: &str = "barrow-mirror.json.new";

/// Largest METADATA that is taken out of a wheel, bytes.
const METADATA_LIMIT: u64 = 16 << 20;

/// A mirror that is open for changing: no other process changes it meanwhile.
#[derive(Debug)]
pub struct Mirror {
    folder: PathBuf,
    pub(super) contents: Contents,
    limits: Limits,
    was_rebuilt: bool,
    /// Paths of files that [`Mirror::publish`] removes, because others took their place.
    pub(super) replaced: Vec<String>,
    _lock: Option<FileLock>,
}

/// How long to wait for another process that changes the mirror.
#[derive(Clone, Copy)]
pub struct Patience<'a> {
    /// How long; after that the other process is taken for stuck.
    pub longest: Duration,
    /// Set when the user interrupts.
    pub cancel: &'a AtomicBool,
    /// Is told once when there is something to wait for.
    pub waits: &'a dyn Fn(),
}

/// What publishing changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Pages that were written.
    pub pages: usize,
    /// Names of the files and repositories that were removed; paths below the mirror of what was not in its manifest.
    pub removed: Vec<String>,
    /// Whether signatures were removed: they were of the former manifest.
    pub lost_signatures: bool,
}

impl Mirror {
    /// Opens the mirror in `folder`; a new one where there is none, and what its pages list where the manifest was
    /// lost. `limits`: how much a wheel may hold. `force`: a new one may begin beside other things.
    ///
    /// # Errors
    /// The folder holds something else; the manifest cannot be read; another process changes the mirror for too long.
    pub fn open(folder: &Path, limits: Limits, force: bool, patience: &Patience) -> Result<Self, MirrorError> {
        readable_folders(folder).map_err(|source| MirrorError::Write { path: folder.to_owned(), source })?;
        let lock = lock(folder, patience)?;
        let mut contents = read_manifest(&folder.join(MANIFEST))?;
        let mut was_rebuilt = false;
        if contents.is_none() {
            // A first run that was killed has written no manifest yet, and lost none.
            let was_killed = fs::symlink_metadata(folder.join(TEMPORARY)).is_ok();
            contents = if was_killed { None } else { rebuilt(folder) };
            was_rebuilt = contents.is_some();
            if contents.is_none() && !was_killed && !force {
                refuse_foreign(folder)?;
            }
        }
        let contents = contents.unwrap_or_default();
        let half_made = folder.join(HALF_MADE_MANIFEST);
        if was_rebuilt {
            // At once: a run that is killed later must not leave the mark of one that had none to lose.
            let path = folder.join(MANIFEST);
            let made = fs::File::create(&half_made);
            let written = made.and_then(|file| readable(file.file()).and_then(|()| contents.write_manifest(file)));
            let placed = written.and_then(|()| fs::rename(&half_made, &path));
            placed.map_err(|source| MirrorError::Write { path, source })?;
        }
        // What a killed run left half-made.
        let _ = fs::remove_dir_all(folder.join(TEMPORARY));
        let _ = fs::remove_file(half_made);
        Ok(Self { folder: folder.to_owned(), contents, limits, was_rebuilt, replaced: Vec::new(), _lock: lock })
    }

    /// Opens a mirror to be read only. `place` is its folder, or its manifest alone, which tells all but the bytes of
    /// files.
    ///
    /// # Errors
    /// There is no manifest, or none that can be read.
    pub fn open_existing(place: &Path) -> Result<Self, MirrorError> {
        Self::open_trusted(place, &[])
    }

    /// The same, where one of the `trusted` keys has signed the manifest, if there are any: the bytes that are read are
    /// those that were signed.
    ///
    /// # Errors
    /// There is no manifest, none that can be read, or none that such a key has signed.
    pub fn open_trusted(place: &Path, trusted: &[PublicKey]) -> Result<Self, MirrorError> {
        let manifest = manifest_of(place);
        let bytes = manifest_bytes(&manifest)?.ok_or_else(|| MirrorError::None(place.to_owned()))?;
        if !trusted.is_empty() {
            check_signature(place, &bytes, trusted)?;
        }
        Ok(Self::to_read(place, parse_manifest(&bytes, &manifest)?))
    }

    /// A mirror that lies elsewhere, as its manifest tells; messages call it `shown`.
    ///
    /// # Errors
    /// What is no manifest.
    pub fn of_manifest(manifest: &[u8], shown: &Path) -> Result<Self, MirrorError> {
        let contents = parse_manifest(manifest, &shown.join(MANIFEST))?;
        Ok(Self::to_read(shown, contents))
    }

    fn to_read(folder: &Path, contents: Contents) -> Self {
        let (folder, limits, replaced) = (folder.to_owned(), Limits::default(), Vec::new());
        Self { folder, contents, limits, was_rebuilt: false, replaced, _lock: None }
    }

    /// Whether its manifest was lost, and is what the files tell: nothing is known of applications and indexes.
    pub fn was_rebuilt(&self) -> bool {
        self.was_rebuilt
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What it lists, each sorted by name: applications, files and repositories.
    pub fn into_contents(self) -> (Vec<Application>, Vec<MirrorFile>, Vec<MirroredRepository>) {
        let Contents { applications, files, repositories, .. } = self.contents;
        (applications.into_values().collect(), files.into_values().collect(), repositories.into_values().collect())
    }

    /// Every file, by name.
    pub fn files(&self) -> impl Iterator<Item = &MirrorFile> {
        self.contents.files.values()
    }

    /// The file of this name.
    pub fn file(&self, filename: &str) -> Option<&MirrorFile> {
        self.contents.files.get(filename)
    }

    /// Names of all files and repositories.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.contents.files.keys().chain(self.contents.repositories.keys())
    }

    /// Every application that is remembered, by name.
    pub fn applications(&self) -> impl Iterator<Item = &Application> {
        self.contents.applications.values()
    }

    /// Remembers an application; it takes the place of one of the same name.
    pub fn remember(&mut self, application: Application) {
        self.contents.applications.insert(application.name.clone(), application);
    }

    /// Forgets an application; its files stay until [`Mirror::publish`] is told what to keep.
    ///
    /// # Errors
    /// There is none of this name.
    pub fn forget(&mut self, name: &str) -> Result<Application, MirrorError> {
        let known = || self.contents.applications.keys().map(|name| format!("`{name}`")).collect();
        let unknown = MirrorError::NoApplication { path: self.folder.clone(), name: name.to_owned(), known: known() };
        self.contents.applications.remove(name).ok_or(unknown)
    }

    /// Names of all that some application needs.
    pub fn needed(&self) -> BTreeSet<String> {
        self.applications().flat_map(|application| application.files.keys().cloned()).collect()
    }

    /// Refuses to remove more than half of the files, and files of which it is not known any more who needs them.
    ///
    /// # Errors
    /// With the names of all that would go.
    pub fn check_prune(&self, keep: &BTreeSet<String>) -> Result<(), MirrorError> {
        let names: Vec<String> = self.names().filter(|name| !keep.contains(*name)).cloned().collect();
        let is_unknown = |name: &&String| {
            self.file(name).is_some_and(MirrorFile::is_unknown)
                || self.repository_listed(name).is_some_and(MirroredRepository::is_unknown)
        };
        let unknown: Vec<String> = names.iter().filter(is_unknown).cloned().collect();
        if !unknown.is_empty() {
            return Err(MirrorError::UnknownWouldGo { names: unknown });
        }
        let total = self.names().count();
        if names.len() * 2 > total { Err(MirrorError::MostWouldGo { names, total }) } else { Ok(()) }
    }

    /// Refuses a file of a name that the mirror has with other bytes.
    ///
    /// # Errors
    /// With both digests.
    pub fn check_same(&self, filename: &str, offered: &str) -> Result<(), MirrorError> {
        match self.file(filename).filter(|held| held.sha256 != offered) {
            None => Ok(()),
            Some(held) => Err(MirrorError::OtherBytes {
                file: filename.to_owned(),
                held: held.sha256.clone(),
                offered: offered.to_owned(),
            }),
        }
    }

    /// Takes what the index of a file says of it now; whether it was withdrawn since.
    pub fn refresh(&mut self, filename: &str, upstream: &Upstream) -> bool {
        self.contents.files.get_mut(filename).is_some_and(|file| file.refresh(upstream))
    }

    /// Takes what an index says of a project as a whole; `None`: nothing that has to be told.
    pub fn note_status(&mut self, project: &PackageName, status: Option<ProjectStatus>) {
        match status.filter(ProjectStatus::is_telling) {
            Some(status) => drop(self.contents.statuses.insert(project.to_string(), status)),
            None => drop(self.contents.statuses.remove(project.as_ref())),
        }
    }

    /// Completes a file of which a rebuilt manifest does not know where it came from.
    pub fn complete(&mut self, file: &DistFile) {
        if let Some(held) = self.contents.files.get_mut(file.filename.as_str()) {
            held.complete(file);
        }
    }

    /// The file of this name, when it has one of the digests that are accepted and lies in its place in full length.
    pub fn holds(&self, filename: &str, accepted: &[HashDigest]) -> Option<&MirrorFile> {
        let file = self.file(filename)?;
        let is_accepted = file.digest().is_some_and(|digest| accepted.contains(&digest));
        let has_size = |path: String, size: Option<u64>| {
            let about = fs::symlink_metadata(self.folder.join(path)).ok();
            about.is_some_and(|about| about.is_file() && size.is_none_or(|size| size == about.len()))
        };
        let is_whole =
            has_size(file.path(), Some(file.size)) && file.metadata_path().is_none_or(|path| has_size(path, None));
        (is_accepted && is_whole).then_some(file)
    }

    /// Whether the bytes of a file and of its METADATA still have their digests.
    pub fn is_intact(&self, file: &MirrorFile) -> bool {
        self.damage(file).is_none()
    }

    /// Copies a fetched file to its place, with its METADATA beside it; [`Mirror::list`] makes it known.
    ///
    /// # Errors
    /// The file is no wheel that can be read, the cached copy is damaged, or something cannot be written.
    pub fn place(&self, file: &DistFile, fetched: &FetchedFile) -> Result<MirrorFile, MirrorError> {
        let mut entry = MirrorFile::of(file, &fetched.digest, fetched.size);
        if file.filename.as_wheel().is_some() {
            let metadata = read_metadata(&entry.filename, &fetched.path, &self.limits)?;
            entry.metadata_sha256 = Some(sha256(&metadata).hex());
            entry.license = license(&metadata);
            let path = self.folder.join(format!("{}.metadata", entry.path()));
            self.write(&path, &metadata)?;
        } else {
            entry.license = license_of_sdist(&fetched.path, &self.limits);
        }
        let mut file = self.temporary()?;
        copy(fetched, &entry.filename, &mut file, &self.folder.join(entry.path()))?;
        self.persist(file, &self.folder.join(entry.path()))?;
        Ok(entry)
    }

    /// Adds a placed file to what the pages will list; it replaces one of the same name.
    pub fn list(&mut self, file: MirrorFile) {
        self.contents.files.insert(file.filename.clone(), file);
    }

    /// Writes the pages and the manifest, where they change. With `keep`, files of other names are removed, and
    /// everything below `files` and `simple` that is not listed.
    ///
    /// # Errors
    /// Something cannot be written or removed.
    pub fn publish(&mut self, keep: Option<&BTreeSet<String>>) -> Result<Changes, MirrorError> {
        let mut changes = Changes::default();
        // What is removed of that has its name in the manifest; of all else the path is told.
        let named: BTreeSet<String> = keep.map(|_| named_paths(&self.contents).collect()).unwrap_or_default();
        if let Some(keep) = keep {
            changes.removed = self.names().filter(|name| !keep.contains(*name)).cloned().collect();
            self.contents.files.retain(|name, _| keep.contains(name));
            self.contents.repositories.retain(|name, _| keep.contains(name));
        }
        let mut known = BTreeSet::new();
        for_each_page(&self.contents, |path, bytes| {
            changes.pages += usize::from(self.write(&self.folder.join(&path), &bytes)?);
            known.insert(path);
            Ok(())
        })?;
        self.contents.forget_statuses();
        if self.write_manifest()? || self.was_rebuilt {
            changes.lost_signatures = self.remove_signatures();
        }
        known.extend(self.contents.paths());
        for path in std::mem::take(&mut self.replaced).into_iter().filter(|path| !known.contains(path)) {
            let path = self.folder.join(path);
            fs::remove_file(&path).map_err(|source| MirrorError::Write { path: path.clone(), source })?;
            // Folders that are not empty stay.
            let _ = path.ancestors().skip(1).take(2).try_for_each(fs::remove_dir);
        }
        if keep.is_some() {
            for top in ["simple", "files"] {
                remove_unknown(&self.folder.join(top), top, &known, &mut |path| {
                    if !named.contains(&path) {
                        changes.removed.push(path);
                    }
                })?;
            }
        }
        self.remove_temporary();
        Ok(changes)
    }

    /// Every page, by path below the mirror.
    pub(super) fn pages(&self) -> BTreeMap<String, Vec<u8>> {
        pages(&self.contents)
    }

    /// Removes what is not whole yet.
    pub(super) fn remove_temporary(&self) {
        let _ = fs::remove_dir_all(self.folder.join(TEMPORARY));
    }

    /// Writes a file when it is not there with these bytes; whether it was written.
    pub(super) fn write(&self, path: &Path, bytes: &[u8]) -> Result<bool, MirrorError> {
        if regular::read(path).is_ok_and(|there| there == bytes) {
            return Ok(false);
        }
        let mut file = self.temporary()?;
        let written = file.write_all(bytes);
        written.map_err(|source| MirrorError::Write { path: path.to_owned(), source })?;
        self.persist(file, path)?;
        Ok(true)
    }

    /// Writes the manifest when it is not there as it has to be; whether it was written. Of a large mirror it is as
    /// large as all pages together, so it is never held as a whole.
    fn write_manifest(&self) -> Result<bool, MirrorError> {
        let path = self.folder.join(MANIFEST);
        let failed = |source| MirrorError::Write { path: path.clone(), source };
        let file = self.temporary()?;
        self.contents.write_manifest(file.as_file()).map_err(failed)?;
        let digest = |path: &Path| digest_of_file(path, HashAlgorithm::Sha256);
        if digest(&path).is_ok_and(|there| digest(file.path()).is_ok_and(|made| made == there)) {
            return Ok(false);
        }
        self.persist(file, &path)?;
        Ok(true)
    }

    pub(super) fn temporary(&self) -> Result<tempfile::NamedTempFile, MirrorError> {
        let folder = self.folder.join(TEMPORARY);
        let made = fs::create_dir_all(&folder).and_then(|()| tempfile::NamedTempFile::new_in(&folder));
        made.map_err(|source| MirrorError::Write { path: folder, source })
    }

    pub(super) fn persist(&self, file: tempfile::NamedTempFile, path: &Path) -> Result<(), MirrorError> {
        let failed = |source| MirrorError::Write { path: path.to_owned(), source };
        readable(file.as_file()).map_err(failed)?;
        readable_folders(path.parent().unwrap_or(&self.folder)).map_err(failed)?;
        file.persist(path).map_err(|error| failed(error.error))?;
        Ok(())
    }
}

/// Every page with its path below the mirror.
pub(super) fn pages(contents: &Contents) -> BTreeMap<String, Vec<u8>> {
    let mut pages = BTreeMap::new();
    let added: Result<(), std::convert::Infallible> = for_each_page(contents, |path, bytes| {
        pages.insert(path, bytes);
        Ok(())
    });
    match added {
        Ok(()) => pages,
    }
}

/// Gives `each` the path below the mirror and the bytes of one page after the other. They are never all in memory:
/// together they are as large as the manifest.
fn for_each_page<E>(contents: &Contents, mut each: impl FnMut(String, Vec<u8>) -> Result<(), E>) -> Result<(), E> {
    let mut projects: BTreeMap<&str, Vec<&MirrorFile>> = BTreeMap::new();
    for file in contents.files.values() {
        projects.entry(&file.project).or_default().push(file);
    }
    let mut add = |folder: String, (html, json): (String, String)| {
        each(format!("{folder}/index.html"), html.into_bytes())?;
        each(format!("{folder}/index.json"), json.into_bytes())
    };
    for (name, files) in &projects {
        add(format!("simple/{name}"), project_pages(name, files, contents.statuses.get(*name)))?;
    }
    add("simple".to_owned(), root_pages(projects.keys().copied()))
}

/// Every path below `files` and `simple` that the manifest stands for.
fn named_paths(contents: &Contents) -> impl Iterator<Item = String> {
    let folders = contents.files.values().map(|file| format!("simple/{}", file.project));
    let folders = folders.chain(["simple".to_owned()]);
    let pages = folders.flat_map(|folder| ["html", "json"].map(|kind| format!("{folder}/index.{kind}")));
    contents.paths().chain(pages)
}

/// Waits until no other process changes the mirror. Where a folder cannot be locked, nothing is promised.
fn lock(folder: &Path, patience: &Patience) -> Result<Option<FileLock>, MirrorError> {
    let place = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    let attempt = telling(|| unless_held(FileLock::on_folder(&place), place.clone()), patience.waits);
    wait(patience.longest, Some(patience.cancel), attempt).map_err(|error| match error {
        FileLockError::Cancelled => MirrorError::Cancelled,
        FileLockError::Busy { process } => MirrorError::Busy { path: folder.to_owned(), process },
    })
}

/// Makes a folder and those above it that are not there, readable for the user of a web server whatever the umask.
fn readable_folders(path: &Path) -> std::io::Result<()> {
    if path.as_os_str().is_empty() || path.is_dir() {
        return Ok(());
    }
    if let Some(above) = path.parent() {
        readable_folders(above)?;
    }
    match fs::create_dir(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && path.is_dir() => return Ok(()),
        made => made?,
    }
    where_modes_are_kept(fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)))
}

/// Lets others read a file, as all of a mirror: a web server is another user than the one who wrote it.
fn readable(file: &std::fs::File) -> std::io::Result<()> {
    where_modes_are_kept(file.set_permissions(std::fs::Permissions::from_mode(0o644)))
}

/// METADATA as it stands in the wheel.
fn read_metadata(filename: &str, path: &Path, limits: &Limits) -> Result<Vec<u8>, MirrorError> {
    let failed = |source| MirrorError::Wheel { file: filename.to_owned(), source };
    let zip = ZipReader::open(path, limits).map_err(failed)?;
    let is_metadata = |path: &str| {
        let folder = path.strip_suffix(".dist-info/METADATA");
        folder.is_some_and(|folder| !folder.is_empty() && !folder.contains('/'))
    };
    let entry = zip.entries().iter().find(|entry| !entry.is_folder && is_metadata(entry.path.as_str()));
    let entry = entry.ok_or_else(|| MirrorError::NoMetadata(filename.to_owned()))?;
    zip.read(entry, METADATA_LIMIT).map_err(failed)
}

/// Copies a file of the cache. One that came earlier may have been damaged since, so it is hashed on its way; what came
/// just now is left to the system to copy.
fn copy(
    fetched: &FetchedFile,
    filename: &str,
    to: &mut tempfile::NamedTempFile,
    place: &Path,
) -> Result<(), MirrorError> {
    let from = &fetched.path;
    let unreadable = |source| MirrorError::Read { path: from.clone(), source };
    let mut file = fs::File::open(from).map_err(unreadable)?;
    if fetched.is_fresh {
        let copied = std::io::copy(file.file_mut(), to.as_file_mut());
        let copied = copied.map_err(|source| MirrorError::Write { path: place.to_owned(), source })?;
        return if copied == fetched.size { Ok(()) } else { Err(MirrorError::Damaged(filename.to_owned())) };
    }
    let (digest, _) = copy_hashed(file, fetched.size, unreadable, to, place)?;
    if digest == fetched.digest { Ok(()) } else { Err(MirrorError::Damaged(filename.to_owned())) }
}

/// Copies a file; gives the sha256 and the size in bytes of what was copied. `size` is how many bytes are expected,
/// `place` the path that a failure to write names.
pub(super) fn copy_hashed(
    from: fs::File,
    size: u64,
    unreadable: impl Fn(std::io::Error) -> MirrorError,
    to: &mut tempfile::NamedTempFile,
    place: &Path,
) -> Result<(HashDigest, u64), MirrorError> {
    let mut hasher = Hasher::new(HashAlgorithm::Sha256);
    let copied = regular::each_piece(from, size, unreadable, |piece| {
        hasher.update(piece);
        to.write_all(piece).map_err(|source| MirrorError::Write { path: place.to_owned(), source })
    })?;
    Ok((hasher.finish(), copied))
}

/// Removes the files below `folder` whose paths are not known, and tells each; and the folders that are empty then.
fn remove_unknown(
    folder: &Path,
    shown: &str,
    known: &BTreeSet<String>,
    tell: &mut dyn FnMut(String),
) -> Result<bool, MirrorError> {
    let failed = |source| MirrorError::Write { path: folder.to_owned(), source };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(true),
        Err(source) => return Err(failed(source)),
    };
    let mut is_empty = true;
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let shown = format!("{shown}/{}", entry.file_name().to_string_lossy());
        if entry.file_type().map_err(failed)?.is_dir() {
            if remove_unknown(&entry.path(), &shown, known, tell)? {
                fs::remove_dir(entry.path()).map_err(failed)?;
            } else {
                is_empty = false;
            }
        } else if known.contains(&shown) {
            is_empty = false;
        } else {
            fs::remove_file(entry.path()).map_err(failed)?;
            tell(shown);
        }
    }
    Ok(is_empty)
}

/// Refuses to begin a mirror beside what is no part of it.
fn refuse_foreign(folder: &Path) -> Result<(), MirrorError> {
    let names = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
    match names.filter(|name| !is_left_by_system(name)).min() {
        Some(name) => Err(MirrorError::Occupied { path: folder.to_owned(), name }),
        None => Ok(()),
    }
}
