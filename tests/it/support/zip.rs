//! A zip writer of a few lines (APPNOTE 6.3): own bytes, so that tests do not believe what the code under test
//! believes.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::DeflateEncoder;

/// One entry, exactly as it is to be written.
#[derive(Clone, Debug)]
pub(crate) struct ZipEntry {
    /// Name, not checked: hostile names are welcome.
    pub(crate) name: String,
    /// Content.
    pub(crate) bytes: Vec<u8>,
    /// Unix mode with file type; the upper half of the external attributes.
    pub(crate) mode: u32,
    /// Deflated instead of stored.
    pub(crate) deflate: bool,
}

/// 2020-02-02 02:02:02, in DOS format: a constant, so that equal input gives equal bytes.
const DOS_TIME: u16 = (2 << 11) | (2 << 5) | 1;
const DOS_DATE: u16 = ((2020 - 1980) << 9) | (2 << 5) | 2;

/// Writes the entries in the given order.
pub(crate) fn write_zip(entries: &[ZipEntry]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut central = Vec::new();
    for entry in entries {
        let offset = len32(out.len());
        let data = if entry.deflate { deflate(&entry.bytes) } else { entry.bytes.clone() };
        // Shared by the local header and the central directory: version needed … length of the extra field.
        let mut common = Vec::new();
        for number in [20, 1 << 11, if entry.deflate { 8 } else { 0 }, DOS_TIME, DOS_DATE] {
            common.extend(u16::to_le_bytes(number));
        }
        for number in [crc32(&entry.bytes), len32(data.len()), len32(entry.bytes.len())] {
            common.extend(number.to_le_bytes());
        }
        common.extend(len16(entry.name.len()).to_le_bytes());
        common.extend(0_u16.to_le_bytes());

        out.extend(b"PK\x03\x04");
        out.extend(&common);
        out.extend(entry.name.as_bytes());
        out.extend(&data);

        central.extend(b"PK\x01\x02");
        central.extend(((3_u16 << 8) + 20).to_le_bytes()); // made by: Unix, 2.0
        central.extend(&common);
        central.extend([0; 6]); // comment length, disk, internal attributes
        central.extend((entry.mode << 16).to_le_bytes());
        central.extend(offset.to_le_bytes());
        central.extend(entry.name.as_bytes());
    }
    let start = len32(out.len());
    out.extend(&central);
    out.extend(b"PK\x05\x06");
    out.extend([0; 4]); // disks
    out.extend(len16(entries.len()).to_le_bytes());
    out.extend(len16(entries.len()).to_le_bytes());
    out.extend(len32(central.len()).to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend(0_u16.to_le_bytes());
    out
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("writing to memory succeeds");
    encoder.finish().expect("writing to memory succeeds")
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

fn len16(length: usize) -> u16 {
    u16::try_from(length).expect("test archives are small")
}

fn len32(length: usize) -> u32 {
    u32::try_from(length).expect("test archives are small")
}
