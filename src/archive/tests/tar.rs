//! Source archives, honest and hostile.

use std::time::{Duration, SystemTime};

use super::tar_builder::{RawTar, RawTarEntry, gzip, pax_record};
use super::{chain, note};
use crate::archive::{ArchiveError, Limits, read_source, unpack_source};

/// Unpacks, and gives what is there: paths with `*` behind those that can be run, and contents.
fn unpack(bytes: &[u8], limits: &Limits) -> Result<Vec<(String, String)>, ArchiveError> {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let archive = folder.path().join("archive");
    fs_err::write(&archive, bytes).expect("a temporary file can be written");
    let into = folder.path().join("into");
    fs_err::create_dir(&into).expect("a temporary folder can be made");
    let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let top = unpack_source(&archive, &into, modified, limits)?;
    let mut found = Vec::new();
    let mut open = vec![top];
    while let Some(folder) = open.pop() {
        for entry in fs_err::read_dir(folder).expect("it was just written") {
            let path = entry.expect("it was just written").path();
            let metadata = fs_err::symlink_metadata(&path).expect("it was just written");
            assert!(!metadata.is_symlink(), "{} is a link", path.display());
            if metadata.is_dir() {
                open.push(path);
                continue;
            }
            let mode = metadata.permissions().mode() & 0o7777;
            assert!([0o644, 0o755].contains(&mode), "{} has mode {mode:o}", path.display());
            assert_eq!(metadata.modified().expect("the system has times"), modified);
            let star = if mode == 0o755 { "*" } else { "" };
            let name = path.strip_prefix(&into).expect("it was found below").display();
            found.push((format!("{name}{star}"), fs_err::read_to_string(&path).expect("it was just written")));
        }
    }
    let outside: Vec<_> = fs_err::read_dir(folder.path()).expect("it is there").collect();
    assert_eq!(outside.len(), 2, "only the archive and its folder: {outside:?}");
    found.sort();
    Ok(found)
}

fn accepts(what: &str, bytes: &[u8], expected: &[(&str, &str)]) {
    match unpack(bytes, &Limits::default()) {
        Err(error) => panic!("{what}: {}", chain(&error)),
        Ok(found) => {
            let found: Vec<(&str, &str)> = found.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
            assert_eq!(found, expected, "{what}");
        }
    }
}

fn refuses_bytes(what: &str, expected: &str, bytes: &[u8], limits: &Limits) {
    match unpack(bytes, limits) {
        Ok(_) => panic!("{what}: accepted"),
        Err(error) => {
            let text = chain(&error);
            assert!(text.contains(expected), "{what}: refused for another reason: {text}");
            note(what, &text);
        }
    }
}

/// Makes one change to an honest archive and expects that it is refused for the reason that `expected` is a part of.
fn refuses(what: &str, expected: &str, change: impl FnOnce(&mut RawTar)) {
    let mut tar = RawTar::honest();
    change(&mut tar);
    refuses_bytes(what, expected, &tar.bytes(), &Limits::default());
}

const HONEST: [(&str, &str); 3] = [
    ("tiny-1.0/PKG-INFO", "Metadata-Version: 2.2\nName: tiny\nVersion: 1.0\n"),
    ("tiny-1.0/src/tiny.py", "answer = 42\n"),
    ("tiny-1.0/tool*", "#!/bin/sh\n"),
];

