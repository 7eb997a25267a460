//! A zip as its fields, each of which can be made to lie.

use std::io::Write as _;

use crate::archive::Crc32;

/// An archive to be written.
#[derive(Clone, Debug, Default)]
pub(crate) struct RawZip {
    /// Bytes before the first entry that offsets do not count.
    pub(crate) uncounted_prefix: Vec<u8>,
    /// Bytes before the first entry that offsets count.
    pub(crate) prefix: Vec<u8>,
    pub(crate) entries: Vec<RawEntry>,
    pub(crate) before_directory: Vec<u8>,
    pub(crate) after_directory: Vec<u8>,
    pub(crate) zip64: Option<RawZip64>,
    pub(crate) end: RawEnd,
    pub(crate) suffix: Vec<u8>,
}

/// One entry.
#[derive(Clone, Debug, Default)]
pub(crate) struct RawEntry {
    pub(crate) local: RawHeader,
    pub(crate) central: RawHeader,
    pub(crate) data: Vec<u8>,
    pub(crate) descriptor: Vec<u8>,
    /// Bytes behind data and descriptor.
    pub(crate) after: Vec<u8>,
    pub(crate) comment: Vec<u8>,
    pub(crate) disk: u16,
    pub(crate) external: u32,
    /// Instead of where the local header is.
    pub(crate) offset: Option<u32>,
    pub(crate) is_local: bool,
    pub(crate) is_central: bool,
}

/// The fields that local and central headers share.
#[derive(Clone, Debug, Default)]
pub(crate) struct RawHeader {
    pub(crate) signature: u32,
    pub(crate) version_needed: u16,
    pub(crate) flags: u16,
    pub(crate) method: u16,
    pub(crate) time: u32,
    pub(crate) crc32: u32,
    pub(crate) compressed_size: u32,
    pub(crate) size: u32,
    pub(crate) name: Vec<u8>,
    pub(crate) extra: Vec<u8>,
}

/// The end record; `None` is the truth.
#[derive(Clone, Debug, Default)]
pub(crate) struct RawEnd {
    pub(crate) disk: u16,
    pub(crate) directory_disk: u16,
    pub(crate) disk_entries: Option<u16>,
    pub(crate) entries: Option<u16>,
    pub(crate) size: Option<u32>,
    pub(crate) offset: Option<u32>,
    pub(crate) comment: Vec<u8>,
    pub(crate) comment_length: Option<u16>,
}

/// Zip64 end record and locator; `None` is the truth.
#[derive(Clone, Debug, Default)]
pub(crate) struct RawZip64 {
    pub(crate) without_record: bool,
    pub(crate) signature: Option<u32>,
    pub(crate) length: Option<u64>,
    pub(crate) disk: u32,
    pub(crate) disk_entries: Option<u64>,
    pub(crate) entries: Option<u64>,
    pub(crate) size: Option<u64>,
    pub(crate) offset: Option<u64>,
    pub(crate) extensible: Vec<u8>,
    pub(crate) record_offset: Option<u64>,
    pub(crate) disks: u32,
}

pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = Crc32::new();
    crc.update(bytes);
    crc.sum()
}

pub(crate) fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(bytes).expect("memory takes everything");
    encoder.finish().expect("memory takes everything")
}

fn int(value: usize) -> u32 {
    u32::try_from(value).expect("test archives are small")
}

fn short(value: usize) -> u16 {
    u16::try_from(value).expect("test archives are small")
}

impl RawEntry {
    /// An entry that is deflated.
    pub(crate) fn new(name: &str, content: &[u8]) -> Self {
        Self::with_data(name, content, 8, deflated(content))
    }

    /// An entry that is stored.
    pub(crate) fn stored(name: &str, content: &[u8]) -> Self {
        Self::with_data(name, content, 0, content.to_vec())
    }

    fn with_data(name: &str, content: &[u8], method: u16, data: Vec<u8>) -> Self {
        let header = RawHeader {
            signature: 0x0403_4b50,
            version_needed: 20,
            flags: if name.is_ascii() { 0 } else { 1 << 11 },
            method,
            time: 0x5a21_0000,
            crc32: crc32(content),
            compressed_size: int(data.len()),
            size: int(content.len()),
            name: name.as_bytes().to_vec(),
            extra: Vec::new(),
        };
        let mode = if name.ends_with('/') { 0o040_755 } else { 0o100_644 };
        Self {
            central: RawHeader { signature: 0x0201_4b50, ..header.clone() },
            local: header,
            data,
            external: mode << 16,
            is_local: true,
            is_central: true,
            ..Self::default()
        }
    }

    /// With a Unix mode, type bits included.
    pub(crate) fn mode(mut self, mode: u32) -> Self {
        self.external = mode << 16;
        self
    }

    /// Changes both headers alike.
    pub(crate) fn both(&mut self, change: impl Fn(&mut RawHeader)) {
        change(&mut self.local);
        change(&mut self.central);
    }

    /// Moves CRC and sizes behind the data; the descriptor has a signature where asked for.
    pub(crate) fn describe(&mut self, signature: bool) {
        self.both(|header| header.flags |= 1 << 3);
        let header = &self.central;
        self.descriptor = if signature { 0x0807_4b50_u32.to_le_bytes().to_vec() } else { Vec::new() };
        for field in [header.crc32, header.compressed_size, header.size] {
            self.descriptor.extend(field.to_le_bytes());
        }
        (self.local.crc32, self.local.compressed_size, self.local.size) = (0, 0, 0);
    }
}

