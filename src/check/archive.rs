//! Zips of others, read as leniently as AWS reads them: what our own reader refuses, Lambda may well accept.

use std::io;
use std::path::Path;

use zip::CompressionMethod;

use super::CheckError;
use super::code::Code;
use super::file::{BytesAt, CheckedFile, start_of};
use super::finding::{Finding, Grade, closed_folder};
use super::listing::ArchiveListing;
use super::stamp::CheckStamp;
use crate::inventory::{ForeignZip, NoZip, open_foreign_zip, plain_name};
use crate::regular;

/// Largest number of entries that is looked at.
const ENTRIES_MOST: usize = 1 << 20;

/// Most bytes of names, each with those of all folders above it, which are kept too: a hundred times what a bundle of
/// 50,000 files has.
const NAMES_MOST: usize = 1 << 30;

/// Longest text of a link, bytes: that of a path on Linux.
const LINK_MOST: u64 = 4096;

/// Longest name of an entry and of a part of it, bytes: `PATH_MAX` and `NAME_MAX` of Linux.
const PATH_MOST: usize = 4095;
const NAME_MOST: usize = 255;

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
        Ok(match open_foreign_zip(path) {
            Ok((zip, size)) => Ok(Self { zip, size, stamp }),
            Err(NoZip::Read(source)) => return Err(failed(source)),
            Err(NoZip::TooLarge(size)) => return Err(CheckError::LargeArchive { path: path.to_owned(), size }),
            Err(NoZip::NoArchive) => return Err(CheckError::NoArchive { path: path.to_owned() }),
            Err(NoZip::Broken(error)) => {
                let message = format!("the archive cannot be read: {error}");
                Err(Finding::of_file(Code::BadZip, Grade::Error, &short_name(path), message))
            }
        })
    }

    /// The files of the archive, placed below `root`, and what is odd about them. `label` stands before each name.
    pub(super) fn files(&self, number: usize, root: &str, label: &str) -> (Vec<CheckedFile>, Vec<Finding>) {
        let mut zip = self.zip.clone();
        let mut listing = ArchiveListing::default();
        let (mut without_mode, mut links) = (Vec::new(), Vec::new());
        let (entries, mut names_size) = (zip.len(), 0);
        for index in 0..entries {
            let entry = match zip.by_index_raw(index) {
                Ok(entry) => entry,
                Err(error) => {
                    let message = format!("entry {index} cannot be read: {error}");
                    let subject = format!("entry {index}");
                    listing.findings.push(Finding::new(Code::BadZip, Grade::Error, subject, message));
                    continue;
                }
            };
            let name = plain_name(entry.name_raw());
            if name.is_empty() {
                continue;
            }
            names_size += name.len() * (1 + name.matches('/').count());
            if index >= ENTRIES_MOST || names_size > NAMES_MOST {
                let message = format!("the archive has {entries} entries, and only {index} were looked at");
                listing.findings.push(Finding::new(Code::NotRead, Grade::Note, "entries", message));
                break;
            }
            let shown = format!("{label}{name}");
            if let Some((code, grade, message)) = oddity(&entry, &name) {
                listing.findings.push(Finding::new(code, grade, name, message).file(shown));
                continue;
            }
            let mode = entry.unix_mode().filter(|_| is_made_on_unix(&entry)).map(|mode| mode & 0o7777);
            if entry.is_dir() {
                let name = name.trim_end_matches('/').to_owned();
                listing.findings.extend(mode.and_then(|mode| closed_folder(mode, &name, &shown)));
                continue;
            }
            if mode.is_none() {
                without_mode.push(name.clone());
            }
            if entry.is_symlink() {
                let text = self.read(index, entry.size().min(LINK_MOST)).ok();
                links.push((name, text.and_then(|text| String::from_utf8(text).ok()).unwrap_or_default()));
                continue;
            }
            let (path, content) = (format!("{root}/{name}"), BytesAt::Zip(number, index));
            listing.files.push(CheckedFile { path, label: shown, size: entry.size(), mode, is_link: false, content });
        }
        listing.follow(&links, root, label);
        listing.check_places(root, label);
        listing.findings.extend(no_modes(&without_mode, label));
        (listing.files, listing.findings)
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
    pub(super) fn start(&self, index: usize, length: u64) -> io::Result<Vec<u8>> {
        let mut zip = self.zip.clone();
        let entry = zip.by_index(index).map_err(io::Error::other)?;
        start_of(entry, length)
    }
}

