//! What a request sends: nothing, a few bytes, or a file that is read while it is sent.

use std::path::PathBuf;

use bytes::Bytes;

use crate::regular;
use crate::spec::{HashDigest, sha256};

/// What is asked of a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verb {
    /// To send the content.
    #[default]
    Get,
    /// To say whether there is a content, and of what size.
    Head,
    /// To take a content.
    Put,
    /// To forget a content.
    Delete,
    /// To make a folder (RFC 4918, section 9.3): `WebDAV` servers take no content below a folder that is not there.
    MakeFolder,
}

impl Verb {
    pub(super) fn method(self) -> reqwest::Method {
        match self {
            Self::Get => reqwest::Method::GET,
            Self::Head => reqwest::Method::HEAD,
            Self::Put => reqwest::Method::PUT,
            Self::Delete => reqwest::Method::DELETE,
            Self::MakeFolder => reqwest::Method::from_bytes(b"MKCOL").expect("it has the form of a method"),
        }
    }

    /// Whether an answer with this status is one that the caller handles, beside those of success: a condition that was
    /// not met, a folder that is missing or there already.
    pub(super) fn handles(self, status: u16) -> bool {
        match self {
            Self::Get | Self::Head => matches!(status, 304 | 404 | 410 | 416),
            Self::Put => matches!(status, 304 | 404 | 409 | 412),
            Self::Delete => matches!(status, 404 | 410),
            Self::MakeFolder => matches!(status, 405 | 409),
        }
    }
}

/// A content to be sent, whose size and digest are known before.
#[derive(Clone, Debug)]
pub struct Payload {
    content: Content,
    /// Bytes.
    pub size: u64,
    /// sha256 of the content: signatures of S3 are over it.
    pub sha256: HashDigest,
    /// `Content-Type`.
    pub content_type: &'static str,
    /// Only where there is nothing yet (`If-None-Match: *`).
    pub only_if_absent: bool,
    /// What else this kind of server wants to hear.
    pub headers: Vec<(&'static str, String)>,
}

#[derive(Clone, Debug)]
enum Content {
    Bytes(Bytes),
    File(PathBuf),
}

impl Payload {
    /// A content that is in memory.
    pub fn bytes(bytes: Vec<u8>, content_type: &'static str) -> Self {
        let (size, sha256) = (bytes.len() as u64, sha256(&bytes));
        let content = Content::Bytes(bytes.into());
        Self { content, size, sha256, content_type, only_if_absent: false, headers: Vec::new() }
    }

    /// A file of known size and digest; a server that checks either refuses one that has changed since.
    pub fn file(path: PathBuf, size: u64, sha256: HashDigest, content_type: &'static str) -> Self {
        let content = Content::File(path);
        Self { content, size, sha256, content_type, only_if_absent: false, headers: Vec::new() }
    }

    /// Makes the server refuse the content where there is one already (`If-None-Match: *`).
    #[must_use]
    pub fn only_if_absent(self) -> Self {
        Self { only_if_absent: true, ..self }
    }

    /// The body of one attempt.
    pub(super) fn body(&self) -> std::io::Result<reqwest::Body> {
        match &self.content {
            Content::Bytes(bytes) => Ok(bytes.clone().into()),
            Content::File(path) => Ok(tokio::fs::File::from_std(regular::open(path)?.into_parts().0).into()),
        }
    }
}
