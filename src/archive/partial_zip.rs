//! One small entry of a zip of which only parts are at hand: the METADATA of a wheel on a server, or in a large file.
//!
//! The caller adds parts, the end of the file first, and asks again until the answer is not [`EntryLookup::Missing`].
//! Nothing is proved about the rest of the archive: that is for the reader that installs it.

use std::io::Read as _;
use std::ops::Range;

use super::crc32;
use super::fields::{u16_at, u32_at, u64_at};
use super::other_content::{TELLING, other_content};

/// What is known of a zip file.
#[derive(Debug)]
pub struct PartialZip {
    length: u64,
    /// Parts by offset; neighbours are joined.
    parts: Vec<(u64, Vec<u8>)>,
}

/// What came of looking for an entry.
#[derive(Debug, PartialEq, Eq)]
pub enum EntryLookup {
    Content(Vec<u8>),
    /// Bytes that have to be added first.
    Missing(Range<u64>),
}

/// Why an entry cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PartialZipError {
    /// No archive, or one that contradicts itself.
    #[error("not a usable zip archive: {0}")]
    Malformed(&'static str),
    /// No entry is selected.
    #[error("there is none in it")]
    NoEntry,
    /// More than one entry is selected.
    #[error("there are several in it: `{0}` and `{1}`")]
    SeveralEntries(String, String),
    /// The content is larger than the limit.
    #[error("the entry has more than {0} bytes")]
    TooLarge(u64),
}

const END_RECORD: usize = 22;
const LOCAL_HEADER: u64 = 30;
const CENTRAL_HEADER: usize = 46;

/// Bytes allowed for the extra field of a local header before its length is known: writers that align or date their
/// entries use up to a few dozen.
const LOCAL_EXTRA_ALLOWANCE: u64 = 256;

/// Longest file, bytes: servers can say any number, and no file system holds more.
const LONGEST: u64 = i64::MAX as u64;

/// Largest central directory that is read, bytes: 100,000 entries with long names have less.
const DIRECTORY_LIMIT: u64 = 32 << 20;

struct Entry {
    name: String,
    flags: u16,
    method: u16,
    crc32: u32,
    compressed: u64,
    size: u64,
    offset: u64,
}

impl PartialZip {
    /// A file of `length` bytes, nothing of which is known.
    pub fn new(length: u64) -> Self {
        Self { length, parts: Vec::new() }
    }

    /// Adds the bytes from `offset`.
    pub fn add(&mut self, offset: u64, bytes: Vec<u8>) {
        let end = offset + bytes.len() as u64;
        let mut joined = bytes;
        if let Some(after) = self.parts.iter().position(|(start, _)| *start == end) {
            joined.extend(self.parts.swap_remove(after).1);
        }
        self.parts.push((offset, joined));
    }

    /// The content of the one entry that `select` takes, of at most `limit` bytes.
    pub fn entry(&self, select: impl Fn(&str) -> bool, limit: u64) -> Result<EntryLookup, PartialZipError> {
        let directory = self.directory()?;
        if directory.end - directory.start > DIRECTORY_LIMIT {
            return Err(malformed("its directory is too large"));
        }
        let bytes = match self.get(directory.clone()) {
            Ok(bytes) => bytes,
            Err(missing) => return Ok(EntryLookup::Missing(missing)),
        };
        let entry = find_entry(bytes, select)?;
        if entry.compressed > limit || entry.size > limit {
            return Err(PartialZipError::TooLarge(limit));
        }
        self.content(&entry, directory.start)
    }

    /// The unpacked sizes of all entries together, or the bytes that have to be added first.
    ///
    /// # Errors
    /// No archive, or one that contradicts itself.
    pub fn unpacked_size(&self) -> Result<Result<u64, Range<u64>>, PartialZipError> {
        let directory = self.directory()?;
        if directory.end - directory.start > DIRECTORY_LIMIT {
            return Err(malformed("its directory is too large"));
        }
        let mut rest = match self.get(directory) {
            Ok(bytes) => bytes,
            Err(missing) => return Ok(Err(missing)),
        };
        let mut total: u64 = 0;
        while !rest.is_empty() {
            let Record { header, name: _, extra, rest: behind } = next_record(rest)?;
            total = total.saturating_add(read_entry(header, "", extra)?.size);
            rest = behind;
        }
        Ok(Ok(total))
    }

