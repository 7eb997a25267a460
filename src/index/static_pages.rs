//! Indexes that are files alone: object stores, and servers without documents for folders.

use super::IndexClient;
use super::client::Index;
use crate::http::HttpRequest;

/// Name of the manifest of a mirror that barrow wrote, beside the folder of its pages.
pub(crate) const MIRROR_MANIFEST: &str = "barrow-mirror.json";

/// Largest manifest that is read, bytes: a mirror of ten thousand files has some ten megabytes.
const MANIFEST_MOST: u64 = 256 << 20;

impl IndexClient {
    /// The manifest of the mirror that is the only index that is asked; `None`: it is no mirror, or it cannot be read.
    pub(crate) async fn mirror_manifest(&self) -> Option<Vec<u8>> {
        let [Index { location, .. }] = self.indexes.as_slice() else { return None };
        let manifest = self.beside_pages(MIRROR_MANIFEST)?;
        if let Some(path) = manifest.to_file_path() {
            return fs_err::read(path).ok();
        }
        if self.options.offline {
            return None;
        }
        let response = self.client.get(HttpRequest::new(manifest).listed_by(&location.url)).await.ok()?;
        if response.status() == 200 { response.bytes(MANIFEST_MOST).await.ok() } else { None }
    }

    /// Whether the only index that is asked is a mirror of barrow's. What goes wrong is a no.
    pub(crate) async fn is_mirror(&self) -> bool {
        let [Index { location, .. }] = self.indexes.as_slice() else { return false };
        let Some(manifest) = self.beside_pages(MIRROR_MANIFEST) else { return false };
        if manifest.to_file_path().is_some() {
            return true;
        }
        if self.options.offline {
            return false;
        }
        let Ok(mut response) = self.client.get(HttpRequest::new(manifest).listed_by(&location.url)).await else {
            return false;
        };
        let is_json = |bytes: &[u8]| bytes.trim_ascii_start().starts_with(b"{");
        response.status() == 200 && matches!(response.chunk().await, Ok(Some(bytes)) if is_json(&bytes))
    }
}
