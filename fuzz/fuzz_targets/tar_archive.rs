//! Source archives: no bytes make the tar reader panic, and what it accepts another program reads in the same way.
//!
//! The fuzzer makes the tar; it is packed here, because no fuzzer finds a right CRC.

#![no_main]

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;

use barrow::archive::{Limits, read_source};
use libfuzzer_sys::fuzz_target;

/// Content that is read of one file, at most, bytes.
const CONTENT_MOST: u64 = 1 << 20;

fuzz_target!(|bytes: &[u8]| {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    encoder.write_all(bytes).expect("memory takes everything");
    let path = file();
    std::fs::write(&path, encoder.finish().expect("memory takes everything")).expect("a folder in memory");

    // What another program finds is asked for by name: all of it is there, and the same.
    let other = read_by_another(bytes);
    let names: Vec<&str> = other.iter().flatten().map(|(name, _)| name.as_str()).collect();
    let limits = Limits { unpacked_size: 64 << 20, ..Limits::default() };
    let Ok(read) = read_source(&path, &names, CONTENT_MOST, &limits) else { return };
    let other = other.expect("what is accepted here is accepted by another program");
    // A file without content is not kept.
    let other: BTreeMap<String, Vec<u8>> = other.into_iter().filter(|(_, content)| !content.is_empty()).collect();
    assert_eq!(read, other);
});

/// Regular files below the top-level folder with their contents; `None` when the archive is refused.
fn read_by_another(bytes: &[u8]) -> Option<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    let mut archive = tar::Archive::new(bytes);
    for entry in archive.entries().ok()? {
        let mut entry = entry.ok()?;
        let name = String::from_utf8(entry.path_bytes().into_owned()).ok()?;
        let name = name.strip_prefix("./").unwrap_or(&name).to_owned();
        if !entry.header().entry_type().is_file() || name.ends_with('/') {
            continue;
        }
        let mut content = Vec::new();
        entry.read_to_end(&mut content).ok()?;
        if let Some((_, below)) = name.split_once('/') {
            files.insert(below.to_owned(), content);
        }
    }
    Some(files)
}

/// A file of this process, in memory where there is such a place.
fn file() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    let folder = if memory.is_dir() { memory } else { std::env::temp_dir() };
    folder.join(format!("barrow-fuzz-{}.tar.gz", std::process::id()))
}
