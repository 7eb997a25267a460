//! Local headers, compared with the directory, and the tiling of the file by entries (APPNOTE 4.3.7, 4.3.9).

use super::directory::{CentralHeader, EMPTY_STREAM};
use super::extra::Extra;
use super::fields::{DATA_DESCRIPTOR, FLAG_DESCRIPTOR, LOCAL_HEADER, STORED, u16_at, u32_at, u64_at};
use super::{ArchiveError, ReadAt};

const LOCAL_HEADER_LENGTH: u64 = 30;
/// Longest data descriptor: signature, CRC and two sizes of 64 bits.
const DESCRIPTOR_MOST: u64 = 24;
/// Versions of the format that say stored, deflated and zip64: Info-ZIP asks for one in the local header and for
/// another in the directory, and every reader knows all of them.
const VERSIONS_OF_ALL: [u16; 3] = [10, 20, 45];
/// How much is read at once while passing over local headers.
const WINDOW: usize = 1 << 10;

/// Checks every local header against the directory, and that entries follow each other from the first byte of the
/// file up to the directory, without gap or overlap. Gives the offset of each entry's data.
pub(super) fn check_layout(
    file: &(impl ReadAt + ?Sized),
    headers: &[CentralHeader],
    directory_offset: u64,
) -> Result<Vec<u64>, ArchiveError> {
    let mut order: Vec<usize> = (0..headers.len()).collect();
    order.sort_by_key(|&index| headers[index].offset);
    let mut data_offsets = vec![0; headers.len()];
    let mut window = Window { file, end: directory_offset, start: 0, bytes: Vec::new() };
    let mut position = 0;
    for (rank, &index) in order.iter().enumerate() {
        let header = &headers[index];
        if header.offset != position {
            return Err(header.refuse("it does not begin where the entry before it ends"));
        }
        let next = order.get(rank + 1).map_or(directory_offset, |&next| headers[next].offset);
        let local = check_local_header(&mut window, header)?;
        let data_end = local
            .data_offset
            .checked_add(header.compressed_size)
            .filter(|&end| end <= next)
            .ok_or_else(|| header.refuse("its data overlaps what follows"))?;
        // Nobody reads the data of a folder, so that nothing else may be in it.
        if header.is_folder
            && header.compressed_size != 0
            && window.bytes(local.data_offset, header.compressed_size)?.is_none_or(|data| data != EMPTY_STREAM)
        {
            return Err(header.refuse("it is a folder with content"));
        }
        if header.flags & FLAG_DESCRIPTOR != 0 {
            check_descriptor(&mut window, header, &local, data_end, next)?;
        } else if data_end != next {
            return Err(header.refuse("it is followed by bytes that belong to no entry"));
        }
        data_offsets[index] = local.data_offset;
        position = next;
    }
    if position != directory_offset {
        return Err(ArchiveError::Structure("bytes that belong to no entry stand before its central directory"));
    }
    Ok(data_offsets)
}

struct LocalHeader {
    data_offset: u64,
    has_zip64: bool,
}

