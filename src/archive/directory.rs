//! The central directory, entry by entry (APPNOTE 4.3.12).

use super::Bound;
use super::end_record::EndRecord;
use super::extra::Extra;
use super::fields::{
    CENTRAL_HEADER, DEFLATED, FLAG_DESCRIPTOR, FLAG_ENCRYPTED, FLAG_UTF8, FLAGS_EFFORT, STORED, holds_signature,
    u16_at, u32_at,
};
use super::{ArchiveError, Limits, NameClash, NameSet, SafePath};

const CENTRAL_HEADER_LENGTH: usize = 46;
/// The deflate stream of nothing, which Java writes for folders.
pub(super) const EMPTY_STREAM: [u8; 2] = [3, 0];
/// Largest factor by which deflate can shrink: 258 bytes in two bits, rounded up.
const DEFLATE_MOST: u64 = 1032;

/// Most names that may be there twice: each of them costs a search among all.
const REPEATED_MOST: u64 = 1000;

/// One header of the directory. Names are safe paths; nothing is known about the local header yet.
#[derive(Clone, Debug)]
pub(super) struct CentralHeader {
    pub(super) path: SafePath,
    pub(super) is_folder: bool,
    pub(super) mode: u32,
    /// Version of the format that a reader needs, tenths.
    pub(super) version_needed: u16,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) time: u32,
    pub(super) crc32: u32,
    pub(super) size: u64,
    pub(super) compressed_size: u64,
    pub(super) offset: u64,
}

impl CentralHeader {
    /// The name as its bytes stand in the archive.
    pub(super) fn raw_name(&self) -> Vec<u8> {
        let mut name = self.path.as_str().as_bytes().to_vec();
        name.extend(self.is_folder.then_some(b'/'));
        name
    }

    /// An error about this entry.
    pub(super) fn refuse(&self, reason: &'static str) -> ArchiveError {
        ArchiveError::entry(self.path.as_str(), reason)
    }
}

/// The directory of an archive.
#[derive(Debug)]
pub(super) struct Directory {
    /// Its headers, in its own order.
    pub(super) headers: Vec<CentralHeader>,
    /// Places of headers that repeat the name of an earlier one, which stands first in the pair; sizes and CRCs agree.
    pub(super) repeated: Vec<(usize, usize)>,
}

/// Reads the directory; its bytes must be exactly the headers that the end record counts.
pub(super) fn parse_directory(bytes: &[u8], end: &EndRecord, limits: &Limits) -> Result<Directory, ArchiveError> {
    let mut headers = Vec::with_capacity(usize::try_from(end.entries).unwrap_or(0).min(bytes.len() / 46));
    let mut repeated = Vec::new();
    let mut names = NameSet::new();
    let mut unpacked_size = 0_u64;
    let mut rest = bytes;
    for _ in 0..end.entries {
        let (header, length) = parse_header(rest)?;
        rest = &rest[length..];
        let added = if header.is_folder { names.add_folder(&header.path) } else { names.add_file(&header.path) };
        match added {
            Ok(()) => {}
            Err(clash) if clash.is_repeated => {
                repeated.push((find_same(&headers, &header)?, headers.len()));
                let actual = repeated.len() as u64;
                if actual > REPEATED_MOST {
                    return Err(ArchiveError::Limit { what: Bound::RepeatedNames, actual, limit: REPEATED_MOST });
                }
            }
            Err(NameClash { first, reason, .. }) => {
                return Err(ArchiveError::Clash { first, second: header.path.to_string(), reason });
            }
        }
        names.check(limits)?;
        unpacked_size = unpacked_size.saturating_add(header.size);
        if unpacked_size > limits.unpacked_size {
            return Err(ArchiveError::Limit {
                what: Bound::UnpackedBytes,
                actual: unpacked_size,
                limit: limits.unpacked_size,
            });
        }
        headers.push(header);
    }
    if !rest.is_empty() {
        return Err(ArchiveError::Structure("its central directory holds more than its end record counts"));
    }
    Ok(Directory { headers, repeated })
}

/// The place of the earlier header with this name, which must promise the same content: whoever takes the first of two
/// entries then has what others have who take the last.
fn find_same(headers: &[CentralHeader], repeated: &CentralHeader) -> Result<usize, ArchiveError> {
    let place = headers.iter().position(|header| header.path == repeated.path);
    let same = place.filter(|&place| (headers[place].size, headers[place].crc32) == (repeated.size, repeated.crc32));
    same.ok_or_else(|| refuse_repeated(&repeated.path))
}

/// Two entries of one name that are not the same.
pub(super) fn refuse_repeated(path: &SafePath) -> ArchiveError {
    let reason = "the name is there twice, with different bytes";
    ArchiveError::Clash { first: path.to_string(), second: path.to_string(), reason }
}

