//! A word to the file system about folders whose subfolders have nothing to do with each other.

use std::path::Path;

/// Asks for the subfolders of `folder`, which is barrow's own, to be laid out apart from it and from each other.
///
/// ext4 puts a new folder beside its parent, and looks for room for it and for each of its files from the beginning of
/// that neighbourhood, past everything that was deleted there within the last minutes. Who removes an output of some
/// thousand files and makes it anew waits for that search with every folder and file: half a millisecond each was
/// measured, ten times as long as making them. Below a folder with this attribute ("top of a directory hierarchy",
/// `chattr +T`) the emptiest neighbourhood is taken instead. Subfolders do not inherit the attribute, and other file systems refuse it.
pub fn spread_subfolders(folder: &Path) {
    #[cfg(target_os = "linux")]
    set_attribute(folder);
    #[cfg(not(target_os = "linux"))]
    let _ = folder;
}

/// `FS_TOPDIR_FL`.
///
/// Source: `linux/fs.h`, "Inode flags".
#[cfg(target_os = "linux")]
const TOP_OF_HIERARCHY: libc::c_long = 0x0002_0000;

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "the standard library does not set attributes of files")]
fn set_attribute(folder: &Path) {
    use std::os::fd::AsRawFd as _;
    let Ok(folder) = fs_err::File::open(folder) else { return };
    let mut attributes: libc::c_long = 0;
    // SAFETY: the descriptor is open while `folder` lives, and both calls touch the one number alone. Kernels take it for
    // an `int`, whatever the name of the call says, so there is room.
    let known = unsafe { libc::ioctl(folder.as_raw_fd(), libc::FS_IOC_GETFLAGS, &raw mut attributes) } == 0;
    if known && attributes & TOP_OF_HIERARCHY == 0 {
        attributes |= TOP_OF_HIERARCHY;
        // SAFETY: as above.
        unsafe { libc::ioctl(folder.as_raw_fd(), libc::FS_IOC_SETFLAGS, &raw const attributes) };
    }
}