#[test]
pub(super) fn honest_archives_are_unpacked() {
    let honest = |what, change: fn(&mut RawTar)| {
        let mut tar = RawTar::honest();
        change(&mut tar);
        accepts(what, &tar.bytes(), &HONEST);
    };
    honest("as it is", |_| {});
    honest("one block of zeros", |tar| tar.end.truncate(512));
    honest("many blocks of zeros", |tar| tar.end = vec![0; 10240]);
    honest("the commit that `git archive` notes", |tar| {
        tar.entries.insert(0, RawTarEntry::pax(b'g', &[("comment", "0123456789abcdef")]));
    });
    honest("times and owners in an extended header", |tar| {
        tar.entries.insert(1, RawTarEntry::pax(b'x', &[("mtime", "1.5"), ("uid", "7"), ("SCHILY.xattr.user.x", "y")]));
    });
    honest("names that start with `./`", |tar| {
        for entry in &mut tar.entries {
            entry.name = [b"./", entry.name.as_slice()].concat();
        }
        tar.entries.insert(0, RawTarEntry::new(b'5', b"./", b""));
    });
    honest("a prefix", |tar| {
        tar.entries[2].prefix = b"tiny-1.0".to_vec();
        tar.entries[2].name = b"src/tiny.py".to_vec();
    });
    honest("an archive of Unix V7", |tar| tar.entries.iter_mut().for_each(|entry| entry.magic.clear()));
    honest("an archive of GNU tar", |tar| {
        tar.entries.iter_mut().for_each(|entry| entry.magic = b"ustar  \0".to_vec());
    });
    honest("a folder that is named twice", |tar| tar.entries.push(tar.entries[0].clone()));
    honest("a file that is there twice", |tar| tar.entries.extend_from_within(1..4));
    honest("a folder of the old kind", |tar| tar.entries[0].kind = 0);
    honest("numbers with blanks", |tar| tar.entries[2].size = b"         14 ".to_vec());
    honest("a link that leads nowhere", |tar| {
        tar.entries.push(RawTarEntry::link(b'2', "tiny-1.0/dangling", "nothing"));
    });
}

#[test]
pub(super) fn long_names_are_read() {
    let long = format!("tiny-1.0/{}/{}.py", "a".repeat(120), "b".repeat(120));
    let expected = [HONEST[0], (long.as_str(), "answer = 42\n"), HONEST[2]];
    let mut tar = RawTar::honest();
    tar.entries.insert(2, RawTarEntry::pax(b'x', &[("path", &long), ("size", "12")]));
    accepts("of pax", &tar.bytes(), &expected);
    tar.entries[2] = RawTarEntry::new(b'L', b"././@LongLink", format!("{long}\0").as_bytes());
    accepts("of GNU tar", &tar.bytes(), &expected);
}

