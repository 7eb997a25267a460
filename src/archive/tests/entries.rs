//! Entries that no archive of files needs: names that lead elsewhere, links, devices, encryption, clashes.

use super::builder::{RawEntry, RawZip, extra};
use super::{accepts, refuses};
use proptest::prelude::*;

use crate::archive::{Limits, NameSet, SafePath, ZipReader, are_certainly_apart};

fn refuses_name(name: &str, expected: &str) {
    refuses(&format!("{name:?}"), expected, |zip| {
        let mut entry = RawEntry::new("x", b"evil");
        entry.both(|header| {
            header.name = name.as_bytes().to_vec();
            header.flags = 1 << 11;
        });
        zip.push(entry);
    });
}

#[test]
pub(super) fn names_that_lead_elsewhere() {
    refuses_name("", "it is empty");
    refuses_name("/", "it is empty");
    refuses_name("/etc/passwd", "it is absolute");
    refuses_name("//server/share", "it is absolute");
    refuses_name("C:evil.py", "drive letter");
    refuses_name("c:/evil.py", "drive letter");
    refuses_name("..", "`.` or `..`");
    refuses_name("../evil.py", "`.` or `..`");
    refuses_name("pkg/../../evil.py", "`.` or `..`");
    refuses_name("pkg/..", "`.` or `..`");
    refuses_name("../", "`.` or `..`");
    refuses_name("./evil.py", "`.` or `..`");
    refuses_name("pkg/./evil.py", "`.` or `..`");
    refuses_name("pkg//evil.py", "empty component");
    refuses_name("pkg//", "empty component");
    refuses_name(".. /evil.py", "nothing but dots and blanks");
    refuses_name("pkg/.../evil.py", "nothing but dots and blanks");
    refuses_name(" ", "nothing but dots and blanks");
    refuses_name("pkg\\evil.py", "backslash");
    refuses_name("..\\evil.py", "backslash");
    refuses_name("evil.py\0.txt", "control character");
    refuses_name("\0", "control character");
    refuses_name("evil\n.py", "control character");
    refuses_name("evil\r.py", "control character");
    refuses_name("\u{1b}[2Jevil.py", "control character");
    refuses_name("evil\u{7f}.py", "control character");
    refuses_name("evil\u{9b}31m.py", "control character");
    refuses_name(&"x".repeat(256), "more than 255 bytes");
    refuses_name(&"ä".repeat(128), "more than 255 bytes");
    refuses_name(&"x/".repeat(600), "longer than 1024 bytes");
}

#[test]
pub(super) fn names_that_are_read_in_two_ways() {
    refuses("not UTF-8", "not UTF-8", |zip| zip.entries[2].both(|header| header.name = b"caf\xe9.py".to_vec()));
    refuses("not UTF-8, but marked", "not UTF-8", |zip| {
        zip.entries[2].both(|header| {
            header.name = b"caf\xe9.py".to_vec();
            header.flags = 1 << 11;
        });
    });
    refuses("overlong UTF-8", "not UTF-8", |zip| {
        zip.entries[2].both(|header| header.name = b"..\xc0\xafevil".to_vec());
    });
    refuses("UTF-8 that is not marked", "not marked as UTF-8", |zip| {
        zip.entries[2].both(|header| header.name = "café.py".as_bytes().to_vec());
    });
    accepts("UTF-8 that is marked", |zip| {
        zip.push(RawEntry::new("pkg/café.py", b"x = 1\n"));
    });
    accepts("ASCII that is marked as UTF-8", |zip| zip.entries[0].both(|header| header.flags = 1 << 11));
}

#[test]
pub(super) fn names_that_clash() {
    let clash = |name: &str, expected: &str| {
        refuses(name, expected, |zip| {
            zip.push(RawEntry::new(name, b""));
        });
    };
    clash("other.py", "there twice, with different bytes");
    clash("pkg", "one is a file, the other a folder");
    clash("other.py/evil.py", "one is a file, the other a folder");
    clash("other.py/", "one is a file, the other a folder");
    clash("pkg/__init__.py/x/y", "one is a file, the other a folder");
    refuses("twice, with different bytes of one size and CRC", "there twice, with different bytes", |zip| {
        // Both have the CRC-32 of nothing in particular: what counts is that the two are the same there.
        let mut one = RawEntry::stored("twin.py", b"plumless");
        let mut other = RawEntry::stored("twin.py", b"buckeroo");
        one.both(|header| header.size = 8);
        other.both(|header| header.size = 8);
        assert_eq!(one.central.crc32, other.central.crc32);
        zip.push(one).push(other);
    });
    refuses("more names of one form than anyone has", "names that differ only in case", |zip| {
        for number in 0..1024_u32 {
            let name: String = (0..10).map(|bit| if number >> bit & 1 == 0 { 'a' } else { 'A' }).collect();
            zip.push(RawEntry::new(&name, b""));
        }
    });
    accepts("a folder that is named after its files", |zip| {
        zip.push(RawEntry::stored("pkg/", b""));
    });
    accepts("names that share a beginning", |zip| {
        zip.push(RawEntry::new("pkg2/a.py", b""));
    });
}

