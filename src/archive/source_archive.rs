//! Source archives (source distribution format): a tar.gz, or a zip as old releases have it, with one folder at its
//! top.
//!
//! Links that stay inside are unpacked as copies of what they lead to, so nothing is ever written or read through one.
//! A link that leads out is refused, as PEP 706's `data` filter does; one that leads nowhere is left out: reading it
//! would fail either way.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use fs_err as fs;

use super::Bound;
use super::other_content::{TELLING, other_content};
use super::tar_reader::{TarKind, TarReader};
use super::{ArchiveError, Inflater, Limits, SafePath, ZipReader};
use crate::regular;
use crate::spec::{HashAlgorithm, HashDigest, Hasher};

/// Links that may lead to one another, as Linux has it (`MAXSYMLINKS`).
const MOST_LINKS_IN_A_ROW: usize = 40;

const OUTSIDE: &str = "it is a link that leads outside";

/// Unpacks the archive at `path` below `into`, an empty folder, and returns its one top-level folder. Every file gets
/// the time `modified`.
///
/// # Errors
/// When the archive is refused: what was unpacked by then is to be thrown away.
pub(crate) fn unpack_source(
    path: &Path,
    into: &Path,
    modified: SystemTime,
    limits: &Limits,
) -> Result<PathBuf, ArchiveError> {
    let mut sink = FolderSink { into: into.to_owned(), modified, open: None };
    let contents = feed(path, limits, &mut sink)?;
    sink.close().map_err(|source| ArchiveError::Write { entry: "file".to_owned(), source })?;
    place_links(into, &contents, modified, limits)?;
    Ok(into.join(contents.top))
}

/// Reads the whole archive at `path` and keeps the contents of some files, given below its top-level folder. A file
/// that is absent or a link is not in the answer.
pub fn read_source(
    path: &Path,
    wanted: &[&str],
    most: u64,
    limits: &Limits,
) -> Result<BTreeMap<String, Vec<u8>>, ArchiveError> {
    let mut sink = KeepSink { wanted, most, kept: BTreeMap::new(), open: None };
    feed(path, limits, &mut sink)?;
    Ok(sink.kept)
}

/// Takes an archive's entries in its order.
trait Sink {
    fn folder(&mut self, path: &SafePath) -> io::Result<()>;
    /// A file begins.
    fn file(&mut self, path: &SafePath, is_executable: bool) -> io::Result<()>;
    /// More of the content of the last file.
    fn bytes(&mut self, bytes: &[u8]) -> io::Result<()>;
}

/// What an archive was found to hold, contents apart.
#[derive(Default)]
struct Contents {
    /// Name of the folder at its top.
    top: String,
    files: BTreeMap<SafePath, FileSeen>,
    /// Unpacked size of all files, bytes.
    size: u64,
    links: BTreeMap<SafePath, Link>,
}

/// What a file was found to be, so that one of the same name can be told from it.
#[derive(PartialEq, Eq)]
struct FileSeen {
    is_executable: bool,
    /// `None`: of an archive in which no name is there twice.
    digest: Option<HashDigest>,
}

enum Link {
    /// Its target as it stands there.
    Symbolic(String),
    /// A file that came before.
    Hard(SafePath),
}

impl Contents {
    /// Takes note of a path, all of which lie in the same folder.
    fn note(&mut self, path: &SafePath, is_folder: bool) -> Result<(), ArchiveError> {
        let first = path.components().next().unwrap_or_default();
        if self.top.is_empty() {
            first.clone_into(&mut self.top);
        }
        if first != self.top && [first, &self.top].iter().any(|folder| folder.ends_with(".dist-info")) {
            return Err(ArchiveError::Source("it is a wheel, and its URL or path has to end in its name"));
        }
        if first != self.top || (path.as_str() == first && !is_folder) {
            return Err(ArchiveError::Source("it does not have exactly one folder at its top"));
        }
        Ok(())
    }
}

fn feed(path: &Path, limits: &Limits, sink: &mut dyn Sink) -> Result<Contents, ArchiveError> {
    let mut start = Vec::new();
    let read = regular::open(path).and_then(|file| file.take(TELLING as u64).read_to_end(&mut start));
    read.map_err(ArchiveError::Read)?;
    let contents = match start.as_slice() {
        [0x1f, 0x8b, ..] => feed_tar(path, limits, sink)?,
        [b'P', b'K', 3, 4, ..] => feed_zip(path, limits, sink)?,
        other => return Err(ArchiveError::Source(other_content(other).unwrap_or("it is neither a tar.gz nor a zip"))),
    };
    if contents.top.is_empty() {
        return Err(ArchiveError::Source("it is empty"));
    }
    Ok(contents)
}

