//! Whether a bundle is larger than it may be.

use super::contents::Bundle;
use super::error::BundleError;
use super::limits::{Bytes, UNZIPPED_LIMIT_BYTES, ZIP_UPLOAD_LIMIT_BYTES};

/// How many of the largest parts are named.
const LARGEST: usize = 3;

/// Compares the size of a bundle with what the user allows and with what Lambda accepts; gives what the user should
/// know.
///
/// # Errors
/// Larger than `max_size`.
pub(crate) fn check_size(bundle: &Bundle, max_size: Option<Bytes>) -> Result<Option<String>, BundleError> {
    let size = bundle.size_bytes;
    if let Some(Bytes(limit)) = max_size
        && size > limit
    {
        return Err(BundleError::TooLarge { size, limit });
    }
    let is_too_large = max_size.is_none() && size > UNZIPPED_LIMIT_BYTES;
    Ok(is_too_large.then(|| too_large_for_lambda(size, &largest(bundle))))
}

/// The largest parts of a bundle, with their sizes, for a person.
pub(crate) fn largest(bundle: &Bundle) -> Vec<String> {
    bundle.largest(LARGEST).map(|(name, size)| format!("{name} {}", Bytes(size))).collect()
}

/// The warning that Lambda would refuse a bundle of `size` bytes; `largest` names its largest parts.
pub(crate) fn too_large_for_lambda(size: u64, largest: &[String]) -> String {
    format!(
        "the bundle is {} unzipped, but Lambda accepts {} for a function with its layers (largest: {})",
        Bytes(size),
        Bytes(UNZIPPED_LIMIT_BYTES),
        largest.join(", "),
    )
}

/// What the user should know about the size of a finished zip.
pub(crate) fn check_zip_size(size: u64) -> Option<String> {
    (size > ZIP_UPLOAD_LIMIT_BYTES).then(|| {
        let (size, limit) = (Bytes(size), Bytes(ZIP_UPLOAD_LIMIT_BYTES));
        format!("the zip is {size}, but Lambda accepts {limit} when it is uploaded directly: upload it by way of S3")
    })
}
