//! Lies about the archive as a whole: its end, its directory, and what lies between its parts.

use super::builder::{RawEntry, RawZip, RawZip64};
use super::{refuses, refuses_bytes};

#[test]
pub(super) fn what_is_no_archive() {
    refuses_bytes("nothing", "it is empty", Vec::new());
    refuses_bytes("one byte", "no end record", vec![b'P']);
    refuses_bytes("a text", "a page of a server", b"<html><body>404 Not Found</body></html>".repeat(20));
    let honest = RawZip::honest().bytes();
    for cut in [1, 10, 21, 22, 23, 60, honest.len() - 4] {
        refuses_bytes("cut off", "", honest[..honest.len() - cut].to_vec());
    }
}

#[test]
pub(super) fn bytes_before_between_and_behind() {
    refuses("a shebang that offsets do not count", "does not end where its end record begins", |zip| {
        zip.uncounted_prefix = b"#!/bin/sh\n".to_vec();
    });
    refuses("a shebang that offsets count", "does not begin where the entry before it ends", |zip| {
        zip.prefix = b"#!/bin/sh\n".to_vec();
    });
    refuses("one byte before", "does not begin where the entry before it ends", |zip| zip.prefix = vec![0]);
    refuses("one byte behind", "no end record, or bytes follow it", |zip| zip.suffix = vec![0]);
    refuses("a line end behind", "no end record, or bytes follow it", |zip| zip.suffix = b"\r\n".to_vec());
    refuses("a gap between entries", "followed by bytes that belong to no entry", |zip| {
        zip.entries[0].after = vec![0; 12];
    });
    refuses("a gap before the directory", "followed by bytes that belong to no entry", |zip| {
        zip.before_directory = b"hidden".to_vec();
    });
    refuses("an entry that the directory does not name", "followed by bytes that belong to no entry", |zip| {
        zip.entries[1].is_central = false;
    });
    refuses("a first entry that the directory does not name", "does not begin where", |zip| {
        zip.entries[0].is_central = false;
    });
    refuses("a last entry that the directory does not name", "followed by bytes that belong to no entry", |zip| {
        zip.entries[2].is_central = false;
    });
    refuses("no entry, but bytes", "before its central directory", |zip| {
        zip.entries.clear();
        zip.before_directory = vec![1; 30];
    });
    refuses("a gap before the end record", "does not end where its end record begins", |zip| {
        zip.after_directory = vec![0; 4];
    });
    let honest = RawZip::honest().bytes();
    refuses_bytes("two archives", "does not end where its end record begins", [&honest[..], &honest].concat());
}

#[test]
pub(super) fn several_or_lying_end_records() {
    let end = |bytes: Vec<u8>| bytes[bytes.len() - 22..].to_vec();
    refuses("two end records", "does not end where its end record begins", |zip| zip.suffix = end(zip.bytes()));
    refuses("an end record in the comment", "several end records", |zip| zip.end.comment = end(zip.bytes()));
    refuses("an end record inside the comment", "its comment holds the signature", |zip| {
        zip.end.comment = [end(zip.bytes()), vec![b' ']].concat();
    });
    for signature in [b"PK\x01\x02", b"PK\x03\x04", b"PK\x06\x06", b"PK\x06\x07"] {
        refuses("a signature in the comment", "its comment holds the signature", |zip| {
            zip.end.comment = [b"see ", &signature[..]].concat();
        });
    }
    refuses("a whole archive in the comment", "several end records", |zip| {
        zip.end.comment = RawZip::of([RawEntry::new("evil.py", b"evil")]).bytes();
    });
    refuses("a comment longer than there is", "no end record", |zip| zip.end.comment_length = Some(5));
    refuses("a comment shorter than there is", "no end record", |zip| {
        zip.end.comment = b"hello".to_vec();
        zip.end.comment_length = Some(2);
    });
    let wrong_place = "does not end where its end record begins";
    refuses("an offset too high", wrong_place, |zip| zip.end.offset = Some(200));
    refuses("an offset too low", wrong_place, |zip| zip.end.offset = Some(3));
    refuses("a size too small", wrong_place, |zip| zip.end.size = Some(46));
    refuses("a size too large", wrong_place, |zip| zip.end.size = Some(60_000));
    refuses("fewer entries than there are", "holds more than its end record counts", |zip| zip.end.entries = Some(2));
    refuses("no entries", "holds more than its end record counts", |zip| zip.end.entries = Some(0));
    refuses("more entries than there are", "holds less than its end record counts", |zip| zip.end.entries = Some(4));
    refuses("fewer entries on this disk", "several disks", |zip| zip.end.disk_entries = Some(1));
    refuses("another disk", "several disks", |zip| zip.end.disk = 1);
    refuses("a directory on another disk", "several disks", |zip| zip.end.directory_disk = 1);
    refuses("zip64 that is not there, by entries", "zip64 record that is not there", |zip| {
        zip.end.entries = Some(u16::MAX);
    });
    refuses("zip64 that is not there, by offset", "zip64 record that is not there", |zip| {
        zip.end.offset = Some(u32::MAX);
    });
    refuses("zip64 that is not there, by size", "zip64 record that is not there", |zip| zip.end.size = Some(u32::MAX));
}

