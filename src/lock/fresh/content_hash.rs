//! Digests that tools put into their locks: of parts of the project file, as Python's `json.dumps` writes them.

use std::fmt::Write as _;

use toml::{Table, Value};

use crate::spec::sha256;

/// How `json.dumps` separates items and keys: its default, and the compact form.
pub(super) const SPACED: [&str; 2] = [", ", ": "];
pub(super) const COMPACT: [&str; 2] = [",", ":"];

/// A table with these entries; `None` is written as `null`.
pub(super) struct JsonObject(pub(super) Vec<(String, Option<Value>)>);

impl JsonObject {
    /// Its digest, keys sorted.
    pub(super) fn digest(mut self, separators: [&str; 2]) -> String {
        self.0.sort_by(|a, b| a.0.cmp(&b.0));
        let mut text = String::from("{");
        for (number, (key, value)) in self.0.iter().enumerate() {
            text.push_str(if number == 0 { "" } else { separators[0] });
            write_string(&mut text, key);
            text.push_str(separators[1]);
            write(&mut text, value.as_ref(), separators);
        }
        text.push('}');
        sha256(text.as_bytes()).hex()
    }
}

fn write(text: &mut String, value: Option<&Value>, separators: [&str; 2]) {
    match value {
        None => text.push_str("null"),
        Some(Value::String(string)) => write_string(text, string),
        Some(Value::Integer(number)) => push(text, format_args!("{number}")),
        Some(Value::Float(number)) => push(text, format_args!("{number:?}")),
        Some(Value::Boolean(flag)) => push(text, format_args!("{flag}")),
        Some(Value::Datetime(time)) => write_string(text, &time.to_string()),
        Some(Value::Array(items)) => {
            text.push('[');
            for (number, item) in items.iter().enumerate() {
                text.push_str(if number == 0 { "" } else { separators[0] });
                write(text, Some(item), separators);
            }
            text.push(']');
        }
        Some(Value::Table(table)) => write_table(text, table, separators),
    }
}

fn write_table(text: &mut String, table: &Table, separators: [&str; 2]) {
    let mut entries: Vec<(&String, &Value)> = table.iter().collect();
    entries.sort_by_key(|(key, _)| *key);
    text.push('{');
    for (number, (key, value)) in entries.into_iter().enumerate() {
        text.push_str(if number == 0 { "" } else { separators[0] });
        write_string(text, key);
        text.push_str(separators[1]);
        write(text, Some(value), separators);
    }
    text.push('}');
}

/// As Python does: everything that is not ASCII is escaped, in units of UTF-16.
fn write_string(text: &mut String, string: &str) {
    text.push('"');
    for c in string.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            ' '..='~' => text.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    push(text, format_args!("\\u{unit:04x}"));
                }
            }
        }
    }
    text.push('"');
}

fn push(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    text.write_fmt(arguments).expect("writing to a string succeeds");
}
