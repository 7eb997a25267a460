//! The licence of a file, as it says itself.

use std::path::Path;

use crate::archive::{Limits, read_source};
use crate::spec::License;

/// Largest PKG-INFO that is read, bytes.
const INFO_LIMIT: u64 = 16 << 20;

/// What a METADATA or PKG-INFO file says of the licence.
pub(super) fn license(metadata: &[u8]) -> Option<String> {
    let license = License::of_metadata(metadata);
    (!license.is_unknown()).then(|| license.to_string())
}

/// The licence of a source archive, as its PKG-INFO says. Whether the archive can be read is for whoever builds it.
pub(super) fn license_of_sdist(path: &Path, limits: &Limits) -> Option<String> {
    const INFO: &str = "PKG-INFO";
    license(read_source(path, &[INFO], INFO_LIMIT, limits).ok()?.get(INFO)?)
}
