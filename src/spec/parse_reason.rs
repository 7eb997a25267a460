//! What is wrong with a text of TOML or JSON, in the words of those who write such files: the parsers speak of
//! sequences, maps and structs.

use serde_json::error::Category;

/// How Git marks where the two sides of a merge begin that nobody has finished.
const MERGE_MARK: &str = "<<<<<<< ";

/// What is said of a text with such a mark.
const UNFINISHED: &str = "it has the marks of an unfinished merge";

/// What a parser calls the kinds of values, and what people call them.
const KINDS: &[(&str, &str)] = &[
    ("a sequence", "a list"),
    ("sequence", "a list"),
    ("a map", "a table"),
    ("map", "a table"),
    ("a string", "a text"),
    ("a boolean", "true or false"),
    ("null", "null"),
    ("unit value", "null"),
    ("u16", "a whole number"),
    ("u32", "a whole number"),
    ("u64", "a whole number"),
    ("usize", "a whole number"),
];

/// Why a text is not the TOML that is expected.
pub fn toml_reason(text: &str, error: &toml::de::Error) -> String {
    let message = error.message().trim();
    match unfinished_merge(text) {
        Some((_, reason)) => format!("not valid TOML: {reason}"),
        None if toml::de::DeTable::parse(text).is_err() => format!("not valid TOML: {message}"),
        None => plain(message),
    }
}

/// Why a text is not the JSON that is expected.
pub fn json_reason(text: &[u8], error: &serde_json::Error) -> String {
    if let Some((_, reason)) = unfinished_merge(&String::from_utf8_lossy(text)) {
        return format!("not valid JSON: {reason}");
    }
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    match error.classify() {
        Category::Eof if text.trim_ascii().is_empty() => "not valid JSON: it is empty".to_owned(),
        Category::Eof => "not valid JSON: it ends in the middle".to_owned(),
        Category::Data => plain(message),
        Category::Syntax | Category::Io => format!("not valid JSON: {message}"),
    }
}

/// The line, from 1, where a merge begins that nobody has finished, and what to say of it.
pub(crate) fn unfinished_merge(text: &str) -> Option<(usize, &'static str)> {
    let at = text.lines().position(|line| line.starts_with(MERGE_MARK))?;
    Some((at + 1, UNFINISHED))
}

/// A message of serde without the names of types.
fn plain(message: &str) -> String {
    if let Some((found, expected)) = message
        .strip_prefix("invalid type: ")
        .or(message.strip_prefix("invalid value: "))
        .and_then(|rest| rest.split_once(", expected "))
    {
        return format!("this must be {}, and is {}", kind(expected), found_kind(found));
    }
    if message.starts_with("invalid length ") {
        return "this must be a table, and is a list".to_owned();
    }
    if let Some(field) = message.strip_prefix("missing field ") {
        return format!("{field} is missing");
    }
    if let Some((field, known)) = message.strip_prefix("unknown field ").and_then(|rest| rest.split_once(", expected "))
    {
        return format!("{field} is not known here: it may have {}", known.trim_start_matches("one of "));
    }
    message.to_owned()
}

/// What was expected.
fn kind(expected: &str) -> &str {
    let known = KINDS.iter().find(|(theirs, _)| *theirs == expected).map(|(_, ours)| *ours);
    known.unwrap_or(if expected.starts_with("struct ") { "a table" } else { expected })
}

/// What is there: the kinds of values that are shown have theirs before them.
fn found_kind(found: &str) -> String {
    if let Some((_, ours)) = KINDS.iter().find(|(theirs, _)| *theirs == found) {
        return (*ours).to_owned();
    }
    if let Some(text) = found.strip_prefix("string ") {
        return format!("the text {}", text.replace('"', "`"));
    }
    match found.split_once(" `") {
        Some(("integer" | "floating point", number)) => format!("the number `{number}"),
        Some((_, value)) => format!("`{value}"),
        None => found.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read")]
    struct Sample {
        names: Option<Vec<String>>,
        inner: Option<BTreeMap<String, bool>>,
        count: Option<u32>,
    }

    fn check_toml(text: &str, expected: &str) {
        let error = toml::from_str::<Sample>(text).expect_err(text);
        assert_eq!(toml_reason(text, &error), expected, "{text}");
    }

    fn check_json(text: &str, expected: &str) {
        let error = serde_json::from_str::<Sample>(text).expect_err(text);
        assert_eq!(json_reason(text.as_bytes(), &error), expected, "{text}");
    }

    #[test]
    fn kinds_have_the_names_that_people_give_them() {
        check_toml("names = \"x\"", "this must be a list, and is the text `x`");
        check_toml("names = 3", "this must be a list, and is the number `3`");
        check_toml("names = [true]", "this must be a text, and is `true`");
        check_toml("inner = []", "this must be a table, and is a list");
        check_toml("inner = { a = \"b\" }", "this must be true or false, and is the text `b`");
        check_toml("count = -1", "this must be a whole number, and is the number `-1`");
        check_json("[3]", "this must be a list, and is the number `3`");
        check_json("{\"count\": null, \"inner\": {\"a\": null}}", "this must be true or false, and is null");
        check_json("{\"nam\": 1}", "`nam` is not known here: it may have `names`, `inner`, `count`");
    }

    #[test]
    fn texts_that_are_broken_say_of_which_form_they_are() {
        check_toml("a = \"x", "not valid TOML: invalid basic string, expected `\"`");
        check_toml("names = []\n<<<<<<< HEAD\n", "not valid TOML: it has the marks of an unfinished merge");
        check_json("{\"names\"", "not valid JSON: it ends in the middle");
        check_json(" \n", "not valid JSON: it is empty");
        check_json("hello", "not valid JSON: expected value");
        check_json("{\n<<<<<<< HEAD\n}", "not valid JSON: it has the marks of an unfinished merge");
    }
}
