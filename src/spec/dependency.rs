//! Reading dependency specifiers (PyPA specification "Dependency specifiers", once PEP 508), strictly, with positions.
//!
//! `pep508_rs` gives the types, not the parser: its own drops marker comparisons that it cannot express, joins
//! names that the grammar keeps apart, and panics on some non-ASCII text. What is read here is what the
//! `packaging` library reads, or it is an error that points at the place.
//!
//! Two forms outside the grammar are taken because `packaging` takes them: specifiers in parentheses,
//! and a trailing comma.

use std::str::FromStr;

use super::distinct::push_new;
use super::marker::parse_marker_at;
use super::scanner::{Scanner, SyntaxError};
use super::specifiers::{after_specifiers, parse_specifiers, unclosed};
use super::{ExtraName, MarkerTree, PackageName, Requirement, SafeUrl, VersionOrUrl, VersionSpecifiers};

/// The parts of a dependency specifier, its URL not yet read: what a relative one means depends on who asks.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DependencyParts {
    /// The project.
    pub name: PackageName,
    /// Its extras, in the order written, each once.
    pub extras: Vec<ExtraName>,
    /// Version specifiers; empty when none stand there.
    pub specifiers: VersionSpecifiers,
    /// The URL after `@` and where it starts.
    pub url: Option<(usize, String)>,
    /// The marker; true when there is none.
    pub marker: MarkerTree,
}

/// Reads a whole dependency specifier such as `requests[socks] >=2 ; python_version < "3.13"`.
///
/// # Errors
/// The first thing that is not in the grammar, or that cannot be kept without changing its meaning.
pub(crate) fn parse_requirement(text: &str) -> Result<Requirement, SyntaxError> {
    whole_requirement(parse_dependency(text)?)
}

/// Reads a requirement of other people, comparisons in its marker repaired where needed.
pub(super) fn parse_requirement_of_others(text: &str) -> Result<Requirement, SyntaxError> {
    let mut scanner = Scanner::new(text);
    scanner.repairs_markers = true;
    whole_requirement(parse_parts(scanner)?)
}

fn whole_requirement(parts: DependencyParts) -> Result<Requirement, SyntaxError> {
    let version_or_url = match parts.url {
        Some((at, url)) => Some(VersionOrUrl::Url(
            SafeUrl::parse(&url).map_err(|error| SyntaxError::new(at, url.len(), error.to_string()))?,
        )),
        None if parts.specifiers.is_empty() => None,
        None => Some(VersionOrUrl::VersionSpecifier(parts.specifiers)),
    };
    Ok(Requirement { name: parts.name, extras: parts.extras, version_or_url, marker: parts.marker, origin: None })
}

/// Reads a dependency specifier into its parts.
///
/// # Errors
/// As [`parse_requirement`], but a URL may be any text without blanks.
pub(crate) fn parse_dependency(text: &str) -> Result<DependencyParts, SyntaxError> {
    parse_parts(Scanner::new(text))
}

fn parse_parts(mut scanner: Scanner<'_>) -> Result<DependencyParts, SyntaxError> {
    scanner.skip_blanks();
    let name = parse_name(&mut scanner)?;
    scanner.skip_blanks();
    let extras = parse_extras(&mut scanner)?;
    scanner.skip_blanks();
    let mut parts =
        DependencyParts { name, extras, specifiers: VersionSpecifiers::empty(), url: None, marker: MarkerTree::TRUE };
    if scanner.eat('@') {
        scanner.skip_blanks();
        let at = scanner.at;
        let url = scanner.take_while(|c| !matches!(c, ' ' | '\t'));
        if url.is_empty() {
            return Err(SyntaxError::new(at, 0, "there is no URL after `@`").expected("a URL"));
        }
        parts.url = Some((at, url.to_owned()));
        scanner.skip_blanks();
        if scanner.peek().is_some_and(|c| c != ';') {
            return Err(after_url(&scanner));
        }
    } else {
        parts.specifiers = parse_specifiers(&mut scanner)?;
        scanner.skip_blanks();
    }
    if scanner.eat(';') {
        parts.marker = parse_marker_at(&mut scanner)?;
        return Ok(parts);
    }
    if scanner.peek().is_some() {
        return Err(after_specifiers(&scanner, !parts.specifiers.is_empty()));
    }
    Ok(parts)
}

