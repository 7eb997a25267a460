//! `[[function]]`, `[[layer]]` and `[defaults]` of barrow.toml: what `barrow build` makes.
//!
//! A unit has keys of its own ([`OWN_KEYS`](crate::key::OWN_KEYS)); every other key is a setting, and counts for that
//! unit in the place of the same setting of `[defaults]`, which counts in the place of the file's own. Relative paths
//! start at the folder of the file. A settings file in the unit's own folder stands between its table and `[defaults]`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use barrow::requirements::requirement_lines;

use super::config_file::{ConfigFile, ConfigIndex, ConfigSource};
use super::config_reader::{ConfigValue, WrittenIn};
use super::unit_tables::{ConfigUnit, UnitKind};
use super::{glob, parse};
use crate::failure::unreadable;

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
    /// Settings that the unit's table states.
    stated: BTreeSet<&'static str>,
    /// The settings file of its own folder, where there is one.
    pub(crate) own_settings: Option<PathBuf>,
    /// The file that has its name, where one lists units.
    pub(crate) listed_in: Option<PathBuf>,
}

impl Unit {
    /// Takes the settings of a file that lies in the unit's own folder: the unit's table comes before them, and they
    /// come before `[defaults]` and the rest of the file that names the unit.
    pub(super) fn take_own(&mut self, own: ConfigFile) {
        let (config, file) = (&mut self.config, own.path);
        let place = WrittenIn::Beside(file.clone());
        let states_default = own.values.contains_key("index-url") || own.indexes.iter().any(|index| index.default);
        for (key, value) in own.values.into_iter().filter(|(key, _)| !self.stated.contains(key)) {
            config.values.insert(key, ConfigValue { place: place.clone(), ..value });
        }
        let replaces = |index: &ConfigIndex| own.indexes.iter().any(|own| own.name.is_some() && own.name == index.name);
        config.indexes.retain(|index| !(replaces(index) || (states_default && index.default && index.name.is_none())));
        for index in config.indexes.iter_mut().filter(|index| states_default && index.default) {
            // The index that stands nearer is asked in its place, and names that are tied to this one stay tied.
            (index.default, index.explicit) = (false, true);
        }
        let indexes = own.indexes.into_iter().map(|index| ConfigIndex { file: Some(file.clone()), ..index });
        config.indexes.splice(0..0, indexes).for_each(drop);
        let sources = own.sources.into_iter().map(|source| ConfigSource { file: Some(file.clone()), ..source });
        config.sources.splice(0..0, sources).for_each(drop);
        config.runtimes.retain(|(profile, _)| own.runtimes.iter().all(|(other, _)| other.name != profile.name));
        config.runtimes.extend(own.runtimes);
        config.check_ignore.extend(own.check_ignore);
        config.audit_ignore.extend(own.audit_ignore);
        self.own_settings = Some(file);
    }
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
                let at = format!("{}:{}", table.file.display(), table.line);
                return Err(format!("{at}: there is no layer `{name}`: [[layer]] with this `name` makes one"));
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
            let folders = glob::folders(self.folder(), pattern, &table.outputs())?;
            let unit = |(name, folder): (String, PathBuf)| self.unit(table, name, Some(folder), Vec::new());
            return folders.into_iter().map(unit).collect();
        }
        if let Some(file) = &table.names_from {
            let file = parse::normalized(&self.folder().join(file));
            let unit = |(name, line): (String, String)| {
                let unit = self.unit(table, name, None, vec![line])?;
                Ok(Unit { listed_in: Some(file.clone()), ..unit })
            };
            return listed(&file)?.into_iter().map(unit).collect();
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
        if !has_files
            && packages.is_empty()
            && table.packages.is_empty()
            && !states("requirement")
            && !states("no-deps-requirement")
        {
            return Err(format!("`{name}` has neither a `source` nor anything that it requires"));
        }
        if !has_files {
            // Folders beside the source of every unit are beside nothing here.
            values.remove("source");
        }
        let packages = packages.into_iter().chain(table.packages.iter().cloned()).collect();
        Ok(Unit {
            name,
            kind: table.kind,
            source,
            packages,
            has_dependencies: table.has_dependencies,
            outputs: table.outputs().iter().map(|output| self.folder().join(output)).collect(),
            handlers: table.handlers.clone(),
            layers: table.layers.clone(),
            config: Self { values, units: Vec::new(), ..self.clone() },
            stated: table.values.keys().copied().collect(),
            own_settings: None,
            listed_in: None,
        })
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

/// The requirements of a requirements file, a unit each, with the names of their projects.
fn listed(path: &Path) -> Result<Vec<(String, String)>, String> {
    let bytes = fs_err::read(path).map_err(|error| unreadable(path, &error))?;
    let lines = requirement_lines(&bytes).map_err(|why| format!("{}: {why}", path.display()))?;
    if lines.is_empty() {
        return Err(format!("`{}` has no line with a name", path.display()));
    }
    let named = |(number, requirement): (u32, String)| {
        let name = name_in(&requirement);
        if name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            return Ok((name, requirement));
        }
        let place = format!("{}:{number}", path.display());
        Err(format!("{place}: `{requirement}` is no requirement that begins with the name of a project"))
    };
    lines.into_iter().map(named).collect()
}

/// The project name that a requirement begins with.
fn name_in(requirement: &str) -> String {
    requirement
        .split(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.')))
        .next()
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_may_end_with_a_line_that_goes_on() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs_err::write(file.path(), "tiny\nmore>=1 \\\n").unwrap();
        let expected = [("tiny", "tiny"), ("more", "more>=1")].map(|(name, line)| (name.to_owned(), line.to_owned()));
        assert_eq!(listed(file.path()).unwrap(), expected);
    }
}
