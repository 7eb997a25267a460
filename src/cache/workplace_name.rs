//! Names of what barrow keeps beside or in an output while it works on it: folders with new content, and lock files.
//!
//! Whoever lists a folder of the user's (a source, an output) leaves them out by their name.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

/// How such a name begins.
pub(crate) const WORKPLACE_PREFIX: &str = ".barrow-";
/// How such a name ends.
pub(crate) const WORKPLACE_SUFFIX: &str = ".tmp";

/// Whether an entry with this name is barrow's own, there for as long as a run works.
pub(crate) fn is_workplace_name(name: &OsStr) -> bool {
    let name = name.as_bytes();
    name.starts_with(WORKPLACE_PREFIX.as_bytes()) && name.ends_with(WORKPLACE_SUFFIX.as_bytes())
}
