//! Why something could not be checked at all.

use std::io;
use std::path::PathBuf;

/// Nothing could be checked. What is wrong *in* a bundle is a finding and no error.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// A folder or file could not be read.
    #[error("failed to read `{}`", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// A file that is no zip.
    #[error("`{}` is neither a folder nor a zip", path.display())]
    NoArchive {
        /// Which.
        path: PathBuf,
    },
    /// A zip that is too large to be one for Lambda.
    #[error("`{}` has {size} bytes: no archive for Lambda is that large", path.display())]
    LargeArchive {
        /// Which.
        path: PathBuf,
        /// Its size, bytes.
        size: u64,
    },
    /// Nothing in it.
    #[error("`{}` holds no files", path.display())]
    Empty {
        /// Which.
        path: PathBuf,
    },
    /// A list of libraries that is none.
    #[error("`{}` is no list of the libraries of a runtime", path.display())]
    Libraries {
        /// Which.
        path: PathBuf,
    },
    /// A lock that cannot be used.
    #[error("`{}` cannot be held against the bundle", path.display())]
    Lock {
        /// Which.
        path: PathBuf,
        #[source]
        source: Box<crate::lock::LockError>,
    },
    /// A pattern that is none.
    #[error("`{0}` cannot be ignored: write a code, or a code and a subject, such as BAR012:cv2")]
    Ignore(String),
}
