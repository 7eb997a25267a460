//! Project pages in the two shapes of the simple index (PEP 503, 691).

use std::collections::BTreeSet;

use super::{Listed, sha256_hex};

/// The METADATA that the index offers for a file, if it does.
pub(super) fn offered_metadata(listed: &Listed, by_default: bool) -> Option<&String> {
    listed.file.metadata.as_ref().filter(|_| listed.metadata.unwrap_or(by_default))
}

/// A project page in JSON (PEP 691, PEP 700); `folder` is the URL that file names are added to.
pub(crate) fn json_page(project: &str, files: &[Listed], folder: &str, metadata: bool) -> String {
    let versions: BTreeSet<&str> = files.iter().filter_map(|listed| version_of(&listed.file.filename)).collect();
    let files: Vec<serde_json::Value> = files
        .iter()
        .map(|listed| {
            let mut file = serde_json::json!({
                "filename": listed.file.filename,
                "url": format!("{folder}{}", listed.file.filename),
                "size": listed.file.bytes.len(),
                "hashes": {},
                "yanked": listed.yanked.as_ref().map_or(serde_json::json!(false), |reason| serde_json::json!(reason)),
            });
            if listed.hashed {
                file["hashes"]["sha256"] = sha256_hex(&listed.file.bytes).into();
            }
            if let Some(requires) = &listed.file.requires_python {
                file["requires-python"] = requires.as_str().into();
            }
            if let Some(time) = &listed.upload_time {
                file["upload-time"] = time.as_str().into();
            }
            if let Some(text) = offered_metadata(listed, metadata) {
                file["core-metadata"] = serde_json::json!({ "sha256": sha256_hex(text.as_bytes()) });
            }
            file
        })
        .collect();
    serde_json::json!({ "meta": { "api-version": "1.1" }, "name": project, "versions": versions, "files": files })
        .to_string()
}

/// A project page in HTML (PEP 503, 592, 658); `folder` is the URL that file names are added to.
pub(crate) fn html_page(project: &str, files: &[Listed], folder: &str, metadata: bool) -> String {
    let mut html = format!("<!DOCTYPE html>\n<html><head><title>Links for {project}</title></head><body>\n");
    for listed in files {
        let name = &listed.file.filename;
        html += &format!("<a href=\"{folder}{name}");
        if listed.hashed {
            html += &format!("#sha256={}", sha256_hex(&listed.file.bytes));
        }
        html += "\"";
        if let Some(requires) = &listed.file.requires_python {
            html += &format!(" data-requires-python=\"{}\"", html_escape::encode_double_quoted_attribute(requires));
        }
        if let Some(reason) = &listed.yanked {
            html += &format!(" data-yanked=\"{}\"", html_escape::encode_double_quoted_attribute(reason));
        }
        if let Some(text) = offered_metadata(listed, metadata) {
            html += &format!(" data-core-metadata=\"sha256={}\"", sha256_hex(text.as_bytes()));
        }
        html += &format!(">{name}</a><br/>\n");
    }
    html + "</body></html>\n"
}

fn version_of(filename: &str) -> Option<&str> {
    filename.trim_end_matches(".tar.gz").split('-').nth(1)
}
