//! A TOML document whose values know where they stand.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::str::FromStr as _;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::direct::Folders;
use super::super::problem::{Problem, hide_all};
use super::super::toml_text::TomlText;
use crate::spec::{PackageName, SyntaxError, toml_reason};

/// A `pyproject.toml` under reading.
pub(in super::super) struct PyprojectDocument<'a> {
    pub(in super::super) toml: TomlText<'a>,
    /// Its folder, absolute.
    pub(in super::super) folder: &'a Path,
    /// The folder of the run, absolute: messages show paths from there.
    pub(in super::super) working_folder: &'a Path,
    /// Whether `[tool.uv]` may set anything; what it ties counts in any case.
    pub(super) reads_uv_settings: bool,
    /// Environment variables for `${NAME}`.
    pub(super) environment: Option<&'a BTreeMap<String, String>>,
    table: DeTable<'a>,
}

impl<'a> PyprojectDocument<'a> {
    /// Parses the text of a file; what is wrong, when it is not TOML.
    pub(in super::super) fn parse(
        toml: TomlText<'a>,
        folder: &'a Path,
        working_folder: &'a Path,
    ) -> Result<Self, Problem> {
        match DeTable::parse(toml.text) {
            Ok(table) => {
                let table = table.into_inner();
                Ok(Self { toml, folder, working_folder, reads_uv_settings: true, environment: None, table })
            }
            Err(error) => {
                let span = error.span().unwrap_or(0..0);
                Err(toml.problem(&span, &SyntaxError::new(0, span.len(), toml_reason(toml.text, &error))))
            }
        }
    }

    /// The document with the word on whether `[tool.uv]` may set anything.
    pub(in super::super) fn with_uv_settings(self, reads_uv_settings: bool) -> Self {
        Self { reads_uv_settings, ..self }
    }

    /// The document with the variables that it may name.
    pub(in super::super) fn with_environment(self, environment: &'a BTreeMap<String, String>) -> Self {
        Self { environment: Some(environment), ..self }
    }

    /// The table at a path of keys.
    pub(super) fn table(&self, path: &[&str]) -> Option<&DeTable<'a>> {
        let mut table = &self.table;
        for key in path {
            table = table.get(*key)?.get_ref().as_table()?;
        }
        Some(table)
    }

    /// The value at a path of keys.
    pub(super) fn value(&self, path: &[&str]) -> Option<&Spanned<DeValue<'a>>> {
        let (last, tables) = path.split_last()?;
        self.table(tables)?.get(*last)
    }

    /// Relative paths start in the folder of the file.
    pub(in super::super) fn folders(&self) -> Folders {
        Folders { working: self.folder.to_owned(), ..Folders::default() }
    }

    /// What stands at a key, on one line and without credentials, for messages.
    pub(super) fn written(&self, key: &PackageName, span: &Range<usize>) -> String {
        let words: Vec<&str> = self.toml.slice(span).split_whitespace().collect();
        format!("{key} = {}", hide_all(&words.join(" "), &[]))
    }

    /// What is wrong with a value.
    pub(super) fn problem(&self, span: &Range<usize>, message: impl Into<String>) -> Problem {
        self.toml.problem(span, &SyntaxError::new(0, span.len(), message))
    }
}

/// A project that a key names, where the key stands, and its value or the values of its list.
type Named<'d, 'a> = (PackageName, Range<usize>, &'d [Spanned<DeValue<'a>>]);

impl PyprojectDocument<'_> {
    /// The project that each key of a table names, with its value or the values of its list. What is no name of a
    /// project is a problem.
    pub(super) fn by_project<'d, 'a>(&self, table: &'d DeTable<'a>, problems: &mut Vec<Problem>) -> Vec<Named<'d, 'a>> {
        let mut found = Vec::new();
        for (key, value) in table {
            let Ok(name) = PackageName::from_str(key.get_ref()) else {
                let message = format!("`{}` is not a project name", key.get_ref());
                problems.push(self.problem(&key.span(), message));
                continue;
            };
            let one = std::slice::from_ref(value);
            let values = if let DeValue::Array(list) = value.get_ref() { list.iter().as_slice() } else { one };
            found.push((name, key.span(), values));
        }
        found
    }
}

/// The texts of a list, each with its place; what is no text is given as `Err`.
pub(super) fn texts<'d>(value: &'d Spanned<DeValue<'_>>) -> Result<Vec<(&'d str, Range<usize>)>, Range<usize>> {
    let DeValue::Array(items) = value.get_ref() else { return Err(value.span()) };
    items
        .iter()
        .map(|item| item.get_ref().as_str().map(|text| (text, item.span())).ok_or_else(|| item.span()))
        .collect()
}

/// A table whose keys are taken one by one, so that what nobody takes can be named.
pub(super) struct Fields<'d, 'a> {
    table: &'d DeTable<'a>,
    taken: Vec<&'static str>,
}

impl<'d, 'a> Fields<'d, 'a> {
    pub(super) fn of(table: &'d DeTable<'a>) -> Self {
        Self { table, taken: Vec::new() }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    pub(super) fn value(&mut self, key: &'static str) -> Option<&'d Spanned<DeValue<'a>>> {
        self.taken.push(key);
        self.table.get(key)
    }

    pub(super) fn text(&mut self, key: &'static str) -> Result<Option<&'d str>, String> {
        let Some(value) = self.value(key) else { return Ok(None) };
        value.get_ref().as_str().map(Some).ok_or_else(|| format!("`{key}` must be a text"))
    }

    pub(super) fn flag(&mut self, key: &'static str) -> Result<Option<bool>, String> {
        let Some(value) = self.value(key) else { return Ok(None) };
        value.get_ref().as_bool().map(Some).ok_or_else(|| format!("`{key}` must be true or false"))
    }

    /// Takes keys that change nothing here.
    pub(super) fn pass_over(&mut self, keys: &[&'static str]) {
        self.taken.extend(keys);
    }

    /// Fails when a key was not taken.
    pub(super) fn finish(&self) -> Result<(), String> {
        match self.table.keys().find(|key| !self.taken.contains(&&**key.get_ref())) {
            Some(key) => Err(format!("`{}` is not known here", key.get_ref())),
            None => Ok(()),
        }
    }
}
