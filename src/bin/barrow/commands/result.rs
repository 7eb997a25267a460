//! Results that more than one command prints.

use std::path::PathBuf;

use barrow::ops::{BundledDist, DistChange, Published, PublishedLayer};
use barrow::publish::PublishedZip;
use barrow::sbom::SbomFormat;
use barrow::shared::Tally;
use serde_json::{Value, json};

/// What was published, as JSON.
pub(super) fn published(published: &Published) -> Value {
    let zip = published.zip.as_ref();
    let is_zip = zip.is_some() || published.layers.iter().any(|layer| layer.zip.is_some());
    json!({
        "schema": 1,
        "path": published.path.display().to_string(),
        "kind": if is_zip { "zip" } else { "folder" },
        "runtime": published.target.runtime().name(),
        "arch": published.target.architecture().as_str(),
        "files": published.files,
        "size_bytes": published.size_bytes,
        "zip_size_bytes": zip.map(|zip| zip.size_bytes),
        "sha256": zip.map(|zip| zip.sha256.hex()),
        "sha256_base64": zip.map(PublishedZip::sha256_base64),
        "layers": published.layers.iter().map(layer).collect::<Vec<_>>(),
        "dists": published.dists.iter().map(dist).collect::<Vec<_>>(),
        "changes": published.changes.iter().flatten().map(change).collect::<Vec<_>>(),
        "left_out": { "files": published.left_out.files, "size_bytes": published.left_out.bytes },
        "excluded": published.excluded.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

/// Adds to a result what the shared cache was good for, where there is one.
pub(super) fn with_shared(mut result: Value, tally: Option<&Tally>) -> Value {
    if let Some(Tally { hits, misses, bytes, saved, uploaded, not_uploaded }) = tally {
        result["shared_cache"] = json!({
            "hits": hits,
            "misses": misses,
            "size_bytes": bytes,
            "seconds_saved": saved.as_secs_f64(),
            "uploaded": uploaded,
            "not_uploaded": not_uploaded,
        });
    }
    result
}

fn layer(layer: &PublishedLayer) -> Value {
    let zip = layer.zip.as_ref();
    json!({
        "path": layer.path.display().to_string(),
        "files": layer.files,
        "size_bytes": layer.size_bytes,
        "zip_size_bytes": zip.map(|zip| zip.size_bytes),
        "sha256": zip.map(|zip| zip.sha256.hex()),
        "sha256_base64": zip.map(PublishedZip::sha256_base64),
        "dists": layer.dists.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

fn change(change: &DistChange) -> Value {
    json!({
        "name": change.name.to_string(),
        "before": change.before.as_ref().map(ToString::to_string),
        "now": change.now.as_ref().map(ToString::to_string),
    })
}

/// Adds to a result the bills of materials that were written.
pub(super) fn with_sboms(mut published: Value, sboms: &[(SbomFormat, PathBuf)]) -> Value {
    if !sboms.is_empty() {
        let sbom = |written: &(SbomFormat, PathBuf)| {
            let (format, path) = written;
            json!({ "format": format.as_str(), "path": path.display().to_string() })
        };
        published["sboms"] = json!(sboms.iter().map(sbom).collect::<Vec<_>>());
    }
    published
}

fn dist(dist: &BundledDist) -> Value {
    json!({
        "name": dist.name.to_string(),
        "version": dist.version.to_string(),
        "file": dist.filename,
        "url": dist.url,
        "index": { "name": dist.index.name, "url": dist.index.url },
        "sha256": dist.sha256.hex(),
        "size_bytes": dist.size_bytes,
    })
}
