//! `[[function]]`, `[[layer]]` and `[defaults]` as they are written.

use std::collections::BTreeMap;
use std::path::PathBuf;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::config_reader::{ConfigValue, TomlReader};
use super::toml_values::texts;

/// What a unit is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum UnitKind {
    #[default]
    Function,
    Layer,
}

/// One table, as it is written.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ConfigUnit {
    pub(crate) kind: UnitKind,
    /// The file that it stands in.
    pub(super) file: PathBuf,
    pub(super) line: usize,
    pub(super) name: Option<String>,
    pub(super) source: Option<String>,
    /// One unit for each folder that matches.
    pub(super) glob: Option<String>,
    /// One unit for each line of this file.
    pub(super) names_from: Option<String>,
    pub(super) packages: Vec<String>,
    /// `dependencies = false`: none, whatever lies in the source.
    pub(super) has_dependencies: bool,
    pub(super) outputs: Vec<String>,
    pub(super) handlers: Vec<String>,
    /// Names of layers of the file that bring a part of what is required.
    pub(super) layers: Vec<String>,
    pub(super) values: BTreeMap<&'static str, ConfigValue>,
}

impl TomlReader<'_> {
    /// `[[function]]` or `[[layer]]`.
    pub(super) fn units(&self, kind: UnitKind, value: &Spanned<DeValue<'_>>) -> Result<Vec<ConfigUnit>, String> {
        let word = if kind == UnitKind::Function { "function" } else { "layer" };
        let wrong = || self.at(value.span(), &format!("`{word}` must be a table: write [[{word}]]"));
        let DeValue::Array(tables) = value.get_ref() else { return Err(wrong()) };
        let unit = |entry: &Spanned<DeValue<'_>>| match entry.get_ref() {
            DeValue::Table(table) => self.unit(kind, table, self.line(entry.span())),
            _ => Err(wrong()),
        };
        tables.iter().map(unit).collect()
    }

    /// `[defaults]`: settings of every unit.
    pub(super) fn defaults(&self, value: &Spanned<DeValue<'_>>) -> Result<BTreeMap<&'static str, ConfigValue>, String> {
        let DeValue::Table(table) = value.get_ref() else {
            return Err(self.at(value.span(), "`defaults` must be a table of settings"));
        };
        table.iter().map(|(name, value)| self.setting(name, value)).collect()
    }

    fn unit(&self, kind: UnitKind, table: &DeTable<'_>, line: usize) -> Result<ConfigUnit, String> {
        let mut unit =
            ConfigUnit { kind, file: self.path.to_owned(), line, has_dependencies: true, ..ConfigUnit::default() };
        for (name, value) in table {
            let spelled: &str = name.get_ref();
            let wrong = |what: &str| self.at(value.span(), &format!("`{spelled}` of a unit must be {what}"));
            let text = || value.get_ref().as_str().map(str::to_owned).ok_or_else(|| wrong("a text"));
            let texts = || texts(value).ok_or_else(|| wrong("a text or a list of texts"));
            match spelled {
                "name" => unit.name = Some(text()?),
                "source" => unit.source = Some(text()?),
                "glob" => unit.glob = Some(text()?),
                "names-from" => unit.names_from = Some(text()?),
                "packages" => unit.packages = texts()?,
                "output" => {
                    unit.outputs = texts()?;
                    if let Some(word) = unit.outputs.iter().find_map(|output| unknown_word(output)) {
                        let known = "`{name}`, `{runtime}` and `{arch}` stand for something there";
                        return Err(self.at(value.span(), &format!("`{word}` in `output` means nothing: {known}")));
                    }
                }
                "handler" => unit.handlers = texts()?,
                "layers" if kind == UnitKind::Layer => {
                    return Err(self.at(value.span(), "a layer uses no layers: `layers` is for [[function]]"));
                }
                "layers" => unit.layers = texts()?,
                "dependencies" => {
                    unit.has_dependencies = value.get_ref().as_bool().ok_or_else(|| wrong("true or false"))?;
                }
                _ => {
                    let (key, value) = self.setting(name, value)?;
                    unit.values.insert(key, value);
                }
            }
        }
        let at = |what: &str| Err(format!("{}:{line}: {what}", self.path.display()));
        if unit.glob.is_some() && (unit.source.is_some() || unit.names_from.is_some()) {
            return at("`glob` stands for sources, so it cannot go with `source` or `names-from`");
        }
        if unit.names_from.is_some() && unit.source.is_some() {
            return at("`names-from` stands for units without files of their own, so it cannot go with `source`");
        }
        if unit.name.is_some() && (unit.glob.is_some() || unit.names_from.is_some()) {
            return at("each folder or line has a name of its own, so `name` cannot go with `glob` or `names-from`");
        }
        Ok(unit)
    }
}

impl ConfigUnit {
    /// Where it goes, as it is written.
    pub(super) fn outputs(&self) -> Vec<String> {
        if self.outputs.is_empty() { vec!["build/{name}".to_owned()] } else { self.outputs.clone() }
    }
}

/// The first `{word}` of a pattern that stands for nothing.
fn unknown_word(output: &str) -> Option<&str> {
    let words = output.match_indices('{').filter_map(|(start, _)| {
        let end = output[start..].find('}')?;
        output.get(start..=start + end)
    });
    words.into_iter().find(|word| !["{name}", "{runtime}", "{arch}"].contains(word))
}
