//! Names as a folder lists them, where it answers to other spellings as well: file systems of macOS and Windows take
//! `Pkg` and `pkg` for one name, and some keep `é` as `e` and an accent.

use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use fs_err as fs;

use crate::archive::composed;

/// The spellings of what lies below OUT. Each folder is listed once.
pub(super) struct NamesOnDisk<'a> {
    out: &'a Path,
    listed: HashMap<PathBuf, HashSet<OsString>>,
}

impl<'a> NamesOnDisk<'a> {
    pub(super) fn of(out: &'a Path) -> Self {
        Self { out, listed: HashMap::new() }
    }

    /// The spelling under which folders list what lies at `path`, a path below OUT. It is `path` itself where nothing
    /// lies there, and where both differ in their Unicode form alone.
    pub(super) fn real(&mut self, path: &Path) -> io::Result<PathBuf> {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Ok(path.to_owned()) };
        let parent = self.real(parent)?;
        let name = self.real_name(&parent, name)?;
        Ok(parent.join(name))
    }

    fn real_name(&mut self, folder: &Path, name: &OsStr) -> io::Result<OsString> {
        let place = self.out.join(folder);
        let names = match self.listed.entry(folder.to_owned()) {
            std::collections::hash_map::Entry::Occupied(slot) => slot.into_mut(),
            std::collections::hash_map::Entry::Vacant(slot) => slot.insert(names(&place)?),
        };
        if names.contains(name) {
            return Ok(name.to_owned());
        }
        let Ok(asked) = fs::symlink_metadata(place.join(name)) else { return Ok(name.to_owned()) };
        let is_asked = |other: &&OsString| {
            fs::symlink_metadata(place.join(other))
                .is_ok_and(|found| (found.dev(), found.ino()) == (asked.dev(), asked.ino()))
        };
        // Several names may be of one file: hard links.
        let mut found: Vec<&OsString> = names.iter().filter(is_asked).collect();
        found.sort_by_key(|other| (folded(other) != folded(name), *other));
        let is_other = |other: &&&OsString| composed(&other.to_string_lossy()) != composed(&name.to_string_lossy());
        Ok(found.first().filter(is_other).map_or_else(|| name.to_owned(), |other| (*other).clone()))
    }
}

/// The name of an entry as it was written; `None` where it is not UTF-8. HFS+ lists every name taken apart and answers
/// to the composed one too, which is then taken; on other file systems the composed name leads to another entry, or to
/// none.
pub(super) fn listed_name(folder: &Path, name: &OsStr) -> Option<String> {
    let name = name.to_str()?;
    let usual = composed(name);
    let inode = |name: &str| fs::symlink_metadata(folder.join(name)).ok().map(|found| found.ino());
    let is_one = usual != name && inode(&usual).is_some_and(|found| inode(name) == Some(found));
    Some(if is_one { usual.into_owned() } else { name.to_owned() })
}

/// What a folder lists; nothing where it is no folder.
fn names(folder: &Path) -> io::Result<HashSet<OsString>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.file_name())).collect(),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(HashSet::new())
        }
        Err(error) => Err(error),
    }
}

fn folded(name: &OsStr) -> String {
    composed(&name.to_string_lossy()).to_lowercase()
}
