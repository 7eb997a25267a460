//! From the text of a requirements file to logical lines: joined, without comments, variables expanded.
//!
//! pip documentation, "Requirements File Format": the order is joining, comments, variables, so that a `#` in a
//! variable's value starts no comment. Lines end wherever Python's `str.splitlines` ends them. Every place of a
//! logical line can be traced back to the file.

use std::collections::BTreeMap;

use super::decode::decode;

/// A line of requirements, in one piece.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LogicalLine {
    /// One-based number of the first physical line.
    pub(super) number: u32,
    /// What it says, without surrounding blanks.
    pub(super) text: String,
    /// Variables that were expanded: name and value.
    pub(super) expanded: Vec<(String, String)>,
    /// Where its pieces come from, in order; the first starts at 0.
    pieces: Vec<Piece>,
}

/// A part of a logical line that stands in the file in one piece.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Piece {
    /// Byte offset in the logical line.
    at: usize,
    /// One-based physical line.
    line: u32,
    /// Byte offset in the physical line.
    offset: usize,
    /// The value of a variable: all of it comes from one place.
    fixed: bool,
}

impl LogicalLine {
    /// The physical line (one-based) and the byte offset in it where the byte at `at` comes from.
    pub(super) fn place(&self, at: usize) -> (u32, usize) {
        let piece = self.pieces.iter().rev().find(|piece| piece.at <= at).unwrap_or(&self.pieces[0]);
        (piece.line, if piece.fixed { piece.offset } else { piece.offset + (at - piece.at) })
    }

    /// A line that is no part of a file.
    pub(super) fn alone(text: &str) -> Self {
        let pieces = vec![Piece { at: 0, line: 1, offset: 0, fixed: false }];
        Self { number: 1, text: text.to_owned(), expanded: Vec::new(), pieces }
    }
}

/// What a requirements file says, line by line, each with the one-based number of its first physical line. Variables
/// stay names.
///
/// # Errors
/// Why the bytes are no text.
pub fn requirement_lines(bytes: &[u8]) -> Result<Vec<(u32, String)>, String> {
    let text = decode(bytes).map_err(|(_, why)| why)?;
    let lines = logical_lines(&physical_lines(&text), &BTreeMap::new());
    Ok(lines.into_iter().map(|line| (line.number, line.text)).collect())
}

/// Splits a text as Python's `str.splitlines` does, line ends left out.
pub(super) fn physical_lines(text: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    while let Some(end) = rest.find(is_line_end) {
        lines.push(&rest[..end]);
        let end_length =
            if rest[end..].starts_with("\r\n") { 2 } else { rest[end..].chars().next().map_or(0, char::len_utf8) };
        rest = &rest[end + end_length..];
    }
    if !rest.is_empty() {
        lines.push(rest);
    }
    lines
}

fn is_line_end(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\x0b' | '\x0c' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// What Python's `str.strip` and `\s` take for white space.
pub(super) fn is_python_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\x1c'..='\x1f')
}

/// Makes logical lines of physical ones; empty ones are left out.
pub(super) fn logical_lines(lines: &[&str], environment: &BTreeMap<String, String>) -> Vec<LogicalLine> {
    let mut logical = Vec::new();
    let mut joined: Option<LogicalLine> = None;
    for (number, line) in (1u32..).zip(lines) {
        let is_comment = line.trim_start_matches(is_python_space).starts_with('#');
        let goes_on = line.ends_with('\\') && !is_comment;
        let (text, offset) = if goes_on {
            // pip strips backslashes from both ends.
            let start = line.len() - line.trim_start_matches('\\').len();
            (line[start..].trim_end_matches('\\'), start)
        } else {
            (*line, 0)
        };
        let piece = |at| Piece { at, line: number, offset, fixed: false };
        let current = match &mut joined {
            None => joined.insert(LogicalLine {
                number,
                text: text.to_owned(),
                expanded: Vec::new(),
                pieces: vec![piece(0)],
            }),
            Some(current) => {
                // A blank keeps a comment a comment, whatever stands before it.
                if is_comment {
                    current.text.push(' ');
                }
                current.pieces.push(piece(current.text.len()));
                current.text.push_str(text);
                current
            }
        };
        if !goes_on {
            finish(current, environment);
            logical.extend(joined.take().filter(|line| !line.text.is_empty()));
        }
    }
    if let Some(mut last) = joined {
        finish(&mut last, environment);
        logical.extend(Some(last).filter(|line| !line.text.is_empty()));
    }
    logical
}