    /// What a file without an end record is.
    fn other_content(&self) -> &'static str {
        let start = self.get(0..self.length.min(TELLING as u64)).ok();
        start.and_then(other_content).unwrap_or("it is cut off, or no zip archive at all")
    }

    /// Whether the archive's end is where its end record says: false for a file that was cut off or padded.
    pub fn is_whole(&self) -> bool {
        self.directory().is_ok()
    }

    /// The bytes of a range, or the part of it that is not at hand.
    fn get(&self, range: Range<u64>) -> Result<&[u8], Range<u64>> {
        let holding =
            |at: u64| self.parts.iter().find(|(start, bytes)| (*start..*start + bytes.len() as u64).contains(&at));
        if range.is_empty() {
            return Ok(&[]);
        }
        match holding(range.end - 1) {
            Some((start, bytes)) if *start <= range.start => {
                let from = usize::try_from(range.start - start).expect("an offset in a buffer");
                let to = usize::try_from(range.end - start).expect("an offset in a buffer");
                Ok(&bytes[from..to])
            }
            Some((start, _)) => Err(range.start..*start),
            None => Err(range),
        }
    }

    /// Where the central directory is, by the end record (APPNOTE 4.3.16) and its zip64 form (4.3.14).
    fn directory(&self) -> Result<Range<u64>, PartialZipError> {
        if self.length > LONGEST {
            return Err(malformed("no file is as long as it is said to be"));
        }
        let Some((tail_start, tail)) =
            self.parts.iter().find(|(start, bytes)| start + bytes.len() as u64 == self.length)
        else {
            return Err(malformed("its end is not there"));
        };
        let at = (0..tail.len().saturating_sub(END_RECORD - 1))
            .rev()
            .find(|&at| {
                tail[at..].starts_with(b"PK\x05\x06")
                    && at + END_RECORD + usize::from(u16_at(tail, at + 20)) == tail.len()
            })
            .ok_or_else(|| malformed(self.other_content()))?;
        let (mut size, mut offset) = (u64::from(u32_at(tail, at + 12)), u64::from(u32_at(tail, at + 16)));
        let mut end = tail_start + at as u64;
        let has_zip64 = at >= 20 && tail[at - 20..].starts_with(b"PK\x06\x07");
        if has_zip64 && at >= 76 && tail[at - 76..].starts_with(b"PK\x06\x06") {
            size = u64_at(tail, at - 76 + 40);
            offset = u64_at(tail, at - 76 + 48);
            end -= 76;
        }
        if offset.checked_add(size) == Some(end) {
            Ok(offset..end)
        } else {
            Err(malformed("its directory is not where its end record says"))
        }
    }

    fn content(&self, entry: &Entry, directory_start: u64) -> Result<EntryLookup, PartialZipError> {
        let name_length = entry.name.len() as u64;
        let least = (entry.offset.checked_add(LOCAL_HEADER + name_length + entry.compressed))
            .filter(|&end| end <= directory_start)
            .ok_or(malformed("an entry reaches into the directory"))?;
        let likely = (least + LOCAL_EXTRA_ALLOWANCE).min(directory_start);
        let (header, likely_missing) = match self.get(entry.offset..likely) {
            Ok(bytes) => (bytes, None),
            Err(missing) => match self.get(entry.offset..entry.offset + LOCAL_HEADER + name_length) {
                Ok(bytes) => (bytes, Some(missing)),
                Err(_) => return Ok(EntryLookup::Missing(missing)),
            },
        };
        if !header.starts_with(b"PK\x03\x04") {
            return Err(malformed("an entry has no local header"));
        }
        let (flags, method) = (u16_at(header, 6), u16_at(header, 8));
        let local_name = usize::from(u16_at(header, 26));
        let name_end = usize::try_from(LOCAL_HEADER).expect("a small number") + local_name;
        let has_descriptor = flags & 0x8 != 0;
        let same_sizes = has_descriptor
            || u32_at(header, 18) == u32::MAX
            || (u64::from(u32_at(header, 18)), u64::from(u32_at(header, 22))) == (entry.compressed, entry.size);
        let same_name = header.get(name_end - local_name..name_end) == Some(entry.name.as_bytes());
        if !same_name || method != entry.method || flags != entry.flags || !same_sizes {
            return Err(malformed("a local header and the directory disagree"));
        }
        let start = entry.offset + LOCAL_HEADER + (local_name as u64) + u64::from(u16_at(header, 28));
        let end = start + entry.compressed;
        if end > directory_start {
            return Err(malformed("an entry reaches into the directory"));
        }
        match self.get(start..end) {
            Ok(data) => inflate(entry, data).map(EntryLookup::Content),
            Err(missing) => Ok(EntryLookup::Missing(likely_missing.unwrap_or(missing))),
        }
    }
}

