//! Zips of others, read as leniently as AWS reads them: what our own reader refuses, Lambda may well accept.

use std::io;
use std::path::{Path, PathBuf};

use zip::CompressionMethod;

use super::CheckError;
use super::code::Code;
use super::file::{BytesAt, CheckedFile, read_up_to};
use super::finding::{Finding, Grade, bad_link};
use super::stamp::CheckStamp;
use crate::inventory::{ForeignZip, NoZip, open_foreign_zip};
use crate::regular;

/// Largest number of entries that is looked at.
const ENTRIES_MOST: usize = 1 << 20;

/// Longest text of a link, bytes: that of a path on Linux.
const LINK_MOST: u64 = 4096;

/// A zip in memory. Every reading thread has its own view of it.
pub(super) struct CheckedArchive {
    zip: ForeignZip,
    /// Size of the archive itself, bytes.
    pub(super) size: u64,
    /// What the archive looks like.
    pub(super) stamp: CheckStamp,
}

impl CheckedArchive {
    /// Opens an archive; `Err(None)` is one that cannot be read as a zip.
    pub(super) fn open(path: &Path) -> Result<Result<Self, Finding>, CheckError> {
        let failed = |source| CheckError::Read { path: path.to_owned(), source };
        // Before it is read: a change in between is seen the next time.
        let stamp = regular::open(path).and_then(|file| file.metadata()).map_err(failed)?;
        let stamp = CheckStamp::of(&stamp);
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(match open_foreign_zip(path) {
            Ok((zip, size)) => Ok(Self { zip, size, stamp }),
            Err(NoZip::Read(source)) => return Err(failed(source)),
            Err(NoZip::TooLarge(size)) => return Err(CheckError::LargeArchive { path: path.to_owned(), size }),
            Err(NoZip::NoArchive) => return Err(CheckError::NoArchive { path: path.to_owned() }),
            Err(NoZip::Broken(error)) => {
                let message = format!("the archive cannot be read: {error}");
                Err(Finding::new(Code::BadZip, Grade::Error, name.clone(), message).file(name))
            }
        })
    }

    /// Its files below `root`, and what is odd about them. `label` stands before each name.
    pub(super) fn files(&self, number: usize, root: &str, label: &str) -> (Vec<CheckedFile>, Vec<Finding>) {
        let mut zip = self.zip.clone();
        let (mut files, mut findings) = (Vec::new(), Vec::new());
        let (mut without_mode, mut links) = (Vec::new(), Vec::new());
        for index in 0..zip.len().min(ENTRIES_MOST) {
            let entry = match zip.by_index_raw(index) {
                Ok(entry) => entry,
                Err(error) => {
                    let message = format!("entry {index} cannot be read: {error}");
                    findings.push(Finding::new(Code::BadZip, Grade::Error, format!("entry {index}"), message));
                    continue;
                }
            };
            let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
            let shown = format!("{label}{name}");
            let find =
                |code, message: String| Finding::new(code, Grade::Error, name.clone(), message).file(shown.clone());
            if let Some(reason) = unsafe_reason(&name) {
                findings.push(find(Code::UnsafePath, format!("the name of the entry {reason}")));
                continue;
            }
            if entry.is_dir() {
                continue;
            }
            if entry.encrypted() {
                findings.push(find(Code::ZipMethod, "the entry is encrypted".to_owned()));
                continue;
            }
            if !matches!(entry.compression(), CompressionMethod::Stored | CompressionMethod::Deflated) {
                let message = format!("the entry is compressed by {}", entry.compression());
                findings.push(find(Code::ZipMethod, message));
                continue;
            }
            let mode = entry.unix_mode().filter(|_| is_made_on_unix(&entry));
            if mode.is_none() {
                without_mode.push(name.clone());
            }
            if entry.is_symlink() {
                links.push((name, shown, index, entry.size()));
                continue;
            }
            let path = format!("{root}/{name}");
            files.push(CheckedFile {
                path,
                label: shown,
                size: entry.size(),
                mode: mode.map(|mode| mode & 0o7777),
                is_link: false,
                content: BytesAt::Zip(number, index),
            });
        }
        for (name, shown, index, size) in links {
            match self.linked(&files, root, &name, index, size) {
                Ok(file) => files.extend(file.map(|file| CheckedFile { label: shown, ..file })),
                Err(what) => findings.push(bad_link(&name, &shown, what)),
            }
        }
        if let Some(first) = without_mode.first() {
            let message =
                format!("{} of its entries say nothing about permissions, the first is `{first}`", without_mode.len());
            let subject = label.trim_end_matches(':').to_owned();
            let subject = if subject.is_empty() { first.clone() } else { subject };
            findings.push(Finding::new(Code::NoModes, Grade::Warning, subject, message));
        }
        (files, findings)
    }

