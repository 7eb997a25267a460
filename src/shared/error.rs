//! Trouble with a shared cache that has to be in order.

use crate::http;
use crate::spec::SafeUrl;
use crate::store::StoreError;

/// A shared cache that is required, and could not be used.
#[derive(Debug, thiserror::Error)]
pub enum SharedError {
    /// The client for the store cannot be set up.
    #[error(transparent)]
    Http(#[from] http::Error),
    /// The store could not be asked.
    #[error("the shared cache `{place}` is required and cannot be used")]
    Store { place: SafeUrl, source: StoreError },
    /// The store gave something else than it said, or did not answer in time.
    #[error("the shared cache `{place}` is required: {reason}")]
    Answer { place: SafeUrl, reason: String },
}

impl SharedError {
    /// The request that failed.
    pub fn request(&self) -> Option<&http::Error> {
        match self {
            Self::Http(error) => Some(error),
            Self::Store { source, .. } => source.request(),
            Self::Answer { .. } => None,
        }
    }
}
