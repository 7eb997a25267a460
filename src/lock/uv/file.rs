//! A file of a package, as a `uv.lock` has it.

use serde::Deserialize;

/// A wheel or source archive.
#[derive(Default, Deserialize)]
pub(super) struct File {
    pub(super) url: Option<String>,
    pub(super) path: Option<String>,
    pub(super) filename: Option<String>,
    pub(super) hash: Option<String>,
    pub(super) size: Option<u64>,
    #[serde(alias = "upload_time", rename = "upload-time")]
    pub(super) upload_time: Option<toml::Value>,
}
