//! Places in a TOML file: from byte spans to lines, columns and messages.

use std::ops::Range;
use std::path::Path;

use super::Origin;
use super::problem::Problem;
use crate::spec::{SyntaxError, line_at};

/// The text of a TOML file and what to call it.
#[derive(Clone, Copy, Debug)]
pub(super) struct TomlText<'a> {
    /// The text, without a byte order mark.
    pub(super) text: &'a str,
    /// The file, as messages name it.
    pub(super) file: &'a Path,
}

impl<'a> TomlText<'a> {
    /// Where a value stands.
    pub(super) fn origin(&self, span: &Range<usize>) -> Origin {
        Origin::File { file: self.file.to_owned(), line: self.line_of(span.start).0 }
    }

    /// A problem over a value, or over a part of it that the error points to.
    pub(super) fn problem(&self, span: &Range<usize>, error: &SyntaxError) -> Problem {
        let at = (span.start + error.at).min(self.text.len());
        let (line, start) = self.line_of(at);
        let source = self.text[start..].lines().next().unwrap_or_default();
        let origin = Origin::File { file: self.file.to_owned(), line };
        Problem::in_line(origin, source, at - start, error, &[])
    }

    /// A problem inside a string, whose text starts after its quote.
    pub(super) fn problem_in_string(&self, span: &Range<usize>, value: &str, error: &SyntaxError) -> Problem {
        let written = self.slice(span);
        let exact = written.len() == value.len() + 2 && written.get(1..=value.len()) == Some(value);
        let error = error.clone();
        let error = if exact { error.shifted(1) } else { SyntaxError { at: 0, length: span.len(), ..error } };
        self.problem(span, &error)
    }

    /// The text of a value as it is written.
    pub(super) fn slice(&self, span: &Range<usize>) -> &'a str {
        self.text.get(span.clone()).unwrap_or_default()
    }

    fn line_of(&self, at: usize) -> (u32, usize) {
        let before = self.text.get(..at).unwrap_or(self.text);
        (u32::try_from(line_at(before, at)).unwrap_or(u32::MAX), before.rfind('\n').map_or(0, |end| end + 1))
    }
}
