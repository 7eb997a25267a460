//! `fingerprint`: one hash over every input that matters, and over nothing that differs between machines.

use super::Error;
use crate::request::{FingerprintOptions, InputKey, Request};
use crate::spec::HashDigest;

/// One hash over every input; no network is asked.
///
/// # Errors
/// An input that cannot be read, and a requirements file behind a URL.
pub fn fingerprint(options: &FingerprintOptions) -> Result<HashDigest, Error> {
    let request = Request::read(options.request.clone())?;
    Ok(InputKey::for_fingerprint(&request, options)?.fingerprint())
}
