//! What an index answers about a version (PyPI's JSON API, "Get a release", `vulnerabilities`).

use std::str::FromStr as _;

use serde_json::Value;

use super::Advisory;
use crate::spec::Version;

/// Reads the vulnerabilities of an answer; `None`: the answer says nothing of such, so nothing is known.
pub(crate) fn read_answer(bytes: &[u8]) -> Option<Vec<Advisory>> {
    let answer: Value = serde_json::from_slice(bytes).ok()?;
    let known = answer.get("vulnerabilities")?.as_array()?;
    let counts = |value: &&Value| value["withdrawn"].is_null();
    Some(known.iter().filter(counts).filter_map(read).collect())
}

fn read(value: &Value) -> Option<Advisory> {
    let text = |name: &str| value[name].as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let texts = |name: &str| -> Vec<String> {
        let all = value[name].as_array().into_iter().flatten();
        all.filter_map(|text| text.as_str().map(str::to_owned)).collect()
    };
    let mut fixed_in: Vec<Version> =
        texts("fixed_in").iter().filter_map(|version| Version::from_str(version).ok()).collect();
    fixed_in.sort_unstable();
    Some(Advisory {
        id: text("id")?,
        aliases: texts("aliases"),
        summary: text("summary").or_else(|| text("details").map(|details| first_sentence(&details))),
        fixed_in,
        link: text("link"),
    })
}

/// The first sentence of the details, in the place of a summary that is not there.
pub(super) fn first_sentence(details: &str) -> String {
    let line = details.lines().map(|line| line.trim_start_matches(['#', ' '])).find(|line| !line.is_empty());
    let line = line.unwrap_or_default();
    let end = line.find(". ").map_or(line.len(), |at| at + 1);
    line[..end].to_owned()
}
