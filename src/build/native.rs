//! What a library in a wheel needs of the system that loads it (System V ABI, "Object Files"; Linux Standard Base Core
//! Specification, "Symbol Versioning").
//!
//! A build on this machine links with this machine's glibc. What tags promise is the builder's word; this is the file's own.

use crate::target::{Architecture, Glibc};

/// What a native file needs.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Needs {
    /// Its processor; `None`: another than Lambda has.
    pub(super) architecture: Option<Architecture>,
    /// The newest version of glibc whose symbols it uses.
    pub(super) glibc: Option<Glibc>,
    /// It needs the C library musl.
    pub(super) musl: bool,
}

/// Section types: the list of needed versions, and the list of needed libraries.
const VERSIONS_NEEDED: u32 = 0x6fff_fffe;
const DYNAMIC: u32 = 6;
/// The tag of a needed library in the latter.
const NEEDED: u64 = 1;

/// Whether these are the first bytes of an ELF file.
pub(super) fn is_elf(start: &[u8]) -> bool {
    start.starts_with(b"\x7fELF")
}

/// Reads an ELF file; `None` when it is malformed or not of 64 bits, little end first.
pub(super) fn needs(file: &[u8]) -> Option<Needs> {
    if !is_elf(file) || file.get(4..6)? != [2, 1] {
        return None;
    }
    let architecture = match u16_at(file, 18)? {
        62 => Some(Architecture::X86_64),
        183 => Some(Architecture::Arm64),
        _ => None,
    };
    let mut found = Needs { architecture, glibc: None, musl: false };
    let (start, size, count) = (u64_at(file, 40)?, u64::from(u16_at(file, 58)?), u64::from(u16_at(file, 60)?));
    let section = |number: u64| Section::at(file, start.checked_add(number.checked_mul(size)?)?);
    for number in 0..count {
        let this = section(number)?;
        match this.kind {
            VERSIONS_NEEDED => {
                for name in version_names(file, &this, &section(u64::from(this.link))?)? {
                    let glibc = name.strip_prefix("GLIBC_").and_then(glibc_of);
                    found.glibc = found.glibc.max(glibc);
                }
            }
            DYNAMIC => {
                let names = section(u64::from(this.link))?;
                for entry in this.bytes(file)?.chunks_exact(16) {
                    if u64_at(entry, 0)? == NEEDED {
                        found.musl |= text_at(file, &names, u64_at(entry, 8)?)?.contains("musl");
                    }
                }
            }
            _ => {}
        }
    }
    Some(found)
}

/// `2.34`, and `2.2.5`, which is the base version of `x86_64`.
fn glibc_of(text: &str) -> Option<Glibc> {
    let mut parts = text.split('.');
    let (major, minor) = (parts.next()?, parts.next()?);
    format!("{major}.{minor}").parse().ok()
}

/// The names of a list of needed versions: files, each with versions.
fn version_names<'a>(file: &'a [u8], list: &Section, names: &Section) -> Option<Vec<&'a str>> {
    let bytes = list.bytes(file)?;
    let mut found = Vec::new();
    let mut library = 0_usize;
    // No list has more entries than would fit.
    for _ in 0..bytes.len() / 16 {
        let entry = bytes.get(library..)?;
        let mut version = library + usize::try_from(u32_at(entry, 8)?).ok()?;
        for _ in 0..u16_at(entry, 2)? {
            let entry = bytes.get(version..)?;
            found.push(text_at(file, names, u64::from(u32_at(entry, 8)?))?);
            match u32_at(entry, 12)? {
                0 => break,
                next => version += usize::try_from(next).ok()?,
            }
        }
        match u32_at(entry, 12)? {
            0 => return Some(found),
            next => library += usize::try_from(next).ok()?,
        }
    }
    Some(found)
}

struct Section {
    kind: u32,
    offset: u64,
    size: u64,
    link: u32,
}

impl Section {
    fn at(file: &[u8], offset: u64) -> Option<Self> {
        let header = file.get(usize::try_from(offset).ok()?..)?;
        Some(Self {
            kind: u32_at(header, 4)?,
            offset: u64_at(header, 24)?,
            size: u64_at(header, 32)?,
            link: u32_at(header, 40)?,
        })
    }

    fn bytes<'a>(&self, file: &'a [u8]) -> Option<&'a [u8]> {
        let end = self.offset.checked_add(self.size)?;
        file.get(usize::try_from(self.offset).ok()?..usize::try_from(end).ok()?)
    }
}

fn text_at<'a>(file: &'a [u8], names: &Section, offset: u64) -> Option<&'a str> {
    let rest = names.bytes(file)?.get(usize::try_from(offset).ok()?..)?;
    let end = rest.iter().position(|byte| *byte == 0)?;
    std::str::from_utf8(&rest[..end]).ok()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_itself_is_read() {
        let own = fs_err::read(std::env::current_exe().expect("the test has a file")).expect("it can be read");
        let Some(found) = needs(&own) else {
            assert!(!is_elf(&own), "an ELF file of this machine is read");
            return;
        };
        assert!(found.architecture.is_some());
        assert!(found.musl || found.glibc.is_some(), "{found:?}");
        for length in [0, 3, 17, 63, 64, 100, own.len() / 2, own.len() - 1] {
            let _ = needs(&own[..length]);
        }
    }

    #[test]
    fn other_files_are_not() {
        assert_eq!(needs(b""), None);
        assert_eq!(needs(b"#!/bin/sh\n"), None);
        assert_eq!(needs(b"\x7fELF\x01\x01"), None);
        assert_eq!(needs(&[b"\x7fELF\x02\x01".as_slice(), &[0xff; 300]].concat()), None);
        assert_eq!(glibc_of("2.2.5"), "2.2".parse().ok());
        assert_eq!(glibc_of("PRIVATE"), None);
    }
}
