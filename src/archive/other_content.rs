//! What lies in the place of an archive: a page of a server, a pointer, another kind of archive.

/// Bytes from the beginning of a file that tell what it is.
pub(super) const TELLING: usize = 64;

/// What the first bytes of a file show it to be, where that is no archive that is read here.
pub(super) fn other_content(start: &[u8]) -> Option<&'static str> {
    let text = start.trim_ascii_start().to_ascii_lowercase();
    let begins = |with: &[u8]| start.starts_with(with);
    if start.is_empty() {
        Some("it is empty")
    } else if text.starts_with(b"<!doctype") || text.starts_with(b"<html") || text.starts_with(b"<?xml") {
        Some("it is a page of a server, such as of a login or an error, in the place of the file")
    } else if begins(b"version https://git-lfs") {
        Some("it is a pointer of Git LFS in the place of the file, which `git lfs pull` fetches")
    } else if begins(b"BZh") {
        Some("it is packed by bzip2, which no release may be")
    } else if begins(b"\xfd7zXZ\0") {
        Some("it is packed by xz, which no release may be")
    } else {
        None
    }
}

#[test]
fn what_lies_in_the_place_of_an_archive_is_told() {
    let check = |start: &[u8], part: Option<&str>| {
        let told = other_content(start);
        assert!(told.is_some() == part.is_some() && told.unwrap_or("").contains(part.unwrap_or("")), "{told:?}");
    };
    check(b"", Some("empty"));
    check(b"\n<!DOCTYPE html><html>", Some("page"));
    check(b"<HTML>", Some("page"));
    check(b"version https://git-lfs.github.com/spec/v1\n", Some("pointer"));
    check(b"BZh91AY", Some("bzip2"));
    check(b"\xfd7zXZ\0\0", Some("xz"));
    check(b"PK\x03\x04", None);
    check(b"text", None);
}
