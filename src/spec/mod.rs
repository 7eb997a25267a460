//! The nouns: the formats that PyPA publishes, as values. Bytes in, values out, no I/O; one noun per file.

mod dependency;
mod hash;
mod marker;
mod metadata;
mod name;
mod requirement;
mod simple;
mod tag;
mod url;
mod version;
mod wheel_filename;

pub use dependency::{
    DependencyParts, SyntaxError, parse_dependency, parse_extras_list, parse_requirement, parse_version_specifiers,
};
pub use hash::{HashAlgorithm, HashDigest, HashError, Hasher, sha256};
pub use marker::parse_marker;
pub use metadata::CoreMetadata;
pub use name::{ExtraName, InvalidNameError, PackageName};
pub use requirement::{MarkerEnvironment, MarkerTree, Requirement, VersionOrUrl};
pub use simple::{DistFile, IndexOrigin, MetadataOffer, ProjectDetail, SkippedFile, Yanked};
pub use tag::Tag;
pub use url::{SafeUrl, UrlError};
pub use version::{Operator, Version, VersionSpecifier, VersionSpecifiers};
pub use wheel_filename::{DistFilename, FilenameError, SdistFilename, SdistFormat, WheelFilename};
