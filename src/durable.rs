//! Files that are on disk, and not only in memory, when that is said.

use std::fs::File;
use std::io;

use rustix::io::Errno;

/// Waits until what was written to a file or folder is on disk. On macOS that asks the disk itself, which some network
/// file systems and old ones refuse; handing the bytes to the system's care is what is left there.
pub(crate) fn to_disk(file: &File) -> io::Result<()> {
    // Two of these are one number on some systems.
    let refusals = [Errno::NOTSUP, Errno::OPNOTSUPP, Errno::INVAL, Errno::NOTTY];
    match file.sync_all() {
        Err(error) if Errno::from_io_error(&error).is_some_and(|errno| refusals.contains(&errno)) => {
            Ok(rustix::fs::fsync(file)?)
        }
        done => done,
    }
}
