//! One named input of a run: for what it counts, and how a change of it is told.

use serde::{Deserialize, Serialize};

use crate::spec::HashDigest;

/// For which views a part counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Counts {
    /// For all: it can change what is chosen.
    Everywhere,
    /// For fingerprint and result: it can change what is made of what was chosen.
    ForOutput,
    /// For result and resolution: it stands for content by sizes and times, which are those of this machine.
    OnThisMachine,
    /// For the result: it can change how the output is written, or that it is refused.
    ForResult,
    /// For the resolution: what its answer tells beside what was chosen, such as the lines of files.
    ForResolution,
    /// For none: it explains what another part counts.
    ToExplain,
}

/// What a part stands for, which decides how a change of it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum PartKind {
    /// An option, by its flag.
    Option,
    /// A file, folder or repository, by its path.
    Place,
    /// Anything else, by a name that a sentence can begin with.
    Other,
}

/// One named input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeyPart {
    pub(super) counts: Counts,
    pub(super) kind: PartKind,
    pub(super) name: String,
    /// An option as it was given, credentials hidden; `None`: it was not given.
    pub(super) given: Option<String>,
    pub(super) digest: HashDigest,
}

impl KeyPart {
    /// Whether it is the same part, or the same file of the user's own with whatever content.
    pub(super) fn is_edit_of(&self, before: &Self) -> bool {
        let Self { counts, kind, name, given, digest } = self;
        let is_own = *counts == Counts::ForOutput && *kind == PartKind::Place;
        (*counts, *kind, name, given) == (before.counts, before.kind, &before.name, &before.given)
            && (is_own || *digest == before.digest)
    }

    /// How it differs from the part of the same name that was there before, if there was one.
    pub(super) fn changed(&self, before: Option<&Self>) -> String {
        let Self { kind, name, given, .. } = self;
        match (kind, before) {
            (PartKind::Option, before) => match (given, before.and_then(|part| part.given.as_ref())) {
                (Some(now), Some(then)) if now != then => format!("`{then}` was given last time, and now `{now}`"),
                (Some(now), None) => format!("`{now}` was not given last time"),
                (None, Some(then)) => format!("`{then}` was given last time"),
                _ => format!("`{name}` is another one than last time"),
            },
            (PartKind::Place, None) => format!("{name} is new"),
            (PartKind::Place, Some(_)) | (PartKind::Other, _) => format!("{name} changed"),
        }
    }

    /// Says, as a reason for a new run, that this input is not there any more.
    pub(super) fn gone(&self) -> String {
        match (self.kind, &self.given) {
            (PartKind::Option, Some(given)) => format!("`{given}` was given last time"),
            _ => format!("{} is gone", self.name),
        }
    }
}
