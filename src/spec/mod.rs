//! The nouns: the formats that PyPA publishes, as values. Bytes in, values out, no I/O; one noun per file.
//!
//! ```
//! use barrow::spec::{PackageName, SafeUrl, Version, WheelFilename};
//!
//! let wheel: WheelFilename = "Pillow-11.0.0-cp313-cp313-manylinux_2_28_x86_64.whl".parse()?;
//! assert_eq!(wheel.name, "pillow".parse::<PackageName>()?);
//! assert!(wheel.version < "11.1".parse::<Version>()?);
//!
//! // A URL shows its credentials to nobody.
//! let index = SafeUrl::parse("https://user:secret@example.org/simple/")?;
//! assert!(!format!("{index} {index:?}").contains("secret"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod comparison;
mod distinct;
mod encoding_comment;
mod entry_points;
mod hash;
pub mod lenient;
mod license;
mod line_number;
mod lenient_marker;
mod lenient_specifiers;
mod dependency;
mod marker;
mod marker_size;
mod metadata;
mod name;
mod packed_file;
mod page_kinds;
mod packed_page;
mod packing;
mod parse_reason;
mod poetry_constraint;
mod project_detail;
mod project_page;
mod record;
mod requirement;
mod scanner;
mod foreign_name;
mod simple;
mod plain_markup;
mod simple_html;
mod simple_json;
mod specifiers;
mod tag;
mod url;
mod version;
mod weak_digest;
mod wheel_file;
mod wheel_filename;

pub(crate) use dependency::{DependencyParts, parse_dependency, parse_extras_list, parse_requirement};
pub(crate) use distinct::push_new;
pub(crate) use encoding_comment::declared_encoding;
pub use entry_points::{EntryPoint, EntryPointsError, ObjectReference, parse_entry_points};
pub(crate) use foreign_name::ForeignName;
pub use hash::{HashAlgorithm, HashDigest, HashError, sha256};
pub(crate) use hash::{HashState, Hasher};
pub use license::{License, LicensePattern};
pub(crate) use line_number::LineEnds;
pub use line_number::line_at;
pub(crate) use marker::parse_marker;
pub(crate) use metadata::metadata_fields;
pub use metadata::{CoreMetadata, MetadataError};
pub use name::{ExtraName, InvalidNameError, PackageName};
pub(crate) use packed_page::PageBlocks;
pub use packed_page::{PackedBytes, PackedPage};
pub(crate) use parse_reason::unfinished_merge;
pub use parse_reason::{json_reason, toml_reason};
pub(crate) use poetry_constraint::{one_specifier_list, parse_poetry_constraint, python_marker};
pub use project_detail::ProjectDetail;
pub use project_page::{ListedFile, PageError, ProjectPage};
pub use record::{RecordEntry, RecordError, RecordLine, parse_record, write_record_line};
pub(crate) use record::{WEAK_HASH, normalized_record_path, read_record};
pub(crate) use requirement::MarkerEnvironmentBuilder;
pub use requirement::{MarkerEnvironment, MarkerTree, Requirement, VersionOrUrl};
pub use scanner::SyntaxError;
pub use simple::{DistFile, IndexOrigin, MetadataOffer, ProjectStatus, SkippedFile, Yanked};
pub(crate) use specifiers::parse_version_specifiers;
pub use tag::Tag;
pub use url::{DEFAULT_INDEX_URL, SafeUrl, UrlError, hide_credentials};
pub(crate) use url::{SECRET_PARAMETERS, sha256_without_userinfo};
pub use version::{Operator, Version, VersionSpecifier, VersionSpecifiers};
pub(crate) use version::{Prerelease, read_version};
pub(crate) use weak_digest::{WeakDigest, WeakHasher};
pub use wheel_file::{WheelFile, WheelFileError};
pub use wheel_filename::{DistFilename, FilenameError, SdistFilename, SdistFormat, TagSet, WheelFilename};
pub(crate) use wheel_filename::{ends_as_dist, sdist_stem};

#[cfg(test)]
mod page_tests;
