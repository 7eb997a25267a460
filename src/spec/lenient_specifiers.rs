//! Repair of other people's version specifiers: the forms are listed in `lenient.rs`.

use std::borrow::Cow;
use std::str::FromStr as _;

use super::specifiers::parse_version_specifiers;
use super::{Version, VersionSpecifiers};

/// Parses specifiers of other people, repairing them where needed; the error says what stays wrong.
pub fn specifiers(text: &str) -> Result<VersionSpecifiers, String> {
    parse_version_specifiers(text).or_else(|error| {
        let repaired = repair_specifiers(text).and_then(|repaired| parse_version_specifiers(&repaired).ok());
        repaired.ok_or(error.message)
    })
}

/// The specifiers in today's grammar; `None` when a part is beyond repair.
pub(super) fn repair_specifiers(text: &str) -> Option<String> {
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
        // It asks for one spelling, which no file of an index has: every one of them has a version.
        ("===", _) if Version::from_str(version).is_err() => NO_VERSION.into(),
        (_, None) => match version.strip_suffix(".0") {
            Some(shorter) if Version::from_str(version).is_err() => format!("{operator}{shorter}").into(),
            _ => specifier.into(),
        },
        _ => specifier.into(),
    })
}

/// Takes no version: none is before the development releases of 0.
const NO_VERSION: &str = "<0.dev0";

fn is_single_number(version: &str) -> bool {
    version.bytes().all(|byte| byte.is_ascii_digit())
}
