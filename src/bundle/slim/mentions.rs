//! What code mentions: modules in folders of tests, and names of files. And what a file is whose ending has two uses.

use memchr::{memchr_iter, memmem};

use crate::archive::folder_and_name;
use crate::python::{self, Import, Moment};

/// Folders whose modules are imported by test runners.
const TESTS: &str = "tests";
/// Longest name of a file, bytes.
const NAME_MOST: usize = 255;

/// A file of code.
pub(super) struct Mentions<'a> {
    /// Its path below the folder of packages.
    pub(super) path: &'a str,
    pub(super) bytes: &'a [u8],
    /// The Python 3 that reads it.
    pub(super) minor: u8,
}

impl<'a> Mentions<'a> {
    /// The modules in folders of tests that it imports, with their packages in front. Of names that are taken from a
    /// module, some may be none.
    pub(super) fn test_modules(&self) -> Vec<String> {
        let is_source = is_python(self.path) || self.path.starts_with("bin/");
        let lies_in_tests = || folder_and_name(self.path).0.split('/').any(|folder| folder == TESTS);
        if !is_source || !(lies_in_tests() || self.may_import_tests()) {
            return Vec::new();
        }
        let imports = python::read(self.bytes, self.minor).imports;
        let running = imports.iter().filter(|import| import.moment != Moment::Typing);
        running.flat_map(|import| self.modules_of(import)).filter(|module| is_test_module(module)).collect()
    }

    fn modules_of(&self, import: &Import) -> Vec<String> {
        let mut parts: Vec<&str> = Vec::new();
        if let Some(up) = import.level.checked_sub(1) {
            parts.extend(folder_and_name(self.path).0.split('/'));
            parts.truncate(parts.len().saturating_sub(usize::try_from(up).unwrap_or(usize::MAX)));
        }
        parts.extend(import.module.split('.').filter(|part| !part.is_empty()));
        let module = parts.join(".");
        let names = import.names.iter().filter(|name| *name != "*").map(|name| format!("{module}.{name}"));
        let mut modules: Vec<String> = names.collect();
        modules.push(module);
        modules
    }

    /// Whether the word stands where an import may have it. To parse all source takes far longer.
    fn may_import_tests(&self) -> bool {
        let is_word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        memmem::find_iter(self.bytes, TESTS).any(|at| {
            let (before, after) = (&self.bytes[..at], &self.bytes[at + TESTS.len()..]);
            let begin = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
            let line = before[begin..].trim_ascii();
            let is_alone = line.is_empty() && matches!(after.trim_ascii_start().first(), None | Some(b',' | b')'));
            !is_word(before.last())
                && !is_word(after.first())
                && (before.last() == Some(&b'.')
                    || (after.first() == Some(&b'.') && is_word(after.get(1)))
                    || memmem::find(line, b"import").is_some()
                    || is_alone)
        })
    }

    /// Its texts that may be names of files or modules: what stands between quotes, slashes and angle brackets, and has
    /// a dot in it.
    pub(super) fn texts(&self) -> impl Iterator<Item = &'a str> {
        let bytes = self.bytes;
        memchr_iter(b'.', bytes).filter_map(move |at| text_around(bytes, at))
    }
}

/// The text around a dot.
fn text_around(bytes: &[u8], at: usize) -> Option<&str> {
    let is_outside = |byte: &u8| !(byte.is_ascii_alphanumeric() || b"._-+".contains(byte));
    let behind = &bytes[at..bytes.len().min(at + NAME_MOST)];
    let end = at + behind.iter().position(is_outside)?;
    // Nearly every dot is none of a file, and that shows behind it first.
    if !b"\"'>\\".contains(&bytes[end]) {
        return None;
    }
    let from = at.saturating_sub(NAME_MOST);
    let begin = from + bytes[from..at].iter().rposition(is_outside)? + 1;
    let is_begun = b"\"'<\\/".contains(&bytes[begin - 1]);
    is_begun.then(|| std::str::from_utf8(&bytes[begin..end]).ok())?
}

/// Whether a file is source of Python.
pub(super) fn is_python(path: &str) -> bool {
    path.strip_suffix(".py").is_some()
}

/// Whether a module lies in a folder of tests, or is one.
pub(super) fn is_test_module(module: &str) -> bool {
    module.split('.').skip(1).any(|part| part == TESTS)
}

/// Whether a file is another thing than its ending says to a rule: an assembly of .NET and no binary of Windows, or
/// data and no debug symbols.
pub(super) fn is_of_another_kind(path: &str, bytes: &[u8]) -> bool {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("dll" | "exe") => is_assembly(bytes).unwrap_or(false),
        Some("pdb") => !SYMBOLS.iter().any(|begin| bytes.starts_with(begin)),
        _ => false,
    }
}

/// How debug symbols of Microsoft's compilers begin: those of programs, and the portable ones of .NET.
const SYMBOLS: [&[u8]; 2] = [b"Microsoft C/C++ ", b"BSJB"];

/// Whether a file in the format of Windows has a header of .NET ("PE Format", optional header data directories).
fn is_assembly(bytes: &[u8]) -> Option<bool> {
    let number = |at: usize| bytes.get(at..)?.first_chunk().map(|four| u32::from_le_bytes(*four));
    let header = usize::try_from(number(0x3c)?).ok()?;
    bytes.get(header..)?.starts_with(b"PE\0\0").then_some(())?;
    // Behind the signature and the header of the file.
    let optional = header + 24;
    let directories = match number(optional)? & 0xffff {
        0x10b => optional + 96,
        0x20b => optional + 112,
        _ => return None,
    };
    let (count, clr) = (number(directories - 4)?, number(directories + 14 * 8)?);
    Some(count > 14 && clr != 0)
}