/// Reads the inside of brackets, brackets included: `[security,socks]`.
///
/// # Errors
/// Anything but a list of names in brackets.
pub(crate) fn parse_extras_list(text: &str) -> Result<Vec<ExtraName>, SyntaxError> {
    let mut scanner = Scanner::new(text);
    let extras = parse_extras(&mut scanner)?;
    match scanner.peek() {
        None => Ok(extras),
        Some(_) => Err(scanner.wrong("nothing stands after the extras")),
    }
}

fn parse_name(scanner: &mut Scanner<'_>) -> Result<PackageName, SyntaxError> {
    let at = scanner.at;
    let name = scanner.take_while(is_name_character);
    if name.is_empty() {
        let error = match scanner.peek() {
            None => SyntaxError::new(at, 0, "there is no project name"),
            Some(_) => scanner.wrong("a requirement starts with the name of a project"),
        };
        return Err(name_hint(error, scanner.rest()).expected("a project name"));
    }
    PackageName::from_str(name).map_err(|_| {
        SyntaxError::new(at, name.len(), format!("`{name}` is not a project name"))
            .expected("letters, digits, `-`, `_` and `.`, with a letter or digit first and last")
    })
}

fn name_hint(error: SyntaxError, rest: &str) -> SyntaxError {
    match rest.chars().next() {
        Some('"' | '\'') => error.hint("a requirements file takes requirements without quotes around them"),
        Some('[') => error.hint("this looks like a TOML or INI section, which a requirements file does not have"),
        Some('<' | '>' | '=') if rest.len() > 6 && rest.bytes().take(7).all(|b| b == rest.as_bytes()[0]) => {
            error.hint("this looks like the mark of an unfinished merge")
        }
        Some('<') if ["<!doctype", "<html"].iter().any(|tag| rest.to_ascii_lowercase().starts_with(tag)) => {
            error.hint("this looks like a page of a server, such as of a login, in the place of the file")
        }
        Some('{') => error.hint("this looks like JSON, which a requirements file does not have"),
        Some('$') => error.hint("shell syntax is not read here; `${NAME}` with upper-case letters, digits and `_` is"),
        _ => error,
    }
}

fn parse_extras(scanner: &mut Scanner<'_>) -> Result<Vec<ExtraName>, SyntaxError> {
    let open = scanner.at;
    if !scanner.eat('[') {
        return Ok(Vec::new());
    }
    let mut extras: Vec<ExtraName> = Vec::new();
    loop {
        scanner.skip_blanks();
        let at = scanner.at;
        let name = scanner.take_while(is_name_character);
        if name.is_empty() {
            // Only an empty pair of brackets may hold no name.
            if extras.is_empty() && scanner.eat(']') {
                return Ok(extras);
            }
            return Err(match scanner.peek() {
                None => unclosed(open, '[', ']', "extras"),
                Some(_) => scanner.wrong("the name of an extra is missing").expected("a name"),
            });
        }
        let extra = ExtraName::from_str(name)
            .map_err(|_| SyntaxError::new(at, name.len(), format!("`{name}` is not the name of an extra")))?;
        push_new(&mut extras, extra);
        scanner.skip_blanks();
        if scanner.eat(']') {
            return Ok(extras);
        }
        if !scanner.eat(',') {
            return Err(match scanner.peek() {
                None => unclosed(open, '[', ']', "extras"),
                Some(_) => scanner.wrong("extras are separated by commas").expected("`,` or `]`"),
            });
        }
    }
}

fn after_url(scanner: &Scanner<'_>) -> SyntaxError {
    scanner.wrong("nothing but a marker follows a URL").expected("`;` and a marker, or the end")
}

fn is_name_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
}