#[test]
pub(super) fn zip64_oddities() {
    let odd = |what, expected, zip64: RawZip64| refuses(what, expected, |zip| zip.zip64 = Some(zip64));
    let truth = RawZip64::default;
    odd("a locator that points elsewhere", "locator does not point", RawZip64 { record_offset: Some(0), ..truth() });
    odd("a locator without a record", "", RawZip64 { without_record: true, ..truth() });
    odd("a record without its signature", "malformed", RawZip64 { signature: Some(0x0606_4b51), ..truth() });
    odd("a record that is longer", "locator does not point", RawZip64 { extensible: vec![0; 8], ..truth() });
    odd("a record that says it is longer", "malformed", RawZip64 { length: Some(45), ..truth() });
    odd("other entries", "disagree", RawZip64 { entries: Some(2), ..truth() });
    odd("another size", "disagree", RawZip64 { size: Some(7), ..truth() });
    odd("another offset", "disagree", RawZip64 { offset: Some(7), ..truth() });
    odd("other entries on this disk", "several disks", RawZip64 { disk_entries: Some(2), ..truth() });
    odd("another disk", "several disks", RawZip64 { disk: 1, ..truth() });
    odd("two disks", "several disks", RawZip64 { disks: 2, ..truth() });
    refuses("a record that only zip64 readers would follow", "does not end where", |zip| {
        (zip.end.offset, zip.end.size) = (Some(u32::MAX), Some(u32::MAX));
        zip.zip64 = Some(RawZip64 { offset: Some(0), ..truth() });
    });
}

#[test]
pub(super) fn a_directory_that_is_none() {
    refuses("another signature", "something that is not an entry", |zip| zip.entries[1].central.signature += 1);
    refuses("a name that reaches beyond the directory", "holds less", |zip| {
        let directory = RawZip::of([zip.entries[2].clone()]).bytes();
        // The header of the last entry alone, with its name left out.
        let start = directory.len() - 22 - 46 - 8;
        zip.entries[2].is_central = false;
        zip.after_directory = directory[start..start + 46].to_vec();
        zip.end.entries = Some(3);
        zip.end.size = Some(46 * 3 + 15 + 12);
    });
    refuses("two entries with one local header", "overlaps what follows", |zip| {
        zip.entries[2].is_local = false;
        zip.entries[2].offset = Some(0);
    });
    refuses("an entry inside the data of another", "overlaps", |zip| {
        let inner = RawZip::of([RawEntry::stored("inner.py", b"evil")]);
        let inner_bytes = inner.bytes();
        let mut outer = RawEntry::stored("outer.bin", &inner_bytes[..30 + 8 + 4]);
        outer.both(|header| header.name = b"outer.bin".to_vec());
        let mut quoted = inner.entries[0].clone();
        quoted.is_local = false;
        quoted.offset = Some(30 + 9);
        zip.entries = vec![outer, quoted];
    });
    refuses("an entry without local header", "", |zip| zip.entries[2].is_local = false);
    refuses("an entry beyond the directory", "", |zip| zip.entries[2].offset = Some(60_000));
    refuses("a local header with another signature", "local header is missing", |zip| {
        zip.entries[1].local.signature = 0x0403_4b51;
    });
}

#[test]
pub(super) fn a_tar_at_the_same_time() {
    refuses("a first block that is a tar header", "tar archive at the same time", |zip| {
        zip.entries = vec![RawEntry::stored("a", &[0; 600])];
        let start = 31;
        let sum = |bytes: &[u8]| bytes[..512].iter().map(|&byte| u32::from(byte)).sum::<u32>();
        zip.entries[0].data[148 - start..156 - start].fill(b' ');
        let content = zip.entries[0].data.clone();
        zip.entries[0] = RawEntry::stored("a", &content);
        // The CRC of the content is part of the block that the checksum covers: try until both are right.
        for guess in 0..0o177_777_u32 {
            let mut content = content.clone();
            content[148 - start..156 - start].copy_from_slice(format!("{guess:06o}\0 ").as_bytes());
            let mut entry = RawEntry::stored("a", &content);
            entry.data[148 - start..156 - start].fill(b' ');
            let blank = RawZip::of([entry]).bytes();
            if sum(&blank) == guess {
                zip.entries[0] = RawEntry::stored("a", &content);
                return;
            }
        }
        panic!("no checksum fits");
    });
}
