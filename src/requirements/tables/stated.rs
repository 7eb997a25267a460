//! What `[tool.uv]` says of single projects in the place of what they and their indexes say (uv documentation,
//! "Settings": `dependency-metadata`, `exclude-newer-package`).

use std::str::FromStr as _;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::document::{Fields, PyprojectDocument, texts};
use super::{StatedMetadata, Tables};
use crate::spec::{ExtraName, PackageName, Version, lenient};

/// Reads both tables.
pub(super) fn read(document: &PyprojectDocument<'_>, table: &DeTable<'_>, tables: &mut Tables) {
    if let Some(value) = table.get("exclude-newer-package") {
        read_times(document, value, tables);
    }
    if let Some(value) = table.get("dependency-metadata") {
        let one = std::slice::from_ref(value);
        let entries = if let DeValue::Array(list) = value.get_ref() { list.iter().as_slice() } else { one };
        for entry in entries {
            match read_metadata(entry) {
                Ok(stated) => tables.settings.dependency_metadata.push(stated),
                Err(why) => {
                    let problem = document.problem(&entry.span(), format!("`dependency-metadata`: {why}"));
                    tables.problems.push(problem);
                }
            }
        }
    }
}

/// A table of projects and times; `false` takes a project out of the general rule.
fn read_times(document: &PyprojectDocument<'_>, value: &Spanned<DeValue<'_>>, tables: &mut Tables) {
    let Some(times) = value.get_ref().as_table() else {
        let message = "`exclude-newer-package` must be a table of projects and dates";
        return tables.problems.push(document.problem(&value.span(), message));
    };
    for (key, value) in times {
        let time = match value.get_ref() {
            DeValue::String(text) => Ok(Some(text.to_string())),
            DeValue::Datetime(time) => Ok(Some(time.to_string())),
            DeValue::Boolean(false) => Ok(None),
            _ => Err("must be a date, a span of time or false"),
        };
        match (PackageName::from_str(key.get_ref()), time) {
            (Ok(name), Ok(time)) => {
                let origin = document.toml.origin(&value.span());
                tables.settings.exclude_newer_package.push((name, time, origin));
            }
            (Err(_), _) => {
                let message = format!("`{}` is not a project name", key.get_ref());
                tables.problems.push(document.problem(&key.span(), message));
            }
            (_, Err(why)) => {
                let message = format!("`{}` of `exclude-newer-package` {why}", key.get_ref());
                tables.problems.push(document.problem(&value.span(), message));
            }
        }
    }
}

fn read_metadata(entry: &Spanned<DeValue<'_>>) -> Result<StatedMetadata, String> {
    let table = entry.get_ref().as_table().ok_or("it must be a list of tables")?;
    let mut fields = Fields::of(table);
    let name = fields.text("name")?.ok_or("it has no `name`")?;
    let name = PackageName::from_str(name).map_err(|_| format!("`{name}` is not a project name"))?;
    let version = fields.text("version")?.map(Version::from_str).transpose();
    let version = version.map_err(|_| "`version` is no version such as 1.2.3".to_owned())?;
    let requires_dist = list(&mut fields, "requires-dist")?.into_iter().map(lenient::requirement);
    let requires_python = fields.text("requires-python")?.map(lenient::specifiers).transpose()?;
    let extras = list(&mut fields, "provides-extra")?.into_iter().chain(list(&mut fields, "provides-extras")?);
    let extras = extras.map(|text| ExtraName::from_str(text).map_err(|error| error.to_string()));
    let stated = StatedMetadata {
        name,
        version,
        requires_dist: requires_dist.collect::<Result<_, _>>()?,
        requires_python,
        provides_extras: extras.collect::<Result<_, _>>()?,
    };
    fields.finish()?;
    Ok(stated)
}

/// A list of texts; a key that is not there is an empty one.
fn list<'d>(fields: &mut Fields<'d, '_>, key: &'static str) -> Result<Vec<&'d str>, String> {
    let Some(value) = fields.value(key) else { return Ok(Vec::new()) };
    let found = texts(value).map_err(|_| format!("`{key}` must be a list of texts"))?;
    Ok(found.into_iter().map(|(text, _)| text).collect())
}
