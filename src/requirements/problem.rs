//! What is wrong in the user's own files, shown where it stands.

use std::fmt;
use std::ops::Range;

use super::Origin;
use crate::spec::SyntaxError;

/// Everything that is wrong in what one run read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequirementsError {
    /// Lines that cannot be used, or files that cannot be read, in the order of reading; all of them.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Invalid(Vec<Problem>),
}

/// One thing that is wrong, with its place. `Display` shows the line with a mark under the place.
///
/// Credentials and the values of variables are hidden in every part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// File and line.
    pub origin: Origin,
    /// One-based column, in characters.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// The line as it stands in the file; empty when the file could not be read.
    pub source_line: String,
    /// Where the mark under `source_line` starts, in characters from zero. Not `column - 1` where something is hidden.
    pub mark_start: usize,
    /// How many characters are marked, at least one.
    pub mark_length: usize,
    /// What could stand there.
    pub expected: Option<String>,
    /// What the author probably meant, or can do.
    pub hint: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A file that the command line names has no column there: the shell has taken the line apart.
        if self.origin == Origin::CommandLine && self.source_line.is_empty() {
            write!(f, "{}: {}", self.origin, self.message)?;
        } else {
            write!(f, "{}:{}: {}", self.origin, self.column, self.message)?;
        }
        if !self.source_line.is_empty() {
            // Tabs are repeated under the line, so that the mark stands right however wide they are shown.
            let indent: String =
                self.source_line.chars().take(self.mark_start).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
            write!(f, "\n    {}\n    {indent}{}", self.source_line, "^".repeat(self.mark_length.max(1)))?;
            if let Some(expected) = &self.expected {
                write!(f, " expected {expected}")?;
            }
        } else if let Some(expected) = &self.expected {
            write!(f, "\n    expected {expected}")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n    hint: {hint}")?;
        }
        Ok(())
    }
}

impl Problem {
    /// A problem at a byte offset of a physical line.
    pub(super) fn in_line(
        origin: Origin,
        line: &str,
        offset: usize,
        error: &SyntaxError,
        hidden: &[(String, String)],
    ) -> Self {
        let offset = floor_boundary(line, offset);
        let end = floor_boundary(line, offset.saturating_add(error.length).min(line.len()));
        let (source_line, mark_start) = mask_secrets(line, offset);
        let (_, mark_end) = mask_secrets(line, end.max(offset));
        let characters = |upto: usize| source_line[..floor_boundary(&source_line, upto)].chars().count();
        let hide = |text: &String| hide_all(text, hidden);
        let (message, hint) = without_values(hide(&error.message), error.hint.as_ref().map(hide), hidden);
        Self {
            origin,
            column: line[..offset].chars().count() + 1,
            message,
            mark_start: characters(mark_start),
            mark_length: characters(mark_end).saturating_sub(characters(mark_start)).max(1),
            source_line,
            expected: error.expected.as_ref().map(hide),
            hint,
        }
        .cut()
    }

    /// Shows only the neighbourhood of the mark of a very long line.
    fn cut(mut self) -> Self {
        const BEFORE: usize = 40;
        const LONGEST: usize = 90;
        if self.source_line.chars().count() > LONGEST {
            let skipped = self.mark_start.saturating_sub(BEFORE);
            let mut shown: String = self.source_line.chars().skip(skipped).take(LONGEST).collect();
            if self.source_line.chars().count() > skipped + LONGEST {
                shown.push('…');
            }
            if skipped > 0 {
                shown.insert(0, '…');
                self.mark_start = self.mark_start - skipped + 1;
            }
            self.mark_length = self.mark_length.min(LONGEST - BEFORE);
            self.source_line = shown;
        }
        self
    }

    /// A problem with a whole file or argument, which has no line to show.
    pub(super) fn whole(origin: Origin, message: &str, hint: Option<&str>) -> Self {
        Self {
            origin,
            column: 1,
            message: mask_secrets(message, 0).0,
            source_line: String::new(),
            mark_start: 0,
            mark_length: 1,
            expected: None,
            hint: hint.map(str::to_owned),
        }
    }
}

fn floor_boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// Puts `${NAME}` back for the values of variables, and hides credentials in what remains.
pub(super) fn hide_all(text: &str, expanded: &[(String, String)]) -> String {
    // A value of one or two characters is no secret, and replacing it would garble the words around it.
    let restored = expanded
        .iter()
        .filter(|(_, value)| value.chars().count() > 2)
        .fold(text.to_owned(), |text, (name, value)| text.replace(value, &format!("${{{name}}}")));
    mask_secrets(&restored, 0).0
}

