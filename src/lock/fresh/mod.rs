//! Whether a lock still says what the project asks for, by each tool's own recipe.
//!
//! A difference that cannot change what this target gets is a warning: the tools' own checks have had false alarms, and
//! a lock that works should not be refused for a version number. One that can is an error, with both sides.

mod content_hash;
mod flat;
mod inputs;
#[cfg(test)]
mod tests;
mod uv;
mod uv_settings;
mod uv_ties;

use self::uv_ties::Requirements;
use super::model::{Lock, LockPlace};
use super::project_files::ProjectFile;
use super::request::LockRequest;
use super::{LockError, LockKind};
use crate::target::Target;

/// What was found.
#[derive(Default)]
struct Comparison {
    /// Differences that can change what is installed.
    differences: Vec<String>,
    /// Differences that cannot, which are only told.
    notes: Vec<String>,
    /// What could not be compared, a sentence each.
    warnings: Vec<String>,
}

/// Compares a lock with the project beside it; what makes no difference for this target comes back as warnings.
///
/// # Errors
/// A difference that does, or a project file that cannot be read.
pub fn check_fresh(
    lock: &Lock,
    place: &LockPlace,
    request: &LockRequest,
    target: &Target,
) -> Result<Vec<String>, LockError> {
    let findings = match lock.kind {
        LockKind::Uv => uv::compare(lock, place, request, target)?,
        LockKind::Poetry | LockKind::Pdm | LockKind::Pipfile => flat::compare(lock, place, request, target)?,
        LockKind::Pylock => inputs::compare(lock, place, target),
    };
    let command = lock.kind.update_command();
    if !findings.differences.is_empty() {
        let (path, made_of) = (lock.path.clone(), lock.made_of.clone().map(Box::new));
        return Err(LockError::OutOfDate { path, differences: findings.differences, command, made_of });
    }
    if findings.notes.is_empty() {
        return Ok(findings.warnings);
    }
    let told = findings.notes.join("; ");
    let path = lock.path.display();
    Ok(vec![format!(
        "`{path}` is out of date in a way that makes no difference here: {told} (`{command}` brings it up to date)"
    )])
}

/// Tells what differs between what a file has now and what the lock has. It matters where one of the requirements that
/// differ applies on the target and `counts`.
fn report(
    findings: &mut Comparison,
    file: &ProjectFile,
    what: &str,
    sides: [&Requirements; 2],
    counts: impl Fn(&str) -> bool,
) {
    let [now, then] = sides;
    let (mut matters, mut told) = (false, [Vec::new(), Vec::new()]);
    for (list, (side, other)) in told.iter_mut().zip([(now, then), (then, now)]) {
        for (key, marker) in side.iter().filter(|(key, _)| !other.contains_key(*key)) {
            let (text, applies) = key;
            matters |= *applies && counts(text);
            // Where both have the same, the marker is what differs.
            let is_alike = other.contains_key(&(text.clone(), !applies)) && !marker.is_empty();
            list.push(if is_alike { format!("`{text}; {marker}`") } else { format!("`{text}`") });
        }
    }
    if told.iter().all(Vec::is_empty) {
        return;
    }
    let list = |items: &[String]| if items.is_empty() { "nothing".to_owned() } else { items.join(", ") };
    let text = format!("{what}: {} has {}, the lock {}", file.path.display(), list(&told[0]), list(&told[1]));
    if matters { &mut findings.differences } else { &mut findings.notes }.push(text);
}
