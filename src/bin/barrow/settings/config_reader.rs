//! Reading settings of a TOML file: each by its row of the table, and every message with its line.

use std::borrow::Cow;
use std::ops::Range;
use std::path::{Path, PathBuf};

use barrow::spec::line_at;
use toml::Spanned;
use toml::de::DeValue;

use super::source_table;
use super::toml_values::{nearest, plain};
use crate::key::{Arity, KEYS, Key, OWN_KEYS};

/// The texts of one setting.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ConfigValue {
    pub(crate) texts: Vec<String>,
    pub(crate) line: usize,
    pub(crate) place: WrittenIn,
}

/// Where a setting was written, beside a settings file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum WrittenIn {
    /// In the file itself.
    Here,
    /// In a file of units, whose paths start where those of the settings file do.
    Units(PathBuf),
    /// In the settings file of a unit's own folder, beside which its paths start.
    Beside(PathBuf),
    /// In what another program asks for on standard input; its paths start at this folder.
    Query(PathBuf),
}

/// A file under reading.
pub(super) struct TomlReader<'a> {
    pub(super) path: &'a Path,
    pub(super) text: &'a str,
}

impl TomlReader<'_> {
    pub(super) fn line(&self, span: Range<usize>) -> usize {
        line_at(self.text, span.start)
    }

    pub(super) fn at(&self, span: Range<usize>, message: &str) -> String {
        format!("{}:{}: {message}", self.path.display(), self.line(span))
    }

    /// One setting with its name.
    pub(super) fn setting(
        &self,
        name: &Spanned<Cow<'_, str>>,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<(&'static str, ConfigValue), String> {
        let key = self.key(name.get_ref(), name.span())?;
        let (texts, line) = (self.texts(key, value)?, self.line(name.span()));
        Ok((key.name, ConfigValue { texts, line, place: WrittenIn::Here }))
    }

    pub(super) fn key(&self, name: &str, span: Range<usize>) -> Result<&'static Key, String> {
        if name == "source" {
            let message =
                "`source` is the folder of a [[function]] or [[layer]]; folders beside it are `sources = […]`";
            return Err(self.at(span, message));
        }
        if let Some(key) = KEYS.iter().find(|key| key.name == name || key.alias == Some(name)) {
            return Ok(key);
        }
        let known = KEYS
            .iter()
            .flat_map(|key| [Some(key.name), key.alias])
            .flatten()
            .chain(["sources", "audit", "check", "defaults", "function", "layer"])
            .chain(OWN_KEYS.iter().copied());
        let message = match nearest(name, known) {
            _ if OWN_KEYS.contains(&name) => format!("`{name}` is for each [[function]] and [[layer]] alone"),
            Some(close) if close == name => format!("`{name}` is for the whole file, and stands at its top"),
            Some(close) => format!("unknown setting `{name}`: did you mean `{close}`?"),
            None => format!("unknown setting `{name}`"),
        };
        Err(self.at(span, &message))
    }

    pub(super) fn texts(&self, key: &Key, value: &Spanned<DeValue<'_>>) -> Result<Vec<String>, String> {
        let wrong = |what: &str| self.at(value.span(), &format!("`{}` must be {what}", key.name));
        match (key.kind, value.get_ref()) {
            _ if key.name == "source" => source_table::texts(&|span, message| self.at(span, message), value),
            (Arity::Switch | Arity::SwitchOrList, DeValue::Boolean(on)) => Ok(vec![on.to_string()]),
            (Arity::Switch, _) => Err(wrong("true or false")),
            (Arity::List | Arity::SwitchOrList, DeValue::Array(values)) => {
                values.iter().map(|value| plain(value.get_ref()).ok_or_else(|| wrong("a list of texts"))).collect()
            }
            (_, one) => Ok(vec![plain(one).ok_or_else(|| wrong("a text"))?]),
        }
    }
}
