//! What a check finds.

use serde::Serialize;

use super::code::Code;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// Worth knowing; nothing breaks by it.
    Note,
    /// It may break, or breaks when a certain function is called.
    Warning,
    /// It breaks.
    Error,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its kind.
    pub code: Code,
    /// How bad it is.
    pub grade: Grade,
    /// What it is about: a module, library, project or file. `CODE:SUBJECT` is how it is ignored.
    pub subject: String,
    /// The file that it was found in, as the user would call it.
    pub file: Option<String>,
    /// Further files with the same finding.
    pub also: Vec<String>,
    /// The line of that file.
    pub line: Option<usize>,
    /// In plain words, a fragment.
    pub message: String,
    /// How the runtime gets there: places in files, from the handler on.
    pub chain: Vec<String>,
    /// What mends it, a fragment.
    pub fix: Option<String>,
}

impl Finding {
    /// A finding about `subject`.
    pub(super) fn new(code: Code, grade: Grade, subject: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code,
            grade,
            subject: subject.into(),
            file: None,
            also: Vec::new(),
            line: None,
            message: message.into(),
            chain: Vec::new(),
            fix: None,
        }
    }

    /// A finding about the file that it stands in.
    pub(super) fn of_file(code: Code, grade: Grade, file: &str, message: impl Into<String>) -> Self {
        Self::new(code, grade, file, message).file(file)
    }

    /// In a file.
    pub(super) fn file(mut self, file: impl Into<String>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// At a line of it, counted from 1.
    pub(super) fn line(mut self, line: usize) -> Self {
        self.line = (line > 0).then_some(line);
        self
    }

    /// Reached by a chain.
    pub(super) fn chain(mut self, chain: Vec<String>) -> Self {
        self.chain = chain;
        self
    }

    /// Mended by something.
    pub(super) fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }
}

/// What a check found, and of what.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The findings, worst first, then by code and subject. Each code and subject stands once.
    pub findings: Vec<Finding>,
    /// Number of findings that the user ignores.
    pub ignored: usize,
    /// Number of files, layers included.
    pub files: usize,
    /// Their unpacked size, bytes.
    pub size_bytes: u64,
    /// Number of modules that were followed.
    pub modules: usize,
    /// Number of native objects that were read.
    pub objects: usize,
}

impl Report {
    /// Number of findings of a grade.
    pub fn count(&self, grade: Grade) -> usize {
        self.findings.iter().filter(|finding| finding.grade == grade).count()
    }

    /// Puts the findings in order: of equal code and subject the worst stays, and names the files of the others.
    pub(super) fn settle(mut self, mut found: Vec<Finding>) -> Self {
        found.sort_by(|a, b| {
            (a.code, &a.subject).cmp(&(b.code, &b.subject)).then(b.grade.cmp(&a.grade)).then(a.file.cmp(&b.file))
        });
        for finding in found {
            match self.findings.last_mut() {
                Some(last) if (last.code, &last.subject) == (finding.code, &finding.subject) => {
                    let is_new = |file: &String| last.file.as_ref() != Some(file) && !last.also.contains(file);
                    let new = finding.file.filter(is_new);
                    last.also.extend(new);
                }
                _ => self.findings.push(finding),
            }
        }
        self.findings.sort_by(|a, b| {
            b.grade.cmp(&a.grade).then_with(|| (a.code, &a.subject, &a.file).cmp(&(b.code, &b.subject, &b.file)))
        });
        self
    }
}

/// A folder of this mode, where others may not enter it, or not list it, which Python does to find modules.
pub(super) fn closed_folder(mode: u32, relative: &str, shown: &str) -> Option<Finding> {
    if mode & 0o005 == 0o005 {
        return None;
    }
    let right = if mode & 0o001 == 0 { "enter" } else { "list" };
    let message = format!("the folder has mode {mode:04o}: others may not {right} it");
    let finding = Finding::new(Code::Unreadable, Grade::Error, relative, message).file(shown);
    Some(finding.fix(format!("give others the right to {right} it: `chmod -R a+rX`")))
}

/// The finding that a link cannot be relied on.
pub(super) fn bad_link(name: &str, shown: &str, what: &str) -> Finding {
    Finding::new(Code::BadLink, Grade::Warning, name, format!("the link {what}"))
        .file(shown)
        .fix("replace the link by the file")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_say_which_right_is_lacking() {
        let message = |mode: u32| closed_folder(mode, "pkg", "pkg/").map(|finding| finding.message);
        assert_eq!(message(0o755), None);
        assert_eq!(message(0o711), Some("the folder has mode 0711: others may not list it".to_owned()));
        assert_eq!(message(0o744), Some("the folder has mode 0744: others may not enter it".to_owned()));
        assert_eq!(message(0o700), Some("the folder has mode 0700: others may not enter it".to_owned()));
    }
}
