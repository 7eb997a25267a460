//! Renames that the standard library does not have: exchanging two folders, and never replacing.

use std::io;
use std::path::Path;

use rustix::io::Errno;

/// Exchanges two entries in one step. Fails where the file system cannot do that.
pub(super) fn exchange(a: &Path, b: &Path) -> io::Result<()> {
    rename_with(a, b, RenameMode::Exchange)
}

/// Renames `from` to `to`, which must not exist. Where the file system cannot promise that, an empty folder is
/// replaced.
pub(super) fn rename_to_absent(from: &Path, to: &Path) -> io::Result<()> {
    match rename_with(from, to, RenameMode::NoReplace) {
        Err(error) if is_unsupported(&error) => {
            if fs_err::symlink_metadata(to).is_ok() {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            fs_err::rename(from, to)
        }
        result => result,
    }
}

fn is_unsupported(error: &io::Error) -> bool {
    let errno = Errno::from_io_error(error);
    errno.is_some_and(|errno| [Errno::NOSYS, Errno::INVAL, Errno::NOTSUP, Errno::OPNOTSUPP].contains(&errno))
}

#[derive(Clone, Copy)]
enum RenameMode {
    Exchange,
    NoReplace,
}

#[cfg(any(target_os = "linux", target_vendor = "apple"))]
fn rename_with(from: &Path, to: &Path, flags: RenameMode) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    let flags = match flags {
        RenameMode::Exchange => RenameFlags::EXCHANGE,
        RenameMode::NoReplace => RenameFlags::NOREPLACE,
    };
    Ok(renameat_with(CWD, from, CWD, to, flags)?)
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
fn rename_with(_from: &Path, _to: &Path, _flags: RenameMode) -> io::Result<()> {
    Err(Errno::NOSYS.into())
}
