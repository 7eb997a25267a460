//! The files of a function as the runtime sees them: the bundle below `/var/task`, layers below `/opt`.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::io;

use super::archive::CheckedArchive;
use super::file::{BytesAt, CheckedFile, start_of};
use crate::regular;

/// Where the bundle lies.
pub(super) const TASK: &str = "/var/task";
/// Where layers lie, one over the other.
pub(super) const LAYERS: &str = "/opt";

/// Largest file that is read into memory, bytes. Lambda unpacks a quarter of it in all.
pub(super) const READ_MOST: u64 = 1 << 30;

/// Most that archives may unpack to for their files to be read, bytes: thirty times what Lambda takes. Entries of a
/// bomb may share their bytes, so each of them could be as large as that.
const UNPACKED_MOST: u64 = 8 << 30;

/// All files by their places in the runtime.
#[derive(Default)]
pub(super) struct RuntimeTree {
    /// Sorted by path.
    pub(super) files: Vec<CheckedFile>,
    places: HashMap<String, usize>,
    /// Folders with the names in them.
    folders: HashMap<String, Vec<String>>,
    pub(super) archives: Vec<CheckedArchive>,
    /// The archives unpack to so much that nothing of them is unpacked.
    pub(super) is_bomb: bool,
}

impl RuntimeTree {
    /// Puts files in their places; a later one of the same path replaces an earlier one, as layers do.
    pub(super) fn of(files: Vec<CheckedFile>, archives: Vec<CheckedArchive>) -> Self {
        let mut by_path: BTreeMap<String, CheckedFile> = BTreeMap::new();
        for file in files {
            by_path.insert(file.path.clone(), file);
        }
        let is_zipped = |file: &&CheckedFile| matches!(file.content, BytesAt::Zip(..)) && !file.is_link;
        let unpacked = by_path.values().filter(is_zipped).fold(0_u64, |sum, file| sum.saturating_add(file.size));
        let mut tree = Self { archives, is_bomb: unpacked > UNPACKED_MOST, ..Self::default() };
        for (number, (path, file)) in by_path.into_iter().enumerate() {
            tree.add_to_folders(&path);
            tree.places.insert(path, number);
            tree.files.push(file);
        }
        tree
    }

    fn add_to_folders(&mut self, path: &str) {
        let mut path = path;
        while let Some((folder, name)) = path.rsplit_once('/') {
            // Each path is added once: a file because it is one, a folder when it is met first.
            if let Some(names) = self.folders.get_mut(folder) {
                names.push(name.to_owned());
                return;
            }
            self.folders.insert(folder.to_owned(), vec![name.to_owned()]);
            path = folder;
        }
    }

    /// The file at a path.
    pub(super) fn file(&self, path: &str) -> Option<usize> {
        self.places.get(path).copied()
    }

    /// Whether a folder is there.
    pub(super) fn is_folder(&self, path: &str) -> bool {
        self.folders.contains_key(path)
    }

    /// The names in a folder.
    pub(super) fn names(&self, folder: &str) -> &[String] {
        self.folders.get(folder).map_or(&[], Vec::as_slice)
    }

    /// The bytes of a file, at most [`READ_MOST`].
    pub(super) fn read(&self, number: usize) -> io::Result<Vec<u8>> {
        let file = &self.files[number];
        if file.size > READ_MOST || self.is_bomb {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is too large to be read"));
        }
        match &file.content {
            BytesAt::Disk(path, _) => regular::read(path),
            BytesAt::Zip(archive, entry) => self.archives[*archive].read(*entry, file.size),
        }
    }

    /// The first bytes of a file.
    pub(super) fn start(&self, number: usize, length: u64) -> Vec<u8> {
        let start = match &self.files[number].content {
            BytesAt::Disk(path, _) => regular::open(path).and_then(|file| start_of(file, length)),
            BytesAt::Zip(archive, entry) => self.archives[*archive].start(*entry, length),
        };
        start.unwrap_or_default()
    }

    /// What the user would call a place in the runtime.
    pub(super) fn label<'a>(&'a self, path: &'a str) -> Cow<'a, str> {
        match self.file(path) {
            Some(number) => Cow::Borrowed(&self.files[number].label),
            None => Cow::Borrowed(path.strip_prefix("/var/task/").unwrap_or(path)),
        }
    }
}

/// Whether a path has an ending, in this case: Linux tells `A.PY` from `a.py`.
pub(super) fn ends_in(path: &str, ending: &str) -> bool {
    path.ends_with(ending)
}
