//! Findings for people, and as one JSON object.

#![expect(clippy::format_push_string, reason = "a text for people, made once in a run")]

use barrow::check::{Finding, Grade};
use barrow::reporter;
use serde_json::{Value, json};

use super::Checked;

/// Findings of at least this grade, worst first; below the name of each part, where there are several.
pub(super) fn text(checked: &[Checked], least: Grade) -> String {
    let mut text = String::new();
    for Checked { name, target, report, .. } in checked {
        let shown: String = report.findings.iter().filter(|finding| finding.grade >= least).map(paragraph).collect();
        if let Some(name) = name.as_ref().filter(|_| !shown.is_empty()) {
            let name = reporter::one_line(name);
            text += &format!("{name} ({}, {}):\n\n", target.runtime(), target.architecture());
        }
        text += &shown;
    }
    text
}

/// A finding in lines of its own, each of which stays one whatever the names in it are.
fn paragraph(finding: &Finding) -> String {
    let mut lines = vec![format!("{}[{}]: {}", grade(finding.grade), finding.code, finding.message)];
    match finding.chain.as_slice() {
        [] => lines.extend(place(finding).map(|place| format!("  in {place}"))),
        chain => lines.push(format!("  by {}", chain.join(" → "))),
    }
    match finding.also.as_slice() {
        [] => {}
        [one] => lines.push(format!("  also in {one}")),
        [first, rest @ ..] => lines.push(format!("  also in {first} and {} more", rest.len())),
    }
    lines.extend(aws_error(finding).map(|error| format!("  on Lambda: {error}")));
    lines.extend(finding.fix.as_ref().map(|fix| format!("  help: {fix}")));
    lines.push(String::new());
    lines.iter().map(|line| reporter::one_line(line) + "\n").collect()
}

/// Everything about a finding in one line.
pub(super) fn one_line(finding: &Finding) -> String {
    let way = match finding.chain.as_slice() {
        [] => place(finding).map(|place| format!(" ({place})")),
        chain => Some(format!(" ({})", chain.join(" → "))),
    };
    let fix = finding.fix.as_ref().map(|fix| format!("; {fix}")).unwrap_or_default();
    let (grade, way) = (grade(finding.grade), way.unwrap_or_default());
    reporter::one_line(&format!("{grade}[{}]: {}{way}{fix}", finding.code, finding.message))
}

/// The file with its line.
fn place(finding: &Finding) -> Option<String> {
    let file = finding.file.as_ref()?;
    Some(finding.line.map_or_else(|| file.clone(), |line| format!("{file}:{line}")))
}

/// The word for a grade.
pub(super) fn grade(grade: Grade) -> &'static str {
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

/// One object; where there are several parts, with one for each of them.
pub(super) fn json(checked: &[Checked]) -> Value {
    if let [one @ Checked { name: None, .. }] = checked {
        let mut object = of_part(one);
        object["schema"] = json!(1);
        return object;
    }
    let sum = |grade| checked.iter().map(|part| part.report.count(grade)).sum::<usize>();
    json!({
        "schema": 1,
        "errors": sum(Grade::Error),
        "warnings": sum(Grade::Warning),
        "notes": sum(Grade::Note),
        "units": checked.iter().map(of_part).collect::<Vec<_>>(),
    })
}

fn of_part(Checked { name, path, target, report }: &Checked) -> Value {
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
    let mut object = json!({
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
    });
    if let Some(name) = name {
        object["name"] = json!(name);
    }
    object
}
