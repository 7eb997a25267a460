//! What changed between two mirrors, for the person who signs it off.

use super::{Mirror, MirrorFile};

/// The files that are not alike in two mirrors, each list sorted by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Only in the new one.
    pub added: Vec<MirrorFile>,
    /// Only in the old one.
    pub removed: Vec<MirrorFile>,
    /// Withdrawn since, as the new one says.
    pub yanked: Vec<MirrorFile>,
    /// The same name with other bytes, other METADATA or other Python versions: the old one, the new one.
    pub changed: Vec<(MirrorFile, MirrorFile)>,
}

impl Difference {
    /// What changed from `old` to `new`.
    pub fn between(old: &Mirror, new: &Mirror) -> Self {
        let only_in = |one: &Mirror, other: &Mirror| -> Vec<MirrorFile> {
            one.files().filter(|file| other.file(&file.filename).is_none()).cloned().collect()
        };
        let mut difference = Self { added: only_in(new, old), removed: only_in(old, new), ..Self::default() };
        for now in new.files() {
            let Some(then) = old.file(&now.filename) else { continue };
            let content =
                |file: &MirrorFile| (file.sha256.clone(), file.metadata_sha256.clone(), file.requires_python.clone());
            if content(now) != content(then) {
                difference.changed.push((then.clone(), now.clone()));
            }
            if now.yanked.is_some() && now.yanked != then.yanked {
                difference.yanked.push(now.clone());
            }
        }
        difference
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
