//! Names that must not meet: on one file system or another, two of them would be the same file.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization as _;

use super::safe_path::DROPPED_AT_END;
use super::{ArchiveError, Limits, SafePath};

/// Files and folders by the form in which a case-insensitive, normalizing file system compares them.
#[derive(Debug, Default)]
pub struct NameSet {
    known: HashMap<Box<str>, Known>,
    /// Of all names together.
    bytes: u64,
    /// The folder of the last path: its ancestors are known already.
    last_folder: Option<SafePath>,
}

#[derive(Debug)]
struct Known {
    /// As it was spelled first.
    path: Box<str>,
    is_folder: bool,
    /// Named itself, and not only as the folder of something.
    named: bool,
}

/// Two paths that cannot stand beside each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameClash {
    /// The one that was there first.
    pub first: String,
    /// How they clash.
    pub reason: &'static str,
}

impl NameSet {
    /// An empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file, and the folders that it is in.
    pub fn add_file(&mut self, path: &SafePath) -> Result<(), NameClash> {
        self.add_ancestors(path)?;
        self.add(path, false, true)
    }

    /// Adds a folder that is named itself, and the folders that it is in.
    pub fn add_folder(&mut self, path: &SafePath) -> Result<(), NameClash> {
        self.add_ancestors(path)?;
        self.add(path, true, true)
    }

    /// Checks that there are no more files and folders than an archive may have entries, and that their names take no
    /// more memory than its directory may: a name of a kilobyte can imply five hundred folders that no other name implies.
    pub(super) fn check(&self, limits: &Limits) -> Result<(), ArchiveError> {
        let refuse = |what, actual, limit| Err(ArchiveError::Limit { what, actual, limit });
        let count = self.known.len() as u64;
        if count > limits.entries {
            return refuse("files and folders", count, limits.entries);
        }
        if self.bytes > limits.directory_size {
            return refuse("bytes of names", self.bytes, limits.directory_size);
        }
        Ok(())
    }

    fn add_ancestors(&mut self, path: &SafePath) -> Result<(), NameClash> {
        let folder = path.parent();
        if folder.is_none() || folder == self.last_folder {
            return Ok(());
        }
        let mut ancestor = folder.clone();
        while let Some(path) = ancestor {
            self.add(&path, true, false)?;
            ancestor = path.parent();
        }
        self.last_folder = folder;
        Ok(())
    }

    fn add(&mut self, path: &SafePath, is_folder: bool, named: bool) -> Result<(), NameClash> {
        let known = Known { path: path.as_str().into(), is_folder, named };
        let slot = match self.known.entry(fold(path.as_str())) {
            std::collections::hash_map::Entry::Vacant(slot) => {
                self.bytes += path.as_str().len() as u64;
                slot.insert(known);
                return Ok(());
            }
            std::collections::hash_map::Entry::Occupied(slot) => slot.into_mut(),
        };
        let clash = |reason| Err(NameClash { first: slot.path.to_string(), reason });
        if *slot.path != *path.as_str() {
            return clash(if has_dropped_end(path.as_str()) || has_dropped_end(&slot.path) {
                "they differ only in dots and blanks at an end, which Windows drops"
            } else {
                "they differ only in case or Unicode normalization"
            });
        }
        if slot.is_folder != is_folder {
            return clash("one is a file, the other a folder");
        }
        if slot.named && named {
            return clash("the name is there twice");
        }
        slot.named |= named;
        Ok(())
    }
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

/// Whether Windows would shorten a component of the path.
fn has_dropped_end(path: &str) -> bool {
    path.split('/').any(|component| component.ends_with(DROPPED_AT_END))
}