fn check_local_header(
    window: &mut Window<'_, impl ReadAt + ?Sized>,
    header: &CentralHeader,
) -> Result<LocalHeader, ArchiveError> {
    let overlap = || header.refuse("its local header is cut off");
    let fixed = window.bytes(header.offset, LOCAL_HEADER_LENGTH)?.ok_or_else(overlap)?;
    if u32_at(fixed, 0) != LOCAL_HEADER {
        return Err(header.refuse("its local header is missing"));
    }
    let versions = [u16_at(fixed, 4), header.version_needed];
    let (flags, method, time) = (u16_at(fixed, 6), u16_at(fixed, 8), u32_at(fixed, 10));
    let (crc32, compressed_size, size) = (u32_at(fixed, 14), u32_at(fixed, 18), u32_at(fixed, 22));
    let (name_length, extra_length) = (u64::from(u16_at(fixed, 26)), u64::from(u16_at(fixed, 28)));
    let variable =
        window.bytes(header.offset + LOCAL_HEADER_LENGTH, name_length + extra_length)?.ok_or_else(overlap)?;
    let (name, extra) = variable.split_at(usize::try_from(name_length).expect("16 bits"));

    if name != header.raw_name() {
        return Err(header.refuse("its local header has another name"));
    }
    if versions[0] != versions[1] && versions.iter().any(|version| !VERSIONS_OF_ALL.contains(version)) {
        return Err(header.refuse("its local header needs another version of the format"));
    }
    if flags != header.flags {
        return Err(header.refuse("its local header has other flags"));
    }
    if method != header.method {
        return Err(header.refuse("its local header has another compression method"));
    }
    if time != header.time {
        return Err(header.refuse("its local header has another time"));
    }
    let extra = Extra::parse(extra, name).map_err(|reason| header.refuse(reason))?;
    let sizes = extra.widen_local(size, compressed_size).map_err(|reason| header.refuse(reason))?;
    let agree = |local: u64, central: u64| local == central || (flags & FLAG_DESCRIPTOR != 0 && local == 0);
    if !agree(crc32.into(), header.crc32.into()) {
        return Err(header.refuse("its local header has another CRC"));
    }
    if !agree(sizes.size, header.size) || !agree(sizes.compressed_size, header.compressed_size) {
        return Err(header.refuse("its local header has other sizes"));
    }
    Ok(LocalHeader {
        data_offset: header.offset + LOCAL_HEADER_LENGTH + name_length + extra_length,
        has_zip64: extra.zip64.is_some(),
    })
}

/// Checks the data descriptor between the end of an entry's data and what follows it.
fn check_descriptor(
    window: &mut Window<'_, impl ReadAt + ?Sized>,
    header: &CentralHeader,
    local: &LocalHeader,
    data_end: u64,
    next: u64,
) -> Result<(), ArchiveError> {
    // Whoever reads from the front can only search for the end of stored data, and would find what the data holds.
    if header.method == STORED && header.size != 0 {
        return Err(
            header.refuse("it is stored with its size after the data, so its end cannot be known from the front")
        );
    }
    let length = next - data_end;
    let wrong = || header.refuse("its data descriptor is malformed, or bytes follow it");
    if length > DESCRIPTOR_MOST {
        return Err(wrong());
    }
    let bytes = window.bytes(data_end, length)?.ok_or_else(wrong)?;
    let fields = match length {
        16 | 24 if u32_at(bytes, 0) == DATA_DESCRIPTOR => &bytes[4..],
        // Who expects a signature would take a CRC of this value for one.
        12 | 20 if header.crc32 != DATA_DESCRIPTOR => bytes,
        _ => return Err(wrong()),
    };
    let (compressed_size, size) = match fields.len() {
        12 => (u64::from(u32_at(fields, 4)), u64::from(u32_at(fields, 8))),
        _ if local.has_zip64 || header.size.max(header.compressed_size) > u64::from(u32::MAX) => {
            (u64_at(fields, 4), u64_at(fields, 12))
        }
        _ => return Err(wrong()),
    };
    if (u32_at(fields, 0), compressed_size, size) != (header.crc32, header.compressed_size, header.size) {
        return Err(header.refuse("its data descriptor disagrees with the central directory"));
    }
    Ok(())
}

/// Reads neighbouring small pieces with few system calls: headers of small entries lie close together.
struct Window<'a, F: ?Sized> {
    file: &'a F,
    end: u64,
    start: u64,
    bytes: Vec<u8>,
}

impl<F: ReadAt + ?Sized> Window<'_, F> {
    /// The bytes at `offset`; `None` when they reach beyond the end of the entries.
    fn bytes(&mut self, offset: u64, length: u64) -> Result<Option<&[u8]>, ArchiveError> {
        if offset.checked_add(length).is_none_or(|end| end > self.end) {
            return Ok(None);
        }
        let length = usize::try_from(length).expect("pieces are small");
        let held = self.start..self.start + self.bytes.len() as u64;
        if offset < held.start || offset + length as u64 > held.end {
            let most = usize::try_from(self.end - offset).unwrap_or(usize::MAX);
            self.bytes.resize(length.max(WINDOW).min(most), 0);
            self.start = offset;
            self.file.read_exact_at(&mut self.bytes, offset).map_err(ArchiveError::Read)?;
        }
        let at = usize::try_from(offset - self.start).expect("within the window");
        Ok(Some(&self.bytes[at..at + length]))
    }
}