#[test]
pub(super) fn links_become_copies() {
    let mut tar = RawTar::honest();
    tar.entries.extend([
        RawTarEntry::link(b'2', "tiny-1.0/src/info", "../PKG-INFO"),
        RawTarEntry::link(b'2', "tiny-1.0/second", "src/./info"),
        RawTarEntry::link(b'2', "tiny-1.0/lib", "src"),
        RawTarEntry::link(b'2', "tiny-1.0/through", "lib/tiny.py"),
        RawTarEntry::link(b'1', "tiny-1.0/hard", "tiny-1.0/tool"),
    ]);
    accepts(
        "links inside",
        &tar.bytes(),
        &[
            HONEST[0],
            ("tiny-1.0/hard*", HONEST[2].1),
            ("tiny-1.0/lib/info", HONEST[0].1),
            ("tiny-1.0/lib/tiny.py", HONEST[1].1),
            ("tiny-1.0/second", HONEST[0].1),
            ("tiny-1.0/src/info", HONEST[0].1),
            HONEST[1],
            ("tiny-1.0/through", HONEST[1].1),
            HONEST[2],
        ],
    );
    let link = |what, expected, kind: u8, name: &str, target: &str| {
        refuses(what, expected, |tar| tar.entries.push(RawTarEntry::link(kind, name, target)));
    };
    link("an absolute link", "leads outside", b'2', "tiny-1.0/a", "/etc/passwd");
    link("a link outside", "leads outside", b'2', "tiny-1.0/a", "../../etc/passwd");
    link("a link to the folder of the archive", "leads outside", b'2', "tiny-1.0/src/a", "../../other");
    link("a link by a drive", "leads outside", b'2', "tiny-1.0/a", "C:evil");
    link("a link with backslashes", "leads outside", b'2', "tiny-1.0/a", "..\\..\\evil");
    link("a link with a control character", "control character", b'2', "tiny-1.0/a", "b\u{1b}[2J");
    link("a link to itself", "leads back to itself", b'2', "tiny-1.0/a", "a");
    link("a link to its own folder", "such links itself", b'2', "tiny-1.0/src/a", ".");
    link("a hard link to what comes later", "no file before it", b'1', "tiny-1.0/a", "tiny-1.0/z");
    link("a hard link outside", "`.` or `..`", b'1', "tiny-1.0/a", "../../etc/passwd");
    link("an absolute hard link", "absolute", b'1', "tiny-1.0/a", "/etc/passwd");
    link("a hard link to a folder", "no file before it", b'1', "tiny-1.0/a", "tiny-1.0/src");
    refuses("a link out by way of another", "leads outside", |tar| {
        tar.entries.push(RawTarEntry::link(b'2', "tiny-1.0/src/up", ".."));
        tar.entries.push(RawTarEntry::link(b'2', "tiny-1.0/a", "src/up/../x"));
    });
    refuses("a file below a link", "one is a file, the other a folder", |tar| {
        tar.entries.push(RawTarEntry::link(b'2', "tiny-1.0/a", "src"));
        tar.entries.push(RawTarEntry::file("tiny-1.0/a/evil.py", ""));
    });
    refuses("a file in the place of a link", "the name is there twice", |tar| {
        tar.entries.push(RawTarEntry::link(b'2', "tiny-1.0/a", "../../evil"));
        tar.entries.push(RawTarEntry::file("tiny-1.0/a", ""));
    });
    refuses("a link with a content", "has a content", |tar| {
        let link = RawTarEntry::link(b'2', "tiny-1.0/a", "tool");
        tar.entries.push(RawTarEntry { size: b"00000000004\0".to_vec(), content: b"evil".to_vec(), ..link });
    });
}

#[test]
pub(super) fn names_that_lead_elsewhere() {
    let name = |what, expected, name: &[u8]| refuses(what, expected, |tar| tar.entries[2].name = name.to_vec());
    name("an absolute name", "absolute", b"/etc/passwd");
    name("a name that leads up", "`.` or `..`", b"tiny-1.0/../../evil");
    name("a name with a dot", "`.` or `..`", b"tiny-1.0/./evil");
    name("an empty component", "empty component", b"tiny-1.0//evil");
    name("a drive", "drive letter", b"C:evil");
    name("a backslash", "backslash", b"tiny-1.0\\..\\evil");
    name("a control character", "control character", b"tiny-1.0/\x1b[2J");
    name("no name", "empty", b"");
    name("another encoding", "not UTF-8", b"tiny-1.0/caf\xe9");
    name("bytes after the name", "follow the end of its name", b"tiny-1.0/a\0evil");
    name("a name twice", "the name is there twice", b"tiny-1.0/PKG-INFO");
    refuses("a file that is there twice, once to be run", "not for the same file", |tar| {
        tar.entries.extend_from_within(2..3);
        tar.entries[4].mode = b"0000755\0".to_vec();
    });
    refuses("a link in the place of a file", "the name is there twice", |tar| {
        tar.entries.push(RawTarEntry::link(b'2', "tiny-1.0/PKG-INFO", "tool"));
    });
    name("a file that is a folder", "one is a file", b"tiny-1.0/PKG-INFO/evil");
    name("a second folder at the top", "exactly one folder at its top", b"other/evil");
    name("a file at the top", "exactly one folder at its top", b"evil");
    name("a slash after a file", "empty component", b"tiny-1.0/evil/");
    refuses("a hidden prefix", "others read as part of its name", |tar| {
        tar.entries[2].magic = b"ustar  \0".to_vec();
        tar.entries[2].prefix = b"../../evil".to_vec();
    });
    refuses("a prefix without a format", "no known format", |tar| {
        tar.entries[2].magic.clear();
        tar.entries[2].prefix = b"../../evil".to_vec();
    });
    refuses("a prefix that leads up", "`.` or `..`", |tar| tar.entries[2].prefix = b"..".to_vec());
    refuses("an unknown format", "no known format", |tar| tar.entries[2].magic = b"ustar\x0001".to_vec());
}

