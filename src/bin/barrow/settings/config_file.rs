//! `barrow.toml`, or `[tool.barrow]` of pyproject.toml: the nearest of them, searched upwards.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use barrow::audit::IgnoredAdvisory;
use barrow::check::IgnoredFinding;
use barrow::spec::toml_reason;
use barrow::target::Profile;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::config_reader::{ConfigValue, TomlReader, WrittenIn};
use super::toml_values::{nearest, plain};
use super::unit_tables::{ConfigUnit, UnitKind};
use super::{parse, profile};
use crate::failure::unreadable;
use crate::key::Key;

/// A settings file that was found.
#[derive(Clone, Debug, Default)]
pub(crate) struct ConfigFile {
    /// The file.
    pub(crate) path: PathBuf,
    /// The file beside it whose settings do not count because of it.
    pub(super) passed_over: Option<PathBuf>,
    /// Settings that have a row in the table.
    pub(crate) values: BTreeMap<&'static str, ConfigValue>,
    /// `[[index]]`.
    pub(crate) indexes: Vec<ConfigIndex>,
    /// `[runtime.NAME]`, each with its line.
    pub(crate) runtimes: Vec<(Profile, usize)>,
    /// `[sources]`: pattern of project names, name of the index that alone may answer for them.
    pub(crate) sources: Vec<ConfigSource>,
    /// `[[mirror.application]]`.
    pub(crate) applications: Vec<ConfigApplication>,
    /// `ignore` of `[check]`.
    pub(crate) check_ignore: Vec<IgnoredFinding>,
    /// `ignore` of `[audit]`.
    pub(crate) audit_ignore: Vec<IgnoredAdvisory>,
    /// `[defaults]`: settings of every unit.
    pub(super) defaults: BTreeMap<&'static str, ConfigValue>,
    /// `[[function]]` and `[[layer]]`.
    pub(super) units: Vec<ConfigUnit>,
}

/// `[[index]]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ConfigIndex {
    pub(crate) name: Option<String>,
    pub(crate) url: String,
    pub(crate) explicit: bool,
    pub(crate) default: bool,
    pub(crate) ignore_status: Vec<u16>,
    /// `auth = "bearer"`: its token is sent as a bearer token.
    pub(crate) bearer: bool,
    /// The file that it stands in, when that is not the settings file itself.
    pub(crate) file: Option<PathBuf>,
    pub(crate) line: usize,
}

/// `[[mirror.application]]`: settings that count for one application of a mirror, before those of the file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ConfigApplication {
    pub(crate) name: String,
    pub(crate) values: BTreeMap<&'static str, ConfigValue>,
}

/// An entry of `[sources]`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ConfigSource {
    pub(crate) pattern: String,
    pub(crate) index: String,
    /// The file that it stands in, when that is not the settings file itself.
    pub(crate) file: Option<PathBuf>,
    pub(crate) line: usize,
}

impl ConfigFile {
    /// The settings file for `folder`: its own or that of the nearest folder above which has one.
    pub(crate) fn search(folder: &Path) -> Result<Option<Self>, String> {
        for folder in folder.ancestors() {
            if let Some(config) = Self::of_folder(folder)? {
                return Ok(Some(config));
            }
        }
        Ok(None)
    }

    /// The settings file of this very folder.
    pub(super) fn of_folder(folder: &Path) -> Result<Option<Self>, String> {
        let beside = folder.join("pyproject.toml");
        let Some(own) = Self::read_if_present(&folder.join("barrow.toml"))? else {
            return Self::read_if_present(&beside);
        };
        // What is wrong in a file that does not count is no reason to stop.
        let has_others = Self::read_if_present(&beside).ok().flatten().is_some();
        Ok(Some(Self { passed_over: has_others.then_some(beside), ..own }))
    }

    /// The file that the user named: it must be there.
    pub(crate) fn named(path: &Path) -> Result<Self, String> {
        let shown = path.display();
        match Self::read_if_present(path)? {
            Some(config) => Ok(config),
            None if path.is_dir() => Err(format!("`{shown}` is a folder: name the file with the settings")),
            None if !path.exists() => Err(format!("there is no file `{shown}`, which should have settings")),
            None => Err(format!("`{shown}` has no table [tool.barrow]")),
        }
    }

    fn read_if_present(path: &Path) -> Result<Option<Self>, String> {
        if !path.is_file() {
            return Ok(None);
        }
        let text = fs_err::read_to_string(path).map_err(|error| unreadable(path, &error))?;
        Self::parse(path, &text)
    }

