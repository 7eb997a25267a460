//! The only door to the network: requests with credentials, redirects, retries and limits of our own.

mod client;
mod error;
mod options;
mod response;

pub use client::{Client, Request};
pub use error::Error;
pub use options::ClientOptions;
pub use response::Response;
