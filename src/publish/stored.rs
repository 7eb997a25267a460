//! The form of a mark on disk.

use std::borrow::Cow;
use std::path::Path;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::content_id::CONTENT_BYTES;
use super::marked_zip::MarkedZip;
use crate::archive::folder_and_name;
use crate::debris::is_left_by_system;
use crate::file_stamp::inode_and_birth;

/// A mark as it lies on disk. When a mark is read, its texts are borrowed from the bytes of the file.
#[derive(Clone, Deserialize, Serialize)]
pub(super) struct StoredMark<'a> {
    #[serde(borrow)]
    pub(super) fingerprint: Option<&'a str>,
    pub(super) roots: Vec<FolderIdentity>,
    pub(super) link_mode: Option<u8>,
    pub(super) zips: Vec<MarkedZip>,
    #[serde(borrow)]
    pub(super) folders: Vec<StoredFolder<'a>>,
    /// Whether all had the modes that they were given. Marks of earlier versions do not say it.
    #[serde(default)]
    pub(super) has_modes: bool,
}

/// A folder of an output, with the files right in it. Folders are sorted by path, files by name.
#[derive(Clone, Default, Deserialize, Serialize)]
pub(super) struct StoredFolder<'a> {
    /// Path below OUT, empty for OUT itself.
    pub(super) path: &'a str,
    #[serde(borrow)]
    pub(super) files: Vec<StoredFile<'a>>,
    /// What identifies the content of each file, [`CONTENT_BYTES`] of them, one behind the other.
    #[serde(borrow)]
    pub(super) contents: ContentIds<'a>,
}

impl StoredMark<'_> {
    /// Where a file is listed: the position of its folder, and the position of the file in that folder.
    pub(super) fn find(&self, path: &str) -> Option<(usize, usize)> {
        let (folder, name) = folder_and_name(path);
        let at = self.folders.binary_search_by(|listed| listed.path.cmp(folder)).ok()?;
        let file = self.folders[at].files.binary_search_by(|StoredFile(listed, ..)| (*listed).cmp(name)).ok()?;
        Some((at, file))
    }
}

impl<'a> StoredFolder<'a> {
    /// The bytes that identify the content of the file at a position.
    pub(super) fn content(&self, at: usize) -> Option<&[u8; CONTENT_BYTES]> {
        self.contents.0.as_chunks().0.get(at)
    }

    /// Lists another file in the place of the one at a position.
    pub(super) fn replace(&mut self, at: usize, file: StoredFile<'a>, content: [u8; CONTENT_BYTES]) {
        self.files[at] = file;
        self.contents.0.to_mut()[at * CONTENT_BYTES..][..CONTENT_BYTES].copy_from_slice(&content);
    }

    /// Lists one more file, before the one at a position.
    pub(super) fn insert(&mut self, at: usize, file: StoredFile<'a>, content: [u8; CONTENT_BYTES]) {
        self.files.insert(at, file);
        let place = at * CONTENT_BYTES;
        self.contents.0.to_mut().splice(place..place, content);
    }
}

/// Bytes that are serialized as one byte string, not as a list of numbers.
#[derive(Clone, Default)]
pub(super) struct ContentIds<'a>(pub(super) Cow<'a, [u8]>);

impl Serialize for ContentIds<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for ContentIds<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&[u8]>::deserialize(deserializer).map(|bytes| Self(Cow::Borrowed(bytes)))
    }
}

/// A file: its name, its size in bytes, and when it was written, nanoseconds since 1970.
#[derive(Clone, Copy, Deserialize, Serialize)]
pub(super) struct StoredFile<'a>(pub(super) &'a str, pub(super) u64, pub(super) i64);

/// Tells a folder from another one that has its path later: the number of an inode alone is soon given to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct FolderIdentity {
    inode: u64,
    /// Nanoseconds since 1970.
    born: u64,
}

impl FolderIdentity {
    /// `None` where the file system does not say when a folder was made.
    pub(super) fn of(folder: &Path) -> Option<Self> {
        let (inode, born) = inode_and_birth(folder)?;
        Some(Self { inode, born: u64::try_from(born.as_nanos()).ok()? })
    }

    /// Whether a folder is certainly one of those that are known.
    pub(super) fn is_known(folder: &Path, known: &[Self]) -> bool {
        Self::of(folder).is_some_and(|identity| known.contains(&identity))
    }
}

/// Whether a path is that of a file which Python or macOS makes from what lies beside it, and which nobody misses.
pub(super) fn is_derived(path: &str) -> bool {
    let mut components = path.rsplit('/');
    let name = components.next().unwrap_or_default();
    let is_compiled = Path::new(name).extension().is_some_and(|extension| extension == "pyc");
    is_compiled && components.next() == Some("__pycache__") || is_left_by_system(name)
}

#[cfg(test)]
mod tests {
    use super::{FolderIdentity, MarkedZip, StoredFolder, StoredMark};

    #[test]
    fn a_mark_of_an_earlier_version_says_nothing_of_modes() {
        let (roots, zips): (Vec<FolderIdentity>, Vec<MarkedZip>) = (Vec::new(), Vec::new());
        let earlier = (Some("made of"), roots, Some(1_u8), zips, vec![StoredFolder::default()]);
        let bytes = rmp_serde::to_vec(&earlier).unwrap();
        let read: StoredMark<'_> = rmp_serde::from_slice(&bytes).unwrap();
        assert_eq!((read.fingerprint, read.has_modes, read.folders.len()), (Some("made of"), false, 1));
        let now = rmp_serde::to_vec(&StoredMark { has_modes: true, ..read }).unwrap();
        assert!(rmp_serde::from_slice::<StoredMark<'_>>(&now).unwrap().has_modes);
    }
}
