//! Why something could not be checked at all.

use std::io;
use std::path::PathBuf;

/// Nothing could be checked. What is wrong *in* a bundle is a finding and no error.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// A folder or file could not be read.
    #[error("failed to read `{}`", path.display())]
    Read { path: PathBuf, source: io::Error },
    /// A file that is no zip.
    #[error("`{}` is neither a folder nor a zip", path.display())]
    NoArchive { path: PathBuf },
    /// A zip that is too large to be one for Lambda; `size` is in bytes.
    #[error("`{}` has {size} bytes: no archive for Lambda is that large", path.display())]
    LargeArchive { path: PathBuf, size: u64 },
    /// A folder or zip without files.
    #[error("`{}` holds no files", path.display())]
    Empty { path: PathBuf },
    /// A file that is no list of the libraries of a runtime.
    #[error("`{}` is no list of the libraries of a runtime", path.display())]
    Libraries { path: PathBuf },
    /// A lock that cannot be used.
    #[error("`{}` cannot be held against the bundle", path.display())]
    Lock { path: PathBuf, source: Box<crate::lock::LockError> },
    /// A pattern of findings that cannot be read, as the user wrote it.
    #[error("`{0}` cannot be ignored: write a code, or a code and a subject, such as BAR012:cv2")]
    Ignore(String),
}
