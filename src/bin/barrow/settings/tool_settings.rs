//! What the tables of tools set, among the settings that `barrow config` shows.

use std::path::{Path, PathBuf};

use barrow::request::{SaidBy, WhoSays};
use barrow::requirements::{Origin, tool_settings};

use super::origin::Source;
use super::{SettingRecord, Settings, in_order};

impl Settings {
    /// Every setting, with those that tables beside the input or above it say; `folder` is that of the source.
    pub(crate) fn records_with_tables(&self, folder: &Path) -> Vec<SettingRecord> {
        let inputs = &self.options.inputs;
        let mut files = inputs.requirement_files.clone();
        if files.is_empty() {
            files.push(PathBuf::from(folder).join("pyproject.toml"));
        }
        let mut records = self.records.clone();
        let mut given: Vec<&'static str> = Vec::new();
        let of_tables = tool_settings(&files, inputs);
        let replaced: Vec<&str> = of_tables.iter().filter_map(|setting| setting.replaces).collect();
        records.retain(|known| !(replaced.contains(&known.key) && self.said_by(known.key) == SaidBy::Pip));
        for setting in of_tables {
            let source = match setting.origin {
                Origin::File { file, line } => Source::File { file, line: usize::try_from(line).unwrap_or(usize::MAX) },
                other => Source::Other(other.to_string()),
            };
            let mut record = SettingRecord { key: setting.key, values: setting.values, source };
            if !setting.is_added {
                let is_free = |known: &SettingRecord| known.key != record.key || known.source == Source::Default;
                if given.contains(&record.key) || !records.iter().all(is_free) {
                    // Another index than the one that counts is for what is tied to it.
                    if record.key == "index-url" {
                        (record.key, record.values) = ("index", [record.values, vec!["explicit".to_owned()]].concat());
                        records.push(record);
                    }
                    continue;
                }
                given.push(record.key);
                records.retain(|known| known.key != record.key);
            }
            records.push(record);
        }
        in_order(&mut records);
        records
    }

    fn said_by(&self, key: &str) -> SaidBy {
        let WhoSays { default, extra, find_links, no_index } = self.options.indexes.said_by;
        match key {
            "index-url" => default,
            "extra-index-url" => extra,
            "find-links" => find_links,
            "no-index" => no_index,
            _ => SaidBy::Nobody,
        }
    }
}
