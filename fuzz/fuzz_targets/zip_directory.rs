//! No bytes make the zip reader panic, and what it accepts has one reading: from the directory, from the front, in
//! parts, and by another program.

#![no_main]

use std::io::{Cursor, Read as _};

use barrow::archive::{EntryLookup, Limits, PartialZip, ZipEntry, ZipReader};
use libfuzzer_sys::fuzz_target;

/// Content that is read of one entry, at most, bytes.
const CONTENT_MOST: u64 = 1 << 20;

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits { unpacked_size: 64 << 20, ..Limits::default() };
    let Ok(reader) = ZipReader::new(bytes.to_vec(), &limits) else { return };
    read_from_the_front(bytes, reader.entries());
    let mut other = zip::ZipArchive::new(Cursor::new(bytes)).ok();
    if let Some(other) = &other {
        assert_eq!(other.len(), reader.entries().len());
    }
    for (index, entry) in reader.entries().iter().enumerate() {
        let Ok(content) = reader.read(entry, CONTENT_MOST) else { continue };
        assert_eq!(content.len() as u64, entry.span.size);
        if !entry.is_folder {
            let mut parts = PartialZip::new(bytes.len() as u64);
            parts.add(0, bytes.to_vec());
            let located = parts.entry(|name| name == entry.path.as_str(), CONTENT_MOST);
            assert_eq!(located, Ok(EntryLookup::Content(content.clone())));
        }
        if let Some(mut file) = other.as_mut().and_then(|other| other.by_index(index).ok()) {
            let name = file.name().expect("a name that was accepted").into_owned();
            assert_eq!(name.trim_end_matches('/'), entry.path.as_str());
            let mut read = Vec::new();
            if file.read_to_end(&mut read).is_ok() {
                assert_eq!(read, content, "{name}");
            }
        }
    }
});

/// Reads local headers one after the other, as a program does that cannot seek.
fn read_from_the_front(bytes: &[u8], entries: &[ZipEntry]) {
    let mut entries: Vec<&ZipEntry> = entries.iter().collect();
    entries.sort_by_key(|entry| entry.span.offset);
    let number = |at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
    let mut position = 0;
    for entry in entries {
        assert!(bytes[position..].starts_with(b"PK\x03\x04"), "an entry begins where the one before ends");
        let (name, extra) = (number(position + 26), number(position + 28));
        let path = std::str::from_utf8(&bytes[position + 30..position + 30 + name]).expect("UTF-8");
        assert_eq!(path.trim_end_matches('/'), entry.path.as_str());
        let data = position + 30 + name + extra;
        assert_eq!(data as u64, entry.span.offset);
        let end = data + usize::try_from(entry.span.compressed_size).expect("within the file");
        let has_descriptor = number(position + 6) & 8 != 0;
        let is_record = |at: &usize| bytes[*at..].starts_with(b"PK") && bytes[at + 2] < 7;
        let lengths: &[usize] = if has_descriptor { &[16, 24, 12, 20] } else { &[0] };
        position = lengths.iter().map(|length| end + length).find(is_record).expect("a header or the directory");
    }
    let next = &bytes[position..position + 4];
    assert!([b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06"].iter().any(|signature| next == *signature), "{next:?}");
}