#[test]
pub(super) fn kinds_that_are_no_files() {
    let kind = |what, expected, kind: u8| {
        refuses(what, expected, |tar| tar.entries.push(RawTarEntry::new(kind, b"tiny-1.0/evil", b"")));
    };
    for (what, letter) in [("a character device", b'3'), ("a block device", b'4'), ("a pipe", b'6')] {
        kind(what, "device or a pipe", letter);
    }
    kind("a sparse file of GNU tar", "sparse", b'S');
    for letter in [b'7', b'D', b'M', b'N', b'V', b'X', b'A', b'Z', 0xff] {
        kind("a kind of one program", "programs differ on", letter);
    }
    refuses("a folder with a content", "has a content", |tar| {
        tar.entries[0].size = b"00000001000\0".to_vec();
        tar.entries[0].content = RawTarEntry::file("tiny-1.0/evil", "").bytes();
    });
    refuses("a file with a link's target", "and is none", |tar| tar.entries[1].link = b"../evil".to_vec());
}

#[test]
pub(super) fn extended_headers_that_trick() {
    let pax = |what, expected, records: &[(&str, &str)]| {
        refuses(what, expected, |tar| tar.entries.insert(2, RawTarEntry::pax(b'x', records)));
    };
    pax("a larger size", "another size", &[("size", "1024")]);
    pax("a size of zero", "another size", &[("size", "0")]);
    pax("a size that is no number", "not a number", &[("size", "-1")]);
    pax("a size with a leading zero", "not a number", &[("size", "012")]);
    pax("a path twice", "same record twice", &[("path", "tiny-1.0/a"), ("path", "tiny-1.0/b")]);
    pax("an empty path", "empty record", &[("path", "")]);
    pax("a path that leads up", "`.` or `..`", &[("path", "../evil")]);
    pax("a path with a NUL", "control character", &[("path", "tiny-1.0/a\0b")]);
    pax("a sparse file", "sparse", &[("GNU.sparse.major", "1")]);
    pax("a real size", "not known", &[("SCHILY.realsize", "5")]);
    pax("a file type", "not known", &[("SCHILY.filetype", "sparse")]);
    pax("another character set", "not known", &[("hdrcharset", "ISO-8859-1")]);
    let malformed = |what, content: &str| {
        refuses(what, "malformed extended header", |tar| {
            tar.entries.insert(2, RawTarEntry::new(b'x', b"PaxHeader", content.as_bytes()));
        });
    };
    malformed("no length", "path=a\n");
    malformed("a length that is too long", "99 path=a\n");
    malformed("a length that is too short", "5 path=a\n");
    malformed("a length of a sign", "+9 path=a\n");
    malformed("no line end", "9 path=ab");
    malformed("no equals sign", "7 path\n");
    malformed("no key", "5 =a\n");
    malformed("zeros behind it", &format!("{}\0\0", pax_record("path", "tiny-1.0/a")));
    refuses("two in a row", "second extended header", |tar| {
        let header = RawTarEntry::pax(b'x', &[("path", "tiny-1.0/a")]);
        tar.entries.splice(2..2, [header.clone(), header]);
    });
    refuses("two long names", "second long name", |tar| {
        let name = RawTarEntry::new(b'L', b"././@LongLink", b"tiny-1.0/a\0");
        tar.entries.splice(2..2, [name.clone(), name]);
    });
    refuses("a folder in its header, a file in its extension", "of which one is that of a folder", |tar| {
        tar.entries[2].kind = 0;
        tar.entries[2].name = b"tiny-1.0/evil/".to_vec();
        tar.entries.insert(2, RawTarEntry::pax(b'x', &[("path", "tiny-1.0/src/tiny.py")]));
    });
    refuses("a file in its header, a folder in its extension", "of which one is that of a folder", |tar| {
        tar.entries[2].kind = 0;
        tar.entries.insert(2, RawTarEntry::new(b'L', b"././@LongLink", b"tiny-1.0/evil/\0"));
    });
    refuses("a size for the long name behind it", "of a second kind", |tar| {
        let name = RawTarEntry::new(b'L', b"././@LongLink", b"tiny-1.0/a\0");
        tar.entries.splice(2..2, [RawTarEntry::pax(b'x', &[("size", "12")]), name]);
    });
    refuses("a link that is longer than a path", "longer than any system takes", |tar| {
        let target = "a/../".repeat(1000);
        tar.entries.insert(2, RawTarEntry::pax(b'x', &[("linkpath", &target)]));
        tar.entries[3] = RawTarEntry::link(b'2', "tiny-1.0/a", "x");
    });
    refuses("long names of two kinds", "of a second kind", |tar| {
        let name = RawTarEntry::new(b'L', b"././@LongLink", b"tiny-1.0/a\0");
        tar.entries.splice(2..2, [name, RawTarEntry::pax(b'x', &[("path", "tiny-1.0/b")])]);
    });
    refuses("a long name with a NUL", "malformed long name", |tar| {
        tar.entries.insert(2, RawTarEntry::new(b'L', b"././@LongLink", b"tiny-1.0/a\0b\0"));
    });
    refuses("a path for all that follow", "all that follow", |tar| {
        tar.entries.insert(0, RawTarEntry::pax(b'g', &[("path", "tiny-1.0/a")]));
    });
    refuses("a size for all that follow", "all that follow", |tar| {
        tar.entries.insert(0, RawTarEntry::pax(b'g', &[("size", "0")]));
    });
    refuses("a header for all that follow in the middle", "all that follow", |tar| {
        tar.entries.insert(2, RawTarEntry::pax(b'g', &[("comment", "a")]));
    });
    refuses("nothing behind it", "belongs to an entry", |tar| {
        tar.entries.push(RawTarEntry::pax(b'x', &[("path", "tiny-1.0/a")]));
    });
}

