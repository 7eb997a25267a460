//! The versions that an existing lock holds, to be kept where they still fit.

use serde_json::Value;

use crate::spec::{PackageName, Version};

/// Reads `(project, version)` pairs out of a lock in any form that barrow writes. What is not one is passed over: the
/// file is about to be replaced, and a preference is only a preference.
pub(crate) fn preferences(text: &str) -> Vec<(PackageName, Version)> {
    if text.trim_start().starts_with('{') {
        return serde_json::from_str(text).map(|object| pairs(&object)).unwrap_or_default();
    }
    match toml::from_str::<Value>(text) {
        Ok(pylock) if pylock.get("lock-version").is_some() => pairs(&pylock),
        _ => text.lines().filter_map(pin).collect(),
    }
}

/// Those of a list `packages`.
fn pairs(document: &Value) -> Vec<(PackageName, Version)> {
    let packages = document.get("packages").and_then(Value::as_array).into_iter().flatten();
    packages.filter_map(|entry| pair(entry.get("name")?.as_str()?, entry.get("version")?.as_str()?)).collect()
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
