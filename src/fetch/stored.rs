//! Files that lie in the cache already.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use fs_err as fs;

use super::FetchedFile;
use crate::archive::PartialZip;
use crate::cache::Cache;
use crate::regular;
use crate::spec::{HashAlgorithm, HashDigest, Hasher};

/// Bytes of a zip's end that hold its end records when there is no comment, as in every wheel of a usual tool.
const SHORT_TAIL: u64 = 98;

/// Bytes of a zip's end that hold its end records whatever the comment.
const LONG_TAIL: u64 = 76 + 22 + 65_535;

/// The cached file with this sha256, when it is there and not visibly damaged. A damaged one is removed.
///
/// Only length and end are looked at: a crash of the machine leaves files empty or cut off, not changed in the middle,
/// and what else can happen to a file is found by RECORD when it is installed.
pub(super) fn find(cache: &Cache, sha256: &HashDigest, size: Option<u64>) -> Option<FetchedFile> {
    let path = cache.wheel(sha256);
    let about = fs::symlink_metadata(&path).ok()?;
    let is_whole = about.is_file() && size.is_none_or(|size| size == about.len()) && has_whole_end(&path, about.len());
    if !is_whole {
        remove(&path);
        return None;
    }
    Some(FetchedFile { digest: sha256.clone(), path, size: about.len(), is_fresh: false })
}

/// Removes what cannot be used; that it stays is no harm, the new file replaces it.
pub(super) fn remove(path: &Path) {
    let _ = fs::remove_file(path);
}

/// The digest of a file's bytes.
pub fn digest(path: &Path, algorithm: HashAlgorithm) -> std::io::Result<HashDigest> {
    let mut hasher = Hasher::new(algorithm);
    regular::show_pieces(regular::open(path)?, u64::MAX, |piece| hasher.update(piece))?;
    Ok(hasher.finish())
}

/// Whether the file ends as an archive of its length does, as far as that can be told.
fn has_whole_end(path: &Path, length: u64) -> bool {
    let read = || -> std::io::Result<bool> {
        let mut file = regular::open(path)?;
        let mut start = [0; 2];
        file.read_exact(&mut start)?;
        // Neither of a gzip archive nor of the bundle of a repository can more be told.
        if start == [0x1f, 0x8b] || start == *b"# " {
            return Ok(true);
        }
        for window in [SHORT_TAIL, LONG_TAIL] {
            let window = window.min(length);
            file.seek(SeekFrom::Start(length - window))?;
            let mut tail = Vec::new();
            file.by_ref().take(window).read_to_end(&mut tail)?;
            let mut zip = PartialZip::new(length);
            zip.add(length - window, tail);
            if zip.is_whole() {
                return Ok(true);
            }
        }
        Ok(false)
    };
    read().unwrap_or(false)
}
