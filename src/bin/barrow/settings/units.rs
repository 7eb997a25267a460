//! `[[function]]`, `[[layer]]` and `[defaults]` of barrow.toml: what `barrow build` makes.
//!
//! A unit has keys of its own ([`OWN_KEYS`](crate::key::OWN_KEYS)); every other key is a setting, and counts for that
//! unit in the place of the same setting of `[defaults]`, which counts in the place of the file's own. Relative paths
//! start at the folder of the file.

use std::path::{Path, PathBuf};

use globset::GlobBuilder;

use super::config_file::ConfigFile;
use super::config_reader::{ConfigValue, WrittenIn};
use super::parse;
use super::unit_tables::{ConfigUnit, UnitKind};

/// One thing to make: a table, or what a pattern in it stands for.
#[derive(Clone, Debug)]
pub(crate) struct Unit {
    pub(crate) name: String,
    pub(crate) kind: UnitKind,
    /// The folder of its own files; `None`: dependencies only.
    pub(crate) source: Option<PathBuf>,
    pub(crate) packages: Vec<String>,
    pub(crate) has_dependencies: bool,
    /// Patterns of the places that it goes to; at least one.
    pub(crate) outputs: Vec<PathBuf>,
    pub(crate) handlers: Vec<String>,
    /// Names of layers of the file that bring a part of what is required.
    pub(crate) layers: Vec<String>,
    /// The file, with the unit's settings in the place of its own.
    pub(crate) config: ConfigFile,
}

impl ConfigFile {
    /// Everything that the file asks `barrow build` to make, in the order of the file, functions first.
    ///
    /// # Errors
    /// A pattern that matches nothing, a name that two units have, a unit without a name: with file and line.
    pub(crate) fn units(&self) -> Result<Vec<Unit>, String> {
        let mut all: Vec<Unit> = Vec::new();
        for table in &self.units {
            let at = format!("{}:{}", table.file.display(), table.line);
            let units = self.expand(table).map_err(|message| format!("{at}: {message}"))?;
            for unit in units {
                if all.iter().any(|other| other.name == unit.name) {
                    return Err(format!("{at}: there are two units of the name `{}`: give each a `name`", unit.name));
                }
                all.push(unit);
            }
        }
        for table in &self.units {
            let is_layer = |name: &str| all.iter().any(|unit| unit.kind == UnitKind::Layer && unit.name == name);
            if let Some(name) = table.layers.iter().find(|name| !is_layer(name)) {
                return Err(format!("{}:{}: there is no layer `{name}`", table.file.display(), table.line));
            }
        }
        Ok(all)
    }

