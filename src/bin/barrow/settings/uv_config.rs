//! uv's configuration files (uv documentation, "Configuration files"): which of them count for a run, and what they say
//! of servers. What they say of indexes and versions is read together with the requirements.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use barrow::requirements::{UvFiles, uv_settings_file};
use barrow::spec::toml_reason;
use toml::de::{DeTable, DeValue};

use super::config_reader::TomlReader;
use super::{Host, SettingsError, parse, toml_values};
use crate::failure::unreadable;

/// Settings of uv that are read here, with their names in barrow.
const KEYS: [(&str, &str); 5] = [
    ("keyring-provider", "keyring-provider"),
    ("allow-insecure-host", "allow-insecure-host"),
    ("trusted-host", "allow-insecure-host"),
    ("concurrent-downloads", "concurrent-downloads"),
    ("offline", "offline"),
];

/// What uv's files say.
#[derive(Clone, Debug, Default)]
pub(crate) struct UvConfig {
    /// Those beside the files of the project.
    pub(super) files: UvFiles,
    values: BTreeMap<&'static str, UvValue>,
}

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct UvValue {
    pub(super) texts: Vec<String>,
    pub(super) file: PathBuf,
    pub(super) line: usize,
}

impl UvConfig {
    /// Reads the files that count for these folders of the project, which are absolute; without `reads_config` no other
    /// ones.
    pub(super) fn read(host: &Host, folders: &[PathBuf], reads_config: bool) -> Result<Self, SettingsError> {
        let files = files(host, reads_config)?;
        let nearest = folders.iter().filter(|_| !files.are_alone).filter_map(|folder| uv_settings_file(folder));
        let all: Vec<PathBuf> = nearest.chain(files.files.iter().cloned()).collect();
        let mut config = Self { files, values: BTreeMap::new() };
        for file in all {
            config.add(&file).map_err(SettingsError::Other)?;
        }
        Ok(config)
    }

    pub(super) fn get(&self, name: &str) -> Option<&UvValue> {
        self.values.get(name).filter(|value| !value.texts.is_empty())
    }

    /// Adds what no file before this one says.
    fn add(&mut self, file: &Path) -> Result<(), String> {
        let text = fs_err::read_to_string(file).map_err(|error| unreadable(file, &error))?;
        let text = text.trim_start_matches('\u{feff}');
        let reader = TomlReader { path: file, text };
        let document = DeTable::parse(text)
            .map_err(|error| reader.at(error.span().unwrap_or_default(), &toml_reason(text, &error)))?;
        let mut top = Some(document.get_ref());
        if file.file_name().is_some_and(|name| name == "pyproject.toml") {
            for key in ["tool", "uv"] {
                top = top.and_then(|table| table.get(key)?.get_ref().as_table());
            }
        }
        let pip = top.and_then(|table| table.get("pip")?.get_ref().as_table());
        for table in [pip, top].into_iter().flatten() {
            for (theirs, ours) in KEYS {
                let Some(value) = table.get(theirs) else { continue };
                let texts = match value.get_ref() {
                    DeValue::Boolean(on) => Some(vec![on.to_string()]),
                    DeValue::Integer(_) => toml_values::plain(value.get_ref()).map(|text| vec![text]),
                    _ => toml_values::texts(value),
                };
                let wrong = || reader.at(value.span(), &format!("`{theirs}` must be a text or a list of texts"));
                let (texts, line) = (texts.ok_or_else(wrong)?, reader.line(value.span()));
                self.values.entry(ours).or_insert_with(|| UvValue { texts, file: file.to_owned(), line });
            }
        }
        Ok(())
    }
}

/// The files beside those of the project, as uv finds them: the one that `UV_CONFIG_FILE` names, else the user's and
/// the system's.
fn files(host: &Host, reads_config: bool) -> Result<UvFiles, SettingsError> {
    if let Some(named) = host.variable("UV_CONFIG_FILE") {
        let path = parse::normalized(&host.absolute(&host.working_folder, named));
        if !path.is_file() {
            let why = format!("there is no file `{named}`, which $UV_CONFIG_FILE names");
            return Err(SettingsError::Other(why));
        }
        return Ok(UvFiles { files: vec![path], are_alone: true });
    }
    let nothing = host.variable("UV_NO_CONFIG").map(parse::switch).transpose();
    let nothing = nothing.map_err(|why| SettingsError::Other(format!("invalid value of $UV_NO_CONFIG: {why}")))?;
    if nothing == Some(true) {
        return Ok(UvFiles { files: Vec::new(), are_alone: true });
    }
    let found = if reads_config { [users(host), systems(host)] } else { [None, None] };
    Ok(UvFiles { files: found.into_iter().flatten().collect(), are_alone: false })
}

fn users(host: &Host) -> Option<PathBuf> {
    let folder = host.folder_variable("XDG_CONFIG_HOME").or_else(|| Some(host.home.as_ref()?.join(".config")))?;
    Some(folder.join("uv/uv.toml")).filter(|file| file.is_file())
}

/// The first file of the system's that is there.
fn systems(host: &Host) -> Option<PathBuf> {
    let shared = host.variable("XDG_CONFIG_DIRS").unwrap_or("/etc/xdg").split(':').map(str::trim);
    let shared = shared.filter(|folder| !folder.is_empty()).map(|folder| Path::new(folder).join("uv/uv.toml"));
    shared.chain([PathBuf::from("/etc/uv/uv.toml")]).find(|file| file.is_file())
}