    /// Reads a settings file; `None` when it is a pyproject.toml that has nothing for barrow.
    pub(crate) fn parse(path: &Path, text: &str) -> Result<Option<Self>, String> {
        let reader = TomlReader { path, text };
        let is_pyproject = path.file_name().is_some_and(|name| name == "pyproject.toml");
        // Most pyproject.toml files on the way up are not for us, and may be anything.
        if is_pyproject && !text.contains("barrow") {
            return Ok(None);
        }
        let document = DeTable::parse(text)
            .map_err(|error| reader.at(error.span().unwrap_or_default(), &toml_reason(text, &error)))?;
        let document = document.into_inner();
        if !is_pyproject {
            return reader.settings(&document).map(Some);
        }
        let tool = document.get("tool").and_then(|tool| tool.get_ref().as_table());
        match tool.and_then(|tool| tool.get("barrow")) {
            None => Ok(None),
            Some(value) => match value.get_ref() {
                DeValue::Table(table) => reader.settings(table).map(Some),
                _ => Err(reader.at(value.span(), "`tool.barrow` must be a table")),
            },
        }
    }
}

impl TomlReader<'_> {
    fn settings(&self, table: &DeTable<'_>) -> Result<ConfigFile, String> {
        let mut config = ConfigFile { path: self.path.to_owned(), ..ConfigFile::default() };
        for (name, value) in table {
            let spelled: &str = name.get_ref();
            match spelled {
                "index" if is_table_array(value) => config.indexes = self.indexes(value)?,
                "runtime" if matches!(value.get_ref(), DeValue::Table(_)) => self.runtimes(value, &mut config)?,
                "mirror" if matches!(value.get_ref(), DeValue::Table(_)) => self.mirror(value, &mut config)?,
                "sources" if matches!(value.get_ref(), DeValue::Table(_)) => config.sources = self.sources(value)?,
                "audit" => {
                    config.audit_ignore = self.ignored("audit", r#"texts such as "CVE-2024-1=why""#, value)?;
                }
                "check" => config.check_ignore = self.ignored("check", r#"codes such as "BAR012:cv2""#, value)?,
                "defaults" => config.defaults = self.defaults(value)?,
                "function" => config.units.splice(0..0, self.units(UnitKind::Function, value)?).for_each(drop),
                "layer" => config.units.extend(self.units(UnitKind::Layer, value)?),
                _ => {
                    let (key, setting) = self.setting(name, value)?;
                    if config.values.insert(key, setting).is_some() {
                        return Err(self.at(name.span(), &format!("`{spelled}` is given twice")));
                    }
                }
            }
        }
        Ok(config)
    }

    /// `[runtime.NAME]`, and `default` beside them, which is what the text `runtime` says in a file without such
    /// tables.
    fn runtimes(&self, value: &Spanned<DeValue<'_>>, config: &mut ConfigFile) -> Result<(), String> {
        let DeValue::Table(tables) = value.get_ref() else { return Ok(()) };
        for (name, entry) in tables {
            let (spelled, line): (&str, _) = (name.get_ref(), self.line(name.span()));
            match entry.get_ref() {
                DeValue::Table(table) => {
                    let at = |span: Range<usize>, message: &str| self.at(span, message);
                    config.runtimes.push((profile::read(&at, spelled, table, entry.span())?, line));
                }
                _ if spelled == "default" => {
                    let key = Key::of("runtime");
                    config
                        .values
                        .insert(key.name, ConfigValue { texts: self.texts(key, entry)?, line, place: WrittenIn::Here });
                }
                _ => return Err(self.at(entry.span(), "a runtime must be a table")),
            }
        }
        Ok(())
    }

    /// `[mirror]`: its `place`, which is the setting itself, and the applications that are written to one.
    fn mirror(&self, value: &Spanned<DeValue<'_>>, config: &mut ConfigFile) -> Result<(), String> {
        let DeValue::Table(table) = value.get_ref() else { return Ok(()) };
        for (name, value) in table {
            match (&**name.get_ref(), value.get_ref()) {
                ("place", DeValue::String(text)) => {
                    let (texts, line) = (vec![text.to_string()], self.line(value.span()));
                    let value = ConfigValue { texts, line, place: WrittenIn::Here };
                    config.values.insert("mirror", value);
                }
                ("application", DeValue::Array(entries)) => {
                    for entry in entries {
                        let application = self.application(entry)?;
                        if config.applications.iter().any(|known| known.name == application.name) {
                            let text = format!("there are two applications called `{}`", application.name);
                            return Err(self.at(entry.span(), &text));
                        }
                        config.applications.push(application);
                    }
                }
                (spelled, _) => {
                    let text = format!("`{spelled}` of `mirror`: it has a `place` and `[[mirror.application]]` tables");
                    return Err(self.at(name.span(), &text));
                }
            }
        }
        Ok(())
    }

    fn application(&self, entry: &Spanned<DeValue<'_>>) -> Result<ConfigApplication, String> {
        let DeValue::Table(table) = entry.get_ref() else {
            return Err(self.at(entry.span(), "`mirror.application` must be a table"));
        };
        let mut application = ConfigApplication { name: String::new(), values: BTreeMap::new() };
        for (name, value) in table {
            let spelled: &str = name.get_ref();
            if spelled == "name" {
                application.name = plain(value.get_ref())
                    .ok_or_else(|| self.at(value.span(), "`name` of an application must be a text"))?;
                continue;
            }
            let key = self.key(spelled, name.span())?;
            let (texts, line) = (self.texts(key, value)?, self.line(name.span()));
            application.values.insert(key.name, ConfigValue { texts, line, place: WrittenIn::Here });
        }
        if application.name.is_empty() {
            return Err(self.at(entry.span(), "an application needs a `name`"));
        }
        Ok(application)
    }

    fn indexes(&self, value: &Spanned<DeValue<'_>>) -> Result<Vec<ConfigIndex>, String> {
        let DeValue::Array(tables) = value.get_ref() else { return Ok(Vec::new()) };
        tables
            .iter()
            .map(|entry| {
                let DeValue::Table(table) = entry.get_ref() else {
                    return Err(self.at(entry.span(), "`index` must be a table or a text"));
                };
                self.index(table, entry.span())
            })
            .collect()
    }

    fn index(&self, table: &DeTable<'_>, span: Range<usize>) -> Result<ConfigIndex, String> {
        let mut index = ConfigIndex { line: self.line(span.clone()), ..ConfigIndex::default() };
        for (name, value) in table {
            let spelled: &str = name.get_ref();
            let wrong = |what: &str| self.at(value.span(), &format!("`{spelled}` of an index must be {what}"));
            match (spelled, value.get_ref()) {
                ("name", DeValue::String(text)) => {
                    parse::index_name(text).map_err(|message| self.at(value.span(), &message))?;
                    index.name = Some(text.to_string());
                }
                ("url", DeValue::String(text)) => index.url = text.to_string(),
                ("explicit", DeValue::Boolean(on)) => index.explicit = *on,
                ("default", DeValue::Boolean(on)) => index.default = *on,
                ("auth", DeValue::String(text)) if **text == *"basic" || **text == *"bearer" => {
                    index.bearer = **text == *"bearer";
                }
                ("ignore-status", DeValue::Array(codes)) => {
                    for code in codes {
                        let code = plain(code.get_ref()).and_then(|text| text.parse().ok());
                        index.ignore_status.push(code.ok_or_else(|| wrong("a list of HTTP status codes"))?);
                    }
                }
                ("name" | "url", _) => return Err(wrong("a text")),
                ("auth", _) => return Err(wrong("\"basic\" or \"bearer\"")),
                ("explicit" | "default", _) => return Err(wrong("true or false")),
                ("ignore-status", _) => return Err(wrong("a list of HTTP status codes")),
                _ => {
                    let known = ["name", "url", "explicit", "default", "ignore-status", "auth"];
                    let close = nearest(spelled, known.into_iter());
                    let hint = close.map(|close| format!(": did you mean `{close}`?")).unwrap_or_default();
                    return Err(self.at(name.span(), &format!("unknown setting `{spelled}` of an index{hint}")));
                }
            }
        }
        if index.url.is_empty() {
            return Err(self.at(span, "an index needs a `url`"));
        }
        if index.explicit && index.name.is_none() {
            return Err(self.at(span, "an explicit index needs a `name`, for `[sources]` to name it"));
        }
        Ok(index)
    }

    fn sources(&self, value: &Spanned<DeValue<'_>>) -> Result<Vec<ConfigSource>, String> {
        let DeValue::Table(table) = value.get_ref() else { return Ok(Vec::new()) };
        table
            .iter()
            .map(|(pattern, index)| match index.get_ref() {
                DeValue::String(name) => Ok(ConfigSource {
                    pattern: pattern.get_ref().to_string(),
                    index: name.to_string(),
                    file: None,
                    line: self.line(pattern.span()),
                }),
                _ => Err(self.at(index.span(), "a source must be the name of an index")),
            })
            .collect()
    }
}

impl TomlReader<'_> {
    /// `ignore` of `[audit]` or `[check]`, the table `of`: what that command leaves out. `such` shows how it is
    /// written.
    fn ignored<T: FromStr<Err: Display>>(
        &self,
        of: &str,
        such: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<Vec<T>, String> {
        let wrong = || self.at(value.span(), &format!("`{of}` must be a table with `ignore`, a list of {such}"));
        let DeValue::Table(table) = value.get_ref() else { return Err(wrong()) };
        let mut ignored = Vec::new();
        for (name, value) in table {
            let DeValue::Array(entries) = value.get_ref() else { return Err(wrong()) };
            if **name.get_ref() != *"ignore" {
                return Err(self.at(name.span(), &format!("unknown setting `{}` of `{of}`", name.get_ref())));
            }
            for entry in entries {
                let text = plain(entry.get_ref()).ok_or_else(wrong)?;
                ignored.push(text.parse().map_err(|error: T::Err| self.at(entry.span(), &error.to_string()))?);
            }
        }
        Ok(ignored)
    }
}

fn is_table_array(value: &Spanned<DeValue<'_>>) -> bool {
    match value.get_ref() {
        DeValue::Array(values) => values.iter().any(|value| matches!(value.get_ref(), DeValue::Table(_))),
        _ => false,
    }
}
