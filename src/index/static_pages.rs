//! Indexes that are files alone: object stores, and servers without documents for folders.

use super::client::Index;
use super::mirrored::{MIRROR_FORM, Outline, other_form};
use super::{IndexClient, IndexError, LocalPlace};
use crate::http::HttpRequest;
use crate::regular::{self, FileBytes};

/// Name of the manifest of a mirror that barrow wrote, beside the folder of its pages.
pub(crate) const MIRROR_MANIFEST: &str = "barrow-mirror.json";

/// Largest manifest that is read from elsewhere, bytes: a mirror of ten thousand files has some ten megabytes.
pub(crate) const MIRROR_MANIFEST_MOST: u64 = 256 << 20;

impl IndexClient {
    /// The manifest of the mirror that is the only index that is asked, read once; `None`: it is no mirror of barrow's,
    /// or not at hand.
    ///
    /// # Errors
    /// It could not be read, so nobody knows what it says.
    pub(crate) async fn mirror_manifest(&self) -> Result<Option<&FileBytes>, IndexError> {
        Ok(self.manifest.get_or_try_init(|| self.read_manifest()).await?.as_ref())
    }

    async fn read_manifest(&self) -> Result<Option<FileBytes>, IndexError> {
        let [Index { location, .. }] = self.indexes.as_slice() else { return Ok(None) };
        let Some(url) = self.beside_pages(MIRROR_MANIFEST) else { return Ok(None) };
        if let Some(path) = url.to_file_path() {
            let failed = |source| IndexError::Folder { what: LocalPlace::Manifest, path: path.clone(), source };
            return Ok(Some(regular::read(&path).map_err(failed)?.into()));
        }
        if self.options.offline {
            return Ok(None);
        }
        let failed = |source| IndexError::Manifest { url: Box::new(url.clone()), source };
        let response = self.client.get(HttpRequest::new(url.clone()).listed_by(&location.url)).await.map_err(failed)?;
        match response.status() {
            200 => {
                let bytes = response.bytes(MIRROR_MANIFEST_MOST).await.map_err(failed)?;
                // Some servers answer with a page of their own whatever they are asked for.
                Ok(is_object(&bytes).then(|| bytes.into()))
            }
            500.. => Err(failed(response.unexpected())),
            _ => Ok(None),
        }
    }

    /// What the manifest of the mirror that is the only index tells; nothing where there is none.
    pub(super) async fn outline(&self) -> Result<&Outline, IndexError> {
        self.outline.get_or_try_init(|| self.read_outline()).await
    }

    async fn read_outline(&self) -> Result<Outline, IndexError> {
        let Some(bytes) = self.mirror_manifest().await? else { return Ok(Outline::default()) };
        let url = || Box::new(self.beside_pages(MIRROR_MANIFEST).expect("it was read from there"));
        if let Some(found) = other_form(bytes) {
            return Err(IndexError::ManifestForm { url: url(), found, known: MIRROR_FORM });
        }
        serde_json::from_slice(bytes).map_err(|source| IndexError::ManifestContent { url: url(), source })
    }

    /// Whether the only index that is asked is a mirror of barrow's. What goes wrong is a no.
    pub(crate) async fn is_mirror(&self) -> bool {
        self.mirror_manifest().await.is_ok_and(|manifest| manifest.is_some())
    }
}

fn is_object(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().starts_with(b"{")
}
