//! Whether the bytes of a wheel in the cache are still those that its digest was computed of.
//!
//! A zip takes the compressed bytes as they are, and nothing behind this looks at them again: what anybody wrote over the
//! cache since they were downloaded must show here. A wheel is hashed, and what it looked like before is noted; while
//! it looks the same, nobody has written to it, and it is not hashed again. What a failing disk does to bytes by itself is
//! not seen so: the next download of the wheel (`barrow cache clean`) mends that.

use std::os::unix::fs::MetadataExt as _;
use std::time::Duration;

use fs_err as fs;

use super::error::{InstallError, WheelFault};
use super::installed::InstalledDist;
use crate::archive::ArchiveError;
use crate::cache::Cache;
use crate::fetch::{FetchedWheel, digest_of_file};
use crate::file_stamp::FileStamp;
use crate::spec::{HashAlgorithm, HashDigest};

/// Name of the note in the folder of the wheel's digest.
const NOTE: &str = "verified";
/// How long before the note a wheel must have been changed last: far more than a tick of any clock that counts fractions
/// of a second. Whoever writes to it after the note is sure to give it another time.
const APART: Duration = Duration::from_millis(100);

/// Checks that a wheel has its digest.
///
/// # Errors
/// It has another one, or cannot be read.
pub(super) fn check_bytes(wheel: &FetchedWheel, cache: &Cache) -> Result<(), InstallError> {
    let failed = |fault: WheelFault| InstallError::Reread { wheel: wheel.filename.to_string(), fault };
    let unread = |error| failed(WheelFault::Archive(ArchiveError::Read(error)));
    let stamp = FileStamp::at(&wheel.path).map_err(unread)?;
    if is_noted(&wheel.digest, &stamp, cache) {
        return Ok(());
    }
    if digest_of_file(&wheel.path, HashAlgorithm::Sha256).map_err(unread)? != wheel.digest {
        return Err(failed(WheelFault::Damaged));
    }
    cache.keep(&cache.install(&wheel.digest).join(NOTE), &stamp);
    Ok(())
}

/// Whether the wheel of a distribution is certain to have its digest still: nobody has written to it since it was last
/// hashed. What could only be told by hashing it again is not certain.
pub(crate) fn is_as_verified(dist: &InstalledDist, cache: &Cache) -> bool {
    FileStamp::at(&dist.wheel).is_ok_and(|stamp| is_noted(&dist.digest, &stamp, cache))
}

/// Whether a wheel had this digest when it looked like this.
fn is_noted(digest: &HashDigest, stamp: &FileStamp, cache: &Cache) -> bool {
    let note = cache.install(digest).join(NOTE);
    let noted = || cache.recall::<FileStamp>(&note);
    let when = fs::metadata(&note).map(|found| (found.mtime(), found.mtime_nsec()));
    when.is_ok_and(|when| stamp.is_older_than(when, APART)) && noted().as_ref() == Some(stamp)
}
