//! Findings for people, and as one JSON object.

#![expect(clippy::format_push_string, reason = "a text for people, made once in a run")]

use std::path::Path;

use barrow::check::{Finding, Grade, Report};
use barrow::target::Target;
use serde_json::{Value, json};

/// Findings of at least this grade, worst first.
pub(super) fn text(report: &Report, least: Grade) -> String {
    report.findings.iter().filter(|finding| finding.grade >= least).map(paragraph).collect()
}

fn paragraph(finding: &Finding) -> String {
    let mut text = format!("{}[{}]: {}\n", grade(finding.grade), finding.code, finding.message);
    match finding.chain.as_slice() {
        [] => {
            if let Some(place) = place(finding) {
                text += &format!("  in {place}\n");
            }
        }
        chain => text += &format!("  by {}\n", chain.join(" → ")),
    }
    match finding.also.as_slice() {
        [] => {}
        [one] => text += &format!("  also in {one}\n"),
        [first, rest @ ..] => text += &format!("  also in {first} and {} more\n", rest.len()),
    }
    if let Some(error) = aws_error(finding) {
        text += &format!("  on Lambda: {error}\n");
    }
    if let Some(fix) = &finding.fix {
        text += &format!("  help: {fix}\n");
    }
    text + "\n"
}

/// Everything about a finding in one line.
pub(super) fn one_line(finding: &Finding) -> String {
    let way = match finding.chain.as_slice() {
        [] => place(finding).map(|place| format!(" ({place})")),
        chain => Some(format!(" ({})", chain.join(" → "))),
    };
    let fix = finding.fix.as_ref().map(|fix| format!("; {fix}")).unwrap_or_default();
    format!("{}[{}]: {}{}{fix}", grade(finding.grade), finding.code, finding.message, way.unwrap_or_default())
}

/// The file with its line.
fn place(finding: &Finding) -> Option<String> {
    let file = finding.file.as_ref()?;
    Some(finding.line.map_or_else(|| file.clone(), |line| format!("{file}:{line}")))
}

/// The word for a grade.
fn grade(grade: Grade) -> &'static str {
    match grade {
        Grade::Error => "error",
        Grade::Warning => "warning",
        Grade::Note => "note",
    }
}

/// What AWS calls it, where the function fails by it.
fn aws_error(finding: &Finding) -> Option<&'static str> {
    finding.code.explanation().aws_error.filter(|_| finding.grade == Grade::Error)
}

pub(super) fn json(report: &Report, path: &Path, target: &Target) -> Value {
    let findings: Vec<Value> = report
        .findings
        .iter()
        .map(|finding| {
            json!({
                "code": finding.code.to_string(),
                "grade": finding.grade,
                "subject": finding.subject,
                "file": finding.file,
                "line": finding.line,
                "also": finding.also,
                "message": finding.message,
                "chain": finding.chain,
                "fix": finding.fix,
                "aws_error": aws_error(finding),
            })
        })
        .collect();
    json!({
        "schema": 1,
        "path": path.display().to_string(),
        "runtime": target.runtime().name(),
        "arch": target.architecture().as_str(),
        "files": report.files,
        "size_bytes": report.size_bytes,
        "errors": report.count(Grade::Error),
        "warnings": report.count(Grade::Warning),
        "notes": report.count(Grade::Note),
        "ignored": report.ignored,
        "findings": findings,
    })
}
