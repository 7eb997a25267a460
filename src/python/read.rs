//! From the bytes of a source file to its summary.

use ruff_python_ast::{Mod, PySourceType, PythonVersion};
use ruff_python_parser::{ParseOptions, parse_unchecked};
use ruff_text_size::Ranged as _;

use super::imports::ImportWalk;
use super::module::{Module, SyntaxFault};
use crate::spec::{LineEnds, line_at};

/// Largest source file that is parsed, bytes. Its tree takes many times as much memory, and each link of a chain that
/// fills it (`a.a.a…`) some hundred bytes of [`super::stack`] when the tree is dropped: the tests try the longest one.
pub(super) const SOURCE_MOST: usize = 2 << 20;

/// Texts by which a module makes names or submodules while it runs.
const DYNAMIC: [&str; 9] = [
    "sys.modules",
    "meta_path",
    "__path__",
    "path_hooks",
    "__getattr__",
    "globals()",
    "setattr(",
    "exec(",
    "__class__ =",
];

/// Texts by which it changes where modules are searched; many only read it.
const PATH: [&str; 12] = [
    "sys.path.append",
    "sys.path.insert",
    "sys.path.extend",
    "sys.path =",
    "sys.path=",
    "sys.path +=",
    "sys.path+=",
    "sys.path[",
    "= sys.path",
    "sys import path",
    "addsitedir",
    "addpackage",
];

/// Reads a source file by the grammar of Python 3.`minor`. It has to be called on a large stack where the source is not
/// trusted, see [`super::on_large_stack`].
pub fn read(bytes: &[u8], minor: u8) -> Module {
    if bytes.len() > SOURCE_MOST {
        return Module { is_unread: true, is_dynamic: true, ..Module::default() };
    }
    let source = match decode(bytes) {
        Ok(source) => source,
        Err(fault) => return Module { fault: Some(fault), ..Module::default() },
    };
    let version = PythonVersion { major: 3, minor };
    let options = ParseOptions::from(PySourceType::Python).with_target_version(version);
    let parsed = parse_unchecked(&source, options);
    let lines = LineEnds::of(&source);
    if let Some(fault) = fault(&parsed, &lines) {
        return Module { fault: Some(fault), ..Module::default() };
    }
    let mut module = Module {
        is_dynamic: DYNAMIC.iter().any(|text| source.contains(text)),
        changes_path: PATH.iter().any(|text| source.contains(text)),
        ..Module::default()
    };
    if let Mod::Module(tree) = parsed.syntax() {
        ImportWalk::new(&mut module, &lines, minor).whole(&tree.body);
    }
    module
}

fn fault(parsed: &ruff_python_parser::Parsed<Mod>, lines: &LineEnds) -> Option<SyntaxFault> {
    if let Some(error) = parsed.errors().first() {
        return Some(SyntaxFault {
            line: lines.line_at(error.location.start().to_usize()),
            reason: lowered(&error.error.to_string()),
            is_of_another_version: false,
        });
    }
    parsed.unsupported_syntax_errors().first().map(|error| SyntaxFault {
        line: lines.line_at(error.range().start().to_usize()),
        reason: lowered(&error.to_string()),
        is_of_another_version: true,
    })
}

/// Messages are fragments.
fn lowered(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

/// The text of a source file (PEP 263): UTF-8, unless its first two lines name another encoding. Every encoding but
/// UTF-8 is read as Latin-1: what is not ASCII then stands in texts and comments, which do not count.
fn decode(bytes: &[u8]) -> Result<String, SyntaxFault> {
    let fault = |at: usize, reason: &str| SyntaxFault {
        line: line_at(bytes, at),
        reason: reason.to_owned(),
        is_of_another_version: false,
    };
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        return Err(fault(at, "source code cannot contain null bytes"));
    }
    let body = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(body) {
        Ok(text) => Ok(text.to_owned()),
        Err(_) if names_encoding(body) => Ok(body.iter().map(|byte| char::from(*byte)).collect()),
        Err(error) => Err(fault(error.valid_up_to(), "non-UTF-8 code, and no encoding declared")),
    }
}

fn names_encoding(bytes: &[u8]) -> bool {
    bytes.split(|byte| *byte == b'\n').take(2).any(|line| {
        let line = String::from_utf8_lossy(line);
        line.trim_start().starts_with('#') && (line.contains("coding:") || line.contains("coding="))
    })
}