fn feed_tar(path: &Path, limits: &Limits, sink: &mut dyn Sink) -> Result<Contents, ArchiveError> {
    let mut contents = Contents::default();
    let mut reader = TarReader::new(regular::open(path).map_err(ArchiveError::Read)?, limits)?;
    while let Some(entry) = reader.next()? {
        let path = entry.path;
        contents.note(&path, matches!(entry.kind, TarKind::Folder))?;
        match entry.kind {
            TarKind::Folder => sink.folder(&path).map_err(|source| failed(&path, source))?,
            TarKind::File { is_executable, is_again } => {
                if !is_again {
                    sink.file(&path, is_executable).map_err(|source| failed(&path, source))?;
                }
                let (mut hasher, mut size) = (Hasher::new(HashAlgorithm::Sha256), 0);
                reader.read_content(|bytes| {
                    size += bytes.len() as u64;
                    hasher.update(bytes);
                    if is_again { Ok(()) } else { sink.bytes(bytes) }
                })?;
                let seen = FileSeen { is_executable, digest: Some(hasher.finish()) };
                if !is_again {
                    contents.size += size;
                    contents.files.insert(path, seen);
                } else if contents.files.get(&path) != Some(&seen) {
                    // Some tools list a file twice. Programs differ on which one counts, so there has to be no difference.
                    let reason = "the name is there twice, and not for the same file";
                    return Err(ArchiveError::entry(path.as_str(), reason));
                }
            }
            TarKind::Symlink(target) => {
                contents.links.insert(path, Link::Symbolic(target));
            }
            TarKind::HardLink(target) if contents.files.contains_key(&target) => {
                contents.links.insert(path, Link::Hard(target));
            }
            TarKind::HardLink(_) => {
                return Err(ArchiveError::entry(path.as_str(), "it is a hard link to no file before it"));
            }
        }
    }
    Ok(contents)
}

fn feed_zip(path: &Path, limits: &Limits, sink: &mut dyn Sink) -> Result<Contents, ArchiveError> {
    let mut contents = Contents::default();
    let reader = ZipReader::open(path, limits)?;
    let mut inflater = Inflater::default();
    for entry in reader.entries() {
        contents.note(&entry.path, entry.is_folder)?;
        if entry.is_folder {
            sink.folder(&entry.path).map_err(|source| failed(&entry.path, source))?;
            continue;
        }
        sink.file(&entry.path, entry.is_executable).map_err(|source| failed(&entry.path, source))?;
        inflater.read(reader.file(), entry.path.as_str(), &entry.span, |bytes| sink.bytes(bytes))?;
        contents.size += entry.span.size;
        let seen = FileSeen { is_executable: entry.is_executable, digest: None };
        contents.files.insert(entry.path.clone(), seen);
    }
    Ok(contents)
}

/// Writes files below a folder.
struct FolderSink {
    into: PathBuf,
    modified: SystemTime,
    open: Option<fs::File>,
}

impl FolderSink {
    /// Ends the last file.
    fn close(&mut self) -> io::Result<()> {
        self.open.take().map_or(Ok(()), |file| file.file().set_modified(self.modified))
    }
}

impl Sink for FolderSink {
    fn folder(&mut self, path: &SafePath) -> io::Result<()> {
        fs::create_dir_all(path.below(&self.into))
    }

    fn file(&mut self, path: &SafePath, is_executable: bool) -> io::Result<()> {
        self.close()?;
        let place = path.below(&self.into);
        if let Some(folder) = place.parent() {
            fs::create_dir_all(folder)?;
        }
        self.open = Some(create(&place, is_executable)?);
        Ok(())
    }

    fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.open.as_mut().map_or(Ok(()), |file| file.write_all(bytes))
    }
}

/// A new file, of mode 0755 or 0644 less the umask.
fn create(place: &Path, is_executable: bool) -> io::Result<fs::File> {
    use fs::os::unix::fs::OpenOptionsExt as _;
    let mode = if is_executable { 0o755 } else { 0o644 };
    fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(place)
}

/// Keeps the contents of some files.
struct KeepSink<'a> {
    wanted: &'a [&'a str],
    most: u64,
    kept: BTreeMap<String, Vec<u8>>,
    open: Option<String>,
}

impl Sink for KeepSink<'_> {
    fn folder(&mut self, _: &SafePath) -> io::Result<()> {
        Ok(())
    }

    fn file(&mut self, path: &SafePath, _: bool) -> io::Result<()> {
        let below = path.as_str().split_once('/').map_or("", |(_, below)| below);
        self.open = self.wanted.contains(&below).then(|| below.to_owned());
        Ok(())
    }

    fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some(name) = &self.open {
            let kept = self.kept.entry(name.clone()).or_default();
            if (kept.len() + bytes.len()) as u64 > self.most {
                return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("`{name}` is too large to be read")));
            }
            kept.extend_from_slice(bytes);
        }
        Ok(())
    }
}

