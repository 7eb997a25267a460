//! A zip of which only parts are at hand: no bytes make the reader panic or ask without end, and what it finds is what
//! the reader of whole archives finds.

#![no_main]

use barrow::archive::{EntryLookup, Limits, PartialZip, PartialZipError, ZipReader};
use libfuzzer_sys::fuzz_target;

/// Content that is read, at most, bytes.
const CONTENT_MOST: u64 = 1 << 20;

fuzz_target!(|bytes: &[u8]| {
    let is_wanted = |name: &str| name.ends_with(".dist-info/METADATA");
    let whole = in_parts(bytes, bytes.len(), is_wanted);
    // However little is there at first, the answer is the same; the first part holds the end records.
    for tail in [98, 200] {
        if let (Some(whole), Some(parts)) = (&whole, in_parts(bytes, tail, is_wanted)) {
            let malformed = Err(PartialZipError::Malformed("its end is not there"));
            assert!(parts == *whole || parts == malformed || parts.is_err(), "{parts:?} and {whole:?}");
        }
    }
    let limits = Limits { unpacked_size: 64 << 20, ..Limits::default() };
    if let (Some(Ok(content)), Ok(reader)) = (whole, ZipReader::new(bytes.to_vec(), &limits)) {
        let entry = reader.entries().iter().find(|entry| is_wanted(entry.path.as_str())).expect("it was found before");
        match reader.read(entry, CONTENT_MOST) {
            Ok(read) => assert_eq!(read, content),
            // The whole reader is stricter about what follows a deflate stream.
            Err(_) => {}
        }
    }
});

/// The content, when it is found within the requests that are allowed for it.
fn in_parts(bytes: &[u8], tail: usize, select: impl Fn(&str) -> bool) -> Option<Result<Vec<u8>, PartialZipError>> {
    let mut zip = PartialZip::new(bytes.len() as u64);
    let start = bytes.len().saturating_sub(tail);
    zip.add(start as u64, bytes[start..].to_vec());
    for _ in 0..5 {
        match zip.entry(&select, CONTENT_MOST) {
            Ok(EntryLookup::Content(content)) => return Some(Ok(content)),
            Err(error) => return Some(Err(error)),
            Ok(EntryLookup::Missing(missing)) => {
                assert!(missing.start < missing.end && missing.end <= bytes.len() as u64, "{missing:?}");
                let range = usize::try_from(missing.start).unwrap()..usize::try_from(missing.end).unwrap();
                zip.add(missing.start, bytes[range].to_vec());
            }
        }
    }
    None
}
