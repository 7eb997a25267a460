//! The nouns: the formats that PyPA publishes, as values. Bytes in, values out, no I/O; one noun per file.

mod hash;
mod metadata;
mod name;
mod requirement;
mod simple;
mod tag;
mod url;
mod version;
mod wheel_filename;

pub use hash::{HashAlgorithm, HashDigest, HashError, Hasher, sha256};
pub use metadata::CoreMetadata;
pub use name::{ExtraName, InvalidNameError, PackageName};
pub use requirement::{MarkerEnvironment, MarkerEnvironmentBuilder, MarkerTree, Requirement, VersionOrUrl};
pub use simple::{DistFile, IndexOrigin, MetadataOffer, ProjectDetail, SkippedFile, Yanked};
pub use tag::Tag;
pub use url::{SafeUrl, UrlError};
pub use version::{Operator, Version, VersionSpecifier, VersionSpecifiers};
pub use wheel_filename::{DistFilename, FilenameError, SdistFilename, SdistFormat, WheelFilename};
