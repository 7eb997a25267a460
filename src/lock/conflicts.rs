//! Parts of projects that exclude each other: what uv calls conflicts. Its markers know such parts as extras of names
//! that it makes itself (`extra-3-app-old`).

use std::fmt;

use super::LockError;
use super::model::{ConflictingPart, ConflictingParts, ExclusivePart, Lock};
use crate::spec::ExtraName;

impl ConflictingPart {
    /// The name under which it stands in markers.
    pub(super) fn name_in_markers(&self) -> Option<ExtraName> {
        let package = self.package.as_ref();
        let length = package.len();
        let name = match &self.part {
            ExclusivePart::Extra(name) => format!("extra-{length}-{package}-{name}"),
            ExclusivePart::Group(name) => format!("group-{length}-{package}-{name}"),
            ExclusivePart::Main => format!("project-{length}-{package}"),
        };
        name.parse().ok()
    }
}

impl fmt::Display for ConflictingPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { package, part } = self;
        match part {
            ExclusivePart::Extra(name) => write!(f, "the extra `{name}` of {package}"),
            ExclusivePart::Group(name) => write!(f, "the group `{name}` of {package}"),
            ExclusivePart::Main => write!(f, "{package} itself"),
        }
    }
}

/// Refuses a choice of parts, by their names in markers, in which two exclude each other.
pub(super) fn refuse(lock: &Lock, names: &[ExtraName]) -> Result<(), LockError> {
    for ConflictingParts { parts, at } in &lock.conflicts {
        let is_wanted = |part: &&ConflictingPart| part.name_in_markers().is_some_and(|name| names.contains(&name));
        let mut wanted = parts.iter().filter(is_wanted);
        if let (Some(one), Some(other)) = (wanted.next(), wanted.next()) {
            let (path, line) = (lock.path.clone(), lock.line(*at));
            return Err(LockError::Exclusive { path, line, parts: [one, other].map(ToString::to_string) });
        }
    }
    Ok(())
}
