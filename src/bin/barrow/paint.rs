//! Texts as a terminal may have them: in colour, and harmless.

use std::borrow::Cow;
use std::fmt::Write as _;

use barrow::reporter::{is_harmful, one_line, without_commands};

/// `text` in colour, if colours are wanted.
pub(crate) fn paint(colored: bool, code: &str, text: &str) -> String {
    if colored { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
}

/// Text with parts from outside, made harmless for a terminal and for systems that read logs. Line ends stay.
pub(crate) fn printable(text: &str) -> String {
    let text = without_commands(text);
    if !text.contains(is_harmful) {
        return text.into_owned();
    }
    text.split('\n').map(one_line).collect::<Vec<_>>().join("\n")
}

/// A JSON text, made harmless for a terminal: the format itself asks for escapes of some control characters only.
pub(crate) fn printable_json(json: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| byte == b'\n' || (b' '..0x7f).contains(&byte);
    // Without a way out of the loop it is made of wide instructions, and a lock has a megabyte.
    if json.bytes().fold(true, |all, byte| all & is_plain(byte)) && !json.contains("##") {
        return Cow::Borrowed(json);
    }
    let mut text = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        let begins_command = c == '#' && (rest.starts_with("#[") || rest.starts_with("#vso["));
        if (c != '\n' && is_harmful(c)) || begins_command {
            // Writing to a string cannot fail.
            let _ = write!(text, "\\u{:04x}", u32::from(c));
        } else {
            text.push(c);
        }
    }
    Cow::Owned(text)
}
