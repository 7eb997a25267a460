//! Why a run failed, as one message: what failed, why, and what the user can do.

use std::error::Error;
use std::path::Path;

use barrow::spec::hide_credentials;
use serde_json::{Value, json};

use crate::exit_code::Exit;
use crate::hints;
use crate::paint::{paint, printable};
use crate::wrap::{MOST_LINES, rest_of, wrapped};

/// A failed run.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    message: String,
    causes: Vec<String>,
    hints: Vec<String>,
    exit: Exit,
}

impl Failure {
    /// A failure without causes and hints.
    pub(crate) fn new(message: impl Into<String>, exit: Exit) -> Self {
        Self { message: hide_credentials(&message.into()), causes: Vec::new(), hints: Vec::new(), exit }
    }

    /// Wrong usage.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(message, Exit::Usage)
    }

    /// A signal stopped the run.
    pub(crate) fn interrupted() -> Self {
        Self::new("interrupted", Exit::Interrupted)
    }

    /// An error of the library with its chain of causes.
    pub(crate) fn of(error: &dyn Error, exit: Exit) -> Self {
        let failure = Self::new(error.to_string(), exit);
        error.source().into_iter().fold(failure, Self::because)
    }

    /// Adds a cause and its own causes; what was said already is not repeated.
    pub(crate) fn because(mut self, error: &dyn Error) -> Self {
        let mut next = Some(error);
        while let Some(cause) = next {
            let said = self.causes.last().unwrap_or(&self.message);
            let text = plain(&hide_credentials(&cause.to_string()), said);
            if !text.is_empty() && !said.ends_with(&text) {
                self.causes.push(text);
            }
            next = cause.source();
        }
        self
    }

    /// Adds what was found that makes it a failure.
    pub(crate) fn cause(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(hide_credentials(&cause.into()));
        self
    }

    /// Adds what the user can do.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hide_credentials(&hint.into()));
        self
    }

    /// Adds all of these hints.
    pub(crate) fn hints(self, hints: impl IntoIterator<Item = String>) -> Self {
        hints.into_iter().fold(self, Self::hint)
    }

    /// Says what it is about, where several things may fail.
    pub(crate) fn about(mut self, label: &str) -> Self {
        self.message = format!("{label}: {}", self.message);
        self
    }

    /// Exit code.
    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// For people, in lines of at most `width` columns. Unless all of it is wanted, what makes it longer than a screen
    /// is counted only; what the user can do comes before why.
    pub(crate) fn to_text(&self, colored: bool, width: usize, is_whole: bool) -> String {
        let mut why = labelled(colored, ("error:", "1;31"), &self.message, width, (0, 2));
        for cause in &self.causes {
            why.extend(labelled(colored, ("because:", "1"), cause, width, (2, 4)));
        }
        let hints = self.hints.iter().map(|hint| labelled(colored, ("hint:", "1;36"), hint, width, (0, 2)));
        let mut hints: Vec<Vec<String>> = hints.collect();
        let lines_of = |hints: &[Vec<String>]| hints.iter().map(Vec::len).sum::<usize>();
        if !is_whole && why.len() + lines_of(&hints) > MOST_LINES {
            let before = why.len() + lines_of(&hints);
            // One line says how much more there is.
            let room_for_hints = (MOST_LINES - 1).saturating_sub(why.len()).max(MOST_FOR_HINTS);
            while hints.len() > 1 && lines_of(&hints) > room_for_hints {
                hints.pop();
            }
            if let [one] = &mut hints[..] {
                one.truncate(room_for_hints);
            }
            let room = (MOST_LINES - 1).saturating_sub(lines_of(&hints));
            let shown = room.min(why.len());
            leave_out_middle(&mut why, room, &rest_of(before - shown - lines_of(&hints)));
        }
        why.into_iter().chain(hints.into_iter().flatten()).map(|line| line + "\n").collect()
    }

    /// What failed.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Why, and what the user can do, a line each.
    pub(crate) fn details(&self) -> String {
        let causes = self.causes.iter().map(|cause| format!("because: {cause}"));
        let hints = self.hints.iter().map(|hint| format!("hint: {hint}"));
        causes.chain(hints).collect::<Vec<_>>().join("\n")
    }

    /// For programs.
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "schema": 1,
            "error": {
                "message": self.message,
                "causes": self.causes,
                "hints": self.hints,
                "exit_code": self.exit as u8,
            },
        })
    }
}

