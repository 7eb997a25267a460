//! Digests that tools put into their locks: of parts of the project file, as Python's `json.dumps` writes them.

use std::fmt::Write as _;

use toml::Value;

use crate::spec::sha256;

/// How `json.dumps` separates items and keys: its default, and the compact form.
pub(super) const SPACED: [&str; 2] = [", ", ": "];
pub(super) const COMPACT: [&str; 2] = [",", ":"];

/// A table with these entries; `None` is written as `null`.
pub(super) struct JsonObject(pub(super) Vec<(String, Option<Value>)>);

impl JsonObject {
    /// Its digest, keys sorted.
    pub(super) fn digest(&self, separators: [&str; 2]) -> String {
        let mut text = String::new();
        write_object(&mut text, self.0.iter().map(|(key, value)| (key, value.as_ref())).collect(), separators);
        sha256(text.as_bytes()).hex()
    }
}

fn write(text: &mut String, value: Option<&Value>, separators: [&str; 2]) {
    match value {
        None => text.push_str("null"),
        Some(Value::String(string)) => write_string(text, string),
        Some(Value::Integer(number)) => text.push_str(&number.to_string()),
        Some(Value::Float(number)) => _ = write!(text, "{number:?}"),
        Some(Value::Boolean(flag)) => text.push_str(&flag.to_string()),
        Some(Value::Datetime(time)) => write_string(text, &time.to_string()),
        Some(Value::Array(items)) => {
            text.push('[');
            for (number, item) in items.iter().enumerate() {
                text.push_str(if number == 0 { "" } else { separators[0] });
                write(text, Some(item), separators);
            }
            text.push(']');
        }
        Some(Value::Table(table)) => {
            write_object(text, table.iter().map(|(key, value)| (key, Some(value))).collect(), separators);
        }
    }
}

fn write_object(text: &mut String, mut entries: Vec<(&String, Option<&Value>)>, separators: [&str; 2]) {
    entries.sort_by_key(|(key, _)| *key);
    text.push('{');
    for (number, (key, value)) in entries.into_iter().enumerate() {
        text.push_str(if number == 0 { "" } else { separators[0] });
        write_string(text, key);
        text.push_str(separators[1]);
        write(text, value, separators);
    }
    text.push('}');
}

/// A text with everything but ASCII escaped, as `json.dumps` does unless it is told otherwise.
fn write_string(text: &mut String, string: &str) {
    for c in serde_json::Value::from(string).to_string().chars() {
        match c {
            ' '..='~' => text.push(c),
            _ => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| _ = write!(text, "\\u{unit:04x}")),
        }
    }
}
