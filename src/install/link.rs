//! From an unpacked tree to an output: cloned, hard-linked or copied, whichever the file systems can do.

use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, Ordering};

use fs_err as fs;
use rayon::prelude::*;
use rustix::io::Errno;

use super::installed::InstalledFile;
use super::mode::where_modes_are_kept;
use super::tree::folders_of;
use super::unpack::create;

/// Files that one thread places at a time.
const PLACED_AT_ONCE: usize = 32;

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
    /// A copy.
    Copy,
}

/// How files were placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Linked {
    /// The weakest way that was needed: another one than was asked for where the file systems cannot do that.
    pub mode: LinkMode,
    /// Number of files.
    pub files: usize,
}

/// A file could not be placed in an output.
#[derive(Debug, thiserror::Error)]
#[error("failed to place `{}`", path.display())]
pub struct LinkError {
    /// The file or folder.
    pub path: PathBuf,
    /// Why.
    #[source]
    pub source: io::Error,
}

/// Places `files`, which lie below `from`, below the folder `to`, with the folders that they need.
///
/// Nothing that is there is overwritten or written through: a file or link in the place of a file, and a link in the
/// place of a folder, are errors. Folders get mode 0755, files theirs, whatever the umask.
pub fn link_tree(files: &[&InstalledFile], from: &Path, to: &Path, mode: LinkMode) -> Result<Linked, LinkError> {
    for folder in folders_of(files.iter().map(|file| &file.path)) {
        let path = to.join(folder);
        make_folder(&path).map_err(|source| LinkError { path, source })?;
    }
    let way = Way { now: AtomicU8::new(mode.first() as u8), is_free: mode == LinkMode::Auto };
    let place = |file: &&InstalledFile| {
        let (source, target) = (file.path.below(from), file.path.below(to));
        way.place(&source, &target, file.mode()).map_err(|source| LinkError { path: target, source })
    };
    // The first file finds out what works, so that the others do not all try.
    let Some((first, rest)) = files.split_first() else { return Ok(Linked { mode, files: 0 }) };
    place(first)?;
    rest.par_iter().with_min_len(PLACED_AT_ONCE).try_for_each(place)?;
    Ok(Linked { mode: way.get(), files: files.len() })
}

impl LinkMode {
    fn first(self) -> Self {
        if self == Self::Auto { Self::Clone } else { self }
    }
}

/// The way that works, as far as is known.
struct Way {
    now: AtomicU8,
    /// Hard links may take the place of clones.
    is_free: bool,
}

impl Way {
    fn get(&self) -> LinkMode {
        [LinkMode::Auto, LinkMode::Clone, LinkMode::Hardlink, LinkMode::Copy]
            [usize::from(self.now.load(Ordering::Relaxed).min(3))]
    }

    /// Places one file, the best way that works; what turns out not to work is not tried again.
    fn place(&self, source: &Path, target: &Path, mode: u32) -> io::Result<()> {
        loop {
            let now = self.get();
            let placed = match now {
                LinkMode::Auto | LinkMode::Clone => clone(source, target, mode),
                LinkMode::Hardlink => fs::hard_link(source, target),
                LinkMode::Copy => return copy(source, target, mode),
            };
            let Err(error) = placed else { return Ok(()) };
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
        || Errno::from_io_error(error) == Some(Errno::NOTTY)
}

/// Makes a folder with mode 0755; one that is there already stays as it is, a link to one is refused.
fn make_folder(path: &Path) -> io::Result<()> {
    match fs::create_dir(path) {
        Ok(()) => {
            if fs::symlink_metadata(path)?.mode() & 0o7777 != 0o755 {
                where_modes_are_kept(fs::set_permissions(path, Permissions::from_mode(0o755)))?;
            }
            Ok(())
        }
        Err(_) if path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir()) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Copies a file; `std` hands the work to the kernel where it can.
fn copy(source: &Path, target: &Path, mode: u32) -> io::Result<()> {
    let mut source = fs::File::open(source)?.into_parts().0;
    let mut copy = create(target, mode)?;
    io::copy(&mut source, &mut copy)?;
    set_mode(&copy, mode)
}

/// The umask may have narrowed the mode.
fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    if file.metadata()?.mode() & 0o7777 != mode {
        where_modes_are_kept(file.set_permissions(Permissions::from_mode(mode)))?;
    }
    Ok(())
}

#[cfg(target_os = "linux")]
fn clone(source: &Path, target: &Path, mode: u32) -> io::Result<()> {
    let source = fs::File::open(source)?;
    let copy = create(target, mode)?;
    match rustix::fs::ioctl_ficlone(&copy, source.file()) {
        Ok(()) => set_mode(&copy, mode),
        Err(error) => {
            // The empty file is ours: it was made by us a moment ago, and only if nothing was there.
            fs::remove_file(target)?;
            Err(error.into())
        }
    }
}

#[cfg(target_os = "macos")]
fn clone(source: &Path, target: &Path, mode: u32) -> io::Result<()> {
    use rustix::fs::{CWD, CloneFlags, fclonefileat};

    let source = fs::File::open(source)?;
    fclonefileat(source.file(), CWD, target, CloneFlags::empty())?;
    where_modes_are_kept(fs::set_permissions(target, Permissions::from_mode(mode)))
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn clone(_source: &Path, _target: &Path, _mode: u32) -> io::Result<()> {
    Err(Errno::NOTSUP.into())
}