/// Keeps `room` lines, and puts `mark` where others were: what comes last is the root of it, and what a backend wrote
/// last is why it ended.
fn leave_out_middle(lines: &mut Vec<String>, room: usize, mark: &str) {
    let is_output = lines.iter().any(|line| line.starts_with(OUTPUT));
    let at_end = if lines.len() <= room { 0 } else { room.min(if is_output { room.saturating_sub(1) } else { 2 }) };
    let end = lines.split_off(lines.len() - at_end);
    lines.truncate(room - at_end);
    lines.push(mark.to_owned());
    lines.extend(end);
}

/// A cause without what was said before it: that a certain file could not be opened, the number that the system gives
/// an error, and where a file for the time being would have been.
fn plain(text: &str, said: &str) -> String {
    let Some(reason) = of_system(text) else { return text.to_owned() };
    // fs_err: `failed to open file `PATH`: REASON`.
    let is_said = |path: &str| said.split('`').skip(1).step_by(2).any(|named| path.ends_with(named));
    match reason.rsplit_once("`: ").filter(|(before, _)| before.starts_with("failed to ")) {
        Some((before, reason)) if !before.split('`').nth(1).is_some_and(is_said) => {
            format!("{before}`: {}", in_words(reason))
        }
        Some((_, reason)) => in_words(reason).to_owned(),
        None => in_words(reason).to_owned(),
    }
}

/// The text of an error of the system's or the standard library's, without the number; `None`: somebody else wrote it.
fn of_system(text: &str) -> Option<&str> {
    if text.ends_with(NOT_UTF8) {
        return Some(text);
    }
    let (reason, rest) = text.split_once(" (os error ")?;
    let (number, rest) = rest.split_once(')')?;
    let ends = rest.is_empty() || rest.starts_with(" at path \"");
    (ends && number.parse::<u32>().is_ok()).then_some(reason)
}

/// What the standard library says of a file that is no text.
const NOT_UTF8: &str = "stream did not contain valid UTF-8";

/// A reason of the system's as part of a message.
fn in_words(reason: &str) -> &str {
    match reason {
        "No such file or directory" => "there is no such file or folder",
        "File exists" => "there is a file of that name",
        "Not a directory" => "a part of its path is a file, not a folder",
        "Is a directory" => "it is a folder",
        "Permission denied" => "this user may not",
        NOT_UTF8 => "it is no text in UTF-8",
        reason => reason,
    }
}

/// That a file cannot be read, as a part of a line.
pub(crate) fn unreadable(path: &Path, error: &std::io::Error) -> String {
    let failed = format!("failed to read `{}`", path.display());
    let why = plain(&error.to_string(), &failed);
    format!("{failed}: {why}")
}

/// How lines begin that another program wrote.
const OUTPUT: &str = "  | ";

/// Lines that hints may have of a message that is too long.
const MOST_FOR_HINTS: usize = 5;

/// A part of a message behind its label, which stands `indent.0` columns in; what goes on in further lines of the same
/// part stands `indent.1` columns in.
fn labelled(
    colored: bool,
    (label, code): (&str, &str),
    text: &str,
    width: usize,
    indent: (usize, usize),
) -> Vec<String> {
    let text = printable(text.trim_end());
    // Lines of a cause are kept together below it.
    let text = if indent.0 > 0 { text.replace('\n', "\n    ") } else { text };
    let mut lines = wrapped(&text, width, indent.0 + label.len() + 1, indent.1);
    if let Some(first) = lines.first_mut() {
        *first = format!("{}{} {first}", " ".repeat(indent.0), paint(colored, code, label));
    }
    lines
}

impl From<barrow::request::RequestError> for Failure {
    fn from(error: barrow::request::RequestError) -> Self {
        barrow::ops::Error::from(error).into()
    }
}

