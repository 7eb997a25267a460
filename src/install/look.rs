//! Looking at many files of one tree.
//!
//! Files of one folder that come one after another are looked up in it, which takes a third of the time of looking up
//! whole paths.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat, fstat, openat, statat};

use crate::archive::{SafePath, folder_and_name};

/// What a file looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sight {
    /// A regular file, and no link to one.
    pub is_file: bool,
    /// A symbolic link.
    pub is_link: bool,
    /// Size, bytes.
    pub size: u64,
    /// Time of the last change, nanoseconds since 1970.
    pub modified: i64,
    pub inode: u64,
    /// Whether everyone may execute it; `None` where its mode is none that barrow gives to files.
    pub executable: Option<bool>,
    /// Whether nobody may write to it, as to the files of the cache and those that are linked to them.
    pub read_only: bool,
}

/// Looks at files below one folder.
#[derive(Debug)]
pub(super) struct Viewer<'a> {
    root: OwnedFd,
    /// Where the last file lies, and that folder once a second one of it was looked at.
    folder: &'a str,
    opened: Option<OwnedFd>,
}

impl<'a> Viewer<'a> {
    /// For files below `root`.
    pub(super) fn new(root: &Path) -> io::Result<Self> {
        Ok(Self { root: open(CWD, root)?, folder: "", opened: None })
    }

    /// Looks at one file. A link is not followed.
    pub(super) fn look(&mut self, path: &'a SafePath) -> io::Result<Sight> {
        let (folder, name) = folder_and_name(path.as_str());
        if folder != self.folder {
            (self.folder, self.opened) = (folder, None);
        } else if self.opened.is_none() && !folder.is_empty() {
            self.opened = open(&self.root, Path::new(folder)).ok();
        }
        let found = match &self.opened {
            Some(opened) => statat(opened, name, AtFlags::SYMLINK_NOFOLLOW)?,
            None => statat(&self.root, path.as_str(), AtFlags::SYMLINK_NOFOLLOW)?,
        };
        Ok(Sight::of(&found))
    }
}

impl Sight {
    /// Looks at one file alone. A link is not followed.
    pub fn at(path: &Path) -> io::Result<Self> {
        Ok(Self::of(&statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW)?))
    }

    /// Looks at an opened file.
    pub fn of_file(file: &std::fs::File) -> io::Result<Self> {
        Ok(Self::of(&fstat(file)?))
    }

    /// Whether it is a link, or else a regular file, of this size that was last changed then.
    pub fn is_as(&self, is_link: bool, size: u64, modified: i64) -> bool {
        let is_kind = if is_link { self.is_link } else { self.is_file };
        is_kind && self.size == size && self.modified == modified
    }

    /// What `stat` says.
    pub(crate) fn of(found: &Stat) -> Self {
        let mode = Mode::from_raw_mode(found.st_mode);
        let nanoseconds = i64::try_from(found.st_mtime_nsec).unwrap_or_default();
        Self {
            is_file: FileType::from_raw_mode(found.st_mode) == FileType::RegularFile,
            is_link: FileType::from_raw_mode(found.st_mode) == FileType::Symlink,
            size: u64::try_from(found.st_size).unwrap_or_default(),
            modified: found.st_mtime.wrapping_mul(1_000_000_000).wrapping_add(nanoseconds),
            inode: found.st_ino,
            read_only: !mode.intersects(Mode::WUSR | Mode::WGRP | Mode::WOTH),
            executable: [(true, 0o755), (true, 0o555), (false, 0o644), (false, 0o444)]
                .into_iter()
                .find_map(|(executable, bits)| (Mode::from_raw_mode(bits) == mode).then_some(executable)),
        }
    }
}

fn open(at: impl std::os::fd::AsFd, path: &Path) -> io::Result<OwnedFd> {
    Ok(openat(at, path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?)
}
