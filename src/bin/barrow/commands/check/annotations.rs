//! Findings as annotations of a pull request (GitHub Actions, "Workflow commands").

use std::path::Path;

use barrow::check::{Finding, Grade, Report};

use crate::commands::annotation::{escaped, escaped_property};

/// The findings as commands for GitHub, one in each line.
pub(super) fn text(report: &Report, path: &Path) -> String {
    report.findings.iter().map(|finding| line(finding, path)).collect()
}

fn line(finding: &Finding, path: &Path) -> String {
    let command = match finding.grade {
        Grade::Error => "error",
        Grade::Warning => "warning",
        Grade::Note => "notice",
    };
    // A file of an archive is no file of the repository.
    let file = finding.file.as_ref().filter(|_| path.extension().is_none_or(|ending| ending != "zip"));
    let file = file.map_or_else(|| path.to_owned(), |file| path.join(file)).display().to_string();
    let line = finding.line.map(|line| format!(",line={line}")).unwrap_or_default();
    let fix = finding.fix.as_ref().map(|fix| format!("; {fix}")).unwrap_or_default();
    let chain = if finding.chain.is_empty() { String::new() } else { format!(" ({})", finding.chain.join(" → ")) };
    let message = escaped(&format!("{}{chain}{fix}", finding.message));
    format!("::{command} file={}{line},title={}::{message}\n", escaped_property(&file), finding.code)
}
