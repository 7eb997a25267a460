//! The nouns: the formats that PyPA publishes, as values. Bytes in, values out, no I/O; one noun per file.

mod entry_points;
mod hash;
pub mod lenient;
mod license;
mod lenient_marker;
mod dependency;
mod marker;
mod marker_size;
mod metadata;
mod name;
mod packed_file;
mod packed_page;
mod packing;
mod poetry_constraint;
mod project_detail;
mod project_page;
mod record;
mod requirement;
mod simple;
mod simple_html;
mod simple_json;
mod tag;
mod url;
mod version;
mod weak_digest;
mod wheel_file;
mod wheel_filename;

pub use dependency::{
    DependencyParts, SyntaxError, parse_dependency, parse_extras_list, parse_requirement, parse_version_specifiers,
};
pub use entry_points::{EntryPoint, EntryPointsError, ObjectReference, parse_entry_points};
pub use hash::{HashAlgorithm, HashDigest, HashError, Hasher, sha256};
pub use license::{License, LicensePattern};
pub use marker::parse_marker;
pub use metadata::{CoreMetadata, MetadataError, metadata_fields};
pub use name::{ExtraName, InvalidNameError, PackageName};
pub use packed_page::{PackedBytes, PackedPage, PageBlocks};
pub use poetry_constraint::{one_specifier_list, parse_poetry_constraint, python_marker};
pub use project_detail::ProjectDetail;
pub use project_page::{ListedFile, PageError, ProjectPage};
pub use record::{RecordEntry, RecordError, RecordLine, WEAK_HASH, parse_record, read_record, write_record_line};
pub use requirement::{MarkerEnvironment, MarkerEnvironmentBuilder, MarkerTree, Requirement, VersionOrUrl};
pub use simple::{DistFile, IndexOrigin, MetadataOffer, ProjectStatus, SkippedFile, Yanked};
pub use tag::Tag;
pub use url::{SafeUrl, UrlError, without_userinfo};
pub use version::{Operator, Prerelease, Version, VersionSpecifier, VersionSpecifiers};
pub use weak_digest::{WeakDigest, WeakHasher};
pub use wheel_file::{WheelFile, WheelFileError};
pub use wheel_filename::{DistFilename, FilenameError, SdistFilename, SdistFormat, WheelFilename};

#[cfg(test)]
mod page_tests;
