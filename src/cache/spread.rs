//! A word to the file system about folders whose subfolders have nothing to do with each other.

use std::path::Path;

/// Asks for the subfolders of `folder`, which is barrow's own, to be laid out apart from it and from each other.
///
/// ext4 puts a new folder beside its parent, and looks for room for it and for each of its files from the beginning of
/// that neighbourhood, past everything that was deleted there within the last minutes. Who removes an output of some
/// thousand files and makes it anew waits for that search with every folder and file: half a millisecond each was
/// measured, ten times as long as making them. Below a folder with this attribute ("top of a directory hierarchy",
/// `chattr +T`) the emptiest neighbourhood is taken instead. Subfolders do not inherit the attribute, and other file
/// systems refuse it.
pub(crate) fn spread_subfolders(folder: &Path) {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{IFlags, ioctl_getflags, ioctl_setflags};
        let Ok(folder) = fs_err::File::open(folder) else { return };
        if let Ok(attributes) = ioctl_getflags(&folder)
            && !attributes.contains(IFlags::TOPDIR)
        {
            let _ = ioctl_setflags(&folder, attributes | IFlags::TOPDIR);
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = folder;
}
