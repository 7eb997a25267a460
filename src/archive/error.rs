//! Why an archive was refused.

use super::Bound;
use super::SafePathError;
use crate::spec::ForeignName;

/// An archive could not be read or written, or has more than one meaning.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The file could not be read.
    #[error("the archive cannot be read")]
    Read(#[source] std::io::Error),
    /// The receiver of an entry's bytes failed.
    #[error("`{}` cannot be written", ForeignName(entry))]
    Write { entry: String, source: std::io::Error },
    /// The archive as a whole is malformed or could be read in two ways.
    #[error("not an acceptable zip archive: {0}")]
    Structure(&'static str),
    /// A tar.gz is malformed, or could be read in two ways, in either of its two layers.
    #[error("not an acceptable tar.gz archive: {0}")]
    Tar(&'static str),
    /// A source archive that is neither of the kinds that are read, or has no one folder at its top.
    #[error("not an acceptable source archive: {0}")]
    Source(&'static str),
    /// One entry is malformed or could be read in two ways.
    #[error("entry `{}` of the archive is refused: {reason}", ForeignName(entry))]
    Entry {
        /// The entry's name, as far as it could be read.
        entry: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// An entry's name is not a path that stays inside the target.
    #[error("an entry's name is refused")]
    Path(#[from] SafePathError),
    /// Two entries cannot both be unpacked.
    #[error("entries `{}` and `{}` of the archive clash: {reason}", ForeignName(first), ForeignName(second))]
    Clash {
        /// The one that was there first.
        first: String,
        /// The one that came later.
        second: String,
        /// What they have in common that only one can have.
        reason: &'static str,
    },
    /// The archive exceeds one of its [`Limits`](super::Limits).
    #[error("the archive has {actual} {what}, and at most {limit} are accepted")]
    Limit { what: Bound, actual: u64, limit: u64 },
}

impl ArchiveError {
    /// An entry that is refused.
    pub(super) fn entry(entry: &str, reason: &'static str) -> Self {
        Self::Entry { entry: entry.to_owned(), reason }
    }
}
