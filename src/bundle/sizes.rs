//! Whether a bundle is larger than it may be.

use super::contents::Bundle;
use super::error::BundleError;
use super::limits::{Bytes, UNZIPPED_LIMIT_BYTES, ZIP_UPLOAD_LIMIT_BYTES};

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
    let too_large = max_size.is_none() && size > UNZIPPED_LIMIT_BYTES;
    Ok(too_large.then(|| {
        let largest = bundle.largest(3).map(|(name, size)| format!("{name} {}", Bytes(size))).collect::<Vec<_>>();
        format!(
            "the bundle is {} unzipped, but Lambda accepts {} for a function with its layers (largest: {})",
            Bytes(size),
            Bytes(UNZIPPED_LIMIT_BYTES),
            largest.join(", "),
        )
    }))
}

/// What the user should know about the size of a finished zip.
pub(crate) fn check_zip_size(size: u64) -> Option<String> {
    (size > ZIP_UPLOAD_LIMIT_BYTES).then(|| {
        let (size, limit) = (Bytes(size), Bytes(ZIP_UPLOAD_LIMIT_BYTES));
        format!("the zip is {size}, but Lambda accepts {limit} when it is uploaded directly: upload it by way of S3")
    })
}
