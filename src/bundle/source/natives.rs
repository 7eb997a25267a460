//! Native files among the user's own that Lambda cannot load: made for macOS, Windows or another processor.
//!
//! They come from a `pip install -t .` or a build on the user's machine, and fail when the function imports or runs
//! them.

use std::io::Read as _;
use std::path::Path;

use super::file::SourceFile;
use crate::elf::{FOREIGN_PREFIX, Object, foreign_format, is_elf};
use crate::target::Architecture;

/// Files that the warning names, at most.
const NAMED: usize = 5;

/// Ends of names that native files have. Besides, what can be executed is looked into, and what has no such end.
const ENDS: [&str; 7] = ["so", "dylib", "bundle", "pyd", "dll", "exe", "node"];

/// One line about those that a function on this processor cannot load.
pub(crate) fn foreign_natives(files: &[SourceFile], architecture: Architecture) -> Option<String> {
    let may_be_native = |file: &&SourceFile| file.link.is_none() && (file.executable || has_native_name(&file.path));
    let found = files.iter().filter(may_be_native).filter_map(|file| {
        // What cannot be read is told where it is copied.
        let system = made_for(&read_start(file).ok()?, architecture)?;
        Some(format!("{} ({system})", file.path))
    });
    let found: Vec<String> = found.collect();
    let rest = match found.len() {
        0 => return None,
        count if count > NAMED => format!(" and {} more", count - NAMED),
        _ => String::new(),
    };
    let names = found[..found.len().min(NAMED)].join(", ");
    Some(format!("not for Linux on {architecture}, so that the function cannot load or run it: {names}{rest}"))
}

fn has_native_name(path: &crate::archive::SafePath) -> bool {
    let path = Path::new(path.as_str());
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    // `libz.so.1`: the version follows the end.
    path.extension().is_none_or(|end| ENDS.iter().any(|native| end.eq_ignore_ascii_case(native)))
        || name.contains(".so.")
}

fn read_start(file: &SourceFile) -> std::io::Result<Vec<u8>> {
    let mut start = Vec::new();
    file.open()?.take(FOREIGN_PREFIX as u64).read_to_end(&mut start)?;
    Ok(start)
}

/// What a native file is made for, when that is something else than Linux on this processor.
fn made_for(start: &[u8], architecture: Architecture) -> Option<&'static str> {
    if !is_elf(start) {
        return foreign_format(start);
    }
    match Object::parse_header(start).ok()?.architecture() {
        Some(own) if own == architecture => None,
        Some(Architecture::X86_64) => Some("x86_64"),
        Some(Architecture::Arm64) => Some("arm64"),
        None => Some("another processor"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_native_files_have() {
        let native = |name| has_native_name(&crate::archive::SafePath::new(name).unwrap());
        for name in ["a.so", "lib/libz.so.1.2", "a.cpython-312-x86_64-linux-gnu.so", "bin/tool", "a.PYD", "a.dylib"] {
            assert!(native(name), "{name}");
        }
        for name in ["a.py", "a.some", "data/x.json", "so.txt"] {
            assert!(!native(name), "{name}");
        }
    }

    #[test]
    fn what_a_native_file_is_made_for() {
        let elf = |class: u8, machine: u8| {
            let mut start = vec![0; 64];
            start[..6].copy_from_slice(&[0x7f, b'E', b'L', b'F', class, 1]);
            start[18] = machine;
            start
        };
        let mac = b"\xcf\xfa\xed\xfe\x0c\x00\x00\x01".to_vec();
        for (start, on_x86, on_arm) in [
            (elf(2, 62), None, Some("x86_64")),
            (elf(2, 183), Some("arm64"), None),
            (elf(1, 3), Some("another processor"), Some("another processor")),
            (mac, Some("macOS"), Some("macOS")),
            (b"#!/bin/sh\n".to_vec(), None, None),
        ] {
            assert_eq!(made_for(&start, Architecture::X86_64), on_x86);
            assert_eq!(made_for(&start, Architecture::Arm64), on_arm);
        }
    }
}
