//! Archives that are good, as the tools of the ecosystem write them.

use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;

use super::builder::{RawEntry, RawZip, RawZip64};
use super::{accepts, read_all};
use crate::archive::{Limits, ZipReader};

#[test]
fn entries_are_what_was_put_in() {
    let mut zip = RawZip::honest();
    zip.push(RawEntry::new("bin/tool", b"#!/bin/sh\n").mode(0o100_755)).push(RawEntry::stored("empty/", b""));
    let reader = ZipReader::new(zip.bytes(), &Limits::default()).unwrap();
    let seen: Vec<_> = reader
        .entries()
        .iter()
        .map(|entry| {
            let content = reader.read(entry, 1000).unwrap();
            (entry.path.as_str(), entry.is_folder, entry.is_executable, content.len())
        })
        .collect();
    let expected = [
        ("pkg/__init__.py", false, false, 36),
        ("pkg/data.bin", false, false, 40),
        ("other.py", false, false, 11),
        ("bin/tool", false, true, 10),
        ("empty", true, false, 0),
    ];
    assert_eq!(seen, expected);
    let entry = reader.entry("other.py").unwrap();
    assert_eq!(reader.read(entry, 1000).unwrap(), b"import pkg\n");
    assert_eq!(reader.prefix(entry, 6).unwrap(), b"import");
    assert_eq!(reader.prefix(entry, 60).unwrap(), b"import pkg\n");
    assert!(reader.read(entry, 10).is_err(), "larger than what is to be held in memory");
}

#[test]
fn forms_that_tools_write() {
    accepts("zip64 records without need", |zip| zip.zip64 = Some(RawZip64::default()));
    accepts("zip64 with the older count of disks", |zip| {
        zip.zip64 = Some(RawZip64 { disks: 1, ..RawZip64::default() })
    });
    accepts("zip64 with everything saturated", |zip| {
        zip.zip64 = Some(RawZip64::default());
        zip.end.entries = Some(u16::MAX);
        (zip.end.size, zip.end.offset) = (Some(u32::MAX), Some(u32::MAX));
    });
    accepts("a directory in another order than the entries", |zip| zip.entries.reverse());
    accepts("an archive in an archive", |zip| {
        let inner = RawZip::honest().bytes();
        zip.push(RawEntry::stored("inner.zip", &inner)).push(RawEntry::new("inner2.zip", &inner));
    });
    accepts("an archive in an archive, last and stored", |zip| {
        let inner = RawZip::honest().bytes();
        zip.push(RawEntry::stored("inner.zip", &inner));
    });
}

#[test]
fn what_the_zip_crate_writes() {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for large in [false, true] {
        for method in [zip::CompressionMethod::Stored, zip::CompressionMethod::Deflated] {
            let options = SimpleFileOptions::default().compression_method(method).large_file(large);
            writer.start_file(format!("pkg/{method}-{large}.txt"), options).unwrap();
            writer.write_all(&b"text ".repeat(1000)).unwrap();
        }
    }
    writer.add_directory("pkg/folder", SimpleFileOptions::default()).unwrap();
    let bytes = writer.finish().unwrap().into_inner();
    if let Err(error) = read_all(bytes, &Limits::default()) {
        panic!("{}", super::chain(&error));
    }
}

#[test]
fn any_change_of_one_byte_is_harmless() {
    // No panic, and no content that differs from the promised one: a flip is refused or changes nothing that is read.
    let mut zip = RawZip::honest();
    zip.entries[0].describe(true);
    let honest = zip.bytes();
    for position in 0..honest.len() {
        for bit in 0..8 {
            let mut bytes = honest.clone();
            bytes[position] ^= 1 << bit;
            let _ = read_all(bytes, &Limits::default());
        }
    }
    for length in 0..honest.len() {
        assert!(read_all(honest[..length].to_vec(), &Limits::default()).is_err(), "cut at {length}");
    }
}
