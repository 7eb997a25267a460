//! Little-endian fields of zip records, and the records' signatures.

/// Signature of a local file header.
pub(super) const LOCAL_HEADER: u32 = 0x0403_4b50;
/// Signature of a data descriptor.
pub(super) const DATA_DESCRIPTOR: u32 = 0x0807_4b50;
/// Signature of a central directory header.
pub(super) const CENTRAL_HEADER: u32 = 0x0201_4b50;
/// Signature of the end of central directory record.
pub(super) const END_RECORD: u32 = 0x0605_4b50;
/// Signature of the zip64 end of central directory record.
pub(super) const ZIP64_END_RECORD: u32 = 0x0606_4b50;
/// Signature of the zip64 end of central directory locator.
pub(super) const ZIP64_LOCATOR: u32 = 0x0706_4b50;

/// Flag: encrypted.
pub(super) const FLAG_ENCRYPTED: u16 = 1;
/// Flag: CRC and sizes follow the data.
pub(super) const FLAG_DESCRIPTOR: u16 = 1 << 3;
/// Flag: the name and comment are UTF-8.
pub(super) const FLAG_UTF8: u16 = 1 << 11;
/// Flags that change nothing about the meaning: the two hints about the effort of deflate.
pub(super) const FLAGS_EFFORT: u16 = 0b110;

/// Method: stored.
pub(super) const STORED: u16 = 0;
/// Method: deflated.
pub(super) const DEFLATED: u16 = 8;

/// The two bytes at `at`; callers have checked the length of the record.
pub(super) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

/// The four bytes at `at`.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// The eight bytes at `at`.
pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}

/// Whether a comment or an extra field holds the signature of a record, so that a program that searches would stop
/// there.
pub(super) fn holds_signature(bytes: &[u8]) -> bool {
    const SIGNATURES: [u32; 5] = [LOCAL_HEADER, CENTRAL_HEADER, END_RECORD, ZIP64_END_RECORD, ZIP64_LOCATOR];
    bytes.windows(4).any(|window| window[0] == b'P' && SIGNATURES.contains(&u32_at(window, 0)))
}
