//! Archives: reading that has one meaning and cannot escape its folder, writing that is reproducible.
//!
//! A zip can be read from its end (the central directory), from its front (local headers, one after the other) and
//! by searching for signatures; tools differ, and attackers use the difference. So [`ZipReader`] accepts only archives
//! on which every way agrees: entries tile the file from its first byte to the directory, the directory reaches to the
//! one end record, that reaches to the end of the file, and every local header says what the directory says.
//! (APPNOTE.TXT, the .ZIP file format specification, 6.3.10.)
//!
//! The same holds for source archives: see `tar_reader` for what makes a tar.gz ambiguous.

mod error;
mod limits;
mod partial_zip;
mod safe_path;
mod read_at;
mod fields;
mod extra;
mod end_record;
mod directory;
mod layout;
mod name_set;
mod other_content;
mod whole;
mod data_span;
mod inflate;
mod zip_reader;
mod zip_writer;
mod gzip;
mod content_coding;
mod tar_header;
mod pax;
mod tar_reader;
mod source_archive;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use content_coding::{CodingFault, ContentCoding};
pub(crate) use data_span::DataSpan;
pub use error::ArchiveError;
pub(crate) use inflate::Inflater;
pub(crate) use libdeflater::{Crc as Crc32, crc32};
pub use limits::{Bound, Limits};
pub(crate) use name_set::{Alike, NameClash, NameSet, are_certainly_apart, composed, composed_path};
pub use partial_zip::{EntryLookup, PartialZip, PartialZipError};
pub(crate) use read_at::ReadAt;
pub use safe_path::SafePath;
pub(crate) use safe_path::{SafePathError, each_folder_of, folder_and_name, normalized, relative};
pub use source_archive::read_source;
pub(crate) use source_archive::unpack_source;
pub use zip_reader::{ZipEntry, ZipReader};
pub(crate) use zip_writer::{Compressed, ZipProgress, ZipSink, ZipWriter, deflate, deflate_stream};
