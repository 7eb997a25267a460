//! What is done with a mirror as it lies there, without asking any index: verified, signed, listed, compared, made
//! smaller.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use super::folder::{open, refuse_damage, sign_or_warn};
use super::options::{MirrorRemoval, Mirrored};
use crate::archive::Limits;
use crate::blocking::blocking;
use crate::context::Context;
use crate::mirror::{Difference, Mirror, MirrorError};
use crate::ops::Error;
use crate::signing::{PublicKey, SigningKey};
use crate::spec::HashDigest;

/// Checks that a mirror is exactly what its manifest says, and the expected one; nothing is asked and nothing changed.
///
/// # Errors
/// Everything that is not as the manifest says; another mirror than the expected one; no signature that is trusted.
pub async fn verify_mirror(
    folder: PathBuf,
    expected: Option<HashDigest>,
    trusted: Vec<PublicKey>,
) -> Result<Mirrored, Error> {
    let checking = move || {
        let mirror = Mirror::open_trusted(&folder, &trusted)?;
        refuse_damage(&mirror)?;
        let kept = mirror.names().count();
        let mirrored = Mirrored::of(mirror)?;
        if let Some(expected) = expected.filter(|expected| *expected != mirrored.digest) {
            return Err(MirrorError::NotExpected { path: folder, expected, actual: mirrored.digest }.into());
        }
        Ok(Mirrored { kept, ..mirrored })
    };
    blocking(checking).await
}

/// Signs the manifest of a mirror as it is.
///
/// # Errors
/// There is no mirror, or it cannot be read or written.
pub async fn sign_mirror(folder: PathBuf, key: Arc<SigningKey>, context: Context) -> Result<Mirrored, Error> {
    Mirror::open_existing(&folder)?;
    // Nobody else may change it between the reading and the writing.
    let mirror = open(folder, Limits::default(), false, context).await?;
    let signing = move || {
        mirror.sign(&key)?;
        Ok(Mirrored { kept: mirror.names().count(), ..Mirrored::of(mirror)? })
    };
    blocking(signing).await
}

/// What a mirror remembers; with keys, one of them must have signed it.
///
/// # Errors
/// There is no mirror, it cannot be read, or no key has signed it.
pub async fn list_mirror(folder: PathBuf, trusted: Vec<PublicKey>) -> Result<Mirrored, Error> {
    let reading = move || Mirrored::of(Mirror::open_trusted(&folder, &trusted)?);
    blocking(reading).await
}

/// What changed from one mirror to another; manifests alone will do. With keys, one of them must have signed each.
///
/// # Errors
/// There is no mirror at one of the places, it cannot be read, or no key has signed it.
pub async fn compare_mirrors(old: PathBuf, new: PathBuf, trusted: Vec<PublicKey>) -> Result<Difference, Error> {
    let reading =
        move || Ok(Difference::between(&Mirror::open_trusted(&old, &trusted)?, &Mirror::open_trusted(&new, &trusted)?));
    blocking(reading).await
}

/// Forgets applications, and removes the files that only they needed.
///
/// # Errors
/// There is no application of such a name; most of the mirror would go, without `force`; it cannot be read or written.
pub async fn remove_from_mirror(removal: MirrorRemoval, context: Context) -> Result<Mirrored, Error> {
    let MirrorRemoval { folder, names, prune, force, sign_key, trusted } = removal;
    Mirror::open_existing(&folder)?;
    let own = context.clone();
    let mut mirror = open(folder, Limits::default(), false, context).await?;
    let removing = move || {
        mirror.check_trusted(&trusted)?;
        let mut gone = BTreeSet::new();
        for name in &names {
            gone.extend(mirror.forget(name)?.files.into_keys());
        }
        let mut keep = mirror.needed();
        if prune {
            // What is removed with the applications is not in question.
            let in_question = keep.union(&gone).cloned().collect();
            if !force {
                mirror.check_prune(&in_question)?;
            }
        } else {
            keep.extend(mirror.names().filter(|name| !gone.contains(*name)).cloned());
        }
        let changes = mirror.publish(Some(&keep))?;
        sign_or_warn(&mirror, sign_key.as_deref(), &changes, &own)?;
        Ok(Mirrored { kept: mirror.names().count(), removed: changes.removed, ..Mirrored::of(mirror)? })
    };
    blocking(removing).await
}
