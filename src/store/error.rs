//! Why a store could not be asked.

use crate::http;
use crate::spec::SafeUrl;

/// A store that could not be asked, or that did not do as it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The place is no store.
    #[error("`{url}` is no store: {reason}")]
    Place { url: SafeUrl, reason: &'static str },
    /// A request failed for good.
    #[error("failed to {action} `{key}`")]
    Request {
        /// What was to be done.
        action: &'static str,
        /// The key, below the place of the store.
        key: String,
        source: http::Error,
    },
    /// A page for people came in the place of a file of the store.
    #[error("`{url}` is answered with a web page, and no store of files answers so")]
    WebPage { url: SafeUrl },
    /// A server of files has no list of what it has.
    #[error("`{url}` is a server of files, which cannot say what it has: remove old files where it keeps them")]
    NoList { url: SafeUrl },
    /// The store has no bucket, or container, of the name.
    #[error("`{url}`: the store has no such bucket")]
    NoBucket { url: SafeUrl },
    /// The store answered something that is no answer to the request.
    #[error("failed to {action} `{key}`: the store answered with status {status}")]
    Status {
        /// What was to be done.
        action: &'static str,
        /// The key, below the place of the store.
        key: String,
        /// HTTP status.
        status: u16,
    },
}

impl StoreError {
    /// Whether a page for people came in the place of a file.
    pub fn is_web_page(&self) -> bool {
        matches!(self, Self::WebPage { .. })
    }

    /// The failed request.
    pub fn request(&self) -> Option<&http::Error> {
        match self {
            Self::Request { source, .. } => Some(source),
            _ => None,
        }
    }
}
