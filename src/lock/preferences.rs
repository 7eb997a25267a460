//! The versions that an existing lock holds, to be kept where they still fit.

use crate::spec::{PackageName, Version};

/// Reads `(project, version)` pairs out of a lock in any form that barrow writes. What is not one is passed over: the
/// file is about to be replaced, and a preference is only a preference.
pub(crate) fn preferences(text: &str) -> Vec<(PackageName, Version)> {
    if text.trim_start().starts_with('{') {
        return from_json(text).unwrap_or_default();
    }
    match text.parse::<toml::Table>() {
        Ok(table) if table.contains_key("lock-version") => from_pylock(&table),
        _ => text.lines().filter_map(pin).collect(),
    }
}

fn from_json(text: &str) -> Option<Vec<(PackageName, Version)>> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    let packages = value.get("packages")?.as_array()?;
    Some(
        packages
            .iter()
            .filter_map(|entry| pair(entry.get("name")?.as_str()?, entry.get("version")?.as_str()?))
            .collect(),
    )
}

fn from_pylock(table: &toml::Table) -> Vec<(PackageName, Version)> {
    let packages = table.get("packages").and_then(toml::Value::as_array).map(Vec::as_slice).unwrap_or_default();
    packages.iter().filter_map(|entry| pair(entry.get("name")?.as_str()?, entry.get("version")?.as_str()?)).collect()
}

/// The pin of a line such as `name[extra]==1.0 \`.
fn pin(line: &str) -> Option<(PackageName, Version)> {
    let line = line.split(" #").next()?.trim();
    let (name, rest) = line.split_once("==")?;
    let name = name.split('[').next()?.trim();
    let version = rest.trim_start_matches('=').split([' ', ';', '\\', ',']).find(|part| !part.is_empty())?;
    pair(name, version)
}

fn pair(name: &str, version: &str) -> Option<(PackageName, Version)> {
    Some((name.parse().ok()?, version.parse().ok()?))
}