impl From<barrow::ops::Error> for Failure {
    fn from(error: barrow::ops::Error) -> Self {
        let exit = if error.is_usage() { Exit::Usage } else { Exit::Failed };
        Self::of(&error, exit).hints(hints::of(&error))
    }
}

impl From<barrow::check::CheckError> for Failure {
    /// What cannot be checked at all is wrong usage.
    fn from(error: barrow::check::CheckError) -> Self {
        Self::of(&error, Exit::Usage).hints(hints::check(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_do_is_shown_before_all_of_why() {
        let why = (0..20).map(|at| format!("reason {at}")).collect::<Vec<_>>().join("\n");
        let failure = Failure::usage(why).hint("do this").hint("or that");
        let short = failure.to_text(false, 100, false);
        let lines: Vec<&str> = short.lines().collect();
        assert_eq!((lines.len(), lines[0], lines[9]), (12, "error: reason 0", "reason 19"));
        assert_eq!(lines[7], "  … 11 more lines: `-v` shows all of it");
        assert_eq!(lines[10..], ["hint: do this", "hint: or that"]);
        assert_eq!(failure.to_text(false, 100, true).lines().count(), 22);
    }

    #[test]
    fn a_disk_that_refuses_has_one_answer_whatever_was_to_be_read_or_written() {
        use barrow::mirror::MirrorError;
        use std::io::ErrorKind::{ReadOnlyFilesystem, StorageFull};
        let said = |kind: std::io::ErrorKind, error: &dyn Fn(std::io::Error) -> barrow::ops::Error| {
            Failure::from(error(kind.into())).to_text(false, 100, false)
        };
        let lock = |source| barrow::ops::Error::WriteLock { path: "x".into(), source };
        let mirror = |source| barrow::ops::Error::from(MirrorError::Write { path: "x".into(), source });
        assert!(said(StorageFull, &lock).contains("hint: make room there"), "{}", said(StorageFull, &lock));
        assert!(said(ReadOnlyFilesystem, &mirror).contains("hint: name a place where files may be written"));
        assert!(said(StorageFull, &mirror).contains("hint: the disk with the mirror is full"));
        assert!(!said(std::io::ErrorKind::NotFound, &mirror).contains("hint"));
    }

    #[test]
    fn many_hints_give_way_to_the_first() {
        let failure =
            (0..9).fold(Failure::usage("no"), |failure, at| failure.hint(format!("{at} {}", "word ".repeat(30))));
        let short = failure.to_text(false, 80, false);
        assert!(short.lines().count() <= 12 && short.contains("hint: 0 ") && !short.contains("hint: 8 "), "{short}");
        assert!(short.lines().all(|line| line.chars().count() <= 80), "{short}");
    }

    #[test]
    fn causes_do_not_repeat_what_was_said() {
        let check = |said: &str, text: &str, expected: &str| assert_eq!(plain(text, said), expected);
        let open = "failed to open file `/a/b`: No such file or directory (os error 2)";
        check("failed to read `/a/b`", open, "there is no such file or folder");
        check("failed", open, "failed to open file `/a/b`: there is no such file or folder");
        check(
            "failed to read `/a/b`",
            "failed to read from file `/a/b`: stream did not contain valid UTF-8",
            "it is no text in UTF-8",
        );
        check(
            "failed to write `/a`",
            "failed to create file `/a`: No space left on device (os error 28)",
            "No space left on device",
        );
        check("failed", "it is (os error so)", "it is (os error so)");
        check("failed", "No such file or directory (os error 2) at path \"/a/.b\"", "there is no such file or folder");
        check("`b` is no template", "failed to query metadata `/a/b`: Is a directory (os error 21)", "it is a folder");
    }

    #[test]
    fn parts_stand_in_from_their_label() {
        let failure = Failure::usage("one two three four")
            .because(&std::io::Error::other("five six seven\neight"))
            .hint("nine ten");
        let expected = "\
error: one two
  three four
  because: five
    six seven
    eight
hint: nine ten
";
        assert_eq!(failure.to_text(false, 16, true), expected);
    }
}
