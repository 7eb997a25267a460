//! `--list` of `bundle` and `layer`: what would be in, and what would not.

#![expect(clippy::format_push_string, reason = "a text for people, made once in a run")]

use barrow::bundle::{Bytes, LeftOut};
use barrow::ops::{self, BundleContents, FileOwner};
use barrow::reporter::counted;
use barrow::request::BundleOptions;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::output::Output;
use crate::run::Run;

/// Prints what a bundle with these options would hold.
pub(super) fn list(run: &Run, options: BundleOptions) -> Result<(), Failure> {
    let contents = run.block_on(|context| ops::contents(options, context))?;
    if run.is_json() { Output::object(&value(&contents)) } else { Output::text(&text(&contents)) }
}

fn text(contents: &BundleContents) -> String {
    let mut text = String::new();
    for file in &contents.files {
        let owner = match &file.owner {
            FileOwner::Dist(name, version) => format!("{name} {version}"),
            FileOwner::Source(source) => source.clone(),
            FileOwner::Made => "made by barrow".to_owned(),
        };
        text += &format!("{:>10}  {}  ({owner})\n", file.size, file.path);
    }
    text += &format!("{}, {}\n", counted(contents.files.len(), "file"), Bytes(contents.size_bytes));
    if !contents.left_out.is_empty() {
        text += "\nnot in it:\n";
    }
    for left in &contents.left_out {
        text += &format!("  {}  ({})\n", shown(left), left.why);
    }
    text
}

/// A path as it is shown: a folder ends in a slash.
fn shown(left: &LeftOut) -> String {
    format!("{}{}", left.path.display(), if left.is_folder { "/" } else { "" })
}

fn value(contents: &BundleContents) -> Value {
    let file = |file: &ops::BundledFile| {
        let mut value = json!({ "path": file.path, "size_bytes": file.size });
        match &file.owner {
            FileOwner::Dist(name, version) => {
                value["package"] = json!(name.to_string());
                value["version"] = json!(version.to_string());
            }
            FileOwner::Source(source) => value["source"] = json!(source),
            FileOwner::Made => {}
        }
        value
    };
    let left_out = |left: &LeftOut| json!({ "path": shown(left), "why": left.why.to_string() });
    json!({
        "schema": 1,
        "files": contents.files.iter().map(file).collect::<Vec<_>>(),
        "size_bytes": contents.size_bytes,
        "left_out": contents.left_out.iter().map(left_out).collect::<Vec<_>>(),
        "excluded": contents.excluded.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}
