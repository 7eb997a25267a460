//! Names that must not meet, and names that would meet on another file system.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use unicode_normalization::UnicodeNormalization as _;

use super::Bound;
use super::safe_path::DROPPED_AT_END;
use super::{ArchiveError, Limits, SafePath};

/// Files and folders by the form in which a case-insensitive, normalizing file system compares them.
///
/// A name that is there twice, or as a file and as a folder, is a clash everywhere. Names that are one only on other
/// systems are let through and told by [`NameSet::alike`]: whoever writes them to such a system finds out.
#[derive(Debug, Default)]
pub(crate) struct NameSet {
    known: HashMap<Box<str>, Spellings>,
    alike: Vec<Alike>,
    count: u64,
    /// Bytes of all names together.
    bytes: u64,
    /// The folder of the last file: its ancestors are known already.
    last_folder: Option<SafePath>,
}

/// The names that compare as equal: nearly always a single one.
#[derive(Debug)]
struct Spellings {
    first: KnownName,
    others: Vec<KnownName>,
}

#[derive(Debug)]
struct KnownName {
    path: Box<str>,
    is_folder: bool,
    /// Named itself, and not only as the folder of something.
    named: bool,
    /// A file, or a folder with a file below it: an empty folder writes nothing.
    written: bool,
}

/// Two paths that cannot stand beside each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NameClash {
    /// The one that was there first.
    pub first: String,
    /// How they clash.
    pub reason: &'static str,
    /// Whether it is the same name, of a file both times.
    pub is_repeated: bool,
}

/// Two names that are different here, and one on another system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Alike {
    /// The one that was there first.
    pub first: String,
    /// The other one.
    pub second: String,
    /// Where they are one.
    pub reason: &'static str,
}

/// Most names that may differ in nothing but case and the like: nobody has more than a few, and each is compared with
/// all others that compare as equal.
const ALIKE_MOST: u64 = 1000;

impl NameSet {
    /// An empty set.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds a file, and the folders that it is in.
    pub(crate) fn add_file(&mut self, path: &SafePath) -> Result<(), NameClash> {
        self.add_ancestors(path)?;
        self.add(KnownName { path: path.as_str().into(), is_folder: false, named: true, written: true })
    }

    /// Adds a folder that is named itself. As long as no file lies below it, it is alike to nothing.
    pub(crate) fn add_folder(&mut self, path: &SafePath) -> Result<(), NameClash> {
        self.add_each_from(path.parent(), false)?;
        self.add(KnownName { path: path.as_str().into(), is_folder: true, named: true, written: false })
    }

    /// Names of files, and of folders with files below them, that other systems take for one.
    pub(crate) fn alike(&self) -> &[Alike] {
        &self.alike
    }

    /// Checks that there are no more files and folders than an archive may have entries, and that their names take no
    /// more memory than its directory may: a name of a kilobyte can imply five hundred folders that no other name
    /// implies.
    pub(super) fn check(&self, limits: &Limits) -> Result<(), ArchiveError> {
        let refuse = |what, actual, limit| Err(ArchiveError::Limit { what, actual, limit });
        if self.count > limits.entries {
            return refuse(Bound::FilesAndFolders, self.count, limits.entries);
        }
        if self.bytes > limits.directory_size {
            return refuse(Bound::NameBytes, self.bytes, limits.directory_size);
        }
        let alike = self.alike.len() as u64;
        if alike > ALIKE_MOST {
            return refuse(Bound::AlikeNames, alike, ALIKE_MOST);
        }
        Ok(())
    }

    fn add_ancestors(&mut self, path: &SafePath) -> Result<(), NameClash> {
        let folder = path.parent();
        if folder.is_none() || folder == self.last_folder {
            return Ok(());
        }
        self.add_each_from(folder.clone(), true)?;
        self.last_folder = folder;
        Ok(())
    }

    /// Adds a folder that something lies in, and those around it.
    fn add_each_from(&mut self, mut folder: Option<SafePath>, written: bool) -> Result<(), NameClash> {
        while let Some(path) = folder {
            self.add(KnownName { path: path.as_str().into(), is_folder: true, named: false, written })?;
            folder = path.parent();
        }
        Ok(())
    }

