//! A folder of `sources` as it is written: a text, or a table with patterns.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::toml_values::{self, Locate, nearest};

/// `{ path = "../shared", prefix = "common", include = ["**/*.py"] }`, as a settings file has it. Among the texts of
/// the setting it stands as JSON, which a flag may have too.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    pub(super) path: String,
    #[serde(default)]
    pub(super) prefix: String,
    #[serde(default)]
    pub(super) include: Vec<String>,
    #[serde(default)]
    pub(super) exclude: Vec<String>,
}

/// Keys of the table.
const KEYS: [&str; 4] = ["path", "prefix", "include", "exclude"];

/// `sources`: folders as texts, or as tables with patterns, which become JSON.
pub(super) fn texts(at: &Locate<'_>, value: &Spanned<DeValue<'_>>) -> Result<Vec<String>, String> {
    let wrong = |span| at(span, "`sources` must be a list of folders and of tables with a `path`");
    let DeValue::Array(entries) = value.get_ref() else { return Err(wrong(value.span())) };
    let text = |entry: &Spanned<DeValue<'_>>| match entry.get_ref() {
        DeValue::String(text) => Ok(text.to_string()),
        DeValue::Table(table) => one(at, table, entry.span()),
        _ => Err(wrong(entry.span())),
    };
    entries.iter().map(text).collect()
}

fn one(at: &Locate<'_>, table: &DeTable<'_>, span: Range<usize>) -> Result<String, String> {
    let mut source = Table::default();
    for (name, value) in table {
        let spelled: &str = name.get_ref();
        let wrong = |what: &str| at(value.span(), &format!("`{spelled}` of a source must be {what}"));
        let text = || value.get_ref().as_str().map(str::to_owned).ok_or_else(|| wrong("a text"));
        let patterns = || toml_values::texts(value).ok_or_else(|| wrong("a pattern or a list of them"));
        match spelled {
            "path" => source.path = text()?,
            "prefix" => source.prefix = text()?,
            "include" => source.include = patterns()?,
            "exclude" => source.exclude = patterns()?,
            _ => {
                let close = nearest(spelled, KEYS.into_iter());
                let hint = close.map(|close| format!(": did you mean `{close}`?")).unwrap_or_default();
                return Err(at(name.span(), &format!("unknown setting `{spelled}` of a source{hint}")));
            }
        }
    }
    if source.path.is_empty() {
        return Err(at(span, "a source needs a `path`"));
    }
    serde_json::to_string(&source).map_err(|error| error.to_string())
}
