//! What becomes of a wheel whose RECORD and archive disagree.
//!
//! RECORD is written by whoever makes the wheel, so it is a second witness of the same hand. Where an index, a lock or
//! the requirements gave the digest of the archive, the bytes are known to be the promised ones, and a RECORD that is
//! out of step says only that a tool was careless: a file that was removed or signed after RECORD was written. That is
//! told. It is refused where the two contradict each other about what is executed, for someone has changed a program
//! and not the list of its files. Where nobody gave a digest, RECORD is all there is, and has to be right.

use std::sync::Arc;

use super::error::RecordFault;
use crate::archive::{ArchiveError, SafePath, ZipEntry, ZipReader};
use crate::fetch::FetchedWheel;
use crate::spec::PackageName;

/// How far a wheel's own RECORD agrees with its archive, best first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Agreement {
    /// They agree in everything.
    #[default]
    Full,
    /// They agree in all that is executed, but not about another file: it is listed and not there, or not listed, or its
    /// digest is missing or wrong.
    OutOfStep,
    /// RECORD says something else about a file that is executed, leads elsewhere, or cannot be read.
    Contradiction,
}

/// Which disagreements between RECORD and archive are accepted.
#[derive(Clone, Debug, Default)]
pub struct RecordPolicy {
    /// `--strict`: no disagreement is accepted.
    pub strict: bool,
    /// `--accept-record`: every one, in wheels of these projects.
    pub accepted: Arc<[PackageName]>,
}

impl RecordPolicy {
    /// Whether a wheel with such a RECORD is installed.
    pub(super) fn accepts(&self, agreement: Agreement, wheel: &FetchedWheel) -> bool {
        match agreement {
            Agreement::Full => true,
            _ if self.accepted.contains(&wheel.name) => true,
            Agreement::OutOfStep => !self.strict && wheel.proof.vouches(),
            Agreement::Contradiction => false,
        }
    }
}

/// One thing that RECORD and archive disagree on.
#[derive(Clone, Debug)]
pub(super) struct Disagreement {
    pub(super) agreement: Agreement,
    /// The path that it is about, where it is about one.
    pub(super) path: String,
    pub(super) fault: RecordFault,
}

/// The judgement of a wheel.
#[derive(Debug, Default)]
pub(super) struct Judgement {
    pub(super) agreement: Agreement,
    /// What the user should know.
    pub(super) warning: Option<String>,
}

/// Judges the disagreements of a wheel.
///
/// # Errors
/// The first that is not accepted: the worst ones first, by path.
pub(super) fn judge(
    mut disagreements: Vec<Disagreement>,
    wheel: &FetchedWheel,
    policy: &RecordPolicy,
) -> Result<Judgement, RecordFault> {
    disagreements.sort_by(|one, other| (other.agreement, &one.path).cmp(&(one.agreement, &other.path)));
    let count = disagreements.len();
    let Some(first) = disagreements.into_iter().next() else { return Ok(Judgement::default()) };
    if !policy.accepts(first.agreement, wheel) {
        return Err(first.fault);
    }
    let more = match count - 1 {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let why = if first.agreement == Agreement::OutOfStep && wheel.proof.vouches() {
        "whose digest was verified"
    } else {
        "and is accepted all the same"
    };
    let warning = format!("its RECORD disagrees with the archive, {why}: {}{more}", first.fault);
    Ok(Judgement { agreement: first.agreement, warning: Some(warning) })
}

/// Ends of the names of files that Python, the loader of the system or a shell executes.
const EXECUTED: [&str; 14] =
    ["py", "pyw", "pyc", "pyo", "pyd", "pyz", "pth", "so", "dll", "dylib", "exe", "sh", "egg", "jar"];

/// Whether a file of a wheel is executed: a module, a library, a program, or a list of paths that Python runs at its
/// start. What lies in `.dist-info` is read and never run.
pub(super) fn is_executed(entry: &ZipEntry, dist_info: &SafePath, archive: &ZipReader) -> Result<bool, ArchiveError> {
    let path = entry.path.as_str();
    if path.strip_prefix(dist_info.as_str()).is_some_and(|rest| rest.starts_with('/')) {
        return Ok(false);
    }
    let name = entry.path.file_name().to_ascii_lowercase();
    let has_end = name.rsplit_once('.').is_some_and(|(_, end)| EXECUTED.contains(&end)) || name.contains(".so.");
    if has_end || entry.is_executable || path.contains(".data/scripts/") {
        return Ok(true);
    }
    // Programs and libraries of whatever name.
    let start = archive.prefix(entry, 4)?;
    Ok(start.starts_with(b"\x7fELF") || start.starts_with(b"#!"))
}
