//! Results that more than one command prints.

use barrow::ops::{BundledDist, Published};
use serde_json::{Value, json};

/// What was published, as JSON.
pub(super) fn published(published: &Published) -> Value {
    let zip = published.zip.as_ref();
    json!({
        "schema": 1,
        "path": published.path.display().to_string(),
        "kind": if zip.is_some() { "zip" } else { "folder" },
        "runtime": published.target.runtime().name(),
        "arch": published.target.architecture().as_str(),
        "files": published.files,
        "size_bytes": published.size_bytes,
        "zip_size_bytes": zip.map(|zip| zip.size_bytes),
        "sha256": zip.map(|zip| zip.sha256.hex()),
        "sha256_base64": zip.map(|zip| zip.sha256_base64()),
        "dists": published.dists.iter().map(dist).collect::<Vec<_>>(),
        "excluded": published.excluded.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
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

/// A number of bytes for people, in AWS's megabytes.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 3] = ["KB", "MB", "GB"];
    if bytes < 1024 {
        return format!("{bytes} bytes");
    }
    let mut tenths = bytes * 10 / 1024;
    let mut unit = 0;
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths /= 1024;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}
