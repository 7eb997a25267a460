//! Files of this machine: copied into the cache while they are hashed.

use std::io::Write as _;
use std::path::Path;

use fs_err as fs;

use super::download::Digests;
use super::pointer::{Pointer, Unchanged};
use super::{FetchError, FetchedFile, WantedFile, stored};
use crate::cache::{Cache, CacheError};
use crate::regular;
use crate::spec::HashDigest;

/// Copies a local file into the cache, or finds the copy of an earlier run while the file is unchanged.
pub(super) fn copy(cache: &Cache, wanted: &WantedFile, path: &Path) -> Result<FetchedFile, FetchError> {
    let failed = |source| FetchError::Local { path: path.to_owned(), source };
    let file = regular::open(path).map_err(failed)?;
    let unchanged = identity(&file.metadata().map_err(failed)?);
    if let Some(pointer) = Pointer::read(cache, &wanted.url)
        && pointer.unchanged == unchanged
        && wanted.accepts_as_known(&pointer.sha256)
        && let Some(found) = stored::find(cache, &pointer.sha256, None)
    {
        return Ok(found);
    }
    let mut copy = cache.temporary_file()?;
    let mut digests = Digests::new(wanted);
    regular::each_piece(file, u64::MAX, failed, |piece| {
        digests.update(piece);
        let copied = copy.write_all(piece);
        Ok(copied.map_err(|source| CacheError::Write { path: copy.path().to_owned(), source })?)
    })?;
    let size = digests.bytes();
    let digest = digests.finish(wanted)?;
    let copied_at = copy.as_file().metadata().map(|about| identity(&about));
    let stored = cache.persist(copy, &cache.wheel(&digest))?;
    // A file that changed while it was read keeps no pointer: the times noted before would vouch for other bytes.
    let is_settled = copied_at.is_ok_and(|copied_at| copied_at.is_well_after(&unchanged));
    if is_settled && fs::metadata(path).is_ok_and(|about| identity(&about) == unchanged) {
        Pointer { sha256: digest.clone(), unchanged }.write(cache, &wanted.url);
    }
    Ok(FetchedFile { digest, path: stored, size, is_fresh: true })
}

/// The sha256 that a local file is known to have, from an earlier copy of it that it still equals.
pub(super) fn known_digest(cache: &Cache, wanted: &WantedFile, path: &Path) -> Option<HashDigest> {
    let pointer = Pointer::read(cache, &wanted.url)?;
    (pointer.unchanged == identity(&fs::metadata(path).ok()?)).then_some(pointer.sha256)
}

fn identity(about: &std::fs::Metadata) -> Unchanged {
    use std::os::unix::fs::MetadataExt as _;
    let nanoseconds = |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
    Unchanged::Local {
        size: about.len(),
        modified: nanoseconds(about.mtime(), about.mtime_nsec()),
        changed: nanoseconds(about.ctime(), about.ctime_nsec()),
        inode: about.ino(),
    }
}
