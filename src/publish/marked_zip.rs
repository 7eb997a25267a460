//! A zip in a mark: by what it is recognised, and what it takes to write it anew with other contents of the user's own
//! files.
//!
//! ```text
//! what the wheels hold │ the user's files │ directory: of the wheels, of the user's files │ end record
//! ──── stays ─────────▶│                  ├───── stays ─────────▶│
//!       ╰─ the state of the sha256 here
//! ```
//!
//! What stays is not read when a zip is written anew: the kernel copies it. That it is still what was written follows
//! from the file's stamp, which any writing to it changes, and of the rest of the zip from its sha256.

use std::fs::File;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::content_id::ContentId;
use crate::archive::{DataSpan, ReadAt as _, ZipProgress};
use crate::file_stamp::FileStamp;
use crate::regular;
use crate::spec::{HashAlgorithm, HashDigest, HashState, Hasher};

/// Length of a zip's end by which it is recognised: it holds the directory, and that the CRC of every file.
const TAIL_BYTES: u64 = 1 << 20;

/// A zip as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct MarkedZip {
    /// Size, bytes.
    size: u64,
    /// Digest of its end.
    tail: HashDigest,
    /// The file that it is, for a zip that can be written anew in parts.
    #[serde(default)]
    stamp: Option<FileStamp>,
    #[serde(default)]
    parts: Option<ZipParts>,
}

/// Where the user's own files lie in a zip: behind all others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ZipParts {
    /// How far the zip is where they begin.
    pub(super) before: ZipProgress,
    /// Unzipped size of what is before, bytes.
    pub(super) size_bytes: u64,
    /// The state of the digest where they begin.
    pub(super) state: HashState,
    /// Where the directory begins.
    pub(super) directory: u64,
    /// The digest of the whole zip.
    pub(super) sha256: HashDigest,
    /// All of them, sorted by path.
    pub(super) own: Vec<OwnEntry>,
}

/// One of the user's own files in a zip.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OwnEntry {
    pub(super) path: String,
    pub(super) content: ContentId,
    pub(super) span: DataSpan,
}

impl MarkedZip {
    /// The zip that lies at `path`, by what it is recognised.
    pub(super) fn at(path: &Path) -> io::Result<Self> {
        let file = regular::open(path)?.into_parts().0;
        let size = file.metadata()?.len();
        let tail = digest_from(&file, size.saturating_sub(TAIL_BYTES), Hasher::new(HashAlgorithm::Sha256))?;
        Ok(Self { size, tail, stamp: None, parts: None })
    }

    /// The same, which was written in these parts.
    pub(super) fn written(path: &Path, parts: Option<ZipParts>) -> io::Result<Self> {
        let stamp = parts.as_ref().map(|_| FileStamp::at(path)).transpose()?;
        Ok(Self { stamp, parts, ..Self::at(path)? })
    }

    /// Notes that it has come to `path`, and nothing else has become of it; otherwise it is written whole next time.
    pub(super) fn moved_to(&mut self, path: &Path) {
        let now = FileStamp::at(path).ok();
        self.stamp = now.filter(|now| self.stamp.is_some_and(|before| now.is_same_content(&before)));
    }

    /// Whether it lies at `path`.
    pub(super) fn lies_at(&self, path: &Path) -> io::Result<bool> {
        if self.stamp.is_some() && self.stamp == Some(FileStamp::at(path)?) {
            return Ok(true);
        }
        let found = Self::at(path)?;
        Ok(found.size == self.size && found.tail == self.tail)
    }

    /// Its parts, if `file` is this zip and nobody has touched it.
    pub(super) fn untouched_parts(&self, file: &File) -> Option<&ZipParts> {
        let found = FileStamp::of_file(file).ok();
        self.parts.as_ref().filter(|_| found.is_some() && self.stamp == found)
    }
}

impl ZipParts {
    /// The file of this path with this content.
    pub(super) fn find(&self, path: &str, content: ContentId) -> Option<&OwnEntry> {
        let at = self.own.binary_search_by(|entry| entry.path.as_str().cmp(path)).ok()?;
        Some(&self.own[at]).filter(|entry| entry.content == content)
    }

    /// The digest where the user's files begin, and what the directory says of those before; `None`: from there on the
    /// zip is not as it was written, or what is noted of it is damaged.
    pub(super) fn beginning(&self, zip: &File) -> io::Result<Option<(Hasher, Vec<u8>)>> {
        let resume = || Hasher::resume(&self.state);
        let Some(all) = resume() else { return Ok(None) };
        if digest_from(zip, self.before.position, all)? != self.sha256 {
            return Ok(None);
        }
        let length = self.before.directory_bytes.min(zip.length()?);
        let mut directory = vec![0; usize::try_from(length).map_err(io::Error::other)?];
        zip.read_exact_at(&mut directory, self.directory)?;
        Ok(resume().map(|hasher| (hasher, directory)))
    }
}

/// The digest of what `hasher` has taken and what a file holds from `offset` on.
fn digest_from(mut file: &File, offset: u64, mut hasher: Hasher) -> io::Result<HashDigest> {
    use std::io::{Seek as _, SeekFrom};
    file.seek(SeekFrom::Start(offset))?;
    let length = file.metadata()?.len().saturating_sub(offset);
    regular::show_pieces(file, length, |piece| hasher.update(piece))?;
    Ok(hasher.finish())
}
