//! What changed between two mirrors, for the person who signs it off.

use std::collections::BTreeSet;

use super::{Mirror, MirrorFile};
use crate::index::MirroredRepository;

/// The files that are not alike in two mirrors, each list sorted by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Files that only the new mirror has.
    pub added: Vec<MirrorFile>,
    /// Files that only the old mirror has.
    pub removed: Vec<MirrorFile>,
    /// Files that were withdrawn since, as the new mirror says.
    pub yanked: Vec<MirrorFile>,
    /// Files of one name with other bytes, other METADATA or other Python versions: that of the old mirror, that of the
    /// new one.
    pub changed: Vec<(MirrorFile, MirrorFile)>,
    /// Repositories that are only in one of them or have other commits: the old one, the new one.
    pub repositories: Vec<(Option<MirroredRepository>, Option<MirroredRepository>)>,
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
        let both = [old, new].map(|mirror| &mirror.contents.repositories);
        let names: BTreeSet<&String> = both.iter().flat_map(|repositories| repositories.keys()).collect();
        let pairs = names.into_iter().map(|name| (both[0].get(name).cloned(), both[1].get(name).cloned()));
        difference.repositories = pairs.filter(|(then, now)| then != now).collect();
        difference
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
