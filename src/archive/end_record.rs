//! The end of central directory record: found, and checked to be the only one (APPNOTE 4.3.14 to 4.3.16).

use super::fields::{END_RECORD, ZIP64_END_RECORD, ZIP64_LOCATOR, holds_signature, u16_at, u32_at, u64_at};
use super::other_content::{TELLING, other_content};
use super::{ArchiveError, ReadAt};

const END_RECORD_LENGTH: usize = 22;
const LOCATOR_LENGTH: usize = 20;
const ZIP64_END_RECORD_LENGTH: usize = 56;

/// Where the central directory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EndRecord {
    /// Number of entries.
    pub(super) entries: u64,
    /// Offset of the directory.
    pub(super) offset: u64,
    /// Its size, bytes; the records that end the archive follow directly.
    pub(super) size: u64,
}

impl EndRecord {
    /// Finds the end record of a file of `length` bytes.
    pub(super) fn read(file: &(impl ReadAt + ?Sized), length: u64) -> Result<Self, ArchiveError> {
        let refuse = |reason| Err(ArchiveError::Structure(reason));
        let window = length.min(END_RECORD_LENGTH as u64 + u64::from(u16::MAX));
        let mut tail = vec![0; usize::try_from(window).expect("the window is small")];
        file.read_exact_at(&mut tail, length - window).map_err(ArchiveError::Read)?;

        let mut found = end_record_candidates(&tail);
        let Some(at) = found.next() else {
            let mut start = vec![0; tail.len().min(TELLING)];
            file.read_exact_at(&mut start, 0).map_err(ArchiveError::Read)?;
            return refuse(other_content(&start).unwrap_or("it has no end record, or bytes follow it"));
        };
        if found.next().is_some() {
            return refuse("it has several end records");
        }
        let record = &tail[at..];
        if holds_signature(&record[END_RECORD_LENGTH..]) {
            return refuse("its comment holds the signature of a zip record");
        }
        let (disk, directory_disk) = (u16_at(record, 4), u16_at(record, 6));
        let (disk_entries, entries) = (u16_at(record, 8), u16_at(record, 10));
        let (size, offset) = (u32_at(record, 12), u32_at(record, 16));
        let position = length - window + at as u64;

        let wide = read_zip64(file, position)?;
        let saturated =
            [disk, directory_disk, disk_entries, entries].contains(&u16::MAX) || [size, offset].contains(&u32::MAX);
        let (end, directory_end) = match wide {
            None if saturated => return refuse("its end record refers to a zip64 record that is not there"),
            None => {
                if disk != 0 || directory_disk != 0 || disk_entries != entries {
                    return refuse("it spans several disks");
                }
                (Self { entries: entries.into(), offset: offset.into(), size: size.into() }, position)
            }
            Some((wide, at)) => {
                let agrees16 = |narrow: u16, wide: u64| narrow == u16::MAX || u64::from(narrow) == wide;
                let agrees32 = |narrow: u32, wide: u64| narrow == u32::MAX || u64::from(narrow) == wide;
                let agree = agrees16(disk, 0)
                    && agrees16(directory_disk, 0)
                    && agrees16(disk_entries, wide.entries)
                    && agrees16(entries, wide.entries)
                    && agrees32(size, wide.size)
                    && agrees32(offset, wide.offset);
                if !agree {
                    return refuse("its end record and its zip64 end record disagree");
                }
                (wide, at)
            }
        };
        if end.offset.checked_add(end.size) != Some(directory_end) {
            return refuse("its central directory does not end where its end record begins");
        }
        Ok(end)
    }
}

/// Positions in `tail` of end records whose comment reaches exactly to the end of the file, last first.
fn end_record_candidates(tail: &[u8]) -> impl Iterator<Item = usize> {
    let last = tail.len().checked_sub(END_RECORD_LENGTH);
    last.into_iter().flat_map(|last| (0..=last).rev()).filter(move |&at| {
        tail[at] == b'P'
            && u32_at(tail, at) == END_RECORD
            && at + END_RECORD_LENGTH + usize::from(u16_at(tail, at + 20)) == tail.len()
    })
}

/// Reads the zip64 end record and its locator when a locator stands before the end record at `end_record`;
/// gives it and its position.
fn read_zip64(file: &(impl ReadAt + ?Sized), end_record: u64) -> Result<Option<(EndRecord, u64)>, ArchiveError> {
    let refuse = |reason| Err(ArchiveError::Structure(reason));
    let Some(locator_at) = end_record.checked_sub(LOCATOR_LENGTH as u64) else { return Ok(None) };
    let mut locator = [0; LOCATOR_LENGTH];
    file.read_exact_at(&mut locator, locator_at).map_err(ArchiveError::Read)?;
    if u32_at(&locator, 0) != ZIP64_LOCATOR {
        return Ok(None);
    }
    let Some(at) = locator_at.checked_sub(ZIP64_END_RECORD_LENGTH as u64) else {
        return refuse("its zip64 end record is missing");
    };
    if u64_at(&locator, 8) != at {
        return refuse("its zip64 locator does not point to the record before it");
    }
    let mut record = [0; ZIP64_END_RECORD_LENGTH];
    file.read_exact_at(&mut record, at).map_err(ArchiveError::Read)?;
    // The record's own length leaves out its first 12 bytes; nothing may follow the fixed part (version 2 is
    // encrypted).
    if u32_at(&record, 0) != ZIP64_END_RECORD || u64_at(&record, 4) != ZIP64_END_RECORD_LENGTH as u64 - 12 {
        return refuse("its zip64 end record is malformed");
    }
    // Writers disagree whether one disk is counted as 0 or 1 in the locator.
    let several_disks = u32_at(&locator, 4) != 0
        || u32_at(&locator, 16) > 1
        || u32_at(&record, 16) != 0
        || u32_at(&record, 20) != 0
        || u64_at(&record, 24) != u64_at(&record, 32);
    if several_disks {
        return refuse("it spans several disks");
    }
    let wide = EndRecord { entries: u64_at(&record, 32), size: u64_at(&record, 40), offset: u64_at(&record, 48) };
    Ok(Some((wide, at)))
}
