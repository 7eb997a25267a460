//! From the bytes of a source file to its summary.

use ruff_python_ast::{Mod, PySourceType, PythonVersion};
use ruff_python_parser::{ParseOptions, Parsed, parse_unchecked};
use ruff_text_size::Ranged as _;

use super::dynamic::is_dynamic;
use super::encoding::{Decoding, decode};
use super::imports::ImportWalk;
use super::indentation::indentation_fault;
use super::module::{Module, SyntaxFault};
use super::placement::misplaced;
use crate::spec::LineEnds;

/// Largest source file that is parsed, bytes. Its tree takes many times as much memory, and each link of a chain that
/// fills it (`a.a.a…`) some hundred bytes of [`super::stack`] when the tree is dropped: the tests try the longest one.
pub(super) const SOURCE_MOST: usize = 2 << 20;

/// Texts by which a module changes where modules are searched; many only read it.
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
        return Module::unread();
    }
    let (source, is_exact) = match decode(bytes) {
        Decoding::Exact(source) => (source, true),
        Decoding::Approximate(source) => (source, false),
        Decoding::Unknown => return Module::unread(),
        Decoding::Fault(fault) => return Module { fault: Some(fault), ..Module::default() },
    };
    let module = parse(&source, minor);
    // What is wrong may be so only because letters stand for others, and names of modules with such are not known.
    let is_doubtful = module.fault.is_some() || module.imports.iter().any(|import| !import.is_ascii());
    if !is_exact && is_doubtful { Module::unread() } else { module }
}

fn parse(source: &str, minor: u8) -> Module {
    let version = PythonVersion { major: 3, minor };
    let options = ParseOptions::from(PySourceType::Python).with_target_version(version);
    let parsed = parse_unchecked(source, options);
    let ends = LineEnds::of(source);
    let line_at = |at| ends.line_at(source, at);
    if let Some(fault) = fault(source, &parsed, &line_at) {
        return Module { fault: Some(fault), ..Module::default() };
    }
    let misplaced = parsed.syntax().as_module().and_then(|tree| misplaced(source, &tree.body));
    if let Some((at, reason)) = misplaced {
        let fault = SyntaxFault { line: line_at(at), reason, is_of_another_version: false };
        return Module { fault: Some(fault), ..Module::default() };
    }
    let mut module = Module { changes_path: PATH.iter().any(|text| source.contains(text)), ..Module::default() };
    if let Mod::Module(tree) = parsed.syntax() {
        ImportWalk::new(&mut module, &line_at, minor).whole(&tree.body);
        module.is_dynamic = is_dynamic(source, &tree.body, &module.names);
    }
    module
}

fn fault(source: &str, parsed: &Parsed<Mod>, line_at: &dyn Fn(usize) -> usize) -> Option<SyntaxFault> {
    let mut errors = parsed.errors().iter().map(|error| (error.location.start().to_usize(), &error.error));
    let error = errors.find(|(at, _)| !is_after_bare_raise(source, *at));
    let error = error.map(|(at, error)| (at, lowered(&error.to_string())));
    let indentation = indentation_fault(source, parsed.tokens()).map(|(at, reason)| (at, reason.to_owned()));
    // Python compares indentation first, so of two faults in a line that is the one.
    let first = indentation.into_iter().chain(error).min_by_key(|(at, _)| line_at(*at));
    if let Some((at, reason)) = first {
        return Some(SyntaxFault { line: line_at(at), reason, is_of_another_version: false });
    }
    parsed.unsupported_syntax_errors().first().map(|error| SyntaxFault {
        line: line_at(error.range().start().to_usize()),
        reason: lowered(&error.to_string()),
        is_of_another_version: true,
    })
}

/// Whether nothing but a semicolon stands behind a `raise` without an error, which Python takes and the parser does not.
fn is_after_bare_raise(source: &str, at: usize) -> bool {
    let is_semicolon = source.get(at..).is_some_and(|rest| rest.starts_with(';'));
    let before = source.get(..at).unwrap_or_default().trim_end_matches([' ', '\t', '\x0c']);
    let word = before.strip_suffix("raise");
    is_semicolon && word.is_some_and(|before| !before.ends_with(|it: char| it.is_alphanumeric() || it == '_'))
}

/// Messages are fragments.
fn lowered(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}
