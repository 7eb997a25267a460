//! Whether a lock still says what the project asks for, by each tool's own recipe.
//!
//! A difference that cannot change what this target gets is a warning: the tools' own checks have had false alarms, and
//! a lock that works should not be refused for a version number. One that can is an error, with both sides.

mod content_hash;
mod flat;
#[cfg(test)]
mod tests;
mod uv;
mod uv_settings;
mod uv_ties;

use super::model::{Lock, LockPlace};
use super::select::LockRequest;
use super::{LockError, LockKind};
use crate::target::Target;

/// What was found.
#[derive(Default)]
struct Differences {
    /// Differences that can change what is installed.
    differences: Vec<String>,
    /// Differences that cannot, which are only told.
    notes: Vec<String>,
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
        LockKind::Pylock => Differences::default(),
    };
    let command = lock.kind.update_command();
    if !findings.differences.is_empty() {
        return Err(LockError::OutOfDate { path: lock.path.clone(), differences: findings.differences, command });
    }
    if findings.notes.is_empty() {
        return Ok(Vec::new());
    }
    let told = findings.notes.join("; ");
    let path = lock.path.display();
    Ok(vec![format!(
        "`{path}` is out of date in a way that makes no difference here: {told} (`{command}` brings it up to date)"
    )])
}
