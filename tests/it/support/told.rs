//! What a run says on standard error: the rule for its shape, and its lines as they were before they were broken.

use crate::wrap::{MOST_LINES, WIDEST, pieces};

/// Standard error of a run, each of its lines whole.
pub(crate) fn said(output: &std::process::Output) -> String {
    joined(&String::from_utf8_lossy(&output.stderr))
}

/// Lines that were broken at the greatest width are whole again: the first word of the next one would not have had
/// room.
pub(crate) fn joined(text: &str) -> String {
    let mut joined = String::new();
    let (mut columns, mut begins_list) = (0, false);
    for line in text.split_inclusive('\n') {
        let (bare, indent) = (line.trim_start_matches(' '), line.len() - line.trim_start_matches(' ').len());
        let first = pieces(bare.trim_end_matches('\n'), WIDEST - indent.min(WIDEST))[0].chars().count();
        let is_rest = indent >= 2 && !begins_list && columns > 0 && first > 0 && columns + 1 + first > WIDEST;
        if is_rest {
            joined.pop();
            joined.push(' ');
            joined.push_str(bare);
        } else {
            joined.push_str(line);
        }
        columns = line.trim_end_matches('\n').chars().count();
        begins_list = line.trim_end().ends_with(':');
    }
    joined
}

/// Panics where a line is wider than messages are, and could have been broken, or where a message has more lines.
pub(crate) fn check(text: &str, is_verbose: bool) {
    if is_verbose || text.starts_with('{') {
        return;
    }
    let mut lines = 0;
    for line in text.lines() {
        let bare = line.trim_start();
        let indent = line.len() - bare.len();
        let label = ["because: ", "error: ", "hint: ", "warning: "].into_iter().find(|label| bare.starts_with(label));
        let words = pieces(bare.strip_prefix(label.unwrap_or_default()).unwrap_or(bare), WIDEST - indent.min(WIDEST));
        let is_wide = line.chars().count() > WIDEST && words.iter().filter(|word| !word.is_empty()).count() > 1;
        assert!(!is_wide, "a line is {} columns wide:\n{text}", line.chars().count());
        lines = match label {
            Some("error: " | "warning: ") => 1,
            None if indent == 0 => 0,
            _ => lines + 1,
        };
        assert!(lines <= MOST_LINES, "a message has {lines} lines:\n{text}");
    }
}
