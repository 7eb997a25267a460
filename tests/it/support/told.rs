//! What a run says on standard error: the rule for its shape, and its lines as they were before they were broken.

use crate::wrap::{MOST_LINES, WIDEST, columns_of, pieces};

/// Standard error of a run, each of its lines whole.
pub(crate) fn said(output: &std::process::Output) -> String {
    joined(&String::from_utf8_lossy(&output.stderr))
}

/// Fails where one of the parts is not in what was shown.
#[track_caller]
pub(crate) fn has(shown: &str, parts: &[&str]) {
    for part in parts {
        assert!(shown.contains(part), "`{part}` is not in\n{shown}");
    }
}

/// Lines that were broken at the greatest width are whole again: the first word of the next one would not have had
/// room, and it stands in as far as the rest of a line does.
pub(crate) fn joined(text: &str) -> String {
    let mut joined = String::new();
    let (mut columns, mut begins_list) = (0, false);
    // How far in the line began that may go on, and how much further its rest stands in.
    let (mut own, mut step) = (0, 2);
    // What stands behind a colon may be a list, or the rest of a sentence that was broken there.
    let mut is_behind_colon = false;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_start_matches(' ');
        let indent = line.len() - bare.len();
        let first = columns_of(pieces(bare.trim_end_matches('\n'), WIDEST.saturating_sub(indent))[0]);
        let is_part = label_of(bare).is_some();
        let is_as_far = indent == own + step || (is_behind_colon && indent == own);
        let is_rest = is_as_far && !is_part && !begins_list && columns > 0 && first > 0 && columns + 1 + first > WIDEST;
        if is_rest {
            joined.pop();
            joined.push(' ');
            joined.push_str(bare);
        } else {
            joined.push_str(line);
            is_behind_colon = begins_list;
            (own, step) = match label_of(bare) {
                Some("because: ") => (0, 4),
                _ if indent == 0 => (0, 2),
                _ => (indent, step),
            };
        }
        columns = columns_of(line.trim_end_matches('\n'));
        begins_list = line.trim_end().ends_with(':');
    }
    joined
}

/// The label of a part of a message.
fn label_of(bare: &str) -> Option<&'static str> {
    ["because: ", "error: ", "hint: ", "warning: "].into_iter().find(|label| bare.starts_with(label))
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
        let label = label_of(bare);
        let words = pieces(bare.strip_prefix(label.unwrap_or_default()).unwrap_or(bare), WIDEST - indent.min(WIDEST));
        let is_wide = columns_of(line) > WIDEST && words.iter().filter(|word| !word.is_empty()).count() > 1;
        assert!(!is_wide, "a line is {} columns wide:\n{text}", columns_of(line));
        lines = match label {
            Some("error: " | "warning: ") => 1,
            None if indent == 0 => 0,
            _ => lines + 1,
        };
        assert!(lines <= MOST_LINES, "a message has {lines} lines:\n{text}");
    }
}