#[test]
pub(super) fn headers_that_lie() {
    let first =
        |what, expected, change: fn(&mut RawTarEntry)| refuses(what, expected, |tar| change(&mut tar.entries[1]));
    first("another checksum", "another checksum", |entry| entry.checksum = Some(b"000000\0 ".to_vec()));
    first("no checksum", "another checksum", |entry| entry.checksum = Some(vec![0; 8]));
    first("a checksum of letters", "no checksum", |entry| entry.checksum = Some(b"checksum".to_vec()));
    first("a size of letters", "not an octal number", |entry| entry.size = b"forty-two\0".to_vec());
    first("a binary size", "not an octal number", |entry| {
        entry.size = [&[0x80][..], &[0; 10], &[45]].concat();
    });
    first("a negative size", "not an octal number", |entry| entry.size = b"-0000000001\0".to_vec());
    first("a size with a second number", "not an octal number", |entry| entry.size = b"00055\x000001\0".to_vec());
    first("a mode of letters", "not an octal number", |entry| entry.mode = b"rw-r--r-".to_vec());
    first("a smaller size", "", |entry| entry.size = b"00000000000\0".to_vec());
    first("bytes in the filling", "stand between its entries", |entry| entry.filler = b'x');
    refuses("a size beyond the end", "cut off", |tar| tar.entries[3].size = b"00000077777\0".to_vec());
    // A signed sum is what some programs of old computed; it differs where a name is not ASCII.
    refuses("a signed checksum", "another checksum", |tar| {
        let entry = &mut tar.entries[2];
        entry.name = "tiny-1.0/é".as_bytes().to_vec();
        let header = &entry.bytes()[..512];
        let blanks = header[..148].iter().chain(b"        ").chain(&header[156..]);
        let sum: i64 = blanks.map(|byte| i64::from(i8::from_ne_bytes([*byte]))).sum();
        entry.checksum = Some(format!("{sum:06o}\0 ").into_bytes());
    });
}

