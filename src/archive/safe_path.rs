//! A relative path that stays inside the folder it is joined to.

use std::fmt;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::spec::ForeignName;

/// A relative path of `/`-separated components, none of them empty, `.` or `..`, without NUL, control characters,
/// backslashes or drive letters. Joining one to a folder never leaves the folder (as long as no component of it is a
/// link).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SafePath(Box<str>);

/// A path that could lead outside, or be read differently on another system.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unsafe path `{}`: {reason}", ForeignName(.path))]
pub struct SafePathError {
    /// The path as found.
    pub path: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// A path without `.` and `..`, by its text alone.
pub(crate) fn normalized(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(normal.components().next_back(), Some(Component::Normal(_))) => {
                normal.pop();
            }
            Component::ParentDir if normal.has_root() => {}
            other => normal.push(other),
        }
    }
    normal
}

/// `target` as seen from `folder`, by their texts alone; empty where they are one.
pub(crate) fn relative(target: &Path, folder: &Path) -> PathBuf {
    let shared = target.components().zip(folder.components()).take_while(|(one, other)| one == other).count();
    let up = folder.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(target.components().skip(shared)).collect()
}

/// Longest component that every file system takes, bytes (Linux: `NAME_MAX`).
const COMPONENT_MOST: usize = 255;
/// Longest path, bytes: a quarter of Linux's `PATH_MAX`, so that the folder it is joined to has room as well.
const PATH_MOST: usize = 1024;
/// Characters that Windows drops from the end of a name.
pub(super) const DROPPED_AT_END: [char; 2] = ['.', ' '];

impl SafePath {
    /// Checks a path.
    pub fn new(path: &str) -> Result<Self, SafePathError> {
        let refuse = |reason| Err(SafePathError { path: path.to_owned(), reason });
        if path.is_empty() {
            return refuse("it is empty");
        }
        if path.len() > PATH_MOST {
            return refuse("it is longer than 1024 bytes");
        }
        if path.starts_with('/') {
            return refuse("it is absolute");
        }
        // One look at each byte for what nearly every path is without. With no way out of the loop it is made of wide
        // instructions.
        let is_odd = |byte: u8| byte == b'\\' || !(b' '..0x7f).contains(&byte);
        if path.bytes().fold(false, |found, byte| found | is_odd(byte)) {
            if path.contains('\\') {
                return refuse("it has a backslash");
            }
            if path.chars().any(char::is_control) {
                return refuse("it has a control character");
            }
        }
        if path.as_bytes().get(1) == Some(&b':') && path.as_bytes()[0].is_ascii_alphabetic() {
            return refuse("it starts with a drive letter");
        }
        for component in path.as_bytes().split(|byte| *byte == b'/') {
            if component.len() > COMPONENT_MOST {
                return refuse("it has a component of more than 255 bytes");
            }
            match component {
                b"" => return refuse("it has an empty component"),
                b"." | b".." => return refuse("it has a `.` or `..` component"),
                // Windows drops both from the end of a name: `.. ` would be `..` there.
                _ if component.iter().all(|byte| DROPPED_AT_END.contains(&char::from(*byte))) => {
                    return refuse("it has a component of nothing but dots and blanks");
                }
                _ => {}
            }
        }
        Ok(Self(path.into()))
    }

    /// The path with `/` between components.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its components.
    pub fn components(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }

    /// The path below `folder`.
    pub fn below(&self, folder: &Path) -> PathBuf {
        folder.join(&*self.0)
    }

    /// This path inside the folder `prefix`.
    #[must_use]
    pub fn prefixed(&self, prefix: &Self) -> Self {
        Self(format!("{}/{}", prefix.0, self.0).into())
    }

    /// The last component.
    pub fn file_name(&self) -> &str {
        folder_and_name(&self.0).1
    }

    /// The path of the folder that it is in; `None` at the top.
    pub fn parent(&self) -> Option<Self> {
        self.0.rsplit_once('/').map(|(parent, _)| Self(parent.into()))
    }
}

impl TryFrom<String> for SafePath {
    type Error = SafePathError;

    fn try_from(path: String) -> Result<Self, SafePathError> {
        Self::new(&path)
    }
}

impl From<SafePath> for String {
    fn from(path: SafePath) -> Self {
        path.0.into()
    }
}

impl fmt::Display for SafePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SafePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The folder of a path, empty at the top, and its last component.
pub(crate) fn folder_and_name(path: &str) -> (&str, &str) {
    memchr::memrchr(b'/', path.as_bytes()).map_or(("", path), |at| (&path[..at], &path[at + 1..]))
}

/// Gives each folder that leads to the file at `path`, innermost first, until `is_new` says of one that it is known:
/// then those around it are known as well.
pub(crate) fn each_folder_of<'a>(path: &'a str, mut is_new: impl FnMut(&'a str) -> bool) {
    let mut folder = folder_and_name(path).0;
    while !folder.is_empty() && is_new(folder) {
        folder = folder_and_name(folder).0;
    }
}