/// A message may quote a part of a variable's value, or the value in other words: then it says less.
fn without_values(message: String, hint: Option<String>, expanded: &[(String, String)]) -> (String, Option<String>) {
    let quotes = |text: &str| {
        expanded.iter().find(|(_, value)| {
            let value: Vec<char> = value.chars().collect();
            value.windows(4).any(|part| text.contains(&part.iter().collect::<String>()))
        })
    };
    let message = match quotes(&message) {
        Some((name, _)) => format!("the value of `${{{name}}}` cannot stand here"),
        None => message,
    };
    (message, hint.filter(|hint| quotes(hint).is_none()))
}

/// Hides what stands before `@` and after `?` in every URL of a text, also where its scheme was forgotten, and says where
/// a byte offset went.
pub(super) fn mask_secrets(text: &str, offset: usize) -> (String, usize) {
    let mut hidden: Vec<Range<usize>> = in_urls(text).into_iter().chain(without_scheme(text)).collect();
    hidden.sort_by_key(|range| range.start);
    let mut masked = String::with_capacity(text.len());
    let mut moved = None;
    let mut done = 0;
    let mut copy = |masked: &mut String, from: usize, to: usize, instead: Option<&str>| {
        if moved.is_none() && offset < to {
            moved = Some(masked.len() + if instead.is_some() { 0 } else { offset - from });
        }
        masked.push_str(instead.unwrap_or(&text[from..to]));
    };
    for Range { start, end } in hidden {
        if start >= done {
            copy(&mut masked, done, start, None);
            copy(&mut masked, start, end, Some("****"));
            done = end;
        }
    }
    copy(&mut masked, done, text.len(), None);
    let end = masked.len();
    (masked, moved.unwrap_or(end))
}

/// What is hidden of the URLs of a text.
fn in_urls(text: &str) -> Vec<Range<usize>> {
    let (mut hidden, mut done) = (Vec::new(), 0);
    for (found, _) in text.match_indices("://") {
        let start = found + 3;
        if start < done {
            continue;
        }
        let end = text[start..]
            .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`'))
            .map_or(text.len(), |at| start + at);
        done = start;
        if let Some(userinfo) = userinfo_length(&text[start..end]) {
            done = start + userinfo;
            hidden.push(start..done);
        }
        let query_end = text[done..end].find('#').map_or(end, |at| done + at);
        if let Some(query) = text[done..query_end].find('?') {
            hidden.push(done + query + 1..query_end);
            done = query_end;
        }
    }
    hidden
}

/// Options whose value is a URL or a folder.
pub(crate) const LOCATION_OPTIONS: [&str; 5] = ["-i", "--index-url", "--extra-index-url", "-f", "--find-links"];

/// What is hidden of words that are URLs whose scheme was forgotten: `user:password@host`, and behind an option for an
/// index also `token@host`.
fn without_scheme(text: &str) -> Vec<Range<usize>> {
    let is_between = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`');
    let (mut hidden, mut before) = (Vec::new(), "");
    for word in text.split(is_between).filter(|word| !word.is_empty()) {
        let (option, value) = word.split_once('=').filter(|_| word.starts_with("--")).unwrap_or((before, word));
        before = word;
        let Some(at) = value.rfind('@').filter(|_| !value.contains("://")) else { continue };
        let has_password = value[..at]
            .split_once(':')
            .is_some_and(|(user, _)| !user.contains(['@', '/']) && !user.eq_ignore_ascii_case("file"));
        if has_password || LOCATION_OPTIONS.contains(&option) {
            let start = value.as_ptr().addr() - text.as_ptr().addr();
            hidden.push(start..start + at);
        }
    }
    hidden
}

/// Length of what must be hidden before an `@`.
fn userinfo_length(url: &str) -> Option<usize> {
    let authority = url.find(['/', '?', '#', '\\']).unwrap_or(url.len());
    if let Some(at) = url[..authority].rfind('@') {
        return Some(at);
    }
    // `user:pa/ss@host` is no valid URL, but its author meant a password: hide all of it.
    let after_colon = url[..authority].split_once(':').map(|(_, port)| port)?;
    let is_port = after_colon.bytes().all(|b| b.is_ascii_digit());
    if is_port { None } else { url.rfind('@') }
}
