//! A zip archive that has one meaning.

use std::path::Path;

use super::Bound;
use super::directory::{Directory, parse_directory, refuse_repeated};
use super::end_record::EndRecord;
use super::fields::{DEFLATED, u32_at};
use super::layout::check_layout;
use super::{ArchiveError, DataSpan, Inflater, Limits, ReadAt, SafePath};
use crate::regular;
use crate::spec::{HashAlgorithm, HashDigest, Hasher};

/// An open archive. Holding one proves that directory, local headers and layout agree, that names are safe and each is
/// there once (or with the same bytes, and then is taken once), and that the directory promises no more than the limits
/// allow; contents are checked when they are read.
#[derive(Debug)]
pub struct ZipReader<F: ?Sized = std::fs::File> {
    entries: Vec<ZipEntry>,
    length: u64,
    file: F,
}

/// One entry of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZipEntry {
    /// Its name; a folder's without the slash at the end.
    pub path: SafePath,
    /// A folder, empty by itself.
    pub is_folder: bool,
    /// Some execute bit of its Unix mode is set.
    pub is_executable: bool,
    /// Where its data is and what it must become.
    pub span: DataSpan,
}

impl ZipReader {
    /// Opens the archive at `path`.
    pub fn open(path: &Path, limits: &Limits) -> Result<Self, ArchiveError> {
        let file = regular::open(path).map_err(ArchiveError::Read)?;
        Self::new(file.into_parts().0, limits)
    }
}

impl<F: ReadAt> ZipReader<F> {
    /// Reads and checks everything but the contents.
    pub fn new(file: F, limits: &Limits) -> Result<Self, ArchiveError> {
        let length = file.length().map_err(ArchiveError::Read)?;
        let (entries, repeated) = read_entries(&file, length, limits)?;
        let mut reader = Self { entries, length, file };
        reader.drop_repeated(&repeated)?;
        Ok(reader)
    }

    /// Leaves one of each two entries with the same name, once their contents were seen to be the same.
    fn drop_repeated(&mut self, repeated: &[(usize, usize)]) -> Result<(), ArchiveError> {
        for &(first, second) in repeated {
            if self.digest(first)? != self.digest(second)? {
                return Err(refuse_repeated(&self.entries[first].path));
            }
            self.entries[first].is_executable |= self.entries[second].is_executable;
        }
        for &(_, second) in repeated.iter().rev() {
            self.entries.remove(second);
        }
        Ok(())
    }

    fn digest(&self, place: usize) -> Result<HashDigest, ArchiveError> {
        let entry = &self.entries[place];
        let mut hasher = Hasher::new(HashAlgorithm::Sha256);
        Inflater::default().read(&self.file, entry.path.as_str(), &entry.span, |bytes| {
            hasher.update(bytes);
            Ok(())
        })?;
        Ok(hasher.finish())
    }

    /// The entries, in the order of the directory.
    pub fn entries(&self) -> &[ZipEntry] {
        &self.entries
    }

    /// The entry called `path`.
    pub fn entry(&self, path: &str) -> Option<&ZipEntry> {
        self.entries.iter().find(|entry| entry.path.as_str() == path && !entry.is_folder)
    }

    /// Size of the archive, bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The archive's own bytes.
    pub fn file(&self) -> &F {
        &self.file
    }

    /// The first `length` bytes of an entry's content, or all of it when it is shorter; its CRC is not checked.
    pub fn prefix(&self, entry: &ZipEntry, length: usize) -> Result<Vec<u8>, ArchiveError> {
        let mut prefix = Vec::new();
        let read = Inflater::default().read(&self.file, entry.path.as_str(), &entry.span, |bytes| {
            prefix.extend_from_slice(&bytes[..bytes.len().min(length - prefix.len())]);
            // Nothing more is needed: the error stops the reading and is not passed on.
            if prefix.len() == length { Err(std::io::ErrorKind::Interrupted.into()) } else { Ok(()) }
        });
        match read {
            Err(ArchiveError::Write { .. }) | Ok(()) => Ok(prefix),
            Err(error) => Err(error),
        }
    }