#[test]
fn names_that_only_other_systems_take_for_one() {
    for name in
        ["Other.py", "OTHER.PY", "PKG/new.py", "Pkg/", "PKG", "other.py.", "other.py  ", "pkg. /x.py", "pkg./", "PKG./"]
    {
        accepts(name, |zip| {
            zip.push(RawEntry::new(name, b""));
        });
    }
    for (one, two) in [
        ("caf\u{e9}.py", "cafe\u{301}.py"),
        ("stra\u{df}e.py", "STRASSE.py"),
        ("\u{17f}.py", "s.py"),
        ("\u{212a}.py", "k.py"),
        ("\u{3a3}.py", "\u{3c2}.py"),
        ("\u{e4}.py", "\u{c4}.py"),
        ("\u{1e9b}\u{323}.py", "\u{1e9b}\u{323}.PY"),
        ("\u{e9}/a.py", "e\u{301}/b.py"),
    ] {
        let mut names = NameSet::new();
        names.add_file(&SafePath::new(one).unwrap()).unwrap();
        names.add_file(&SafePath::new(two).unwrap()).unwrap();
        let [alike] = names.alike() else { panic!("{one} and {two}") };
        assert!(alike.reason.contains("differ only in case or Unicode"), "{one} and {two}");
    }
}

#[test]
fn folders_that_hold_nothing_are_like_nothing() {
    let mut names = NameSet::new();
    for folder in ["pyarrow./", "PyArrow", "new", "new"] {
        names.add_folder(&SafePath::new(folder.trim_end_matches('/')).unwrap()).unwrap();
    }
    names.add_file(&SafePath::new("pyarrow/lib.py").unwrap()).unwrap();
    assert_eq!(names.alike(), []);
    names.add_file(&SafePath::new("pyarrow./lib.py").unwrap()).unwrap();
    assert_eq!(names.alike().len(), 2, "now a file lies below it: the folders and the files in them");
}

/// Whether names are certainly apart, and what a set says of them.
fn apart(paths: &[&str]) -> bool {
    let mut paths: Vec<SafePath> = paths.iter().map(|path| SafePath::new(path).unwrap()).collect();
    paths.sort();
    let certainly = are_certainly_apart(paths.iter());
    let mut names = NameSet::new();
    let is_free = paths.iter().all(|path| names.add_file(path).is_ok()) && names.alike().is_empty();
    assert!(is_free || !certainly, "{paths:?}");
    certainly
}

#[test]
fn names_that_are_certainly_apart() {
    assert!(apart(&["a.py", "a/b.py", "a/b/c.py", "a-b/c.py", "b/a.py", "b/c/a.py", "b/c/d/e/a.py", ".hidden/x"]));
    assert!(!apart(&["a.py", "A.py"]) && !apart(&["a/b", "A/c"]) && !apart(&["a", "a/b"]) && !apart(&["a", "a"]));
    assert!(!apart(&["a/b", "a./c"]), "Windows drops the dot");
    assert!(!apart(&["\u{e9}.py"]), "that is looked at closely");
}

