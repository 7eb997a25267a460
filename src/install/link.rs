//! One file from an unpacked tree to an output: cloned, hard-linked or copied, whichever the file systems can do.
//!
//! Both sides are named by an opened folder and a name in it. Together with one look at the file in the cache that is
//! two system calls for a hard link: a link does not change size and time, so the look tells those of the output as
//! well.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU8, Ordering};

use rustix::fs::{AtFlags, Mode, OFlags, fchmod, fstat, linkat, openat, statat};
use rustix::io::Errno;

use super::look::Sight;
use crate::modes::where_modes_are_kept;

/// How files get from the cache to an output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkMode {
    /// The first of the others that works.
    #[default]
    Auto,
    /// A copy that shares its blocks until one of the two is written to (APFS, Btrfs, XFS).
    Clone,
    /// A second name of the same file.
    Hardlink,
    Copy,
}

/// A name in an opened folder.
#[derive(Clone, Copy)]
pub(super) struct EntryAt<'a> {
    pub(super) folder: BorrowedFd<'a>,
    pub(super) name: &'a str,
}

impl EntryAt<'_> {
    /// Looks at what has the name. A link is not followed.
    pub(super) fn look(&self) -> io::Result<Sight> {
        Ok(Sight::of(&statat(self.folder, self.name, AtFlags::SYMLINK_NOFOLLOW)?))
    }

    fn open(&self) -> io::Result<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(openat(self.folder, self.name, flags, Mode::empty())?)
    }

    /// Makes a new file: whatever has the name already, a link too, is an error and stays.
    fn create(&self, mode: u32) -> io::Result<OwnedFd> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(openat(self.folder, self.name, flags, permissions(mode))?)
    }
}

/// The way of placing files that works between two file systems, as far as is known.
pub(super) struct Way {
    now: AtomicU8,
    /// Hard links may take the place of clones.
    is_free: bool,
}

impl Way {
    pub(super) fn new(mode: LinkMode) -> Self {
        let first = if mode == LinkMode::Auto { LinkMode::Clone } else { mode };
        Self { now: AtomicU8::new(first as u8), is_free: mode == LinkMode::Auto }
    }

    pub(super) fn get(&self) -> LinkMode {
        [LinkMode::Auto, LinkMode::Clone, LinkMode::Hardlink, LinkMode::Copy]
            [usize::from(self.now.load(Ordering::Relaxed).min(3))]
    }

    /// Places one file, the best way that works; what turns out not to work is not tried again. `seen` is what the file
    /// looks like; gives what the placed one does.
    pub(super) fn place(&self, source: EntryAt<'_>, target: EntryAt<'_>, mode: u32, seen: Sight) -> io::Result<Sight> {
        loop {
            let now = self.get();
            let placed = match now {
                LinkMode::Auto | LinkMode::Clone => clone(source, target, mode),
                LinkMode::Hardlink => linkat(source.folder, source.name, target.folder, target.name, AtFlags::empty())
                    .map(|()| seen)
                    .map_err(io::Error::from),
                LinkMode::Copy => return copy(source, target, mode),
            };
            let error = match placed {
                Ok(sight) => return Ok(sight),
                Err(error) => error,
            };
            if error.kind() == io::ErrorKind::TooManyLinks {
                // This file has as many names as it can; others may have more.
                return copy(source, target, mode);
            }
            if !says_cannot(&error) {
                return Err(error);
            }
            let next = if now == LinkMode::Clone && self.is_free { LinkMode::Hardlink } else { LinkMode::Copy };
            self.now.fetch_max(next as u8, Ordering::Relaxed);
        }
    }
}

/// Whether a file system says that it cannot clone or link, here or at all.
fn says_cannot(error: &io::Error) -> bool {
    use io::ErrorKind::{CrossesDevices, InvalidInput, PermissionDenied, Unsupported};
    matches!(error.kind(), CrossesDevices | InvalidInput | PermissionDenied | Unsupported)
        // macOS has a second number for "not supported", which `std` gives no kind.
        || matches!(Errno::from_io_error(error), Some(Errno::NOTTY | Errno::NOTSUP))
}

/// Copies a file; `std` hands the work to the kernel where it can.
fn copy(source: EntryAt<'_>, target: EntryAt<'_>, mode: u32) -> io::Result<Sight> {
    let mut source = File::from(source.open()?);
    let mut copy = File::from(target.create(mode)?);
    io::copy(&mut source, &mut copy)?;
    settle(copy.as_fd(), mode)
}

/// Gives a file that was written its exact mode, which the umask may have narrowed, and looks at it.
fn settle(file: BorrowedFd<'_>, mode: u32) -> io::Result<Sight> {
    let found = fstat(file)?;
    let wanted = permissions(mode);
    if Mode::from_raw_mode(found.st_mode) != wanted {
        where_modes_are_kept(fchmod(file, wanted).map_err(io::Error::from))?;
        return Ok(Sight::of(&fstat(file)?));
    }
    Ok(Sight::of(&found))
}

/// The mode of a file that everyone may read, with its bits for writing and executing. Systems differ in the type of
/// the number.
fn permissions(mode: u32) -> Mode {
    let mut permissions = Mode::RUSR | Mode::RGRP | Mode::ROTH;
    permissions.set(Mode::WUSR, mode & 0o200 != 0);
    permissions.set(Mode::XUSR | Mode::XGRP | Mode::XOTH, mode & 0o111 != 0);
    permissions
}

#[cfg(target_os = "linux")]
fn clone(source: EntryAt<'_>, target: EntryAt<'_>, mode: u32) -> io::Result<Sight> {
    let source = source.open()?;
    let copy = target.create(mode)?;
    match rustix::fs::ioctl_ficlone(&copy, &source) {
        Ok(()) => settle(copy.as_fd(), mode),
        Err(error) => {
            // The empty file is ours: it was made by us a moment ago, and only if nothing was there.
            rustix::fs::unlinkat(target.folder, target.name, AtFlags::empty())?;
            Err(error.into())
        }
    }
}

#[cfg(target_os = "macos")]
fn clone(source: EntryAt<'_>, target: EntryAt<'_>, mode: u32) -> io::Result<Sight> {
    let source = source.open()?;
    rustix::fs::fclonefileat(&source, target.folder, target.name, rustix::fs::CloneFlags::empty())?;
    settle(target.open()?.as_fd(), mode)
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn clone(_source: EntryAt<'_>, _target: EntryAt<'_>, _mode: u32) -> io::Result<Sight> {
    Err(Errno::NOTSUP.into())
}
