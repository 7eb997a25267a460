//! Markers of lock files: beside the usual variables they know `extras` and `dependency_groups` (dependency specifiers,
//! "Environment markers"), which hold what the user selected.

use std::borrow::Cow;

use crate::spec::{ExtraName, MarkerEnvironment, SyntaxError, parse_marker};

/// Always true, in markers.
const TRUE: &str = "python_version >= '0'";
/// Always false, in markers.
const FALSE: &str = "python_version < '0'";

/// What the user selected.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Selection<'a> {
    pub(super) extras: &'a [ExtraName],
    pub(super) groups: &'a [ExtraName],
}

/// Whether a marker holds.
pub(super) fn holds(marker: &str, environment: &MarkerEnvironment, selection: Selection) -> Result<bool, SyntaxError> {
    Ok(parse_marker(&decided(marker, selection))?.evaluate(environment, &[]))
}

/// The marker with every `'name' in extras` replaced by its answer, which does not depend on the environment.
fn decided<'a>(marker: &'a str, selection: Selection) -> Cow<'a, str> {
    let mut text = String::new();
    let mut rest = marker;
    while let Some(start) = rest.find(['\'', '"']) {
        let quote = rest.as_bytes()[start];
        let Some(length) = rest[start + 1..].bytes().position(|byte| byte == quote) else { break };
        let end = start + 1 + length + 1;
        let Some((is_negated, is_extra, used)) = membership(&rest[end..]) else {
            text.push_str(&rest[..end]);
            rest = &rest[end..];
            continue;
        };
        let names = if is_extra { selection.extras } else { selection.groups };
        let name = rest[start + 1..end - 1].parse::<ExtraName>();
        let is_selected = name.is_ok_and(|name| names.contains(&name));
        text.push_str(&rest[..start]);
        text.push_str(if is_selected == is_negated { FALSE } else { TRUE });
        rest = &rest[end + used..];
    }
    if text.is_empty() {
        return Cow::Borrowed(marker);
    }
    text.push_str(rest);
    Cow::Owned(text)
}

/// Reads `[not] in extras` or `[not] in dependency_groups`: whether it is negated, whether it is about extras, and its length.
fn membership(text: &str) -> Option<(bool, bool, usize)> {
    let mut rest = text.trim_start();
    let is_negated = match rest.strip_prefix("not") {
        Some(behind) if behind.starts_with(char::is_whitespace) => {
            rest = behind.trim_start();
            true
        }
        _ => false,
    };
    rest = rest.strip_prefix("in").filter(|behind| behind.starts_with(char::is_whitespace))?.trim_start();
    let (is_extra, behind) = match (rest.strip_prefix("extras"), rest.strip_prefix("dependency_groups")) {
        (Some(behind), _) => (true, behind),
        (_, Some(behind)) => (false, behind),
        _ => return None,
    };
    let is_whole = !behind.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    is_whole.then(|| (is_negated, is_extra, text.len() - behind.len()))
}