/// Puts copies in the places of links: of files first, then of folders.
fn place_links(into: &Path, contents: &Contents, modified: SystemTime, limits: &Limits) -> Result<(), ArchiveError> {
    let count = (contents.files.len() + contents.links.len()) as u64;
    let mut copy = Copy { into, size: contents.size, count, modified, limits };
    let mut to_folders = Vec::new();
    for path in contents.links.keys() {
        let Some(target) = target_of(contents, path)? else { continue };
        match fs::metadata(target.below(into)) {
            Ok(found) if found.is_file() => copy.file(&target, path)?,
            Ok(_) => to_folders.push((path, target)),
            // Neither the user nor a build could read it.
            Err(_) => {}
        }
    }
    for (path, target) in &to_folders {
        let is_below = |path: &SafePath| path.as_str().starts_with(&format!("{target}/"));
        if is_below(path) || to_folders.iter().any(|(other, _)| is_below(other)) {
            return Err(ArchiveError::entry(path.as_str(), "it is a link to a folder that holds such links itself"));
        }
        copy.folder(target, path)?;
    }
    Ok(())
}

/// Where a link leads in the end; `None`: to something that cannot be there.
fn target_of(contents: &Contents, path: &SafePath) -> Result<Option<SafePath>, ArchiveError> {
    let mut followed = 0;
    let mut place: Vec<String> = Vec::new();
    // What is still to be walked, last component first.
    let mut ahead: Vec<String> = path.as_str().rsplit('/').map(str::to_owned).collect();
    while let Some(component) = ahead.pop() {
        match component.as_str() {
            "" | "." => continue,
            ".." if place.len() <= 1 => return Err(ArchiveError::entry(path.as_str(), OUTSIDE)),
            ".." => {
                place.pop();
                continue;
            }
            _ => place.push(component),
        }
        let Ok(reached) = SafePath::new(&place.join("/")) else { return Ok(None) };
        let Some(link) = contents.links.get(&reached) else { continue };
        followed += 1;
        if followed > MOST_LINKS_IN_A_ROW {
            return Err(ArchiveError::entry(path.as_str(), "it is a link that leads back to itself"));
        }
        match link {
            Link::Hard(target) => {
                place.clear();
                ahead.extend(target.as_str().rsplit('/').map(str::to_owned));
            }
            Link::Symbolic(target) => {
                place.pop();
                check_relative(target).map_err(|reason| ArchiveError::entry(reached.as_str(), reason))?;
                ahead.extend(target.rsplit('/').map(str::to_owned));
            }
        }
    }
    Ok(SafePath::new(&place.join("/")).ok())
}

/// Checks the target of a link as far as its text alone can be wrong.
fn check_relative(target: &str) -> Result<(), &'static str> {
    if target.starts_with('/') || target.contains('\\') || target.as_bytes().get(1) == Some(&b':') {
        return Err(OUTSIDE);
    }
    if target.chars().any(char::is_control) {
        return Err("it is a link with a control character");
    }
    Ok(())
}

/// Copies within the unpacked archive, as far as its limit goes.
struct Copy<'a> {
    into: &'a Path,
    size: u64,
    /// Files and folders.
    count: u64,
    modified: SystemTime,
    limits: &'a Limits,
}

impl Copy<'_> {
    /// Counts one more: a thousand links to a folder of a thousand empty files are a million files.
    fn count(&mut self) -> Result<(), ArchiveError> {
        self.count += 1;
        let limit = self.limits.entries;
        if self.count > limit {
            return Err(ArchiveError::Limit { what: Bound::FilesAndFolders, actual: self.count, limit });
        }
        Ok(())
    }

    fn file(&mut self, from: &SafePath, to: &SafePath) -> Result<(), ArchiveError> {
        use std::os::unix::fs::PermissionsExt as _;
        self.count()?;
        let copied = (|| {
            let (source, place) = (from.below(self.into), to.below(self.into));
            if let Some(folder) = place.parent() {
                fs::create_dir_all(folder)?;
            }
            let found = fs::metadata(&source)?;
            self.size = self.size.saturating_add(found.len());
            if self.size > self.limits.unpacked_size {
                return Ok(false);
            }
            let mut file = create(&place, found.permissions().mode() & 0o111 != 0)?;
            io::copy(&mut fs::File::open(&source)?, &mut file)?;
            file.file().set_modified(self.modified)?;
            Ok(true)
        })();
        if copied.map_err(|source| failed(to, source))? {
            Ok(())
        } else {
            let limit = self.limits.unpacked_size;
            Err(ArchiveError::Limit { what: Bound::UnpackedBytes, actual: self.size, limit })
        }
    }

    fn folder(&mut self, from: &SafePath, to: &SafePath) -> Result<(), ArchiveError> {
        self.count()?;
        let below = |path: &SafePath, name: &std::ffi::OsStr| {
            SafePath::new(&format!("{path}/{}", name.to_string_lossy())).map_err(ArchiveError::Path)
        };
        fs::create_dir_all(to.below(self.into)).map_err(|source| failed(to, source))?;
        for entry in fs::read_dir(from.below(self.into)).map_err(|source| failed(from, source))? {
            let entry = entry.map_err(|source| failed(from, source))?;
            let (from, to) = (below(from, &entry.file_name())?, below(to, &entry.file_name())?);
            if entry.path().is_dir() { self.folder(&from, &to)? } else { self.file(&from, &to)? }
        }
        Ok(())
    }
}

fn failed(path: &SafePath, source: io::Error) -> ArchiveError {
    ArchiveError::Write { entry: path.as_str().to_owned(), source }
}
