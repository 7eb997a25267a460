//! `requires-python`, and the files that hold `dependencies` where `[project]` leaves them `dynamic` (setuptools
//! documentation, "Configuring setuptools using pyproject.toml files", "Dynamic Metadata"; hatch-requirements-txt). And
//! what Flit had before there was a `[project]`.

use std::str::FromStr as _;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::document::{PyprojectDocument, texts};
use super::{PythonLimit, Tables};
use crate::spec::{ExtraName, lenient};

/// What to say to a limit that is a number, a list or a table.
pub(super) const NOT_A_TEXT: &str = "it must be a text in quotes, such as \">=3.11\"";

/// Reads what stands beside the lists of `[project]`.
pub(super) fn read(document: &PyprojectDocument<'_>, tables: &mut Tables) {
    if let Some(value) = document.value(&["project", "requires-python"]) {
        let text = value.get_ref().as_str();
        match text.map(lenient::specifiers) {
            Some(Ok(specifiers)) => {
                let text = format!("requires-python = \"{}\"", text.unwrap_or_default());
                let origin = document.toml.origin(&value.span());
                tables.python = Some(PythonLimit { alternatives: vec![specifiers], text, origin });
            }
            refused => {
                let why = refused.map_or_else(
                    || format!("`requires-python`: {NOT_A_TEXT}"),
                    |_| "`requires-python` is not of the form `>=3.9,<4`".to_owned(),
                );
                tables.problems.push(document.problem(&value.span(), why));
            }
        }
    }
    if let Some(setuptools) = document.table(&["tool", "setuptools", "dynamic"]) {
        let file = |value: &Spanned<DeValue<'_>>| files(value.get_ref().as_table()?.get("file")?);
        read_files(setuptools, "optional-dependencies", file, tables);
    }
    if let Some(flit) = document.table(&["tool", "flit", "metadata"]) {
        tables.has_flit_metadata = true;
        tables.flit.extend(flit.get("requires").and_then(files).unwrap_or_default());
    }
    if let Some(hatch) = document.table(&["tool", "hatch", "metadata", "hooks", "requirements_txt"]) {
        if let Some(found) = hatch.get("files").or_else(|| hatch.get("filename")).and_then(files) {
            tables.dynamic.extend(found.into_iter().map(|file| (None, file)));
        }
        read_files(hatch, "optional-dependencies", files, tables);
    }
}

fn read_files<'d, 'a>(
    table: &'d DeTable<'a>,
    extras_key: &str,
    of: impl Fn(&'d Spanned<DeValue<'a>>) -> Option<Vec<super::SpannedText>>,
    tables: &mut Tables,
) {
    if let Some(found) = table.get("dependencies").and_then(&of) {
        tables.dynamic.extend(found.into_iter().map(|file| (None, file)));
    }
    let extras = table.get(extras_key).and_then(|value| value.get_ref().as_table());
    for (key, value) in extras.into_iter().flat_map(DeTable::iter) {
        if let (Ok(extra), Some(found)) = (ExtraName::from_str(key.get_ref()), of(value)) {
            tables.dynamic.extend(found.into_iter().map(|file| (Some(extra.clone()), file)));
        }
    }
}

/// One file or several.
fn files(value: &Spanned<DeValue<'_>>) -> Option<Vec<super::SpannedText>> {
    match value.get_ref() {
        DeValue::String(text) => Some(vec![(text.to_string(), value.span())]),
        _ => Some(texts(value).ok()?.into_iter().map(|(text, span)| (text.to_owned(), span)).collect()),
    }
}