/// An extra field.
pub(crate) fn extra(id: u16, content: &[u8]) -> Vec<u8> {
    [&id.to_le_bytes()[..], &short(content.len()).to_le_bytes(), content].concat()
}

impl RawZip {
    /// Two files in a folder and one beside it.
    pub(crate) fn honest() -> Self {
        Self::of([
            RawEntry::new("pkg/__init__.py", b"print('hello, hello, hello, hello')\n"),
            RawEntry::stored("pkg/data.bin", &[7; 40]),
            RawEntry::new("other.py", b"import pkg\n"),
        ])
    }

    pub(crate) fn of(entries: impl IntoIterator<Item = RawEntry>) -> Self {
        Self { entries: entries.into_iter().collect(), ..Self::default() }
    }

    pub(crate) fn push(&mut self, entry: RawEntry) -> &mut Self {
        self.entries.push(entry);
        self
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut out = self.prefix.clone();
        let mut offsets = Vec::new();
        for entry in &self.entries {
            offsets.push(int(out.len()));
            if entry.is_local {
                let header = &entry.local;
                out.extend(header.signature.to_le_bytes());
                out.extend(header.version_needed.to_le_bytes());
                write_shared(&mut out, header);
                out.extend(&header.name);
                out.extend(&header.extra);
                out.extend(&entry.data);
                out.extend(&entry.descriptor);
                out.extend(&entry.after);
            }
        }
        out.extend(&self.before_directory);
        let directory = out.len();
        let mut count = 0;
        for (entry, offset) in self.entries.iter().zip(offsets).filter(|(entry, _)| entry.is_central) {
            count += 1;
            write_central(&mut out, entry, entry.offset.unwrap_or(offset));
        }
        let size = out.len() - directory;
        out.extend(&self.after_directory);
        if let Some(zip64) = &self.zip64 {
            write_zip64(&mut out, zip64, count as u64, size as u64, directory as u64);
        }
        let end = &self.end;
        out.extend(0x0605_4b50_u32.to_le_bytes());
        out.extend(end.disk.to_le_bytes());
        out.extend(end.directory_disk.to_le_bytes());
        let entries = end.entries.unwrap_or(short(count));
        out.extend(end.disk_entries.unwrap_or(entries).to_le_bytes());
        out.extend(entries.to_le_bytes());
        out.extend(end.size.unwrap_or(int(size)).to_le_bytes());
        out.extend(end.offset.unwrap_or(int(directory)).to_le_bytes());
        out.extend(end.comment_length.unwrap_or(short(end.comment.len())).to_le_bytes());
        out.extend(&end.comment);
        out.extend(&self.suffix);
        [self.uncounted_prefix.clone(), out].concat()
    }
}

fn write_shared(out: &mut Vec<u8>, header: &RawHeader) {
    out.extend(header.flags.to_le_bytes());
    out.extend(header.method.to_le_bytes());
    for field in [header.time, header.crc32, header.compressed_size, header.size] {
        out.extend(field.to_le_bytes());
    }
    out.extend(short(header.name.len()).to_le_bytes());
    out.extend(short(header.extra.len()).to_le_bytes());
}

fn write_central(out: &mut Vec<u8>, entry: &RawEntry, offset: u32) {
    let header = &entry.central;
    out.extend(header.signature.to_le_bytes());
    out.extend(0x0314_u16.to_le_bytes());
    out.extend(header.version_needed.to_le_bytes());
    write_shared(out, header);
    out.extend(short(entry.comment.len()).to_le_bytes());
    out.extend(entry.disk.to_le_bytes());
    out.extend(0_u16.to_le_bytes());
    out.extend(entry.external.to_le_bytes());
    out.extend(offset.to_le_bytes());
    out.extend(&header.name);
    out.extend(&header.extra);
    out.extend(&entry.comment);
}

fn write_zip64(out: &mut Vec<u8>, zip64: &RawZip64, count: u64, size: u64, offset: u64) {
    let position = out.len() as u64;
    if !zip64.without_record {
        let entries = zip64.entries.unwrap_or(count);
        out.extend(zip64.signature.unwrap_or(0x0606_4b50).to_le_bytes());
        out.extend(zip64.length.unwrap_or(44 + zip64.extensible.len() as u64).to_le_bytes());
        out.extend([45, 3, 45, 0]);
        out.extend(zip64.disk.to_le_bytes());
        out.extend(zip64.disk.to_le_bytes());
        out.extend(zip64.disk_entries.unwrap_or(entries).to_le_bytes());
        out.extend(entries.to_le_bytes());
        out.extend(zip64.size.unwrap_or(size).to_le_bytes());
        out.extend(zip64.offset.unwrap_or(offset).to_le_bytes());
        out.extend(&zip64.extensible);
    }
    out.extend(0x0706_4b50_u32.to_le_bytes());
    out.extend(0_u32.to_le_bytes());
    out.extend(zip64.record_offset.unwrap_or(position).to_le_bytes());
    out.extend(zip64.disks.to_le_bytes());
}
