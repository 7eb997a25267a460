//! Indentation by tabs and blanks, compared as Python does it ("Lexical analysis", "Indentation").
//!
//! The parser compares it otherwise, so it takes files that Python refuses. Python counts twice: with tabs that lead to
//! the next multiple of eight, and with tabs that are as wide as a blank. Where the two do not agree about which of two
//! lines stands deeper, the meaning of the file depends on the width of tabs, and that is a `TabError`.

use ruff_python_ast::token::{TokenKind, Tokens};
use ruff_text_size::Ranged as _;

/// Columns from one stop of a tab to the next.
const TAB_SIZE: usize = 8;

/// How far in a line stands: its column with real tabs, and with tabs like blanks.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Depth {
    column: usize,
    characters: usize,
}

impl Depth {
    fn of(blanks: &str) -> Self {
        blanks.bytes().fold(Self::default(), |depth, byte| match byte {
            // A form feed starts the count anew.
            b'\x0c' => Self::default(),
            b'\t' => Self { column: (depth.column / TAB_SIZE + 1) * TAB_SIZE, characters: depth.characters + 1 },
            _ => Self { column: depth.column + 1, characters: depth.characters + 1 },
        })
    }
}

/// What Python says of the first line whose indentation it does not take, and the place of its first token; `None`: it
/// takes all of them.
pub(super) fn indentation_fault(source: &str, tokens: &Tokens) -> Option<(usize, &'static str)> {
    let mut open = vec![Depth::default()];
    let mut is_at_start = true;
    // Where the line of the next statement begins.
    let mut line = 0;
    for token in tokens {
        match token.kind() {
            TokenKind::Newline => {
                is_at_start = true;
                line = token.end().to_usize();
            }
            TokenKind::NonLogicalNewline => line = token.end().to_usize(),
            TokenKind::Indent | TokenKind::Dedent | TokenKind::Comment => {}
            TokenKind::EndOfFile => break,
            _ if is_at_start => {
                is_at_start = false;
                let at = token.start().to_usize();
                if let Err(reason) = step(&mut open, depth_before(&source[line..at])) {
                    return Some((at, reason));
                }
            }
            _ => {}
        }
    }
    None
}

/// How far in a statement stands behind the blanks of its line. Where a backslash goes on with another line before it
/// begins, the blanks before the first backslash count, if there are any.
fn depth_before(mut blanks: &str) -> Depth {
    while let Some(rest) = blanks.strip_prefix('\\') {
        blanks = rest.trim_start_matches(['\r', '\n']);
    }
    match blanks.split_once('\\') {
        None => Depth::of(blanks),
        Some((first, _)) => {
            let column = Depth::of(first).column;
            Depth { column, characters: column }
        }
    }
}

/// Goes to a line that stands so deep, below the blocks that are open.
fn step(open: &mut Vec<Depth>, depth: Depth) -> Result<(), &'static str> {
    const INCONSISTENT: &str = "inconsistent use of tabs and spaces in indentation";
    let before = open.len();
    while open.len() > 1 && open.last().is_some_and(|block| depth.column < block.column) {
        open.pop();
    }
    let block = open.last().copied().unwrap_or_default();
    if depth.column == block.column {
        return if depth == block { Ok(()) } else { Err(INCONSISTENT) };
    }
    if open.len() < before {
        return Err("unindent does not match any outer indentation level");
    }
    if depth.characters <= block.characters {
        return Err(INCONSISTENT);
    }
    open.push(depth);
    Ok(())
}
