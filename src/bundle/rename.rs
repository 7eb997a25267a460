//! Renames that the standard library does not have: exchanging two folders, and never replacing.

use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// Exchanges two entries in one step. Fails where the file system cannot do that.
pub(super) fn exchange(a: &Path, b: &Path) -> io::Result<()> {
    rename_with(a, b, EXCHANGE)
}

/// Renames `from` to `to`, which must not exist. Where the file system cannot promise that, an empty folder is replaced.
pub(super) fn rename_to_absent(from: &Path, to: &Path) -> io::Result<()> {
    match rename_with(from, to, NO_REPLACE) {
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
    let code = error.raw_os_error();
    [libc::ENOSYS, libc::EINVAL, libc::ENOTSUP, libc::EOPNOTSUPP]
        .into_iter()
        .any(|unsupported| code == Some(unsupported))
}

#[cfg(target_os = "linux")]
const EXCHANGE: u32 = libc::RENAME_EXCHANGE;
#[cfg(target_os = "linux")]
const NO_REPLACE: u32 = libc::RENAME_NOREPLACE;
#[cfg(target_os = "macos")]
const EXCHANGE: u32 = libc::RENAME_SWAP;
#[cfg(target_os = "macos")]
const NO_REPLACE: u32 = libc::RENAME_EXCL;
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
const EXCHANGE: u32 = 0;
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
const NO_REPLACE: u32 = 1;

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "the standard library has no rename with flags")]
fn rename_with(from: &Path, to: &Path, flags: u32) -> io::Result<()> {
    let (from, to) = (text(from)?, text(to)?);
    // SAFETY: both pointers lead to NUL-terminated strings that live until the call returns; the call keeps neither. By
    // number, because old C libraries lack the function.
    let result = unsafe {
        libc::syscall(libc::SYS_renameat2, libc::AT_FDCWD, from.as_ptr(), libc::AT_FDCWD, to.as_ptr(), flags)
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(target_os = "macos")]
#[expect(unsafe_code, reason = "the standard library has no rename with flags")]
fn rename_with(from: &Path, to: &Path, flags: u32) -> io::Result<()> {
    let (from, to) = (text(from)?, text(to)?);
    // SAFETY: both pointers lead to NUL-terminated strings that live until the call returns; the call keeps neither.
    let result = unsafe { libc::renamex_np(from.as_ptr(), to.as_ptr(), flags) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn rename_with(_from: &Path, _to: &Path, _flags: u32) -> io::Result<()> {
    Err(io::Error::from_raw_os_error(libc::ENOSYS))
}

fn text(path: &Path) -> io::Result<CString> {
    CString::new(path.as_os_str().as_bytes()).map_err(|_| io::ErrorKind::InvalidInput.into())
}
