//! What a server tells about one version of a project beside its files (PyPI's JSON API, "Get a release").
//!
//! No specification has it: PyPI and servers that stand in its place have it beside their simple index, `/simple/` and
//! `/pypi/NAME/VERSION/json`. What it says changes from day to day, so nothing is kept.

use super::{IndexClient, IndexError};
use crate::http::HttpRequest;
use crate::spec::{PackageName, SafeUrl, Version};

/// Largest answer that is read, bytes: descriptions and long lists of files have a few megabytes.
const ANSWER_MOST: u64 = 32 << 20;

impl IndexClient {
    /// What the server of an index tells about one version of a project, as JSON; `None`: it tells nothing of that
    /// kind.
    ///
    /// # Errors
    /// The server cannot be asked, or fails.
    pub async fn release(
        &self,
        index: &SafeUrl,
        name: &PackageName,
        version: &Version,
    ) -> Result<Option<Vec<u8>>, IndexError> {
        let Some(url) = place(index, name, version) else { return Ok(None) };
        let file = || format!("{name} {version}");
        let request = HttpRequest { accept: Some("application/json"), ..HttpRequest::new(url) }.listed_by(index);
        let response = self.client.get(request).await;
        let response = match response {
            Err(error) if matches!(error.status(), Some(400 | 403 | 404 | 405 | 410 | 501)) => return Ok(None),
            other => other.map_err(|source| IndexError::MetadataRequest { file: file(), source })?,
        };
        match response.status() {
            200 | 203 => {
                let bytes = response.bytes(ANSWER_MOST).await;
                bytes.map(Some).map_err(|source| IndexError::MetadataRequest { file: file(), source })
            }
            _ => Ok(None),
        }
    }
}

/// Beside the simple index; `None`: its URL does not end as one does.
fn place(index: &SafeUrl, name: &PackageName, version: &Version) -> Option<SafeUrl> {
    let mut url = index.reveal().clone();
    let path = url.path().trim_end_matches('/').strip_suffix("/simple")?.to_owned();
    url.set_path(&format!("{path}/"));
    url.set_query(None);
    Some(SafeUrl::from(url).below(&["pypi", name.as_ref(), &version.to_string(), "json"]))
}
