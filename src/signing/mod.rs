//! Signatures with Ed25519 (RFC 8032): they prove who wrote what others read.
//!
//! Keys are those that OpenSSL makes: `openssl genpkey -algorithm ed25519 -out KEY.pem`, and then `openssl pkey -in
//! KEY.pem -pubout`. A private key stays in memory and is never printed. What is signed begins with what it is
//! (`Purpose`), so that a signature of one thing is none of another.

mod error;
mod key;
mod signature;
#[cfg(test)]
mod tests;

pub use error::KeyError;
pub use key::{PublicKey, SigningKey};
pub(crate) use signature::{Distrust, Purpose, Signature, verify};
