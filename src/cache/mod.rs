//! What is on disk between runs, and what it is called.
//!
//! ```text
//! ROOT/
//! ├── CACHEDIR.TAG
//! ├── pages-v5/HH/HASH          project pages, packed, with their HTTP validators   (HASH: index URL, user, project)
//! ├── metadata-v2/HH/HASH       core metadata, as the bytes of the METADATA file    (HASH: file URL or digest)
//! ├── wheels-v1/HH/DIGEST.whl   wheels as downloaded                                (DIGEST: their sha256)
//! ├── installs-v2/HH/DIGEST/    the wheel's install plan and its unpacked tree; the plan is written last
//! ├── resolutions-v1/HH/HASH    resolutions by fingerprint, with the pages that they were made of
//! ├── bundles-v2/HH/HASH        finished results by fingerprint; the digest of what zips of the same wheels begin with
//! ├── builds-v1/HH/HASH         name and digest of the wheel that was built  (HASH: source, Python, settings)
//! ├── checks-v3/HH/HASH         summaries of files that were checked         (HASH: RECORD of a project or a folder, Python)
//! ├── repositories-v1/HH/HASH/  a commit as git has checked it out           (HASH: URL without credentials, commit)
//! ├── clean.lock                while somebody removes the cache, or waits for the runs that use it
//! └── temporary-v1/…            what is not whole yet
//! ```
//!
//! Every name carries a format version: an older or newer barrow uses other folders. Entries are written to a temporary
//! file beside their place and renamed, so a reader sees a whole entry or none. No name holds a credential. Metadata,
//! plans, resolutions and results end with a checksum, pages hold one for each of their parts: what does not fit makes
//! the entry absent.
//!
//! The cache is only a cache: what cannot be read is absent, and what cannot be written goes to a temporary folder
//! that stands in for it until the run ends, so that a full or read-only cache costs time and nothing else.

mod folder;
mod in_use;
mod spread;
mod upkeep;
mod workplace_name;

pub use folder::{Bucket, Cache, Usage};
pub(crate) use folder::{CacheError, is_cache};
pub(crate) use spread::spread_subfolders;
pub(crate) use workplace_name::{WORKPLACE_PREFIX, WORKPLACE_SUFFIX, is_workplace_name};

#[cfg(test)]
mod tests;
