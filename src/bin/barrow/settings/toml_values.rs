//! Values of TOML as texts, and names that are nearly those that are known.

use std::ops::Range;

use toml::Spanned;
use toml::de::DeValue;

/// Gives a message its place in the file.
pub(super) type Locate<'a> = dyn Fn(Range<usize>, &str) -> String + 'a;

/// A text or a list of them.
pub(super) fn texts(value: &Spanned<DeValue<'_>>) -> Option<Vec<String>> {
    match value.get_ref() {
        DeValue::String(text) => Some(vec![text.to_string()]),
        DeValue::Array(values) => values.iter().map(|value| value.get_ref().as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

/// A value as a text: texts, whole numbers and dates, which are read back as they are written.
pub(super) fn plain(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Datetime(time) => Some(time.to_string()),
        _ => None,
    }
}

/// The known word that is most like `word`, when one is like it at all.
pub(crate) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().max(word.len()) / 3)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Number of single-character edits between two words (Levenshtein), hyphens and underscores being alike.
fn distance(left: &str, right: &str) -> usize {
    let plain = |word: &str| word.to_ascii_lowercase().replace('_', "-");
    strsim::levenshtein(&plain(left), &plain(right))
}
