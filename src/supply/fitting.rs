//! Hints that fit what the user has said: nothing is advised that the same run would refuse.

use crate::request::RequestOptions;
use crate::resolution::Barrier;
use crate::resolve::{Hint, ResolveError, WheelRoom};

/// What the user has said that decides which hints are of use.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said {
    /// Nothing may be built.
    builds_nothing: bool,
    /// Where wheels could be put.
    room: WheelRoom,
}

impl Said {
    pub(super) fn of(request: &RequestOptions) -> Self {
        let room = if request.indexes.mirror.is_some() { WheelRoom::Mirror } else { WheelRoom::Folder };
        Self { builds_nothing: request.build.forbidden, room }
    }

    /// The error with hints that fit.
    pub(super) fn fit(self, mut error: ResolveError) -> ResolveError {
        if let ResolveError::NoSolution { hints, .. } = &mut error {
            for hint in hints {
                self.fit_one(hint);
            }
        }
        error
    }

    /// The same for what a build requires, which no line of the user's asks for.
    pub(super) fn fit_for_build(self, error: ResolveError) -> ResolveError {
        let mut error = self.fit(error);
        if let ResolveError::NoSolution { hints, .. } = &mut error {
            for hint in hints {
                if let Hint::Nowhere(name) = hint {
                    *hint = Hint::BuildLacks { name: name.clone(), room: self.room };
                }
            }
        }
        error
    }

    fn fit_one(self, hint: &mut Hint) {
        if let Hint::OnlySource { room, .. } | Hint::OnlySources { room, .. } = hint {
            *room = self.room;
        }
        if let Hint::OnlySource { barrier, .. }
        | Hint::OnlySources { barrier, .. }
        | Hint::WheelsLeftOut { source: Some(barrier), .. } = hint
            && self.builds_nothing
        {
            *barrier = Barrier::NoBuild;
        }
    }
}