/// Whether an entry's mode is its own, and not one that is guessed from a flag of Windows.
fn is_made_on_unix<R: io::Read + ?Sized>(entry: &zip::read::ZipFile<'_, R>) -> bool {
    // The upper half of the external attributes is zero where nobody wrote a mode.
    entry.unix_mode().is_some_and(|mode| mode & 0o777 != 0) && entry.system() == zip::System::Unix
}

/// What keeps an entry from being a file or folder of the bundle.
fn oddity<R: io::Read + ?Sized>(entry: &zip::read::ZipFile<'_, R>, name: &str) -> Option<(Code, Grade, String)> {
    let error = |code, message: String| Some((code, Grade::Error, message));
    if let Some(reason) = unsafe_reason(name) {
        return error(Code::UnsafePath, format!("the name of the entry {reason}"));
    }
    if name.len() > PATH_MOST || name.split('/').any(|part| part.len() > NAME_MOST) {
        return error(Code::BadZip, "the name of the entry is longer than Linux takes".to_owned());
    }
    if entry.is_dir() {
        return None;
    }
    if entry.encrypted() {
        return error(Code::ZipMethod, "the entry is encrypted".to_owned());
    }
    if !matches!(entry.compression(), CompressionMethod::Stored | CompressionMethod::Deflated) {
        return error(Code::ZipMethod, format!("the entry is compressed by {}", entry.compression()));
    }
    let kind = entry.unix_mode().filter(|_| is_made_on_unix(entry)).map_or(0, |mode| mode & 0o170_000);
    let is_special = !matches!(kind, 0 | 0o040_000 | 0o100_000 | 0o120_000);
    is_special.then(|| (Code::ZipMethod, Grade::Warning, "the entry is a device, pipe or socket".to_owned()))
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

/// What an archive holds that says nothing about permissions.
fn no_modes(names: &[String], label: &str) -> Option<Finding> {
    let first = names.first()?;
    let message = format!("{} of its entries say nothing about permissions, the first is `{first}`", names.len());
    let subject = label.trim_end_matches(':');
    let subject = if subject.is_empty() { first } else { subject };
    Some(Finding::new(Code::NoModes, Grade::Warning, subject, message))
}

/// Names that stand in an archive more than once: the crate keeps the last of each, so they are counted in its
/// directory.
pub(super) fn duplicates(path: &Path) -> Vec<String> {
    let Ok(bytes) = regular::read(path) else { return Vec::new() };
    let mut names: Vec<String> = Vec::new();
    let mut at = central_directory(&bytes).unwrap_or(bytes.len());
    while let Some(header) = bytes.get(at..at + 46).filter(|header| header.starts_with(b"PK\x01\x02")) {
        let length = |place: usize| usize::from(u16::from_le_bytes([header[place], header[place + 1]]));
        let Some(name) = bytes.get(at + 46..at + 46 + length(28)) else { break };
        names.push(plain_name(name));
        at += 46 + length(28) + length(30) + length(32);
    }
    names.sort_unstable();
    let mut twice: Vec<String> = names.windows(2).filter(|two| two[0] == two[1]).map(|two| two[0].clone()).collect();
    twice.dedup();
    twice
}

/// Where the directory of an archive begins: right before its last end record, whatever stands before the archive.
fn central_directory(bytes: &[u8]) -> Option<usize> {
    /// Bytes of the zip64 end record and of its locator, which stand before the end record.
    const WIDE_RECORDS: usize = 56 + 20;
    let end = bytes.windows(4).rposition(|four| four == b"PK\x05\x06")?;
    let wide = end.checked_sub(WIDE_RECORDS).filter(|at| bytes[*at..].starts_with(b"PK\x06\x06"));
    let (end, size) = match wide {
        Some(at) => (at, u64::from_le_bytes(bytes.get(at + 40..at + 48)?.try_into().ok()?)),
        None => (end, u32::from_le_bytes(bytes.get(end + 12..end + 16)?.try_into().ok()?).into()),
    };
    end.checked_sub(usize::try_from(size).ok()?)
}

/// What the user calls an archive or folder in messages.
pub(super) fn short_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
