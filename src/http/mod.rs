//! The only door to the network: requests with credentials, redirects, retries and limits of our own.

mod client;

pub use client::{Client, ClientOptions, Error, Request, Response};