proptest! {
    #[test]
    fn what_is_certain_is_true(paths in prop::collection::vec("[aAbB]{1,2}[. ]?[ab](/[aAb\u{e9}]{1,2}){0,3}", 1..8)) {
        apart(&paths.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

#[test]
fn the_same_entry_twice_is_there_once() {
    let mut zip = RawZip::honest();
    let names = |zip: &RawZip| {
        let reader = ZipReader::new(zip.bytes(), &Limits::default()).unwrap();
        reader.entries().iter().map(|entry| (entry.path.to_string(), entry.is_executable)).collect::<Vec<_>>()
    };
    let before = names(&zip);
    let twin = zip.entries[2].clone();
    zip.push(RawEntry::new("bin/tool", b"#!/bin/sh\n")).push(twin);
    zip.push(RawEntry::stored("bin/tool", b"#!/bin/sh\n").mode(0o100_755));
    let after = [before, vec![("bin/tool".to_owned(), true)]].concat();
    assert_eq!(names(&zip), after);
}

#[test]
pub(super) fn what_is_no_file() {
    let kind = |what, mode, expected| {
        refuses(what, expected, |zip| {
            zip.push(RawEntry::stored("special", b"../target").mode(mode));
        });
    };
    kind("a symbolic link", 0o120_777, "symbolic link");
    kind("a character device", 0o020_644, "device, pipe or socket");
    kind("a block device", 0o060_644, "device, pipe or socket");
    kind("a pipe", 0o010_644, "device, pipe or socket");
    kind("a socket", 0o140_644, "device, pipe or socket");
    kind("an unknown kind", 0o170_644, "device, pipe or socket");
    kind("a folder by mode", 0o040_755, "disagree whether it is a folder");
    refuses("a link whatever made it", "symbolic link", |zip| {
        let mut entry = RawEntry::stored("special", b"../target").mode(0o120_777);
        entry.external |= 0x20;
        zip.push(entry);
    });
    refuses("a link with the name of a folder", "symbolic link", |zip| {
        zip.push(RawEntry::stored("special/", b"").mode(0o120_777));
    });
    refuses("a folder by its MS-DOS attribute", "disagree whether it is a folder", |zip| {
        zip.entries[2].external |= 0x10;
    });
    refuses("a file by mode with the name of a folder", "disagree whether it is a folder", |zip| {
        zip.push(RawEntry::stored("folder/", b"").mode(0o100_644));
    });
    refuses("a folder with content", "folder with content", |zip| {
        zip.push(RawEntry::stored("folder/", b"hidden"));
    });
    refuses("a folder whose data nobody reads", "folder with content", |zip| {
        let mut entry = RawEntry::new("folder/", b"hidden");
        entry.both(|header| (header.crc32, header.size) = (0, 0));
        zip.push(entry);
    });
    refuses("a folder with two bytes that are no empty stream", "folder with content", |zip| {
        let mut entry = RawEntry::new("folder/", b"");
        entry.data = b"hi".to_vec();
        zip.push(entry);
    });
    accepts("a folder with the empty stream that Java writes", |zip| {
        let mut entry = RawEntry::new("folder/", b"");
        entry.describe(true);
        zip.push(entry);
    });
    refuses("a folder with a CRC", "folder with content", |zip| {
        let mut entry = RawEntry::stored("folder/", b"");
        entry.both(|header| header.crc32 = 1);
        zip.push(entry);
    });
    refuses("another disk", "on another disk", |zip| zip.entries[0].disk = 1);
    refuses("a comment with a header", "comment holds the signature", |zip| {
        zip.entries[0].comment = b"PK\x01\x02 and so on".to_vec();
    });
    refuses("a comment with an end record", "comment holds the signature", |zip| {
        zip.entries[2].comment = b"..PK\x05\x06".to_vec();
    });
    accepts("a folder with a set-group-ID bit", |zip| {
        zip.push(RawEntry::stored("folder/", b"").mode(0o042_755));
    });
    for mode in [0o104_755, 0o102_755, 0o004_755, 0o106_777, 0o100_000, 0o100_666, 0o101_777] {
        accepts("permissions of any kind", |zip| {
            zip.push(RawEntry::new("tool", b"#!/bin/sh").mode(mode));
        });
    }
    accepts("no mode at all", |zip| zip.entries[0].external = 0);
    accepts("a comment", |zip| zip.entries[0].comment = b"made by hand".to_vec());
    accepts("an archive comment", |zip| zip.end.comment = b"made by hand".to_vec());
}

#[test]
pub(super) fn flags_and_methods() {
    let flags = |what, bits: u16, expected| {
        refuses(what, expected, |zip| zip.entries[0].both(|header| header.flags |= bits));
    };
    flags("encrypted", 1, "it is encrypted");
    flags("strongly encrypted", 1 << 6 | 1, "it is encrypted");
    flags("strongly encrypted, it says", 1 << 6, "flags that are not accepted");
    flags("enhanced deflate", 1 << 4, "flags that are not accepted");
    flags("a patch", 1 << 5, "flags that are not accepted");
    flags("reserved 7", 1 << 7, "flags that are not accepted");
    flags("enhanced compression", 1 << 12, "flags that are not accepted");
    flags("masked", 1 << 13, "flags that are not accepted");
    flags("reserved 15", 1 << 15, "flags that are not accepted");
    for (what, method) in [
        ("shrunk", 1),
        ("imploded", 6),
        ("deflate64", 9),
        ("bzip2", 12),
        ("LZMA", 14),
        ("zstd", 93),
        ("xz", 95),
        ("AES", 99),
        ("unknown", 1000),
    ] {
        refuses(what, "neither stored nor deflated", |zip| zip.entries[0].both(|header| header.method = method));
    }
    refuses("AES by its field", "encrypted", |zip| {
        zip.entries[0].both(|header| header.extra = extra(0x9901, b"\x02\0AE\x03\x08\0"));
    });
    accepts("effort", |zip| zip.entries[0].both(|header| header.flags |= 0b110));
}