/// Reads the header at the start of `bytes`; gives it and its length.
fn parse_header(bytes: &[u8]) -> Result<(CentralHeader, usize), ArchiveError> {
    let short = ArchiveError::Structure("its central directory holds less than its end record counts");
    if bytes.len() < CENTRAL_HEADER_LENGTH {
        return Err(short);
    }
    if u32_at(bytes, 0) != CENTRAL_HEADER {
        return Err(ArchiveError::Structure("its central directory holds something that is not an entry"));
    }
    let (name_length, extra_length, comment_length) =
        (usize::from(u16_at(bytes, 28)), usize::from(u16_at(bytes, 30)), usize::from(u16_at(bytes, 32)));
    let length = CENTRAL_HEADER_LENGTH + name_length + extra_length + comment_length;
    let Some(variable) = bytes[CENTRAL_HEADER_LENGTH..].get(..length - CENTRAL_HEADER_LENGTH) else {
        return Err(short);
    };
    let (name, variable) = variable.split_at(name_length);
    let (extra, comment) = variable.split_at(extra_length);

    let flags = u16_at(bytes, 8);
    let (path, is_folder) = parse_name(name, flags)?;
    let refuse = |reason| ArchiveError::entry(path.as_str(), reason);
    check_flags(flags).map_err(refuse)?;
    let method = u16_at(bytes, 10);
    if method != STORED && method != DEFLATED {
        return Err(refuse("its compression method is neither stored nor deflated"));
    }
    let external = u32_at(bytes, 38);
    check_mode(external, is_folder).map_err(refuse)?;
    if u16_at(bytes, 34) != 0 {
        return Err(refuse("it is said to be on another disk"));
    }
    if holds_signature(comment) {
        return Err(refuse("its comment holds the signature of a zip record"));
    }
    let sizes = Extra::parse(extra, name)
        .and_then(|extra| extra.widen(u32_at(bytes, 24), u32_at(bytes, 20), u32_at(bytes, 42)))
        .map_err(refuse)?;
    if method == STORED && sizes.size != sizes.compressed_size {
        return Err(refuse("it is stored, but its two sizes differ"));
    }
    if sizes.size / DEFLATE_MOST > sizes.compressed_size {
        return Err(refuse("it claims to hold more than deflate can pack"));
    }
    let crc32 = u32_at(bytes, 16);
    if is_folder && (sizes.size != 0 || crc32 != 0 || sizes.compressed_size > EMPTY_STREAM.len() as u64) {
        return Err(refuse("it is a folder with content"));
    }
    let header = CentralHeader {
        path,
        is_folder,
        mode: external >> 16,
        version_needed: u16_at(bytes, 6),
        flags,
        method,
        time: u32_at(bytes, 12),
        crc32,
        size: sizes.size,
        compressed_size: sizes.compressed_size,
        offset: sizes.offset,
    };
    Ok((header, length))
}

/// Reads a name: UTF-8 that every program decodes alike, which beyond ASCII needs the flag that says so.
fn parse_name(name: &[u8], flags: u16) -> Result<(SafePath, bool), ArchiveError> {
    let refuse = |reason| Err(ArchiveError::entry(&String::from_utf8_lossy(name), reason));
    let Ok(text) = std::str::from_utf8(name) else { return refuse("its name is not UTF-8") };
    if !text.is_ascii() && flags & FLAG_UTF8 == 0 {
        return refuse("its name is not ASCII and not marked as UTF-8");
    }
    let (path, is_folder) = text.strip_suffix('/').map_or((text, false), |folder| (folder, true));
    Ok((SafePath::new(path)?, is_folder))
}

fn check_flags(flags: u16) -> Result<(), &'static str> {
    if flags & FLAG_ENCRYPTED != 0 {
        return Err("it is encrypted");
    }
    if flags & !(FLAG_DESCRIPTOR | FLAG_UTF8 | FLAGS_EFFORT) != 0 {
        return Err("it has flags that are not accepted (patch, strong encryption, masked or reserved)");
    }
    Ok(())
}

/// Checks the kind in the Unix mode, which is in the upper half whatever the field "made by" says, and the MS-DOS
/// folder bit.
fn check_mode(external: u32, is_folder: bool) -> Result<(), &'static str> {
    const FOLDER_BIT: u32 = 0x10;
    let mode = external >> 16;
    match mode & 0o170_000 {
        0 => {}
        0o100_000 if !is_folder => {}
        0o040_000 if is_folder => {}
        0o120_000 => return Err("it is a symbolic link"),
        0o100_000 | 0o040_000 => return Err("its name and its mode disagree whether it is a folder"),
        _ => return Err("it is a device, pipe or socket"),
    }
    // Permissions mean nothing here: nobody takes more of a mode than whether it is that of a program.
    if !is_folder && external & FOLDER_BIT != 0 {
        return Err("its name and its attributes disagree whether it is a folder");
    }
    Ok(())
}
