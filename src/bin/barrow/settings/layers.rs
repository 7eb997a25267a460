//! Finding a setting in the places that it can come from, best first: flag, `BARROW_…` variable, settings file,
//! uv's variables and files, pip's variables and files.

use std::fmt;
use std::path::{Path, PathBuf};

use barrow::request::SaidBy;
use barrow::spec::hide_credentials;

use super::config_file::ConfigFile;
use super::config_reader::WrittenIn;
use super::origin::Source;
use super::pip_config::PipConfig;
use super::uv_config::UvConfig;
use super::{Host, SettingsError, parse};
use crate::key::{Arity, Key};

/// One line of `barrow config`: nothing in it is secret.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SettingRecord {
    pub(crate) key: &'static str,
    pub(crate) values: Vec<String>,
    pub(crate) source: Source,
}

/// Texts of one setting from one place.
#[derive(Clone, Debug)]
pub(super) struct FoundSetting {
    pub(super) texts: Vec<String>,
    pub(super) source: Source,
    /// The folder that relative paths in the texts start from.
    pub(super) base: PathBuf,
    /// pip's variable or file has it.
    pub(super) is_pips: bool,
}

impl FoundSetting {
    fn of_pip(self) -> Self {
        Self { is_pips: true, ..self }
    }
}

/// All places but the flags, and what was found so far.
pub(super) struct Layers<'a> {
    pub(super) host: &'a Host,
    pub(super) config: ConfigFile,
    pub(super) uv: UvConfig,
    pub(super) pip: PipConfig,
    pub(super) records: Vec<SettingRecord>,
    /// What the user should know of before the run.
    pub(super) warnings: Vec<String>,
}