    /// Takes the units of another file, and the settings that it has for them; all else stays.
    ///
    /// # Errors
    /// Settings of a file that are not for units: they would not count.
    pub(crate) fn take_units(&mut self, other: Self) -> Result<(), String> {
        if let Some((name, value)) = other.values.first_key_value() {
            let at = format!("{}:{}", other.path.display(), value.line);
            return Err(format!("{at}: `{name}` belongs into [defaults] of a file of units"));
        }
        let place = WrittenIn::Units(other.path);
        let placed = |(key, value): (&'static str, ConfigValue)| (key, ConfigValue { place: place.clone(), ..value });
        self.defaults.extend(other.defaults.into_iter().map(placed));
        self.units = other.units;
        for unit in &mut self.units {
            unit.values.values_mut().for_each(|value| value.place = place.clone());
        }
        Ok(())
    }

    /// The folder that its paths start from.
    pub(super) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// One unit, or one for each folder or line that it stands for.
    fn expand(&self, table: &ConfigUnit) -> Result<Vec<Unit>, String> {
        if let Some(pattern) = &table.glob {
            let folders = self.matching(pattern)?;
            let unit = |(name, folder): (String, PathBuf)| self.unit(table, name, Some(folder), Vec::new());
            return folders.into_iter().map(unit).collect();
        }
        if let Some(file) = &table.names_from {
            let path = self.folder().join(file);
            let text = fs_err::read_to_string(&path).map_err(|error| error.to_string())?;
            let lines = text.lines().map(|line| line.split(" #").next().unwrap_or_default().trim());
            let names: Vec<&str> = lines.filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
            if names.is_empty() {
                return Err(format!("`{}` has no line with a name", path.display()));
            }
            let unit = |line: &str| self.unit(table, name_in(line), None, vec![line.to_owned()]);
            return names.into_iter().map(unit).collect();
        }
        let source = table.source.as_ref().map(|source| parse::normalized(&self.folder().join(source)));
        if let Some(folder) = source.as_ref().filter(|folder| !folder.is_dir()) {
            return Err(format!("the source `{}` is not a folder", folder.display()));
        }
        let from_folder = || source.as_ref()?.file_name()?.to_str().map(str::to_owned);
        let name = table.name.clone().or_else(from_folder).ok_or("a unit needs a `name` or a `source`")?;
        Ok(vec![self.unit(table, name, source, Vec::new())?])
    }

    fn unit(
        &self,
        table: &ConfigUnit,
        name: String,
        source: Option<PathBuf>,
        packages: Vec<String>,
    ) -> Result<Unit, String> {
        let mut own = self.defaults.clone();
        own.extend(table.values.clone());
        own.values_mut().flat_map(|value| &mut value.texts).try_for_each(|text| place(text, source.as_deref()))?;
        let mut values = self.values.clone();
        values.extend(own);
        let states = |key: &str| table.values.contains_key(key);
        let has_files = source.is_some() || states("source");
        if !has_files && packages.is_empty() && table.packages.is_empty() && !states("requirement") {
            return Err(format!("`{name}` has neither a `source` nor anything that it requires"));
        }
        if !has_files {
            // Folders beside the source of every unit are beside nothing here.
            values.remove("source");
        }
        let outputs = if table.outputs.is_empty() { vec!["build/{name}".to_owned()] } else { table.outputs.clone() };
        let packages = packages.into_iter().chain(table.packages.iter().cloned()).collect();
        Ok(Unit {
            name,
            kind: table.kind,
            source,
            packages,
            has_dependencies: table.has_dependencies,
            outputs: outputs.iter().map(|output| self.folder().join(output)).collect(),
            handlers: table.handlers.clone(),
            layers: table.layers.clone(),
            config: Self { values, units: Vec::new(), ..self.clone() },
        })
    }

    /// The folders below that of the file which a pattern matches, in order, each with a name: what the wildcards stand
    /// for.
    fn matching(&self, pattern: &str) -> Result<Vec<(String, PathBuf)>, String> {
        let glob = GlobBuilder::new(pattern).literal_separator(true).build().map_err(|error| error.to_string())?;
        let glob = glob.compile_matcher();
        let depth = Path::new(pattern).components().count();
        let wild = |part: &str| part.contains(['*', '?', '[', '{']);
        let wildcards: Vec<usize> =
            pattern.split('/').enumerate().filter(|(_, part)| wild(part)).map(|(at, _)| at).collect();
        let mut found = Vec::new();
        let mut folders = vec![PathBuf::new()];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = fs_err::read_dir(self.folder().join(&folder)) else { continue };
            for entry in entries.filter_map(Result::ok).filter(|entry| entry.path().is_dir()) {
                let path = folder.join(entry.file_name());
                if glob.is_match(&path) {
                    found.push(path.clone());
                }
                if path.components().count() < depth {
                    folders.push(path);
                }
            }
        }
        if found.is_empty() {
            return Err(format!("the pattern `{pattern}` matches no folder"));
        }
        found.sort();
        let named = found.into_iter().map(|path| {
            let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
            let parts: Vec<&str> = wildcards.iter().filter_map(|at| parts.get(*at)).map(AsRef::as_ref).collect();
            (parts.join("-"), self.folder().join(&path))
        });
        Ok(named.collect())
    }
}

/// Puts the folder of a unit where a setting has `{source}`.
fn place(text: &mut String, source: Option<&Path>) -> Result<(), String> {
    if !text.contains("{source}") {
        return Ok(());
    }
    let source = source.ok_or_else(|| format!("`{text}` has {{source}}, and the unit has no `source`"))?;
    let folder = source.display().to_string();
    // A table of a setting stands there as JSON.
    let is_table = text.starts_with("{\"");
    let quoted = || serde_json::Value::from(folder.as_str()).to_string().trim_matches('"').to_owned();
    let folder = if is_table { quoted() } else { folder };
    *text = text.replace("{source}", &folder);
    Ok(())
}

/// The project name that a requirement begins with.
fn name_in(requirement: &str) -> String {
    requirement
        .split(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.')))
        .next()
        .unwrap_or_default()
        .to_owned()
}
