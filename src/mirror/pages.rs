//! The pages of a mirror, in both shapes of the simple repository API (PEP 503 and PEP 691).

use std::collections::BTreeSet;
use std::fmt::Write as _;

use html_escape::{encode_double_quoted_attribute, encode_text};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::MirrorFile;
use crate::index::mirrored_path;
use crate::spec::ProjectStatus;

/// Characters that stand for themselves in a path segment.
const SEGMENT: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'!');

/// Version of the API that the pages have: with sizes and upload times (PEP 700).
const API_VERSION: &str = "1.1";

/// The version where something is told of a project as a whole (PEP 792).
const API_VERSION_WITH_STATUS: &str = "1.4";

/// The page of a project, as HTML and as JSON.
pub(super) fn project_pages(name: &str, files: &[&MirrorFile], status: Option<&ProjectStatus>) -> (String, String) {
    let mut lines = String::new();
    for file in files {
        // Writing to a string cannot fail.
        let _ = writeln!(lines, "{}<br>", anchor(file));
    }
    let versions: BTreeSet<&str> = files.iter().map(|file| file.version.as_str()).collect();
    let version = if status.is_some() { API_VERSION_WITH_STATUS } else { API_VERSION };
    let mut page = json!({
        "meta": { "api-version": version },
        "name": name,
        "versions": versions,
        "files": files.iter().map(|file| listing(file)).collect::<Vec<_>>(),
    });
    let mut metas = String::new();
    if let Some(ProjectStatus { word, reason }) = status {
        page["project-status"] = json!({ "status": word });
        let _ = writeln!(metas, "<meta name=\"pypi:project-status\" content=\"{}\">", attribute(word));
        if let Some(reason) = reason {
            page["project-status"]["reason"] = json!(reason);
            let _ = writeln!(metas, "<meta name=\"pypi:project-status-reason\" content=\"{}\">", attribute(reason));
        }
    }
    (html(&format!("Links for {name}"), version, &metas, &lines), format!("{page:#}\n"))
}

/// The list of projects, as HTML and as JSON.
pub(super) fn root_pages<'a>(names: impl Iterator<Item = &'a str> + Clone) -> (String, String) {
    let mut lines = String::new();
    for name in names.clone() {
        let _ = writeln!(lines, "<a href=\"{name}/\">{name}</a><br>");
    }
    let projects: Vec<Value> = names.map(|name| json!({ "name": name })).collect();
    let page = json!({ "meta": { "api-version": API_VERSION }, "projects": projects });
    (html("Simple index", API_VERSION, "", &lines), format!("{page:#}\n"))
}

fn html(title: &str, version: &str, metas: &str, lines: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"pypi:repository-version\" content=\"{version}\">\n{metas}<title>{title}</title>\n</head>\n\
         <body>\n{lines}</body>\n</html>\n"
    )
}

/// A text as the value of an attribute: signs of comparison are escaped too (PEP 503).
fn attribute(text: &str) -> String {
    encode_double_quoted_attribute(text).replace('<', "&lt;").replace('>', "&gt;")
}

/// Where a file is, seen from the page of its project.
pub(super) fn reference(file: &MirrorFile) -> String {
    let encoded = utf8_percent_encode(&file.filename, &SEGMENT).to_string();
    format!("../../{}", mirrored_path(&file.sha256, &encoded))
}

fn anchor(file: &MirrorFile) -> String {
    let mut attributes = String::new();
    let mut add = |name: &str, value: &str| {
        let _ = write!(attributes, " {name}=\"{}\"", attribute(value));
    };
    if let Some(requires_python) = &file.requires_python {
        add("data-requires-python", requires_python);
    }
    if let Some(digest) = &file.metadata_sha256 {
        let digest = format!("sha256={digest}");
        add("data-core-metadata", &digest);
        add("data-dist-info-metadata", &digest);
    }
    if let Some(reason) = &file.yanked {
        add("data-yanked", reason);
    }
    format!("<a href=\"{}#sha256={}\"{attributes}>{}</a>", reference(file), file.sha256, encode_text(&file.filename))
}

fn listing(file: &MirrorFile) -> Value {
    let mut listing = Map::new();
    let mut add = |name: &str, value: Value| listing.insert(name.to_owned(), value);
    add("filename", json!(file.filename));
    add("url", json!(reference(file)));
    add("hashes", json!({ "sha256": file.sha256 }));
    add("size", json!(file.size));
    if let Some(requires_python) = &file.requires_python {
        add("requires-python", json!(requires_python));
    }
    if let Some(digest) = &file.metadata_sha256 {
        add("core-metadata", json!({ "sha256": digest }));
        add("dist-info-metadata", json!({ "sha256": digest }));
    }
    if let Some(reason) = &file.yanked {
        add("yanked", if reason.is_empty() { json!(true) } else { json!(reason) });
    }
    if let Some(time) = &file.upload_time {
        add("upload-time", json!(time));
    }
    Value::Object(listing)
}
