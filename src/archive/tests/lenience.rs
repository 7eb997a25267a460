//! What the `tar` crate lets through of what is refused here: why source archives are read by a reader of our own.

use std::io::Read as _;

use super::tar_builder::{RawTar, RawTarEntry};
use crate::archive::{Limits, unpack_source};

/// Reads names and contents of all entries, as a program on the `tar` crate would.
fn theirs(bytes: &[u8]) -> std::io::Result<Vec<(String, String)>> {
    let mut read = Vec::new();
    for entry in tar::Archive::new(bytes).entries()? {
        let mut entry = entry?;
        let name = entry.path()?.display().to_string();
        let mut content = String::new();
        entry.read_to_string(&mut content)?;
        read.push((name, content));
    }
    Ok(read)
}

fn is_refused(tar: &RawTar) -> bool {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let (archive, into) = (folder.path().join("archive"), folder.path().join("into"));
    fs_err::write(&archive, tar.bytes()).expect("a temporary file can be written");
    fs_err::create_dir(&into).expect("a temporary folder can be made");
    unpack_source(&archive, &into, std::time::SystemTime::UNIX_EPOCH, &Limits::default()).is_err()
}

/// A change of an honest archive.
type Change = fn(&mut RawTar);

const HOSTILE: &[(&str, Change)] = &[
    ("bytes after the name", |tar| tar.entries[2].name = b"tiny-1.0/a\0evil".to_vec()),
    ("a hidden prefix", |tar| {
        tar.entries[2].magic = b"ustar  \0".to_vec();
        tar.entries[2].prefix = b"../../evil".to_vec();
    }),
    ("a prefix without a format", |tar| {
        tar.entries[2].magic.clear();
        tar.entries[2].prefix = b"../../evil".to_vec();
    }),
    ("an unknown format", |tar| tar.entries[2].magic = b"ustar\x0001".to_vec()),
    ("a name twice", |tar| tar.entries[2].name = b"tiny-1.0/PKG-INFO".to_vec()),
    ("a name that leads up", |tar| tar.entries[2].name = b"tiny-1.0/../../evil".to_vec()),
    ("a path twice", |tar| {
        let twice = RawTarEntry::pax(b'x', &[("path", "tiny-1.0/a"), ("path", "tiny-1.0/b")]);
        tar.entries.insert(2, twice);
    }),
    ("another size in the extended header", |tar| tar.entries.insert(2, RawTarEntry::pax(b'x', &[("size", "5")]))),
    ("a sparse file", |tar| tar.entries.insert(2, RawTarEntry::pax(b'x', &[("GNU.sparse.major", "1")]))),
    ("another character set", |tar| tar.entries.insert(2, RawTarEntry::pax(b'x', &[("hdrcharset", "ISO-8859-1")]))),
    ("a path for all that follow", |tar| tar.entries.insert(0, RawTarEntry::pax(b'g', &[("path", "tiny-1.0/a")]))),
    ("two extended headers", |tar| {
        let header = RawTarEntry::pax(b'x', &[("path", "tiny-1.0/a")]);
        tar.entries.splice(2..2, [header.clone(), header]);
    }),
    ("long names of two kinds", |tar| {
        let name = RawTarEntry::new(b'L', b"././@LongLink", b"tiny-1.0/a\0");
        tar.entries.splice(2..2, [name, RawTarEntry::pax(b'x', &[("path", "tiny-1.0/b")])]);
    }),
    ("a kind of one program", |tar| tar.entries.push(RawTarEntry::new(b'Z', b"tiny-1.0/evil", b""))),
    ("a device", |tar| tar.entries.push(RawTarEntry::new(b'3', b"tiny-1.0/evil", b""))),
    ("another checksum", |tar| tar.entries[1].checksum = Some(b"000000\0 ".to_vec())),
];

#[test]
fn what_others_read_otherwise_is_let_through_by_the_tar_crate() {
    let mut stopped = Vec::new();
    for (what, change) in HOSTILE {
        let mut tar = RawTar::honest();
        change(&mut tar);
        assert!(is_refused(&tar), "{what}");
        if theirs(&tar.tar()).is_err() {
            stopped.push(*what);
        }
    }
    assert_eq!(
        stopped,
        ["two extended headers", "another checksum"],
        "of {}, these are stopped there too",
        HOSTILE.len()
    );
}
