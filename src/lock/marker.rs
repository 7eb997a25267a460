//! Markers of lock files, evaluated for a target and a choice of extras and groups.
//!
//! Beside the usual variables they know `extras` and `dependency_groups` (dependency specifiers, "Environment
//! markers"). In other locks `extra == "name"` asks for the same, and uv writes extras, groups and projects that
//! exclude each other as names of its own making: `extra == 'extra-5-small-b'`.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;

use super::LockError;
use super::model::{Condition, Lock};
use crate::spec::{ExtraName, MarkerEnvironment, SyntaxError, parse_marker};

/// What markers are evaluated for.
pub(super) struct Evaluation<'a> {
    lock: &'a Lock,
    environment: &'a MarkerEnvironment,
    extras: Vec<ExtraName>,
    groups: Vec<ExtraName>,
    /// Answers that depend on the environment alone: a lock repeats few markers many times.
    known: RefCell<HashMap<String, bool>>,
}

impl<'a> Evaluation<'a> {
    /// For an environment, extras and groups.
    pub(super) fn new(
        lock: &'a Lock,
        environment: &'a MarkerEnvironment,
        extras: Vec<ExtraName>,
        groups: Vec<ExtraName>,
    ) -> Self {
        Self { lock, environment, extras, groups, known: RefCell::default() }
    }

    /// Whether a marker holds, where `names` are extras that count beside those of the project.
    ///
    /// # Errors
    /// A marker that cannot be read, with its line.
    pub(super) fn holds(&self, condition: Option<&Condition>, names: &[ExtraName]) -> Result<bool, LockError> {
        let Some(Condition { text, at }) = condition else { return Ok(true) };
        if let Some(known) = self.known.borrow().get(text) {
            return Ok(*known);
        }
        let wrong = |error: SyntaxError| self.lock.malformed(*at, format!("the marker is malformed: {error}"));
        if !text.contains("extra") && !text.contains("dependency_groups") {
            let answer = parse_marker(text).map_err(wrong)?.evaluate(self.environment, &[]);
            self.known.borrow_mut().insert(text.clone(), answer);
            return Ok(answer);
        }
        let selection = Selection { extras: &self.extras, groups: &self.groups };
        let tree = parse_marker(&decided(text, selection)).map_err(wrong)?;
        let names: Vec<ExtraName> = self.extras.iter().chain(names).cloned().collect();
        Ok(tree.evaluate(self.environment, &names))
    }
}

/// Always true, in markers.
const TRUE: &str = "python_version >= '0'";
/// Always false, in markers.
const FALSE: &str = "python_version < '0'";

/// What the user selected.
#[derive(Clone, Copy)]
struct Selection<'a> {
    extras: &'a [ExtraName],
    groups: &'a [ExtraName],
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

/// Reads `[not] in extras` or `[not] in dependency_groups`: whether it is negated, whether it is about extras, and its
/// length.
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
