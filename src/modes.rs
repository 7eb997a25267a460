//! Modes of what we made, on file systems that keep none.

use std::io;

use rustix::io::Errno;

/// Lets pass what a file system answers that keeps no modes (FAT, some network ones): what was made a moment ago is our
/// own, so the refusal is not that of someone else's file.
pub(crate) fn where_modes_are_kept(set: io::Result<()>) -> io::Result<()> {
    match set {
        Err(error) if matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::Unsupported) => Ok(()),
        // macOS has a second number for "not supported", which `std` gives no kind.
        Err(error) if Errno::from_io_error(&error) == Some(Errno::NOTSUP) => Ok(()),
        set => set,
    }
}