    fn add(&mut self, new: KnownName) -> Result<(), NameClash> {
        let length = new.path.len() as u64;
        let slot = match self.known.entry(fold(&new.path)) {
            std::collections::hash_map::Entry::Vacant(slot) => {
                (self.count, self.bytes) = (self.count + 1, self.bytes + length);
                slot.insert(Spellings { first: new, others: Vec::new() });
                return Ok(());
            }
            std::collections::hash_map::Entry::Occupied(slot) => slot.into_mut(),
        };
        let same = std::iter::once(&slot.first).chain(&slot.others).position(|known| known.path == new.path);
        let was_written = same.is_some_and(|place| slot.at(place).written);
        if new.written && !was_written {
            self.alike.extend(slot.alike(&new));
        }
        let Some(place) = same else {
            (self.count, self.bytes) = (self.count + 1, self.bytes + length);
            slot.others.push(new);
            return Ok(());
        };
        let known = slot.at(place);
        let clash = |reason, is_repeated| Err(NameClash { first: new.path.to_string(), reason, is_repeated });
        if known.is_folder != new.is_folder {
            return clash("one is a file, the other a folder", false);
        }
        if known.named && new.named && !new.is_folder {
            return clash("the name is there twice", true);
        }
        known.named |= new.named;
        known.written |= new.written;
        Ok(())
    }
}

impl Spellings {
    fn at(&mut self, place: usize) -> &mut KnownName {
        if place == 0 { &mut self.first } else { &mut self.others[place - 1] }
    }

    /// The pair of `new` and a written name of another spelling, if there is one.
    fn alike(&self, new: &KnownName) -> Option<Alike> {
        let mut all = std::iter::once(&self.first).chain(&self.others);
        let other = all.find(|known| known.written && known.path != new.path)?;
        Some(Alike {
            first: other.path.to_string(),
            second: new.path.to_string(),
            reason: if has_dropped_end(&new.path) || has_dropped_end(&other.path) {
                "they differ only in dots and blanks at an end, which Windows drops"
            } else {
                "they differ only in case or Unicode normalization"
            },
        })
    }
}

/// Whether no two of these sorted paths, and of the folders that they lie in, can clash or be alike. It is told from
/// hashes: that it is not certain says nothing.
pub(crate) fn are_certainly_apart<'a>(sorted: impl Iterator<Item = &'a SafePath>) -> bool {
    let mut hashes = Vec::with_capacity(sorted.size_hint().0);
    // The folders that the last path lies in, each with the slash behind it and its hash. What lies in one folder comes
    // one after the other.
    let mut folders: Vec<(&str, u64)> = Vec::new();
    for path in sorted {
        let path = path.as_str();
        while folders.last().is_some_and(|(folder, _)| !path.starts_with(folder)) {
            folders.pop();
        }
        let (mut at, mut hash) = folders.last().map_or((0, 0), |(folder, hash)| (folder.len(), *hash));
        for component in path[at..].split_inclusive('/') {
            let Some(longer) = hash_of_plain(hash, component.trim_end_matches('/')) else { return false };
            hash = longer;
            hashes.push(hash);
            at += component.len();
            if component.ends_with('/') {
                folders.push((&path[..at], hash));
            }
        }
    }
    hashes.sort_unstable();
    hashes.windows(2).all(|two| two[0] != two[1])
}

/// A number that paths have in common which are one where case does not count, from that of the folder and the last
/// component; `None` for one in which something else may not count either.
fn hash_of_plain(folder: u64, component: &str) -> Option<u64> {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    if !component.is_ascii() || component.ends_with(DROPPED_AT_END) {
        return None;
    }
    let add = |hash: u64, byte: u8| (hash.rotate_left(5) ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(ODD);
    Some(component.bytes().chain([b'/']).fold(folder, add))
}

/// The form in which names are compared: canonical decomposition and full case folding, as APFS and NTFS come close to,
/// without what Windows drops from the end of a component.
fn fold(path: &str) -> Box<str> {
    let trimmed: String;
    let path = if has_dropped_end(path) {
        let components: Vec<&str> =
            path.split('/').map(|component| component.trim_end_matches(DROPPED_AT_END)).collect();
        trimmed = components.join("/");
        &trimmed
    } else {
        path
    };
    if path.is_ascii() {
        return path.to_ascii_lowercase().into();
    }
    // Upper case first: it unites letters such as ſ and s, or ß and ss, that have one upper case form.
    let upper: String = path.nfd().flat_map(char::to_uppercase).collect();
    let lower: String = upper.chars().flat_map(char::to_lowercase).collect();
    lower.nfd().collect::<String>().into()
}

/// A path in the form in which texts are usually typed and stored: Unicode Normalization Form C.
pub(crate) fn composed(path: &str) -> Cow<'_, str> {
    if path.is_ascii() { path.into() } else { path.nfc().collect::<String>().into() }
}

/// The path on disk in Unicode Normalization Form C. One that is not UTF-8 stays what it is.
pub(crate) fn composed_path(path: &Path) -> Cow<'_, Path> {
    match path.to_str().map(composed) {
        Some(Cow::Owned(text)) => PathBuf::from(text).into(),
        _ => path.into(),
    }
}

/// Whether Windows would shorten a component of the path.
fn has_dropped_end(path: &str) -> bool {
    path.split('/').any(|component| component.ends_with(DROPPED_AT_END))
}