fn find_entry(mut directory: &[u8], select: impl Fn(&str) -> bool) -> Result<Entry, PartialZipError> {
    let mut found: Option<Entry> = None;
    while !directory.is_empty() {
        let Record { header, name, extra, rest } = next_record(directory)?;
        directory = rest;
        let Some(name) = std::str::from_utf8(name).ok().filter(|name| select(name)) else { continue };
        let entry = read_entry(header, name, extra)?;
        match found {
            // The same file twice, which whoever reads the whole archive makes sure of.
            Some(ref first) if first.name == name && (first.crc32, first.size) == (entry.crc32, entry.size) => {}
            Some(first) => return Err(PartialZipError::SeveralEntries(first.name, name.to_owned())),
            None => found = Some(entry),
        }
    }
    found.ok_or(PartialZipError::NoEntry)
}

/// One record of a directory.
struct Record<'a> {
    /// The bytes of the whole record.
    header: &'a [u8],
    name: &'a [u8],
    extra: &'a [u8],
    /// What stands behind it.
    rest: &'a [u8],
}

/// The first record of a directory.
fn next_record(directory: &[u8]) -> Result<Record<'_>, PartialZipError> {
    if directory.len() < CENTRAL_HEADER || !directory.starts_with(b"PK\x01\x02") {
        return Err(malformed("its directory is broken"));
    }
    let lengths = [28, 30, 32].map(|at| usize::from(u16_at(directory, at)));
    let end = CENTRAL_HEADER + lengths.iter().sum::<usize>();
    let header = directory.get(..end).ok_or(malformed("its directory is broken"))?;
    let (name, extra) = header[CENTRAL_HEADER..].split_at(lengths[0]);
    Ok(Record { header, name, extra: &extra[..lengths[1]], rest: &directory[end..] })
}

fn read_entry(record: &[u8], name: &str, extra: &[u8]) -> Result<Entry, PartialZipError> {
    let [compressed, size, offset] = [20, 24, 42].map(|at| u32_at(record, at));
    let mut wide = zip64_values(extra);
    // APPNOTE 4.5.3: the zip64 field holds only the values that do not fit, in this order.
    let mut widen = |narrow: u32| {
        if narrow == u32::MAX { wide.next().ok_or(malformed("a zip64 field is missing")) } else { Ok(narrow.into()) }
    };
    Ok(Entry {
        name: name.to_owned(),
        flags: u16_at(record, 8),
        method: u16_at(record, 10),
        crc32: u32_at(record, 16),
        size: widen(size)?,
        compressed: widen(compressed)?,
        offset: widen(offset)?,
    })
}

fn zip64_values(mut extra: &[u8]) -> impl Iterator<Item = u64> {
    let mut values: &[u8] = &[];
    while extra.len() >= 4 {
        let length = usize::from(u16_at(extra, 2)).min(extra.len() - 4);
        if u16_at(extra, 0) == 1 {
            values = &extra[4..4 + length];
        }
        extra = &extra[4 + length..];
    }
    values.chunks_exact(8).map(|value| u64_at(value, 0))
}

fn inflate(entry: &Entry, data: &[u8]) -> Result<Vec<u8>, PartialZipError> {
    if entry.flags & 0x1 != 0 {
        return Err(malformed("the entry is encrypted"));
    }
    let content = match entry.method {
        0 => data.to_vec(),
        8 => {
            let mut content = Vec::new();
            let reader = flate2::read::DeflateDecoder::new(data);
            reader
                .take(entry.size + 1)
                .read_to_end(&mut content)
                .map_err(|_| malformed("the entry does not inflate"))?;
            content
        }
        _ => return Err(malformed("the entry has a compression method other than stored and deflated")),
    };
    if content.len() as u64 != entry.size || crc32(&content) != entry.crc32 {
        return Err(malformed("the entry does not have the size and checksum that its header says"));
    }
    Ok(content)
}

fn malformed(reason: &'static str) -> PartialZipError {
    PartialZipError::Malformed(reason)
}