    /// The content of an entry that is to be held in memory, refused when it is larger than `most` bytes.
    pub fn read(&self, entry: &ZipEntry, most: u64) -> Result<Vec<u8>, ArchiveError> {
        if entry.span.size > most {
            return Err(ArchiveError::Limit { what: Bound::WholeFileBytes, actual: entry.span.size, limit: most });
        }
        let mut content = Vec::with_capacity(usize::try_from(entry.span.size).unwrap_or(0));
        Inflater::default().read(&self.file, entry.path.as_str(), &entry.span, |bytes| {
            content.extend_from_slice(bytes);
            Ok(())
        })?;
        Ok(content)
    }
}

/// The entries, and the places of those that repeat the name of an earlier one.
type Entries = (Vec<ZipEntry>, Vec<(usize, usize)>);

fn read_entries(file: &impl ReadAt, length: u64, limits: &Limits) -> Result<Entries, ArchiveError> {
    if is_tar(file, length)? {
        return Err(ArchiveError::Structure("it is a tar archive at the same time"));
    }
    let end = EndRecord::read(file, length)?;
    let check = |what, actual, limit| {
        if actual > limit { Err(ArchiveError::Limit { what, actual, limit }) } else { Ok(()) }
    };
    check(Bound::Entries, end.entries, limits.entries)?;
    check(Bound::DirectoryBytes, end.size, limits.directory_size)?;
    let mut directory = vec![0; usize::try_from(end.size).map_err(|_| ArchiveError::Structure("it is too large"))?];
    file.read_exact_at(&mut directory, end.offset).map_err(ArchiveError::Read)?;
    let Directory { headers, repeated } = parse_directory(&directory, &end, limits)?;
    let unpacked = headers.iter().fold(0_u64, |sum, header| sum.saturating_add(header.size));
    if unpacked > Limits::RATIO_FREE_SIZE {
        check(Bound::Ratio, unpacked.div_ceil(length.max(1)), limits.ratio)?;
    }
    let data_offsets = check_layout(file, &headers, end.offset)?;
    let entries = headers.into_iter().zip(data_offsets).map(|(header, offset)| ZipEntry {
        is_folder: header.is_folder,
        is_executable: !header.is_folder && header.mode & 0o111 != 0,
        span: DataSpan {
            offset,
            compressed_size: header.compressed_size,
            size: header.size,
            crc32: header.crc32,
            deflated: header.method == DEFLATED,
        },
        path: header.path,
    });
    Ok((entries.collect(), repeated))
}

/// Whether a tar reader would accept the first block: its checksum field is the sum of its bytes with that field taken
/// as blanks (POSIX pax, "ustar Interchange Format"). Readers add the bytes up as signed numbers too, stop at the first
/// character that is no octal digit, and know numbers of 256 values a byte.
fn is_tar(file: &impl ReadAt, length: u64) -> Result<bool, ArchiveError> {
    const CHECKSUM: std::ops::Range<usize> = 148..156;
    let mut block = [0; 512];
    if length < block.len() as u64 {
        return Ok(false);
    }
    file.read_exact_at(&mut block, 0).map_err(ArchiveError::Read)?;
    if u32_at(&block, 0) == 0 {
        return Ok(false);
    }
    let field: [u8; 8] = block[CHECKSUM].try_into().expect("eight bytes");
    let promised = if field[0] & 0x80 == 0 {
        let digits = field.iter().skip_while(|&&byte| byte == b' ').take_while(|byte| (b'0'..=b'7').contains(byte));
        digits.fold(0, |number, &digit| number * 8 + i64::from(digit - b'0'))
    } else {
        // Seven bytes hold more than any sum of a block.
        field[1..].iter().fold(0, |number, &byte| number << 8 | i64::from(byte))
    };
    block[CHECKSUM].fill(b' ');
    let unsigned: i64 = block.iter().map(|&byte| i64::from(byte)).sum();
    let signed: i64 = block.iter().map(|&byte| i64::from(byte.cast_signed())).sum();
    Ok(promised == unsigned || promised == signed)
}
