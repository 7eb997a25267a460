//! The only door to the network: requests with credentials, redirects, retries and limits of our own.
//!
//! What holds for every request: it ends in bounded time and requests; credentials go to their own realm and nowhere
//! else; half an answer is never taken for a whole one; no message holds a credential or a raw control character.
//!
//! Where we differ from pip: redirects and credentials are decided by our own code at each hop, known credentials go
//! with the first request, non-ASCII passwords are sent as UTF-8, and userinfo in a `Location` is ignored.

mod secret;
mod payload;
mod realm;
mod names;
mod netrc;
mod shown;
mod login;
mod error;
mod options;
mod helper;
mod aws;
mod auth;
mod system_proxies;
mod proxy;
mod fault;
mod tls;
mod throttle;
mod transport;
mod retry;
mod resume;
mod means;
mod encoded;
mod body;
mod client;
mod response;

pub use aws::AwsOptions;
pub(crate) use aws::{CodeArtifactIndex, find_repository};
pub use client::Client;
pub(crate) use client::HttpRequest;
pub use error::{ClientCertificateFault, Error, KeyringSilence, LookedIn, TlsReason, Via};
pub use options::{ClientOptions, NamedCredentials};
pub(crate) use payload::{Payload, Verb};
pub(crate) use response::Response;
pub use secret::Secret;

#[cfg(test)]
mod tests;
