//! What the manifest of a mirror tells about its files: for audits, and as a bill of materials.

use std::path::PathBuf;
use std::sync::Arc;

use super::options::Mirrored;
use crate::blocking::blocking;
use crate::context::Context;
use crate::http::{Client, ClientOptions, HttpRequest};
use crate::index::{MIRROR_MANIFEST_MOST, MirroredRepository};
use crate::mirror::{Application, MANIFEST, Mirror, MirrorError, MirrorFile};
use crate::ops::Error;
use crate::sbom::{Collected, CollectedKind, Collection, Collector};
use crate::spec::{License, SafeUrl};

/// Reads a mirror wherever it lies, as far as its manifest tells: a folder (or the `simple` in it), or the URL of its
/// pages.
///
/// # Errors
/// There is no mirror, or it cannot be read.
pub async fn read_mirror(place: SafeUrl, client: ClientOptions, context: Context) -> Result<Mirror, Error> {
    if let Some(path) = place.to_file_path() {
        let above = path.parent().filter(|_| path.file_name().is_some_and(|name| name == "simple"));
        let folder = above.filter(|_| !path.join(MANIFEST).is_file()).unwrap_or(&path).to_owned();
        let reading = move || Ok(Mirror::open_existing(&folder)?);
        return blocking(reading).await;
    }
    let shown = PathBuf::from(place.without_credentials().without_query().to_string());
    let none = || MirrorError::None(shown.clone());
    let manifest = place.below(&[""]).join(&format!("../{MANIFEST}")).map_err(|_| none())?;
    let client = Client::new(client, Arc::clone(&context.reporter))?;
    let response = client.get(HttpRequest::new(manifest).listed_by(&place)).await?;
    match response.status() {
        200 => Ok(Mirror::of_manifest(&response.bytes(MIRROR_MANIFEST_MOST).await?, &shown)?),
        404 | 410 => Err(none().into()),
        _ => Err(response.unexpected().into()),
    }
}

/// A mirror as a bill of materials lists it. It is called by the last part of its path.
pub fn bill_of_mirror(mirrored: &Mirrored) -> Collection {
    let folder = std::path::absolute(&mirrored.path).unwrap_or_else(|_| mirrored.path.clone());
    let name = folder.file_name().map_or_else(|| "mirror".to_owned(), |name| name.to_string_lossy().into_owned());
    let distributions = mirrored.files.iter().filter_map(collected);
    Collection {
        name,
        manifest: mirrored.digest.clone(),
        collectors: mirrored.applications.iter().map(collector).collect(),
        files: distributions.chain(mirrored.repositories.iter().filter_map(repository)).collect(),
    }
}

fn collector(application: &Application) -> Collector {
    Collector {
        name: application.name.clone(),
        targets: application.targets.iter().cloned().collect(),
        files: application.files.clone(),
    }
}

/// A file as the bill lists it. Never `None` for a file of a manifest that was read: its names and digests were checked
/// then.
fn collected(file: &MirrorFile) -> Option<Collected> {
    let url = |text: &String| SafeUrl::parse(text).ok();
    Some(Collected {
        filename: file.filename.clone(),
        kind: CollectedKind::Distribution { name: file.project.parse().ok()?, version: file.version.clone() },
        sha256: file.digest()?,
        size: file.size,
        license: file.license.as_deref().map(License::of_text).unwrap_or_default(),
        url: file.source.as_ref().and_then(url),
        index: if file.is_unknown() { None } else { url(&file.index) },
        provenance: file.provenance.as_ref().and_then(url),
        yanked: file.yanked.clone(),
    })
}

/// The same of a repository. Where it came from is not known of one whose manifest was lost.
fn repository(held: &MirroredRepository) -> Option<Collected> {
    Some(Collected {
        filename: held.filename.clone(),
        kind: CollectedKind::Repository { name: held.name()? },
        sha256: held.digest()?,
        size: held.size,
        license: License::default(),
        url: if held.is_unknown() { None } else { SafeUrl::parse(&held.url).ok() },
        index: None,
        provenance: None,
        yanked: None,
    })
}
