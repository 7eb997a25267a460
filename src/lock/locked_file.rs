//! One file of a locked package: most of a lock is these, and nearly all are for other targets.

use std::borrow::Cow;

use memchr::{memchr2, memchr3, memrchr};

use super::wheel_lines::WheelLine;
use super::words::{FileText, Words};

/// Stands between digests of a file. No lock has it in one of them, and a blank in one stays a part of it.
pub(super) const BETWEEN_HASHES: &str = "\u{1f}";

/// One file of a package.
#[derive(Clone, Debug)]
pub enum LockedFile {
    /// What was read of it.
    Read(Box<FileParts>),
    /// A wheel in a line that is as usual, by the URL there: what stands behind that is read when it is asked for.
    Line(Words),
}

/// What a lock says of a file.
#[derive(Clone, Debug)]
pub struct FileParts {
    /// Its name, where that is not the last part of its place.
    pub name: Option<Words>,
    /// Where it is.
    pub place: FilePlace,
    /// `ALGORITHM:DIGITS`, as it is written; several have [`BETWEEN_HASHES`] between them.
    pub hashes: Option<Words>,
    /// Size in bytes.
    pub size: Option<u64>,
    /// When it was uploaded, as RFC 3339.
    pub upload_time: Option<Words>,
    /// URL of its attestations (PEP 740).
    pub provenance: Option<Words>,
}

/// Where a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilePlace {
    /// Behind a URL.
    Url(Words),
    /// In a folder: a path relative to the lock, or an absolute one.
    Path(Words),
    /// Where the index says: the lock has its digest, and its name if that is known.
    Index,
}

impl FileParts {
    /// One of which nothing else is known.
    pub(super) fn new(name: Option<Words>, place: FilePlace, hashes: Option<Words>) -> Self {
        Self { name, place, hashes, size: None, upload_time: None, provenance: None }
    }

    /// The name that it is given, else that of its place.
    pub(super) fn file_name<'t>(&self, text: &'t FileText) -> Option<Cow<'t, str>> {
        match (self.name, self.place) {
            (Some(name), _) => Some(Cow::Borrowed(text.get(name))),
            (None, FilePlace::Url(place) | FilePlace::Path(place)) => last_part(text.get(place)),
            (None, FilePlace::Index) => None,
        }
    }
}

impl From<FileParts> for LockedFile {
    fn from(parts: FileParts) -> Self {
        Self::Read(Box::new(parts))
    }
}

impl LockedFile {
    /// What the lock says of it.
    pub(super) fn parts(&self, text: &FileText) -> FileParts {
        match self {
            Self::Read(parts) => FileParts::clone(parts),
            Self::Line(url) => {
                let WheelLine { url, hashes, size, upload_time } = WheelLine::of_url(text, *url);
                FileParts { size, upload_time, ..FileParts::new(None, FilePlace::Url(url), hashes) }
            }
        }
    }

    /// Whether the lock has a digest of it, as every line has that is as usual.
    pub(super) fn has_digest(&self) -> bool {
        match self {
            Self::Read(parts) => parts.hashes.is_some(),
            Self::Line(_) => true,
        }
    }

    /// Where it is.
    pub(super) fn place(&self) -> FilePlace {
        match self {
            Self::Read(parts) => parts.place,
            Self::Line(url) => FilePlace::Url(*url),
        }
    }

    /// Its own name.
    pub(super) fn file_name<'t>(&self, text: &'t FileText) -> Option<Cow<'t, str>> {
        match self {
            Self::Read(parts) => parts.file_name(text),
            Self::Line(url) => last_part(text.get(*url)),
        }
    }
}

/// What stands behind the last slash of a place, without what a URL has behind its path.
fn last_part<'t>(place: &'t str) -> Option<Cow<'t, str>> {
    let last_of = |place: &'t str| &place[memrchr(b'/', place.as_bytes()).map_or(0, |slash| slash + 1)..];
    let last = if memchr3(b'?', b'#', b'%', place.as_bytes()).is_none() {
        Cow::Borrowed(last_of(place))
    } else {
        let end = memchr2(b'?', b'#', place.as_bytes()).unwrap_or(place.len());
        percent_encoding::percent_decode_str(last_of(&place[..end])).decode_utf8().ok()?
    };
    (!last.is_empty()).then_some(last)
}