    /// The file that a link of the archive leads to, in the place of the link; `None`: it leads to a folder.
    fn linked(
        &self,
        files: &[CheckedFile],
        root: &str,
        name: &str,
        index: usize,
        size: u64,
    ) -> Result<Option<CheckedFile>, &'static str> {
        let text = self.read(index, size.min(LINK_MOST)).unwrap_or_default();
        let text = std::str::from_utf8(&text).map_err(|_| "leads nowhere")?;
        let mut parts: Vec<&str> = name.split('/').collect();
        parts.pop();
        for part in text.split('/') {
            match part {
                "" | "." => {}
                ".." => _ = parts.pop().ok_or("leads out of the bundle")?,
                part => parts.push(part),
            }
        }
        let target = format!("{root}/{}", parts.join("/"));
        let found = files.iter().find(|file| file.path == target);
        if let Some(CheckedFile { size, mode, content: BytesAt::Zip(number, index), .. }) = found {
            let (path, content) = (format!("{root}/{name}"), BytesAt::Zip(*number, *index));
            return Ok(Some(CheckedFile {
                path,
                label: String::new(),
                size: *size,
                mode: *mode,
                is_link: true,
                content,
            }));
        }
        let inside = format!("{target}/");
        if files.iter().any(|file| file.path.starts_with(&inside)) { Ok(None) } else { Err("leads nowhere") }
    }

    /// The bytes of an entry. Not more than it says: what unpacks to more is a bomb or damaged.
    pub(super) fn read(&self, index: usize, size: u64) -> io::Result<Vec<u8>> {
        use io::Read as _;
        let mut zip = self.zip.clone();
        let entry = zip.by_index(index).map_err(io::Error::other)?;
        let mut bytes = Vec::with_capacity(usize::try_from(size.min(64 << 20)).unwrap_or(0));
        entry.take(size.saturating_add(1)).read_to_end(&mut bytes)?;
        if bytes.len() as u64 != size {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it has another size than the archive says"));
        }
        Ok(bytes)
    }

    /// The first bytes of an entry.
    pub(super) fn start(&self, index: usize, buffer: &mut [u8]) -> io::Result<usize> {
        let mut zip = self.zip.clone();
        let entry = zip.by_index(index).map_err(io::Error::other)?;
        read_up_to(entry, buffer)
    }
}

/// Whether an entry's mode is its own, and not one that is guessed from a flag of Windows.
fn is_made_on_unix<R: io::Read + ?Sized>(entry: &zip::read::ZipFile<'_, R>) -> bool {
    // The upper half of the external attributes is zero where nobody wrote a mode.
    entry.unix_mode().is_some_and(|mode| mode & 0o777 != 0) && entry.system() == zip::System::Unix
}

/// Why no unpacker can put an entry of this name where it says.
fn unsafe_reason(name: &str) -> Option<&'static str> {
    if name.starts_with('/') {
        return Some("is absolute");
    }
    if name.contains('\\') {
        return Some("has backslashes, which Linux takes for letters");
    }
    if name.contains('\0') {
        return Some("has a zero byte");
    }
    name.split('/').any(|part| part == "..").then_some("leads out of the folder with `..`")
}

/// Names that stand in an archive more than once: the crate keeps the last of each, so they are counted in its
/// directory.
pub(super) fn duplicates(path: &Path) -> Vec<String> {
    let Ok(bytes) = regular::read(path) else { return Vec::new() };
    let mut names: Vec<&[u8]> = Vec::new();
    let mut at = central_directory(&bytes).unwrap_or(bytes.len());
    while let Some(header) = bytes.get(at..at + 46).filter(|header| header.starts_with(b"PK\x01\x02")) {
        let length = |place: usize| usize::from(u16::from_le_bytes([header[place], header[place + 1]]));
        let Some(name) = bytes.get(at + 46..at + 46 + length(28)) else { break };
        names.push(name);
        at += 46 + length(28) + length(30) + length(32);
    }
    names.sort_unstable();
    let mut twice: Vec<String> = names
        .windows(2)
        .filter(|two| two[0] == two[1])
        .map(|two| String::from_utf8_lossy(two[0]).into_owned())
        .collect();
    twice.dedup();
    twice
}

/// Where the directory of an archive begins, by its last end record.
fn central_directory(bytes: &[u8]) -> Option<usize> {
    let end = bytes.windows(4).rposition(|four| four == b"PK\x05\x06")?;
    let offset = u32::from_le_bytes(bytes.get(end + 16..end + 20)?.try_into().ok()?);
    usize::try_from(offset).ok()
}

/// What the user calls an archive or folder in messages.
pub(super) fn short_name(path: &Path) -> String {
    path.file_name()
        .map_or_else(|| PathBuf::from(path).display().to_string(), |name| name.to_string_lossy().into_owned())
}
