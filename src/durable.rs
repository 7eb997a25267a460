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

/// Lets the system begin to write a part of a file to the disk, without waiting for it: [`to_disk`] will have less to
/// wait for. Nothing happens where the system cannot.
pub(crate) fn begin_to_disk(file: &File, offset: u64, length: u64) {
    // Linux has a call that is for this alone, which the crates of safe calls do not have. This one means "I shall not
    // read it", and begins to write what is not on disk yet; what is being written stays in memory.
    #[cfg(target_os = "linux")]
    let _ = rustix::fs::fadvise(file, offset, std::num::NonZeroU64::new(length), rustix::fs::Advice::DontNeed);
    #[cfg(not(target_os = "linux"))]
    let _ = (file, offset, length);
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use crate::durable::{begin_to_disk, to_disk};

    #[test]
    fn what_goes_to_the_disk_early_stays_what_it_is() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let content = vec![7; 3 << 20];
        for (piece, at) in content.chunks(1 << 20).zip((0..).step_by(1 << 20)) {
            file.write_all(piece).unwrap();
            begin_to_disk(file.as_file(), at, piece.len() as u64);
        }
        to_disk(file.as_file()).unwrap();
        assert_eq!(fs_err::read(file.path()).unwrap(), content);
    }
}
