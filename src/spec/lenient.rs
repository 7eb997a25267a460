//! Repair of other people's specifiers and requirements (PEP 440, PEP 508) where the ecosystem reads them too.
//!
//! Old releases carry forms that no installer of today accepts as written. They cannot be changed any more, so what
//! has one obvious meaning is read with it. Only metadata and index pages pass through here, never the user's files.
//!
//! | form | read as |
//! |---|---|
//! | `>=3.6,` · `>=3.6,,<4` | the empty part is left out |
//! | `>=3.6 <4` · `>=3.6<4` | a comma stands between |
//! | `>=3.5.*` · `<4.0.*` · `>3.*` | without `.*` |
//! | `!=3.0*` · `==3.0*` | `.*` |
//! | `!=~5.0` | `!=5.0.*` |
//! | `~=5` · `~=3.7.*` | `>=5,==5.*` · `==3.7.*` |
//! | `>dev` | `>0.dev0` |
//! | `>=9.0.0a1.0` | `>=9.0.0a1` |
//! | `'>=3.6'` · `>='3.6'` | without quotes |
//!
//! Markers have forms of their own, see `lenient_marker.rs`.

use std::borrow::Cow;
use std::str::FromStr;

use super::dependency::parse_requirement_of_others;
use super::{Requirement, Version, VersionSpecifiers, parse_version_specifiers};

/// Parses specifiers of other people, repairing them where needed; the error says what stays wrong.
pub fn specifiers(text: &str) -> Result<VersionSpecifiers, String> {
    parse_version_specifiers(text).or_else(|error| {
        let repaired = repair_specifiers(text).and_then(|repaired| parse_version_specifiers(&repaired).ok());
        repaired.ok_or(error.message)
    })
}

/// Parses a requirement of other people, repairing its specifiers where needed; the error says what stays wrong.
pub fn requirement(text: &str) -> Result<Requirement, String> {
    parse_requirement_of_others(text).or_else(|error| {
        let repaired = repair_requirement(text).and_then(|repaired| parse_requirement_of_others(&repaired).ok());
        repaired.ok_or(error.message)
    })
}

/// The requirement with repaired specifiers; `None` when it has none.
fn repair_requirement(text: &str) -> Option<String> {
    let (head, marker) = match text.split_once(';') {
        Some((head, marker)) => (head, Some(marker)),
        None => (text, None),
    };
    let name_end = match head.find('[') {
        Some(open) => open + head[open..].find(']')? + 1,
        None => head.find(|c: char| !(c.is_ascii_alphanumeric() || "-_. ".contains(c))).unwrap_or(head.len()),
    };
    let (name, rest) = head.split_at(name_end);
    if rest.trim_start().starts_with('@') {
        return None;
    }
    let rest = rest.trim();
    let inner = rest.strip_prefix('(').map_or(rest, |inner| inner.strip_suffix(')').unwrap_or(inner));
    let specifiers = repair_specifiers(inner)?;
    let marker = marker.filter(|marker| !marker.trim().is_empty());
    Some(marker.map_or_else(|| format!("{name}{specifiers}"), |marker| format!("{name}{specifiers} ;{marker}")))
}

/// The specifiers in today's grammar; `None` when a part is beyond repair.
fn repair_specifiers(text: &str) -> Option<String> {
    let unquoted: String = text.chars().filter(|c| !matches!(c, '\'' | '"')).collect();
    let mut repaired: Vec<Cow<'_, str>> = Vec::new();
    for part in unquoted.split(',').flat_map(split_before_operators) {
        if !part.is_empty() {
            repaired.push(repair_one(part)?);
        }
    }
    Some(repaired.join(","))
}

/// Splits `>=3.6 <4` and `>=3.6<4`, in which a comma is missing.
fn split_before_operators(part: &str) -> impl Iterator<Item = &str> {
    let is_operator = |byte: u8| b"<>=!~".contains(&byte);
    let mut rest = part.trim();
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let operator = rest.bytes().take_while(|&byte| is_operator(byte)).count();
        let version = rest[operator..].bytes().position(is_operator).unwrap_or(rest.len() - operator);
        let (one, others) = rest.split_at(operator + version);
        rest = others;
        Some(one.trim())
    })
}

fn repair_one(specifier: &str) -> Option<Cow<'_, str>> {
    let operator_end = specifier.bytes().take_while(|byte| b"<>=!~".contains(byte)).count();
    let (operator, version) = specifier.split_at(operator_end);
    let version = version.trim();
    if operator.is_empty() || version.is_empty() {
        return None;
    }
    let stem = version.strip_suffix('*').map(|stem| stem.trim_end_matches('.'));
    Some(match (operator, stem) {
        ("!=~", _) => format!("!={}.*", stem.unwrap_or(version)).into(),
        ("~=", Some(stem)) => format!("=={stem}.*").into(),
        ("~=", None) if is_single_number(version) => format!(">={version},=={version}.*").into(),
        ("<" | "<=" | ">" | ">=", Some("")) => return None,
        ("<" | "<=" | ">" | ">=", Some(stem)) => format!("{operator}{stem}").into(),
        ("==" | "!=", Some(stem)) if !stem.is_empty() => format!("{operator}{stem}.*").into(),
        (">", None) if version == "dev" => ">0.dev0".into(),
        (_, None) => match version.strip_suffix(".0") {
            Some(shorter) if Version::from_str(version).is_err() => format!("{operator}{shorter}").into(),
            _ => specifier.into(),
        },
        _ => specifier.into(),
    })
}

fn is_single_number(version: &str) -> bool {
    version.bytes().all(|byte| byte.is_ascii_digit())
}