#[test]
pub(super) fn ends_that_are_none() {
    refuses("no end", "without a block of zeros", |tar| tar.end.clear());
    refuses("half a block", "cut off", |tar| tar.end.truncate(100));
    refuses("half a second block", "not whole", |tar| tar.end.truncate(700));
    refuses("an entry after the end", "follow the block of zeros", |tar| {
        tar.end.extend(RawTarEntry::file("tiny-1.0/evil", "").bytes());
        tar.end.extend([0; 1024]);
    });
    refuses("an entry after one block of zeros", "follow the block of zeros", |tar| {
        tar.end.truncate(512);
        tar.end.extend(RawTarEntry::file("tiny-1.0/evil", "").bytes());
    });
    refuses("a zip after the end", "not whole", |tar| tar.end.extend(super::builder::RawZip::honest().bytes()));
    refuses("nothing in it", "it is empty", |tar| tar.entries.clear());
}

#[test]
pub(super) fn gzip_members_that_trick() {
    let good = RawTar::honest().bytes();
    let check = |what, expected, bytes: Vec<u8>| refuses_bytes(what, expected, &bytes, &Limits::default());
    let changed = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        bytes
    };
    let end = good.len();
    check("a second member", "follow the end of its gzip member", [good.clone(), gzip(b"")].concat());
    check("a member before it", "", [gzip(b""), good.clone()].concat());
    check("bytes behind zeros", "follow the end of its gzip member", [good.clone(), vec![0; 70_000], vec![1]].concat());
    check("a zip behind it", "follow the end", [good.clone(), super::builder::RawZip::honest().bytes()].concat());
    check("another CRC", "its content is damaged", changed(end - 8, good[end - 8] ^ 1));
    check("another size", "another size", changed(end - 4, good[end - 4] ^ 1));
    check("another method", "not deflate", changed(2, 7));
    check("unknown flags", "nobody has defined", changed(3, 0x20));
    check("a name without an end", "", changed(3, 8));
    check("cut off", "cut off", good[..end - 1].to_vec());
    check("cut off in the middle", "cut off", good[..end / 2].to_vec());
    check("no deflate", "not a deflate stream", [&good[..10], &[0xff; 40]].concat());
    check("a plain tar", "neither a tar.gz nor a zip", RawTar::honest().tar());
    check("nothing", "it is empty", Vec::new());
    // A name and a checked header are fine.
    let mut named = good[..10].to_vec();
    named[3] = 8 | 2;
    named.extend(b"tiny-1.0.tar\0");
    let mut crc = crate::archive::Crc32::new();
    crc.update(&named);
    named.extend(&crc.sum().to_le_bytes()[..2]);
    named.extend(&good[10..]);
    accepts("a name in the gzip header", &named, &HONEST);
    accepts("zeros behind it", &[good.clone(), vec![0; 70_000]].concat(), &HONEST);
    let mut lying = named.clone();
    lying[23] ^= 1;
    check("another CRC of the header", "gzip header is damaged", lying);
}

