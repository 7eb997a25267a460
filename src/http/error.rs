//! Why a request failed for good.

use crate::spec::SafeUrl;

/// A request that failed for good. Messages never hold a credential.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The run is offline.
    #[error("`{url}` was not asked: the run is offline")]
    Offline {
        /// What would have been asked.
        url: SafeUrl,
    },
    /// The client could not be set up.
    #[error("failed to set up the HTTP client: {reason}")]
    Setup {
        /// Why.
        reason: String,
    },
    /// The server could not be reached, or the connection broke.
    #[error("failed to fetch `{url}`: {reason}")]
    Transport {
        /// What was asked.
        url: SafeUrl,
        /// Why.
        reason: String,
    },
    /// The server refused or failed.
    #[error("`{url}` answered with status {status}")]
    Status {
        /// What was asked.
        url: SafeUrl,
        /// HTTP status.
        status: u16,
    },
    /// The answer is larger than the caller accepts.
    #[error("the answer of `{url}` is larger than {limit} bytes")]
    TooLarge {
        /// What was asked.
        url: SafeUrl,
        /// Accepted bytes.
        limit: u64,
    },
}
