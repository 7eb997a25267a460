//! No bytes make the zip reader panic, and what it accepts another reader sees in the same way.

#![no_main]

use barrow::archive::{Limits, ZipReader};
use libfuzzer_sys::fuzz_target;

/// Content that is read of one entry, at most, bytes.
const CONTENT_MOST: u64 = 1 << 20;

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits { unpacked_size: 64 << 20, ..Limits::default() };
    let Ok(reader) = ZipReader::new(bytes.to_vec(), &limits) else { return };
    let mut end = 0;
    let mut spans: Vec<_> = reader.entries().iter().map(|entry| entry.span).collect();
    spans.sort_by_key(|span| span.offset);
    for span in spans {
        assert!(span.offset >= end + 30, "entries have room for their headers and do not overlap");
        end = span.offset + span.compressed_size;
    }
    assert!(end <= bytes.len() as u64);
    for entry in reader.entries() {
        if let Ok(content) = reader.read(entry, CONTENT_MOST) {
            assert_eq!(content.len() as u64, entry.span.size);
        }
    }
});
