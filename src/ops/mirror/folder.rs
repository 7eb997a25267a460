//! The folder of a mirror: opened so that nobody else changes it, and refused when it is damaged.

use std::path::PathBuf;
use std::time::Duration;

use crate::archive::Limits;
use crate::blocking::blocking;
use crate::context::{Context, Interrupted};
use crate::mirror::{Changes, Mirror, MirrorError, Patience};
use crate::ops::Error;
use crate::reporter::counted;
use crate::signing::SigningKey;

/// How long another run may change the same mirror, with all that it downloads, before it is taken for stuck.
const LONGEST_WAIT: Duration = Duration::from_mins(10);

/// Signs what was published, where there is a key; else says when signatures went with the manifest that they were of.
pub(super) fn sign_or_warn(
    mirror: &Mirror,
    key: Option<&SigningKey>,
    changes: &Changes,
    context: &Context,
) -> Result<(), MirrorError> {
    match key {
        Some(key) => mirror.sign(key)?,
        None if changes.lost_signatures => context.warn("the mirror is not signed any more: give --sign-key again"),
        None => {}
    }
    Ok(())
}

/// Opens a mirror that is to be changed; waits for others that change it. `force`: a new one may begin beside other things.
pub(super) async fn open(folder: PathBuf, limits: Limits, force: bool, context: Context) -> Result<Mirror, Error> {
    let opening = move || {
        let waits = || context.status(&format!("Waiting for another run that changes `{}`", folder.display()));
        let patience = Patience { longest: LONGEST_WAIT, cancel: &context.interrupted, waits: &waits };
        match Mirror::open(&folder, limits, force, &patience) {
            Err(MirrorError::Cancelled) => Err(Interrupted.into()),
            opened => {
                let mirror = opened?;
                if mirror.was_rebuilt() {
                    context.warn(&format!(
                        "the manifest of `{}` was lost, and is made anew of what is whole: {}; for which applications \
                         they are there is known again when these were mirrored again",
                        folder.display(),
                        counted(mirror.names().count(), "file"),
                    ));
                }
                Ok(mirror)
            }
        }
    };
    blocking(opening).await
}

/// Fails with everything that is not as the manifest says.
pub(super) fn refuse_damage(mirror: &Mirror) -> Result<(), Error> {
    let problems = mirror.verify();
    if problems.is_empty() {
        return Ok(());
    }
    Err(Error::MirrorDamaged { path: mirror.folder().to_owned(), problems })
}