impl Layers<'_> {
    /// Finds a setting in the best of the places that have it; `flag` holds the texts of the command line.
    pub(super) fn find(&self, name: &'static str, flag: Vec<String>) -> Option<FoundSetting> {
        if !flag.is_empty() {
            let base = self.host.working_folder.clone();
            return Some(FoundSetting { texts: flag, source: Source::Flag(name), base, is_pips: false });
        }
        let key = Key::of(name);
        self.variable(key, &key.variable())
            .or_else(|| self.settings_file(key))
            .or_else(|| key.uv.iter().find_map(|variable| self.variable(key, variable)))
            .or_else(|| self.uv_file(key))
            .or_else(|| Some(self.variable(key, &key.pip_variable()?)?.of_pip()))
            .or_else(|| Some(self.pip_file(key)?.of_pip()))
            .or_else(|| key.common.iter().find_map(|variable| self.variable(key, variable)))
    }

    /// Who says a setting that tables of the project may say as well.
    pub(super) fn said_by(&self, name: &'static str, has_flag: bool) -> SaidBy {
        match self.find(name, Vec::new()) {
            _ if has_flag => SaidBy::Above,
            None => SaidBy::Nobody,
            Some(found) if found.is_pips => SaidBy::Pip,
            Some(_) => SaidBy::Above,
        }
    }

    /// How good the place is that has a setting of our own: smaller is better, and no place is the worst.
    pub(super) fn rank_of(&self, name: &'static str, has_flag: bool) -> u8 {
        if has_flag {
            return 0;
        }
        self.find(name, Vec::new()).map_or(u8::MAX, |found| if let Source::Variable(_) = found.source { 1 } else { 2 })
    }

    fn variable(&self, key: &Key, variable: &str) -> Option<FoundSetting> {
        let text = self.host.variable(variable)?;
        let texts = match variable {
            // The only one that uv separates by commas: a folder may have spaces in its name.
            "UV_FIND_LINKS" => {
                text.split(',').map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).collect()
            }
            // A switch of uv for what is a list here.
            "UV_NO_BINARY" => match parse::switch(text.trim()) {
                Ok(is_on) => is_on.then(|| ":all:".to_owned()).into_iter().collect(),
                Err(_) => vec![text.to_owned()],
            },
            _ => split(key, text),
        };
        let source = Source::Variable(variable.to_owned());
        (!texts.is_empty()).then(|| FoundSetting {
            texts,
            source,
            base: self.host.working_folder.clone(),
            is_pips: false,
        })
    }

    fn settings_file(&self, key: &Key) -> Option<FoundSetting> {
        let value = self.config.values.get(key.name)?;
        let line = value.line;
        let (base, source) = match &value.place {
            WrittenIn::Here => (self.config.folder(), Source::File { file: self.config.path.clone(), line }),
            WrittenIn::Units(file) => (self.config.folder(), Source::File { file: file.clone(), line }),
            WrittenIn::Beside(file) => {
                (file.parent().unwrap_or(Path::new("")), Source::File { file: file.clone(), line })
            }
            WrittenIn::Query(folder) => (folder.as_path(), Source::Other("the query on standard input".to_owned())),
        };
        let base = base.to_owned();
        Some(FoundSetting { texts: value.texts.clone(), source, base, is_pips: false })
    }

    fn uv_file(&self, key: &Key) -> Option<FoundSetting> {
        let value = self.uv.get(key.name)?;
        let source = Source::File { file: value.file.clone(), line: value.line };
        let base = value.file.parent().unwrap_or(Path::new("")).to_owned();
        Some(FoundSetting { texts: value.texts.clone(), source, base, is_pips: false })
    }

    fn pip_file(&self, key: &Key) -> Option<FoundSetting> {
        let value = self.pip.get(key.pip?)?;
        let texts = split(key, &value.text);
        let source = Source::File { file: value.file.clone(), line: value.line };
        Some(FoundSetting { texts, source, base: self.host.working_folder.clone(), is_pips: false })
    }

    /// Reads one value without recording it. What comes from a flag was parsed by the command line already.
    pub(super) fn one_unrecorded<T>(
        &self,
        name: &'static str,
        flag: Option<T>,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<(T, Source)>, SettingsError> {
        if let Some(value) = flag {
            return Ok(Some((value, Source::Flag(name))));
        }
        let Some(found) = self.find(name, Vec::new()) else { return Ok(None) };
        let text = found.texts.first().map_or("", |text| text.trim());
        Ok(Some((understood(name, &found.source, text, parse)?, found.source)))
    }

    /// Reads one value.
    pub(super) fn one<T: fmt::Display>(
        &mut self,
        name: &'static str,
        flag: Option<T>,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<T>, SettingsError> {
        let Some((value, source)) = self.one_unrecorded(name, flag, parse)? else { return Ok(None) };
        self.record(name, vec![value.to_string()], source);
        Ok(Some(value))
    }

    /// Reads any number of values, all from one place.
    pub(super) fn many<T: fmt::Display>(
        &mut self,
        name: &'static str,
        flag: Vec<T>,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Vec<T>, SettingsError> {
        let (values, source) = if flag.is_empty() {
            let Some(found) = self.find(name, Vec::new()) else { return Ok(Vec::new()) };
            let parsed = found.texts.iter().map(|text| understood(name, &found.source, text, &parse));
            (parsed.collect::<Result<_, _>>()?, found.source)
        } else {
            (flag, Source::Flag(name))
        };
        self.record(name, values.iter().map(ToString::to_string).collect(), source);
        Ok(values)
    }

    /// Like [`Layers::many`], for values whose meaning depends on where they were written: `parse` is given the folder.
    pub(super) fn located<T: fmt::Display>(
        &mut self,
        name: &'static str,
        flag: &[String],
        parse: impl Fn(&Host, &Path, &str) -> Result<T, String>,
    ) -> Result<(Vec<T>, Source), SettingsError> {
        let Some(found) = self.find(name, flag.to_vec()) else { return Ok((Vec::new(), Source::Default)) };
        let parse = |text: &str| parse(self.host, &found.base, text);
        let parsed = found.texts.iter().map(|text| understood(name, &found.source, text.trim(), parse));
        let values: Vec<T> = parsed.collect::<Result<_, _>>()?;
        self.record(name, values.iter().map(ToString::to_string).collect(), found.source.clone());
        Ok((values, found.source))
    }

    /// Reads paths: those of flags stay as typed, since that is how messages should name them.
    pub(super) fn paths(&mut self, name: &'static str, flag: Vec<PathBuf>) -> Vec<PathBuf> {
        let (paths, source) = if flag.is_empty() {
            let Some(found) = self.find(name, Vec::new()) else { return Vec::new() };
            let is_file = matches!(found.source, Source::File { .. });
            let base = if is_file { found.base } else { PathBuf::new() };
            (found.texts.iter().map(|text| self.host.absolute(&base, text)).collect(), found.source)
        } else {
            (flag, Source::Flag(name))
        };
        self.record(name, paths.iter().map(|path| path.display().to_string()).collect(), source);
        paths
    }

    /// Reads one path.
    pub(super) fn path(&mut self, name: &'static str, flag: Option<PathBuf>) -> Option<PathBuf> {
        self.paths(name, flag.into_iter().collect()).into_iter().next()
    }

    /// Reads one path that may come from a variable which the user did not set for barrow: then what it names may be
    /// missing.
    pub(super) fn path_of_all_programs(&mut self, name: &'static str, flag: Option<PathBuf>) -> Option<PathBuf> {
        let path = self.path(name, flag)?;
        let common = Key::of(name).common;
        let record = self.records.last()?;
        match &record.source {
            Source::Variable(variable) if common.contains(&variable.as_str()) && !path.exists() => {
                self.warnings.push(format!("`{}` from ${variable} is passed over: it does not exist", path.display()));
                self.records.pop();
                None
            }
            _ => Some(path),
        }
    }

    /// Reads a switch; off where no place has it.
    pub(super) fn switch(&mut self, name: &'static str, flag: bool) -> Result<bool, SettingsError> {
        debug_assert_eq!(Key::of(name).kind, Arity::Switch);
        Ok(self.one(name, flag.then_some(true), parse::switch)?.unwrap_or(false))
    }

    /// Notes what was set, without credentials: it is shown.
    pub(super) fn record(&mut self, key: &'static str, mut values: Vec<String>, source: Source) {
        for value in &mut values {
            *value = hide_credentials(value);
        }
        self.records.push(SettingRecord { key, values, source });
    }
}

/// What a text means. That nothing stands there is said as it is, because parsers quote what they do not understand.
fn understood<T>(
    name: &'static str,
    source: &Source,
    text: &str,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<T, SettingsError> {
    parse(text).map_err(|reason| {
        let reason = if text.is_empty() { "it is empty".to_owned() } else { reason };
        SettingsError::value(name, source, reason)
    })
}

/// Values of a variable or of pip's file: pip separates them by white space.
fn split(key: &Key, text: &str) -> Vec<String> {
    match key.kind {
        Arity::List | Arity::SwitchOrList => text.split_whitespace().map(str::to_owned).collect(),
        Arity::Text | Arity::Switch => vec![text.trim().to_owned()],
    }
}
