//! Findings in the form that code scanners exchange (OASIS SARIF 2.1.0).

use std::collections::BTreeSet;
use std::path::Path;

use barrow::check::{Code, Finding};
use serde_json::{Value, json};

use super::Checked;
use super::findings::grade;

/// A log with one run.
pub(super) fn log(checked: &[Checked]) -> Value {
    let found: Vec<(&Finding, &Path)> =
        checked.iter().flat_map(|part| part.report.findings.iter().map(|finding| (finding, &*part.path))).collect();
    let codes: BTreeSet<Code> = found.iter().map(|(finding, _)| finding.code).collect();
    let rules: Vec<Value> = codes.iter().map(|code| rule(*code)).collect();
    let results: Vec<Value> = found.into_iter().map(|(finding, path)| result(finding, path)).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "barrow", "semanticVersion": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "results": results,
        }],
    })
}

fn rule(code: Code) -> Value {
    let explanation = code.explanation();
    json!({
        "id": code.to_string(),
        "shortDescription": { "text": explanation.title },
        "fullDescription": { "text": explanation.text },
        "help": { "text": explanation.fix },
    })
}

fn result(finding: &Finding, path: &Path) -> Value {
    let mut message = finding.message.clone();
    if !finding.chain.is_empty() {
        message = format!("{message} ({})", finding.chain.join(" → "));
    }
    let file = finding.file.as_ref().map_or_else(|| path.to_owned(), |file| path.join(file));
    let mut location = json!({ "artifactLocation": { "uri": uri(&file.to_string_lossy()) } });
    if let Some(line) = finding.line {
        location["region"] = json!({ "startLine": line });
    }
    json!({
        "ruleId": finding.code.to_string(),
                "level": grade(finding.grade),
        "message": { "text": message },
        "locations": [{ "physicalLocation": location }],
        "partialFingerprints": { "barrow/v1": format!("{}:{}", finding.code, finding.subject) },
    })
}

/// A path as a reference of a URI (RFC 3986): what has another meaning there is escaped.
fn uri(path: &str) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~+@=,()!$&'*".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}