fn finish(line: &mut LogicalLine, environment: &BTreeMap<String, String>) {
    if let Some(comment) = comment_start(&line.text) {
        line.text.truncate(comment);
    }
    line.text.truncate(line.text.trim_end_matches(is_python_space).len());
    let blank = line.text.len() - line.text.trim_start_matches(is_python_space).len();
    if blank > 0 {
        line.text.drain(..blank);
        let first = line.pieces.iter().rposition(|piece| piece.at <= blank).unwrap_or(0);
        line.pieces.drain(..first);
        for piece in &mut line.pieces {
            piece.offset += blank.saturating_sub(piece.at);
            piece.at = piece.at.saturating_sub(blank);
        }
    }
    if line.text.contains("${") {
        expand(line, environment);
    }
}

/// A comment starts at a `#` that is first or follows white space.
fn comment_start(text: &str) -> Option<usize> {
    text.match_indices('#').map(|(at, _)| at).find(|&at| text[..at].chars().next_back().is_none_or(is_python_space))
}

/// Replaces `${NAME}` by the variable's value; an unset or empty one stays as written.
///
/// Names are collected before any is replaced, as pip does, so a value is searched only for names of the line itself.
fn expand(line: &mut LogicalLine, environment: &BTreeMap<String, String>) {
    let names: Vec<String> = variable_names(&line.text);
    for name in names {
        let Some(value) = environment.get(&name).filter(|value| !value.is_empty()) else { continue };
        let pattern = format!("${{{name}}}");
        let mut text = String::with_capacity(line.text.len() + value.len());
        let mut pieces: Vec<Piece> = Vec::with_capacity(line.pieces.len() + 2);
        let mut from = 0;
        let mut old_pieces = line.pieces.iter().copied().peekable();
        let copy_pieces = |pieces: &mut Vec<Piece>,
                           old: &mut std::iter::Peekable<std::iter::Copied<std::slice::Iter<'_, Piece>>>,
                           until: usize,
                           from: usize,
                           new: usize| {
            while let Some(piece) = old.next_if(|piece: &Piece| piece.at < until) {
                pieces.push(Piece { at: new + (piece.at - from), ..piece });
            }
        };
        for (at, _) in line.text.match_indices(&pattern) {
            copy_pieces(&mut pieces, &mut old_pieces, at, from, text.len());
            text.push_str(&line.text[from..at]);
            let (number, offset) = line.place(at);
            pieces.push(Piece { at: text.len(), line: number, offset, fixed: true });
            text.push_str(value);
            from = at + pattern.len();
            // What follows goes on where the variable ends, unless a piece starts right there.
            while old_pieces.next_if(|piece| piece.at < from).is_some() {}
            let (number, offset) = line.place(from - 1);
            let fixed = line.pieces.iter().rev().find(|piece| piece.at < from).is_some_and(|piece| piece.fixed);
            pieces.push(Piece { at: text.len(), line: number, offset: offset + usize::from(!fixed), fixed });
        }
        if from == 0 {
            continue;
        }
        copy_pieces(&mut pieces, &mut old_pieces, usize::MAX, from, text.len());
        text.push_str(&line.text[from..]);
        line.text = text;
        line.pieces = pieces;
        line.expanded.push((name, value.clone()));
    }
}

/// The names in `${NAME}`, upper-case letters, digits and `_`, each once.
fn variable_names(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (at, _) in text.match_indices("${") {
        let rest = &text[at + 2..];
        let length = rest.bytes().take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_').count();
        if length > 0 && rest[length..].starts_with('}') && !names.iter().any(|name| name == &rest[..length]) {
            names.push(rest[..length].to_owned());
        }
    }
    names
}
