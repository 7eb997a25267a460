//! Messages as wide as is read well, and no longer than is read at all.
//!
//! Lines are broken at spaces, never inside of a word, so that a URL or a path stays whole and can be copied; words
//! between backquotes, such as a command, stay together where one line has room for them. Signs of Chinese, Japanese
//! and Korean take two columns (Unicode Standard Annex 11). No line is broken before `::`: there are texts from outside
//! in messages, and GitHub takes a line that begins so for a command (GitHub Actions, "Workflow commands").

use unicode_width::UnicodeWidthChar as _;

/// Columns that no line of a message goes beyond, but for a word that is longer by itself.
pub(crate) const WIDEST: usize = 100;

/// Lines that one message has at most, unless the user wants to see all of it.
pub(crate) const MOST_LINES: usize = 12;

/// A text in lines of at most `width` columns. Its own line ends stay. `used` columns of the first line are taken, and
/// what goes on after a break stands `indent` columns further in than its line.
pub(crate) fn wrapped(text: &str, width: usize, used: usize, indent: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut taken = used;
    for line in text.split('\n') {
        let own = line.len() - line.trim_start_matches(' ').len();
        // What another program wrote has a bar before each line.
        let bar = if line.trim_start().starts_with("| ") { "| " } else { "" };
        wrap_line(line, width, taken, &format!("{}{bar}{}", " ".repeat(own), " ".repeat(indent)), &mut lines);
        taken = 0;
    }
    lines
}

fn wrap_line(line: &str, width: usize, used: usize, indent: &str, lines: &mut Vec<String>) {
    if used + columns_of(line) <= width {
        lines.push(line.to_owned());
        return;
    }
    let (mut now, mut columns) = (String::new(), used);
    let mut is_begun = false;
    for piece in pieces(line, width.saturating_sub(indent.len())) {
        let wide = columns_of(piece);
        if is_begun && columns + 1 + wide > width && !piece.is_empty() && !piece.starts_with("::") {
            lines.push(now.trim_end().to_owned());
            indent.clone_into(&mut now);
            columns = indent.len();
        } else if is_begun {
            now.push(' ');
            columns += 1;
        }
        now.push_str(piece);
        columns += wide;
        // Spaces before the first word are no place to break at.
        is_begun |= !piece.is_empty();
        if !is_begun {
            now.push(' ');
            columns += 1;
        }
    }
    lines.push(now.trim_end().to_owned());
}

/// A line in pieces that stay whole: words, and what stands between backquotes if it is not wider than `room`.
pub(crate) fn pieces(line: &str, room: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = line;
    loop {
        let end = end_of_piece(rest, room);
        pieces.push(&rest[..end]);
        match rest.get(end + 1..) {
            Some(after) if end < rest.len() => rest = after,
            _ => return pieces,
        }
    }
}

/// Columns that a text takes: codes for colours take none, and wide signs two.
pub(crate) fn columns_of(text: &str) -> usize {
    let (mut columns, mut is_code) = (0, false);
    for c in text.chars() {
        match c {
            '\u{1b}' => is_code = true,
            'm' if is_code => is_code = false,
            _ if is_code => {}
            _ => columns += c.width().unwrap_or(0),
        }
    }
    columns
}

/// Where the first piece ends: at a space, or at the end.
fn end_of_piece(rest: &str, room: usize) -> usize {
    let space_from = |from: usize| rest[from..].find(' ').map_or(rest.len(), |at| from + at);
    let mut end = space_from(0);
    let mut from = 0;
    // As long as a backquote is open at the end, the piece goes on.
    while let Some(open) = rest[from..end].find('`').map(|at| from + at) {
        let Some(close) = rest[open + 1..].find('`').map(|at| open + 1 + at) else { break };
        if close > end {
            let longer = space_from(close);
            if columns_of(&rest[..longer]) > room {
                break;
            }
            end = longer;
        }
        from = close + 1;
    }
    end
}

/// As many of the lines as a message may have, and a last one that counts the others.
pub(crate) fn shortened(mut lines: Vec<String>, most: usize) -> Vec<String> {
    if lines.len() > most {
        let more = lines.len() - (most - 1);
        lines.truncate(most - 1);
        lines.push(rest_of(more));
    }
    lines
}

/// What stands in the place of lines that are not shown.
pub(crate) fn rest_of(lines: usize) -> String {
    let s = if lines == 1 { "" } else { "s" };
    format!("  … {lines} more line{s}: `-v` shows all of it")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, width: usize, used: usize, expected: &[&str]) {
        assert_eq!(wrapped(text, width, used, 2), expected, "{text}");
    }

    #[test]
    fn lines_are_broken_at_words() {
        check("one two three", 13, 0, &["one two three"]);
        check("one two three", 12, 0, &["one two", "  three"]);
        check("one two three", 13, 1, &["one two", "  three"]);
        check("one\n  two three four", 12, 0, &["one", "  two three", "    four"]);
        check("", 12, 0, &[""]);
    }

    #[test]
    fn what_is_copied_stays_whole() {
        check("see https://index.example/simple/ there", 12, 0, &["see", "  https://index.example/simple/", "  there"]);
        check("run `barrow lock -o x` now, please", 24, 0, &["run `barrow lock -o x`", "  now, please"]);
        check("so run `barrow lock -o x`, now", 25, 0, &["so run", "  `barrow lock -o x`, now"]);
        // What no line has room for is broken after all, and a backquote that nothing closes is a sign like others.
        check("run `barrow lock -o x` now", 14, 0, &["run `barrow", "  lock -o x`", "  now"]);
        check("a lone ` sign here", 10, 0, &["a lone `", "  sign", "  here"]);
    }

    #[test]
    fn no_line_becomes_a_command() {
        check("it says ::error::no here", 8, 0, &["it says ::error::no", "  here"]);
    }

    #[test]
    fn colours_take_no_room() {
        check("\u{1b}[1mone\u{1b}[0m two", 7, 0, &["\u{1b}[1mone\u{1b}[0m two"]);
    }

    #[test]
    fn wide_signs_take_two_columns() {
        check("\u{95a2}\u{6570} \u{66f8}", 7, 0, &["\u{95a2}\u{6570} \u{66f8}"]);
        check("\u{95a2}\u{6570} \u{66f8}", 6, 0, &["\u{95a2}\u{6570}", "  \u{66f8}"]);
        // An accent of its own takes none.
        check("cafe\u{301} x", 6, 0, &["cafe\u{301} x"]);
    }

    #[test]
    fn the_rest_is_counted() {
        let lines = |count: usize| (0..count).map(|at| at.to_string()).collect::<Vec<_>>();
        assert_eq!(shortened(lines(3), 3), lines(3));
        assert_eq!(shortened(lines(4), 3), ["0", "1", "  … 2 more lines: `-v` shows all of it"]);
    }
}
