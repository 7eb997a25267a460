//! Modes of what we made, on file systems that keep none.

use std::io;

use rustix::io::Errno;

/// Lets pass what a file system answers that keeps no modes (FAT, some network ones): what was made a moment ago is our
/// own, so the refusal is not that of someone else's file.
pub(crate) fn where_modes_are_kept(set: io::Result<()>) -> io::Result<()> {
    match set {
        Err(error) if matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::Unsupported) => Ok(()),
        // macOS has a second number for "not supported", which `std` gives no kind.
        Err(error) if is_not_supported(&error) => Ok(()),
        set => set,
    }
}

/// Whether the system said "not supported", also where the error tells the path besides and has the number within.
fn is_not_supported(error: &io::Error) -> bool {
    let inner = error.get_ref().and_then(|told| told.source()?.downcast_ref::<io::Error>());
    [Some(error), inner].into_iter().flatten().any(|error| Errno::from_io_error(error) == Some(Errno::NOTSUP))
}

#[cfg(test)]
mod tests {
    use std::io;

    use rustix::io::Errno;

    use crate::modes::where_modes_are_kept;

    /// An error that tells the path besides, with that of the system within.
    #[derive(Debug, thiserror::Error)]
    #[error("of a file")]
    struct Told(#[source] io::Error);

    #[test]
    fn what_keeps_no_modes_is_let_pass_however_the_error_is_told() {
        let plain = || io::Error::from(Errno::NOTSUP);
        assert!(where_modes_are_kept(Err(plain())).is_ok());
        assert!(where_modes_are_kept(Err(io::Error::other(Told(plain())))).is_ok());
        assert!(where_modes_are_kept(Err(io::Error::other(Told(Errno::IO.into())))).is_err());
        assert!(where_modes_are_kept(Err(Errno::IO.into())).is_err());
    }
}