#[test]
pub(super) fn bombs_are_refused() {
    let refuses = |what, expected, bytes: &[u8], limits| refuses_bytes(what, expected, bytes, &limits);
    let honest = RawTar::honest().bytes();
    refuses("too many entries", "files and folders", &honest, Limits { entries: 3, ..Limits::default() });
    refuses("too much content", "bytes when unpacked", &honest, Limits { unpacked_size: 40, ..Limits::default() });
    refuses("too many names", "bytes of names", &honest, Limits { directory_size: 20, ..Limits::default() });
    let mut huge = RawTar::honest();
    huge.entries[3].size = b"77777777777\0".to_vec();
    refuses(
        "a promise of 8 GiB",
        "bytes when unpacked",
        &huge.bytes(),
        Limits { unpacked_size: 1 << 30, ..Limits::default() },
    );
    let mut deep = RawTar::honest();
    deep.entries.push(RawTarEntry::file(&format!("tiny-1.0/{}x", "a/".repeat(40)), ""));
    refuses(
        "too many folders by one name",
        "files and folders",
        &deep.bytes(),
        Limits { entries: 30, ..Limits::default() },
    );
    let mut folders = RawTar::honest();
    folders.entries.extend((0..20).map(|n| RawTarEntry::file(&format!("tiny-1.0/d/{n}"), "")));
    folders.entries.extend((0..20).map(|n| RawTarEntry::link(b'2', &format!("tiny-1.0/l{n}"), "d")));
    refuses(
        "many copies of nothing",
        "files and folders",
        &folders.bytes(),
        Limits { entries: 100, ..Limits::default() },
    );
    let mut zeros = RawTar::honest();
    zeros.end = vec![0; 80 << 20];
    refuses("80 MiB of zeros", "times its size when unpacked", &zeros.bytes(), Limits::default());
    let mut header = RawTar::honest();
    header.entries.insert(1, RawTarEntry::new(b'x', b"PaxHeader", &vec![b'a'; 2 << 20]));
    refuses("a large extended header", "bytes in an extended header", &header.bytes(), Limits::default());
    let mut copies = RawTar::honest();
    copies.entries.extend((0..50).map(|n| RawTarEntry::link(b'1', &format!("tiny-1.0/{n}"), "tiny-1.0/PKG-INFO")));
    refuses("many copies", "bytes when unpacked", &copies.bytes(), Limits { unpacked_size: 1000, ..Limits::default() });
}

#[test]
pub(super) fn single_files_are_read() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("tiny-1.0.tar.gz");
    let read = |bytes: &[u8], most| {
        fs_err::write(&path, bytes).expect("a temporary file can be written");
        read_source(&path, &["PKG-INFO", "tiny.py", "absent"], most, &Limits::default())
    };
    let kept = read(&RawTar::honest().bytes(), 1000).expect("it is honest");
    assert_eq!(kept.keys().collect::<Vec<_>>(), ["PKG-INFO"]);
    assert_eq!(kept["PKG-INFO"], HONEST[0].1.as_bytes());
    let error = read(&RawTar::honest().bytes(), 10).expect_err("it is too large");
    assert!(chain(&error).contains("too large to be read"), "{}", chain(&error));
    let mut tar = RawTar::honest();
    tar.end.clear();
    read(&tar.bytes(), 1000).expect_err("the archive is proved to its end");
}

#[test]
pub(super) fn a_zip_is_a_source_archive_too() {
    let zip = super::builder::RawZip::honest().bytes();
    refuses_bytes("several folders at the top", "exactly one folder at its top", &zip, &Limits::default());
}

#[test]
pub(super) fn the_tar_crate_agrees() {
    let mut builder = tar::Builder::new(Vec::new());
    let long = format!("tiny-1.0/{}", "n".repeat(180));
    for (name, content) in [("tiny-1.0/PKG-INFO", "info"), (long.as_str(), "long")] {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, content.as_bytes()).expect("writing to memory succeeds");
    }
    let bytes = gzip(&builder.into_inner().expect("writing to memory succeeds"));
    accepts("an archive of the tar crate", &bytes, &[("tiny-1.0/PKG-INFO", "info"), (long.as_str(), "long")]);
    let tar = RawTar::honest().tar();
    let mut theirs = tar::Archive::new(tar.as_slice());
    let entries = theirs.entries().expect("it is honest").map(|entry| entry.expect("it is honest"));
    let names: Vec<String> = entries.map(|entry| entry.path().expect("it is honest").display().to_string()).collect();
    assert_eq!(names, ["tiny-1.0/", "tiny-1.0/PKG-INFO", "tiny-1.0/src/tiny.py", "tiny-1.0/tool"]);
}
